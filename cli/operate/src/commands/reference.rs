//! How an operator names a link, an upload or an owner.

use std::convert::Infallible;
use std::fmt;
use std::io::Read as _;
use std::str::FromStr;

use postern::link::token::LinkId;
use postern::value::id::{OBJECT_PREFIX, Owner, UploadId};

/// The most that is read from standard input.
const MOST: u64 = 64 * 1024;

/// A link by its id, its token or its address, or `-`. `Debug` shows only the id.
#[derive(Clone, PartialEq, Eq)]
pub enum LinkReference {
    /// The link.
    Link(LinkId),
    /// Standard input names it.
    Input,
    /// The argument names none. It may be a part of a token, so it is not kept, and no error repeats it.
    Nothing,
}

/// An upload by its id, its key, or an address that contains one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadReference(pub(super) UploadId);

/// An owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnerReference(pub(super) Owner);

impl LinkReference {
    /// The link's id.
    ///
    /// # Errors
    /// If standard input names no link.
    pub(super) fn read(&self) -> Result<LinkId, String> {
        match self {
            Self::Link(id) => Ok(id.clone()),
            Self::Nothing => Err(NO_LINK.to_owned()),
            Self::Input => {
                let mut text = String::new();
                let read = std::io::stdin().lock().take(MOST).read_to_string(&mut text);
                read.map_err(|error| format!("failed to read standard input: {error}"))?;
                link(text.trim()).ok_or_else(|| NO_LINK.to_owned())
            }
        }
    }
}

const NO_LINK: &str =
    "expected a link's id (43 characters), its token (32 characters) or its address (…/l/TOKEN)";

impl FromStr for LinkReference {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        if text == "-" {
            return Ok(Self::Input);
        }
        Ok(link(text).map_or(Self::Nothing, Self::Link))
    }
}

impl fmt::Debug for LinkReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link(id) => id.fmt(f),
            Self::Input => f.write_str("-"),
            Self::Nothing => f.write_str("(no link)"),
        }
    }
}

/// A token is hashed here. It goes no further.
fn link(text: &str) -> Option<LinkId> {
    let ends = |c: char| matches!(c, '/' | '?' | '#' | ' ' | '\n' | '"' | '\'');
    let name = match text.rfind("/l/").or_else(|| text.rfind("/links/")) {
        Some(at) => text.get(at..)?.trim_start_matches("/links/").trim_start_matches("/l/"),
        None => text,
    };
    let name = name.split(ends).next()?;
    name.parse().ok().or_else(|| LinkId::of_token(name))
}

impl FromStr for UploadReference {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let name =
            text.rfind(OBJECT_PREFIX).and_then(|at| text.get(at + OBJECT_PREFIX.len()..)).unwrap_or(text);
        let name = name.split(['/', '?', '#']).next().unwrap_or_default();
        name.parse()
            .map(Self)
            .map_err(|_| "expected an upload's id (a UUID in lower case) or its key (uploads/ID)")
    }
}

impl FromStr for OwnerReference {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let (issuer, claim) =
            text.rsplit_once('#').ok_or("expected ISSUER#CLAIM, such as https://login.example.com/#ann")?;
        Owner::of_claim(issuer, claim).map(Self).map_err(|_| "this cannot be an owner: expected ISSUER#CLAIM")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The token of `postern::testing::samples::keys(&[1])` does not matter: any 24 bytes name a link.
    const TOKEN: &str = "AQkJCQkJCQkJCQkJCQkJCQkAAAAAAAAA";
    const UPLOAD: &str = "0a1b2c3d-0000-4000-8000-000000000000";

    #[test]
    fn a_link_is_found_by_its_id_its_token_and_its_address() {
        let id = LinkId::of_token(TOKEN).unwrap();
        for text in [
            id.as_str().to_owned(),
            TOKEN.to_owned(),
            format!("https://files.example/l/{TOKEN}"),
            format!("https://files.example/l/{TOKEN}/photo.png?download=1#top"),
            format!("http://127.0.0.1:1/_aws/execute-api/a1/$default/l/{TOKEN}"),
            format!("https://api.example/links/{id}"),
        ] {
            assert_eq!(text.parse::<LinkReference>().unwrap(), LinkReference::Link(id.clone()), "{text}");
        }
        assert_eq!("-".parse::<LinkReference>().unwrap(), LinkReference::Input);
    }

    #[test]
    fn no_text_of_a_link_is_repeated() {
        for text in ["", "x", &TOKEN[1..], "https://files.example/l/", &format!("{TOKEN}A")] {
            assert_eq!(text.parse::<LinkReference>().unwrap().read().unwrap_err(), NO_LINK, "{text}");
        }
        let shown = format!("{:?}", TOKEN.parse::<LinkReference>().unwrap());
        assert!(!shown.contains(TOKEN), "{shown}");
    }

    #[test]
    fn an_upload_is_found_by_its_id_its_key_and_its_address() {
        let id = UploadReference(UPLOAD.parse().unwrap());
        for text in [
            UPLOAD.to_owned(),
            format!("uploads/{UPLOAD}"),
            format!("s3://files/uploads/{UPLOAD}"),
            format!("https://files.s3.eu-central-1.amazonaws.com/uploads/{UPLOAD}?versionId=1"),
            format!("https://api.example/uploads/{UPLOAD}/links"),
        ] {
            assert_eq!(text.parse::<UploadReference>().unwrap(), id, "{text}");
        }
        assert!("uploads/x".parse::<UploadReference>().is_err());
    }

    #[test]
    fn an_owner_has_an_issuer_and_a_claim() {
        for text in ["", "ann", "#ann", "https://i#", "https://i#a\"b"] {
            assert!(text.parse::<OwnerReference>().is_err(), "{text}");
        }
        let owner = "https://login.example.com/#auth0|1".parse::<OwnerReference>().unwrap();
        assert_eq!(owner.0.as_str(), "https://login.example.com/#auth0|1");
    }
}
