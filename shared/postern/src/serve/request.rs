//! One request to a link: whether a previewer or a prefetch sends it, and whether it wants a page.
//!
//! `serve-link` trusts request headers only to restrict: a request that claims to be a preview or a prefetch
//! gets the page with the button. No header gives access.

use std::net::IpAddr;

use super::messages::Language;
use super::previewers;
use s3_presigned::Timestamp;

/// The HTTP method of a request to a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Opens the link.
    Get,
    /// Asks for the headers only.
    Head,
    /// Sends a page's form.
    Post,
}

/// One request to a link. It has no `Debug`: it carries a token and cookies.
#[derive(Clone, Copy)]
pub struct LinkRequest<'a> {
    /// The time of the request, taken before anything is read.
    pub now: Timestamp,
    /// The method.
    pub method: Method,
    /// The token as the request has it.
    pub token: &'a str,
    /// The link's own path, to which cookies are bound.
    pub path: &'a str,
    /// A form's body.
    pub body: &'a [u8],
    /// 16 random bytes of this request.
    pub entropy: [u8; 16],
    /// The visitor's address, as API Gateway or CloudFront gives it; a visitor cannot set it.
    pub address: Option<IpAddr>,
    /// The headers.
    pub headers: Headers<'a>,
}

/// The headers that `serve-link` uses; empty if the request lacks one.
#[derive(Clone, Copy, Default)]
pub struct Headers<'a> {
    /// `Accept`.
    pub accept: &'a str,
    /// `Accept-Language`.
    pub accept_language: &'a str,
    /// `User-Agent`.
    pub user_agent: &'a str,
    /// The first of `Sec-Purpose`, `Purpose` and `X-Moz` that the request has.
    pub purpose: &'a str,
    /// `If-None-Match`.
    pub if_none_match: &'a str,
    /// `Cookie`, joined with `;` if there were several.
    pub cookies: &'a str,
    /// Whether there is an `Authorization`.
    pub has_authorization: bool,
}

/// The address in front of a port, as CloudFront writes it in
/// [`CloudFront-Viewer-Address`](https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html).
pub fn address_before_port(text: &str) -> Option<IpAddr> {
    let (address, _) = text.rsplit_once(':')?;
    address.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

impl LinkRequest<'_> {
    /// Whether the request comes from a prefetch, or from software without a person in front of it.
    pub fn is_preview_or_prefetch(&self) -> bool {
        let purpose = self.headers.purpose.to_ascii_lowercase();
        purpose.contains("prefetch")
            || purpose.contains("preview")
            || previewers::is_named_in(self.headers.user_agent)
    }

    /// Whether the client wants a page rather than JSON: browsers name the type, programs do not.
    pub fn wants_page(&self) -> bool {
        let is_html = |range: &str| {
            let mut parts = range.split(';').map(str::trim);
            let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("text/html"));
            named && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
        };
        self.headers.accept.split(',').any(is_html)
    }

    /// The language of the answer.
    pub fn language(&self) -> Language {
        Language::accepted(self.headers.accept_language)
    }

    /// Whether the client already has the content with this entity tag ([RFC 9110,
    /// If-None-Match](https://www.rfc-editor.org/rfc/rfc9110#name-if-none-match)).
    pub fn has(&self, etag: &str) -> bool {
        let tags = self.headers.if_none_match.split(',').map(str::trim);
        let mut bare = tags.map(|tag| tag.strip_prefix("W/").unwrap_or(tag));
        bare.any(|tag| tag == "*" || tag.trim_matches('"') == etag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::samples::at;

    fn request(headers: Headers<'_>) -> LinkRequest<'_> {
        let now = at("2026-11-24T10:00:00Z");
        let entropy = [0; 16];
        LinkRequest {
            now,
            method: Method::Get,
            token: "",
            path: "",
            body: b"",
            entropy,
            address: None,
            headers,
        }
    }

    #[test]
    fn previews_and_prefetches_are_known_and_people_are_not_taken_for_them() {
        for purpose in ["prefetch", "prefetch;prerender", "preview"] {
            assert!(request(Headers { purpose, ..Headers::default() }).is_preview_or_prefetch(), "{purpose}");
        }
        assert!(request(Headers { user_agent: "Slackbot", ..Headers::default() }).is_preview_or_prefetch());
        for headers in [Headers::default(), Headers { user_agent: "curl/8.5.0", ..Headers::default() }] {
            assert!(!request(headers).is_preview_or_prefetch());
        }
    }

    #[test]
    fn a_page_is_for_those_who_name_it() {
        for (accept, page) in [
            ("text/html,application/xhtml+xml,*/*;q=0.8", true),
            ("application/json, Text/HTML; q=0.5", true),
            ("text/html;q=0", false),
            ("*/*", false),
            ("", false),
            ("image/avif,image/webp,*/*;q=0.8", false),
            ("application/problem+json", false),
        ] {
            assert_eq!(request(Headers { accept, ..Headers::default() }).wants_page(), page, "{accept}");
        }
    }

    #[test]
    fn an_entity_tag_is_found_among_others() {
        for (if_none_match, has) in [
            ("\"abc\"", true),
            ("W/\"abc\"", true),
            ("\"x\", \"abc\"", true),
            ("*", true),
            ("\"abcd\"", false),
            ("", false),
        ] {
            let request = request(Headers { if_none_match, ..Headers::default() });
            assert_eq!(request.has("abc"), has, "{if_none_match}");
        }
    }

    #[test]
    fn an_address_is_read_before_its_port() {
        for (text, address) in [
            ("198.51.100.10:46532", Some("198.51.100.10")),
            ("2001:db8:0:0:0:0:0:7:443", Some("2001:db8::7")),
            ("[2001:db8::7]:443", Some("2001:db8::7")),
            ("198.51.100.10", None),
            ("", None),
        ] {
            assert_eq!(address_before_port(text), address.map(|text| text.parse().unwrap()), "{text}");
        }
    }
}
