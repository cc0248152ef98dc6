//! Pages for people: the page of a link, with its content, a button or a password, and of a link that does
//! not open.
//!
//! Each is one document without script. Its policy (`policy.rs`) names what the page shows, and nothing else.
//!
//! ```text
//!  link.rs       the page of a link that opens: content and download, or the button
//!  problem.rs    every other page
//!  file_kind.rs  what the page says of the type, and by which element it shows the file
//!  card.rs       what chats make a card of
//!  brand.rs      the operator's name, logo and color
//! ```

use http::StatusCode;
use s3_presigned::Timestamp;

use super::messages::Language;
use crate::http::Reply;

mod brand;
mod card;
mod figures;
mod file_kind;
mod form;
mod icons;
mod link;
mod policy;
mod problem;
#[cfg(test)]
mod tests;

pub use brand::{Brand, ParseBrandError};
pub use form::ID_FIELD;
pub use link::{confirm, opened};
pub use policy::Destination;
pub use problem::{of_expired_url, of_problem};

use file_kind::Element;

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
struct Document<'a> {
    status: StatusCode,
    /// Plain text.
    title: &'a str,
    /// Further elements of the head.
    head: &'a str,
    /// Everything below the brand.
    body: &'a str,
    /// What the page shows.
    element: Option<Element>,
}

impl Document<'_> {
    fn reply(&self, context: &PageContext<'_>) -> Reply {
        let Self { status, title, head, body, element } = self;
        let (tag, brand) = (context.language.messages().tag, context.brand);
        let style = format!("{STYLE}{}", brand.style());
        let operator = brand.name().map(|name| format!(" \u{b7} {}", escaped(name))).unwrap_or_default();
        let policy = policy::policy(&style, &context.destination, *element, brand.logo_source().as_deref());
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

fn escaped(text: &str) -> String {
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
mod testing {
    use super::*;

    /// A stack without a brand.
    pub(in crate::serve) fn context(language: Language) -> PageContext<'static> {
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
