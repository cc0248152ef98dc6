//! The content security policy of a page: no script, one style by its hash, and the storage's origin only
//! where the page leads there.
//!
//! `form-action` names the storage beside the page, because a browser checks the redirect that answers a form
//! against it ([CSP 3, form-action](https://www.w3.org/TR/CSP3/#directive-form-action)). Redirects of images,
//! media and frames are checked in the same way.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::file_kind::Element;

/// The origin of the storage: where the links lead that the page embeds, and the forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination(pub(super) String);

impl Destination {
    /// The origin of `url`.
    pub fn of(url: &str) -> Self {
        let host = url.find("://").map_or(0, |at| at + 3);
        let path = url.get(host..).and_then(|rest| rest.find('/'));
        let origin = path.and_then(|path| url.get(..host + path)).unwrap_or(url);
        Self(origin.to_owned())
    }
}

/// The policy of a page with this `style`, which shows a file by `element` and the logo from `logo`, a source
/// of its own.
pub(super) fn policy(
    style: &str,
    Destination(storage): &Destination,
    element: Option<Element>,
    logo: Option<&str>,
) -> String {
    let style = STANDARD.encode(Sha256::digest(style));
    let mut images: Vec<&str> = Vec::new();
    let content = match element {
        Some(Element::Image) => {
            images.extend(["'self'", storage.as_str()]);
            String::new()
        }
        Some(Element::Video | Element::Audio) => format!("; media-src 'self' {storage}"),
        Some(Element::Pdf | Element::Text) => format!("; frame-src 'self' {storage}"),
        None => String::new(),
    };
    images.extend(logo);
    let images = match images.as_slice() {
        [] => String::new(),
        images => format!("; img-src {}", images.join(" ")),
    };
    format!(
        "default-src 'none'; style-src 'sha256-{style}'{content}{images}; \
         form-action 'self' {storage}; base-uri 'none'; frame-ancestors 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_an_origin() {
        assert_eq!(Destination::of("http://127.0.0.1:4566/files/").0, "http://127.0.0.1:4566");
        assert_eq!(Destination::of("https://d1.cloudfront.net").0, "https://d1.cloudfront.net");
        assert_eq!(Destination::of("http://a/b").0, "http://a");
    }

    #[test]
    fn a_page_may_load_what_it_shows_and_nothing_else() {
        let storage = Destination::of("https://files.example/");
        let of = |element, logo| {
            let policy = policy("", &storage, element, logo);
            policy.split_once("'; ").unwrap().1.split_once("; ").unwrap().1.to_owned()
        };
        let rest = "form-action 'self' https://files.example; base-uri 'none'; frame-ancestors 'none'";
        let both = "'self' https://files.example";
        assert_eq!(of(None, None), rest);
        assert_eq!(of(Some(Element::Image), None), format!("img-src {both}; {rest}"));
        assert_eq!(of(Some(Element::Video), None), format!("media-src {both}; {rest}"));
        assert_eq!(of(Some(Element::Audio), None), format!("media-src {both}; {rest}"));
        assert_eq!(of(Some(Element::Pdf), None), format!("frame-src {both}; {rest}"));
        assert_eq!(of(None, Some("data:")), format!("img-src data:; {rest}"));
        let logo = Some("https://brand.example");
        assert_eq!(of(Some(Element::Image), logo), format!("img-src {both} https://brand.example; {rest}"));
        assert_eq!(
            of(Some(Element::Text), logo),
            format!("frame-src {both}; img-src https://brand.example; {rest}")
        );
    }
}
