//! Finds what a person pasted: error bodies, URLs, forms, HTTP exchanges, log lines, browsers' messages.
//!
//! Every search is linear and has a limit of its own, so that hostile input costs neither time nor memory.

mod curl;
mod form;
mod http;
mod json;
mod text;
pub(super) mod url;
mod xml;

pub use form::Form;
pub use http::Exchange;
pub use json::{LogLine, Problem};
pub use text::BrowserMessage;
pub use url::{Scheme, SignedUrl};
pub use xml::ErrorBody;

/// The most findings of one kind that are looked at.
const MAX_FOUND: usize = 16;

/// What was found in the input.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Evidence {
    /// Error bodies of S3 and CloudFront.
    pub errors: Vec<ErrorBody>,
    /// Signed URLs, and URLs of S3 without a signature.
    pub urls: Vec<SignedUrl>,
    /// Forms.
    pub forms: Vec<Form>,
    /// Requests and answers.
    pub exchanges: Vec<Exchange>,
    /// Problem details of the API.
    pub problems: Vec<Problem>,
    /// Messages of the API's gateway, such as `Unauthorized`.
    pub gateway: Vec<String>,
    /// Lines of the functions' logs.
    pub log_lines: Vec<LogLine>,
    /// Messages of a browser.
    pub browser: Vec<BrowserMessage>,
    /// The headers with which the API issued a URL: those that were signed.
    pub issued_headers: Vec<(String, String)>,
    /// Values of JSON that must not be shown.
    pub(super) json_secrets: Vec<String>,
}

impl Evidence {
    /// Finds everything in a text.
    pub fn find(input: &str) -> Self {
        let mut found = Self::default();
        json::find(input, &mut found);
        xml::find(input, &mut found.errors);
        curl::find(input, &mut found);
        http::find(input, &mut found.exchanges);
        url::find(input, &mut found.urls);
        for exchange in &found.exchanges {
            url::add(exchange.url(), &mut found.urls);
        }
        if found.errors.is_empty() {
            text::find_codes(input, &mut found.errors);
        }
        text::find_browser(input, &mut found.browser);
        found
    }

    /// Returns whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.names().is_empty()
    }

    /// Returns what was found, in words.
    pub fn names(&self) -> Vec<&'static str> {
        let unsigned = self.forms.is_empty() && self.urls.iter().any(|url| url.scheme == Scheme::Unsigned);
        let kinds = [
            (self.errors.iter().any(|error| !error.from_text), "an error body of S3 or CloudFront"),
            (self.errors.iter().any(|error| error.from_text), "an error that a program printed"),
            (self.urls.iter().any(|url| url.scheme != Scheme::Unsigned), "a signed URL"),
            (unsigned, "a URL of S3 without a signature"),
            (!self.forms.is_empty(), "a form"),
            (!self.exchanges.is_empty(), "an HTTP exchange"),
            (!self.problems.is_empty(), "a problem of the API"),
            (!self.gateway.is_empty(), "an answer of the API's gateway"),
            (!self.log_lines.is_empty(), "a line of a function's log"),
            (!self.browser.is_empty(), "a message of a browser"),
        ];
        kinds.into_iter().filter_map(|(found, name)| found.then_some(name)).collect()
    }

    /// Returns the exchange of the answer: the last one with a status that refuses, or else the last one.
    pub fn refused_exchange(&self) -> Option<&Exchange> {
        let refused = |exchange: &&Exchange| exchange.status.is_some_and(|status| status >= 300);
        self.exchanges.iter().rev().find(refused).or(self.exchanges.last())
    }
}

/// Appends unless the limit is reached.
fn push<T>(found: &mut Vec<T>, item: T) {
    if found.len() < MAX_FOUND {
        found.push(item);
    }
}

/// The beginning of a text, at most `bytes` long.
fn head(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}
