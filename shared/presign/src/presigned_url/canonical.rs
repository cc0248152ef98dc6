//! The parts of a canonical request: host, path, query parameters and headers.
//!
//! Source: [Create a canonical request](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What Signature Version 4 leaves unescaped in a query (RFC 3986, unreserved).
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The same in a path, where the slash separates.
pub(super) const PATH: &AsciiSet = &QUERY.remove(b'/');

/// Splits a bucket's URL into the host as the client sends it (without the scheme's default port), and the path.
pub(super) fn host_and_path(url: &str) -> Option<(&str, &str)> {
    let (default_port, rest) = match url.strip_prefix("https://") {
        Some(rest) => (":443", rest),
        None => (":80", url.strip_prefix("http://")?),
    };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.strip_suffix(default_port).unwrap_or(host);
    (!host.is_empty()).then_some((host, path))
}

/// Query parameters, escaped, in the order of the URL.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn new(pairs: &[(&str, &str)]) -> Self {
        let mut query = Self(Vec::with_capacity(pairs.len() + 7));
        for (name, value) in pairs {
            query.push(name, value);
        }
        query
    }

    pub(super) fn push(&mut self, name: &str, value: &str) {
        let escaped = |text| utf8_percent_encode(text, QUERY).to_string();
        self.0.push((escaped(name), escaped(value)));
    }

    pub(super) fn joined(&self) -> String {
        let pairs: Vec<_> = self.0.iter().map(|(name, value)| [name, "=", value].concat()).collect();
        pairs.join("&")
    }

    /// The parameters, sorted by name and then by value.
    pub(super) fn canonical(&self) -> String {
        let mut sorted = self.0.clone();
        sorted.sort();
        Self(sorted).joined()
    }
}

/// The signed headers with `host`: names in lower case, sorted.
pub(super) struct Headers(Vec<(String, String)>);

impl Headers {
    pub(super) fn new(host: &str, others: &[(&str, &str)]) -> Self {
        let all = others.iter().copied().chain([("host", host)]);
        let mut headers: Vec<_> =
            all.map(|(name, value)| (name.to_ascii_lowercase(), one_spaced(value))).collect();
        headers.sort();
        Self(headers)
    }

    pub(super) fn names(&self) -> String {
        let names: Vec<_> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        names.join(";")
    }

    /// A line for each header. In the canonical request, an empty line follows.
    pub(super) fn canonical(&self) -> String {
        self.0.iter().map(|(name, value)| [name, ":", value, "\n"].concat()).collect()
    }
}

/// A header's value without spaces around it, and with one space in place of several.
fn one_spaced(value: &str) -> String {
    let words: Vec<_> = value.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ")
}
