//! One request to a link: whether a previewer or a prefetch sends it, and whether it wants a page.
//!
//! `serve-link` trusts request headers only to restrict: a request that claims to be a preview or a prefetch
//! gets the page with the button. No header gives access.

use std::net::IpAddr;

use super::previewers;
use crate::link::Client;
use crate::page::accept::{names_html, prefers};
use crate::page::messages::Language;
use s3_presigned::Timestamp;

/// The query by which a page shows the link's content, if the request counts nothing.
pub(super) const SHOW: &str = "?show=1";

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
    /// What the query says.
    pub query: Query<'a>,
    /// The headers.
    pub headers: Headers<'a>,
}

/// The query of a link's address. The link's page writes it; whoever writes it by hand gets nothing that
/// the link itself would not give.
#[derive(Clone, Copy, Default)]
pub struct Query<'a> {
    /// `download`: the file is saved, whatever browsers do with its type.
    pub download: bool,
    /// `show`: the page shows the content.
    pub show: bool,
    /// `page`: the one-time id of the page that asks; empty if there is none.
    pub page: &'a str,
}

/// The headers that `serve-link` uses; empty if the request lacks one.
#[derive(Clone, Copy, Default)]
pub struct Headers<'a> {
    /// `Accept`.
    pub accept: &'a str,
    /// `Sec-Fetch-Dest`: what a browser will do with the answer.
    pub sec_fetch_dest: &'a str,
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
    /// `CloudFront-Viewer-Country`, where CloudFront stands before the API and overwrites it.
    pub country: &'a str,
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

    /// What kind of client sends this, as far as it says so.
    pub fn client(&self) -> Client {
        let is_browser = self.wants_page() || self.headers.user_agent.starts_with("Mozilla/");
        match self.is_preview_or_prefetch() {
            true => Client::Previewer,
            false if is_browser => Client::Browser,
            false => Client::Program,
        }
    }

    /// Whether the client wants a page rather than JSON: browsers name the type, programs do not.
    pub fn wants_page(&self) -> bool {
        names_html(self.headers.accept)
    }

    /// Whether a browser opens the link in a tab, as opposed to a program, a player or a page that embeds the
    /// file ([Fetch Metadata, Sec-Fetch-Dest](https://www.w3.org/TR/fetch-metadata/#sec-fetch-dest-header)).
    /// Browsers without this header are known by what they accept.
    pub fn is_navigation(&self) -> bool {
        !self.query.download
            && match self.headers.sec_fetch_dest {
                "" => !self.query.is_embedded() && prefers(self.headers.accept, &["text/html"]),
                destination => destination == "document",
            }
    }

    /// Whether a previewer asks for what it makes a card of, as opposed to an image proxy of a mail program.
    pub fn is_preview_of_page(&self) -> bool {
        let is_plain = !self.query.download && !self.query.is_embedded();
        is_plain
            && previewers::is_named_in(self.headers.user_agent)
            && !previewers::is_image_proxy(self.headers.user_agent)
            && matches!(self.headers.sec_fetch_dest, "" | "document")
            && prefers(self.headers.accept, &["", "*/*", "text/html"])
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

impl Query<'_> {
    /// Whether the page's own markup asks.
    pub fn is_embedded(&self) -> bool {
        self.show || !self.page.is_empty()
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
            query: Query::default(),
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
    fn a_request_shows_what_kind_of_client_sends_it() {
        let mozilla = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
        for (user_agent, accept, client) in [
            (mozilla, "text/html", Client::Browser),
            (mozilla, "image/avif,image/webp,*/*;q=0.8", Client::Browser),
            ("curl/8.5.0", "*/*", Client::Program),
            ("", "", Client::Program),
            ("Slackbot", "text/html", Client::Previewer),
        ] {
            let headers = Headers { accept, user_agent, ..Headers::default() };
            assert_eq!(request(headers).client(), client, "{user_agent} {accept}");
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
    fn a_navigation_is_told_from_what_embeds_plays_and_saves() {
        const CHROME: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8";
        for (sec_fetch_dest, accept, expected) in [
            ("document", CHROME, true),
            ("document", "*/*", true),
            ("", CHROME, true),
            ("", "text/html, */*;q=0.1", true),
            ("iframe", CHROME, false),
            ("image", "image/avif,image/webp,*/*;q=0.8", false),
            ("video", "*/*", false),
            ("audio", "*/*", false),
            ("empty", "*/*", false),
            ("embed", CHROME, false),
            ("", "*/*", false),
            ("", "", false),
            ("", "image/webp,text/html", false),
            ("", "application/json,text/html;q=0.9", false),
            ("", "text/html;q=0", false),
        ] {
            let headers = Headers { accept, sec_fetch_dest, ..Headers::default() };
            let of = |query| LinkRequest { query, ..request(headers) }.is_navigation();
            assert_eq!(of(Query::default()), expected, "{sec_fetch_dest:?} {accept}");
            assert!(!of(Query { download: true, ..Query::default() }), "a download is saved");
            // The address of what is embedded leads to the page too, where it is opened in a tab.
            let embedded = expected && sec_fetch_dest == "document";
            assert_eq!(of(Query { show: true, ..Query::default() }), embedded);
            assert_eq!(of(Query { page: "x", ..Query::default() }), embedded);
        }
    }

    #[test]
    fn a_previewer_gets_the_page_and_an_image_proxy_the_image() {
        for (user_agent, accept, expected) in [
            ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "*/*", true),
            ("facebookexternalhit/1.1", "", true),
            ("Mozilla/5.0 (compatible; Googlebot/2.1)", "text/html,*/*;q=0.8", true),
            ("Slack-ImgProxy (+https://api.slack.com/robots)", "*/*", false),
            ("Mozilla/5.0 (via ggpht.com GoogleImageProxy)", "*/*", false),
            ("Twitterbot/1.0", "image/*", false),
            ("curl/8.5.0", "*/*", false),
        ] {
            let headers = Headers { accept, user_agent, ..Headers::default() };
            assert_eq!(request(headers).is_preview_of_page(), expected, "{user_agent}");
            let query = Query { show: true, ..Query::default() };
            assert!(!LinkRequest { query, ..request(headers) }.is_preview_of_page(), "{user_agent}");
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
