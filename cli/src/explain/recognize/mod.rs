//! Finds what a person pasted: error bodies, URLs, forms, HTTP exchanges, log lines, browsers' messages.
//!
//! Every search is linear and has a limit of its own, so that hostile input costs neither time nor memory.

mod curl;
mod evidence;
mod form;
mod http;
mod json;
mod limits;
mod messages;
mod text;
pub(super) mod url;
mod xml;

pub use evidence::Evidence;
pub use form::Form;
pub use http::Exchange;
pub use messages::{LogLine, Problem};
pub use text::BrowserMessage;
pub use url::{Scheme, SignedUrl};
pub use xml::ErrorBody;

/// Finds everything in a text.
pub fn find(input: &str) -> Evidence {
    let mut found = Evidence::default();
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
