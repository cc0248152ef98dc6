//! The browser client, as browsers load it: the files of `client/`, compiled into the function.
//!
//! An address with the digest of all files never changes its content, so that browsers keep it for a year.
//! `GET /postern.js` leads to the present address.

use std::fmt::Write as _;
use std::sync::LazyLock;

use http::StatusCode;
use sha2::{Digest, Sha256};

use crate::http::{Problem, Reply};

const SCRIPT: &str = "text/javascript; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// A file of `client/`: its name, its media type and its content.
pub(super) type ClientFile = (&'static str, &'static str, &'static str);

macro_rules! client_files {
    ($($name:literal is $media_type:ident,)+) => {
        const FILES: &[ClientFile] =
            &[$(($name, $media_type, include_str!(concat!("../../../../client/", $name))),)+];
    };
}

client_files! {
    "all.js" is SCRIPT,
    "checksum.js" is SCRIPT,
    "common.js" is SCRIPT,
    "drop.d.ts" is TEXT,
    "drop.js" is SCRIPT,
    "files.js" is SCRIPT,
    "list.d.ts" is TEXT,
    "list.js" is SCRIPT,
    "page.js" is SCRIPT,
    "parts.js" is SCRIPT,
    "postern.d.ts" is TEXT,
    "postern.js" is SCRIPT,
    "progress.js" is SCRIPT,
    "react.d.ts" is TEXT,
    "react.js" is SCRIPT,
    "resume.js" is SCRIPT,
    "row.js" is SCRIPT,
    "style.js" is SCRIPT,
    "texts.js" is SCRIPT,
    "tile.js" is SCRIPT,
}

/// The first 16 hexadecimal digits of the SHA-256 of all files.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut digest = Sha256::new();
    for (name, _, content) in FILES {
        digest.update(format!("{name}\0{}\0{content}", content.len()));
    }
    digest.finalize().iter().take(8).fold(String::new(), |mut version, byte| {
        let _ = write!(version, "{byte:02x}");
        version
    })
});

/// The address of a file, relative to the API's.
pub fn address(name: &str) -> String {
    format!("postern/{}/{name}", *VERSION)
}

/// `GET /postern.js`: a module that is what the client's present address has. `if_none_match` is the request's header.
pub fn entry(if_none_match: &str) -> Reply {
    let module = format!("export * from './{}'\n", address("postern.js"));
    kept(SCRIPT, &module, "public, max-age=300", if_none_match)
}

/// A browser must not show the answer to one origin to another one: API Gateway writes the origin into it.
const VARY: &str = "origin";

/// `GET /postern/{version}/{file}`. An earlier version leads to the present one, so that a page that was loaded before
/// an update can still load a module.
///
/// # Errors
/// [`Problem::RouteNotFound`] if there is no such file.
pub fn file(version: &str, name: &str, if_none_match: &str) -> Result<Reply, Problem> {
    let (_, media_type, content) =
        FILES.iter().find(|(known, ..)| *known == name).ok_or(Problem::RouteNotFound)?;
    if version != *VERSION {
        let present = format!("../{}/{name}", *VERSION);
        return Ok(Reply::empty(StatusCode::FOUND).with("location", present).with("vary", VARY));
    }
    Ok(kept(media_type, content, "public, max-age=31536000, immutable", if_none_match))
}

/// The file and every file that it imports at once, in the order in which a browser learns of them.
pub(super) fn with_imports(name: &str) -> Vec<&'static ClientFile> {
    let mut files: Vec<&'static ClientFile> = FILES.iter().filter(|(known, ..)| *known == name).collect();
    let mut next = 0;
    while let Some((.., content)) = files.get(next) {
        for imported in content.split(" from './").skip(1).filter_map(|rest| rest.split('\'').next()) {
            let is_new = files.iter().all(|(known, ..)| *known != imported);
            files.extend(FILES.iter().filter(|(known, ..)| is_new && *known == imported));
        }
        next += 1;
    }
    files
}

fn kept(media_type: &str, content: &str, cache_control: &str, if_none_match: &str) -> Reply {
    let etag = format!("\"{}\"", *VERSION);
    let has_it = if_none_match.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag);
    let reply = match has_it {
        true => Reply::empty(StatusCode::NOT_MODIFIED),
        false => Reply { body: content.to_owned(), ..Reply::empty(StatusCode::OK) }
            .with("content-type", media_type)
            .with("x-content-type-options", "nosniff"),
    };
    reply.with("cache-control", cache_control).with("etag", etag).with("vary", VARY)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The files of the folder that browsers and compilers read.
    fn in_folder() -> Vec<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../client");
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
        names.retain(|name| Path::new(name).extension().is_some_and(|is| is == "js" || is == "ts"));
        names.sort();
        names
    }

    #[test]
    fn every_file_of_the_client_is_served() {
        let served: Vec<_> = FILES.iter().map(|(name, ..)| *name).collect();
        assert_eq!(served, in_folder());
    }

    #[test]
    fn a_file_is_kept_for_a_year_under_the_digest_of_all() {
        for (name, media_type, content) in FILES {
            let reply = file(&VERSION, name, "").unwrap();
            assert_eq!((reply.status, reply.body.as_str()), (StatusCode::OK, *content));
            assert_eq!(reply.header("content-type"), Some(*media_type));
            assert_eq!(reply.header("cache-control"), Some("public, max-age=31536000, immutable"));
            assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
            assert_eq!(reply.header("vary"), Some("origin"));
            let etag = reply.header("etag").unwrap();
            for sent in [etag.to_owned(), format!("\"x\", W/{etag}")] {
                let known = file(&VERSION, name, &sent).unwrap();
                assert_eq!((known.status, known.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
                assert_eq!(known.header("etag"), Some(etag));
            }
            assert_eq!(file(&VERSION, name, "\"x\"").unwrap().status, StatusCode::OK);
        }
    }

    #[test]
    fn an_earlier_version_leads_to_the_present_one_and_an_unknown_file_nowhere() {
        let earlier = file("0000000000000000", "page.js", "").unwrap();
        assert_eq!(earlier.status, StatusCode::FOUND);
        assert_eq!(earlier.header("location").unwrap(), format!("../{}/page.js", *VERSION));
        assert_eq!(earlier.header("cache-control"), Some("no-store"));
        assert_eq!(earlier.header("vary"), Some("origin"));
        for name in ["", "package.json", "../postern.js", "PAGE.JS"] {
            assert!(matches!(file(&VERSION, name, ""), Err(Problem::RouteNotFound)), "{name}");
        }
    }

    #[test]
    fn the_entry_is_the_present_client_for_five_minutes() {
        let reply = entry("");
        assert_eq!(reply.body, format!("export * from './postern/{}/postern.js'\n", *VERSION));
        assert_eq!(VERSION.len(), 16);
        assert_eq!(reply.header("content-type"), Some(SCRIPT));
        assert_eq!(reply.header("cache-control"), Some("public, max-age=300"));
        assert_eq!(entry(reply.header("etag").unwrap()).status, StatusCode::NOT_MODIFIED);
    }
}
