//! What was found in the input.

use super::form::Form;
use super::http::Exchange;
use super::messages::{LogLine, Problem};
use super::text::BrowserMessage;
use super::url::{Scheme, SignedUrl};
use super::xml::ErrorBody;

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
    pub(crate) json_secrets: Vec<String>,
}

impl Evidence {
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
