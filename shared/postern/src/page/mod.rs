//! Pages for people: what the pages of links and the page of an upload token have in common.
//!
//! Each page is one document. Its policy (`policy.rs`) names what the page needs, and nothing else.
//!
//! ```text
//!  brand.rs      the operator's name, logo and color
//!  messages/     the texts, in five languages
//!  file_kind.rs  what a page says of the type of a file
//!  figures.rs    sizes and times
//!  accept.rs     whether a client wants a page
//! ```

use http::StatusCode;
use s3_presigned::Timestamp;

use crate::http::Reply;
use messages::Language;

pub mod accept;
mod brand;
pub(crate) mod figures;
mod file_kind;
mod icons;
pub mod messages;
mod policy;
pub(crate) mod weighted;

pub use brand::{Brand, ParseBrandError};
pub(crate) use file_kind::FileKind;
pub(crate) use icons::{Icon, svg};
pub use policy::Destination;
pub(crate) use policy::Needs;

const STYLE: &str = include_str!("page.css");

/// What all pages that answer one request have in common.
#[derive(Debug, Clone)]
pub struct PageContext<'a> {
    /// The stack's brand.
    pub brand: &'a Brand,
    /// The origin of the storage.
    pub destination: Destination,
    /// The visitor's language.
    pub language: Language,
    /// The link's whole address, where the stack knows it.
    pub address: Option<String>,
    /// The time of the request.
    pub now: Timestamp,
}

/// One page.
pub(crate) struct Document<'a> {
    pub(crate) status: StatusCode,
    /// Plain text.
    pub(crate) title: &'a str,
    /// Further elements of the head.
    pub(crate) head: &'a str,
    /// Rules of style that only this page needs.
    pub(crate) style: &'a str,
    /// Everything below the brand.
    pub(crate) body: &'a str,
    /// What the page loads and sends.
    pub(crate) needs: Needs,
}

impl Document<'_> {
    pub(crate) fn reply(&self, context: &PageContext<'_>) -> Reply {
        let Self { status, title, head, body, needs, .. } = self;
        let (tag, brand) = (context.language.messages().tag, context.brand);
        let style = format!("{STYLE}{}{}", self.style, brand.style());
        let operator = brand.name().map(|name| format!(" \u{b7} {}", escaped(name))).unwrap_or_default();
        let policy = needs.policy(&style, brand.logo_source().as_deref());
        let body = format!(
            "<!DOCTYPE html>\n<html lang=\"{tag}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"robots\" content=\"noindex\">\n<title>{}{operator}</title>\n{head}<style>{style}</style>\n\
             </head>\n<body>\n{}{body}</body>\n</html>\n",
            escaped(title),
            brand.header(),
        );
        Reply { body, ..Reply::empty(*status) }
            .with("content-type", "text/html; charset=utf-8")
            .with("content-language", tag)
            .with("content-security-policy", policy)
            .with("x-content-type-options", "nosniff")
            .with("referrer-policy", "no-referrer")
            .with("x-robots-tag", "noindex")
            .with("vary", "accept, accept-language, sec-fetch-dest")
    }
}

/// A card with an icon, a title and a sentence. `rest` is markup.
pub(crate) fn card(icon: Icon, title: &str, sentence: &str, rest: &str) -> String {
    format!("<main class=\"card\">\n{}<h1>{title}</h1>\n<p>{sentence}</p>\n{rest}\n</main>\n", svg(icon))
}

/// The text as HTML writes it, in an element or in an attribute with quotes.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// A stack without a brand.
    pub(crate) fn context(language: Language) -> PageContext<'static> {
        static BRAND: std::sync::OnceLock<Brand> = std::sync::OnceLock::new();
        PageContext {
            brand: BRAND.get_or_init(Brand::default),
            destination: Destination::of("https://files.s3.eu-central-1.amazonaws.com/"),
            language,
            address: Some("https://links.example/l/token".to_owned()),
            now: Timestamp::from_epoch_s(1_795_943_979),
        }
    }
}
