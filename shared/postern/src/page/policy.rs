//! The content security policy of a page: what the page needs, and nothing else. One style by its hash.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The origin of the storage: where links lead, and where files are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination(pub(crate) String);

impl Destination {
    /// The origin of `url`.
    pub fn of(url: &str) -> Self {
        let host = url.find("://").map_or(0, |at| at + 3);
        let path = url.get(host..).and_then(|rest| rest.find('/'));
        let origin = path.and_then(|path| url.get(..host + path)).unwrap_or(url);
        Self(origin.to_owned())
    }
}

/// What a page loads and sends, beside its style and the logo.
#[derive(Debug, Clone, Default)]
pub(crate) struct Needs {
    /// Sources of images.
    pub(crate) images: Vec<String>,
    /// Further directives with their sources, such as `media-src 'self'`.
    pub(crate) directives: Vec<String>,
    /// Where forms lead: sources of `form-action`. Empty for a page without forms.
    pub(crate) forms: Vec<String>,
}

impl Needs {
    /// The policy of a page with this `style`, which shows the logo from `logo`, a source of its own.
    pub(super) fn policy(&self, style: &str, logo: Option<&str>) -> String {
        let style = STANDARD.encode(Sha256::digest(style));
        let mut images: Vec<_> = self.images.iter().map(String::as_str).chain(logo).collect();
        images.dedup();
        let mut directives = vec!["default-src 'none'".to_owned(), format!("style-src 'sha256-{style}'")];
        directives.extend(self.directives.iter().cloned());
        if !images.is_empty() {
            directives.push(format!("img-src {}", images.join(" ")));
        }
        let forms = if self.forms.is_empty() { "'none'".to_owned() } else { self.forms.join(" ") };
        directives.push(format!("form-action {forms}; base-uri 'none'; frame-ancestors 'none'"));
        directives.join("; ")
    }
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
    fn a_policy_allows_what_the_page_needs_and_nothing_else() {
        let style = "default-src 'none'; style-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";
        let end = "base-uri 'none'; frame-ancestors 'none'";
        let nothing = Needs::default();
        assert_eq!(nothing.policy("", None), format!("{style}; form-action 'none'; {end}"));
        let all = Needs {
            images: vec!["'self'".to_owned()],
            directives: vec!["script-src 'self'".to_owned()],
            forms: vec!["'self'".to_owned(), "https://files.example".to_owned()],
        };
        let expected = format!(
            "{style}; script-src 'self'; img-src 'self' data:; form-action 'self' https://files.example; {end}"
        );
        assert_eq!(all.policy("", Some("data:")), expected);
        let same = Needs { images: vec!["data:".to_owned()], ..Needs::default() };
        assert!(same.policy("", Some("data:")).contains("; img-src data:; "), "a source stands there once");
    }
}
