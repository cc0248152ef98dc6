//! An answer to an HTTP request, before a function's handler gives it the form of its event.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde::Serialize;

/// Status, headers and body. `Debug` shows only the status: bodies and headers carry forms,
/// tokens and signed URLs.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status code.
    pub status: StatusCode,
    /// Names in lower case; one value a name.
    pub headers: Vec<(&'static str, String)>,
    /// The body, perhaps empty.
    pub body: String,
    /// Whether `body` is base64 of the bytes that the client gets.
    pub is_base64: bool,
}

impl Reply {
    /// An answer with a JSON body that no cache may store.
    pub fn json(status: StatusCode, body: &impl Serialize) -> Self {
        // Our own types always serialize; were one not to, an empty body says less than a panic.
        let body = serde_json::to_string(body).unwrap_or_default();
        Self { body, ..Self::empty(status) }.with("content-type", "application/json")
    }

    /// An answer without a body that no cache may store.
    pub fn empty(status: StatusCode) -> Self {
        let headers = vec![("cache-control", "no-store".to_owned())];
        Self { status, headers, body: String::new(), is_base64: false }
    }

    /// An answer whose body is no text, and that no cache may store.
    pub fn bytes(status: StatusCode, body: &[u8]) -> Self {
        Self { body: STANDARD.encode(body), is_base64: true, ..Self::empty(status) }
    }

    /// The answer with a header set.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(existing, _)| *existing != name);
        self.headers.push((name, value.into()));
        self
    }

    /// The answer to HEAD where this is the answer to GET: the same headers, no body, and the length that the body had
    /// ([RFC 9110, HEAD](https://www.rfc-editor.org/rfc/rfc9110#name-head)).
    #[must_use]
    pub fn without_body(self) -> Self {
        let size_bytes = match self.is_base64 {
            true => STANDARD.decode(&self.body).map_or(0, |bytes| bytes.len()),
            false => self.body.len(),
        };
        let reply = Self { body: String::new(), is_base64: false, ..self };
        if size_bytes == 0 { reply } else { reply.with("content-length", size_bytes.to_string()) }
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(existing, _)| *existing == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("status", &self.status).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_to_head_has_the_headers_of_get_and_the_length_of_its_body() {
        let text = Reply::json(StatusCode::GONE, &"a\u{e4}").with("etag", "\"1\"");
        for (reply, length) in [
            (text.clone(), "5"),
            (Reply::bytes(StatusCode::OK, b"\x1f").with("content-encoding", "gzip"), "1"),
            (Reply::bytes(StatusCode::OK, b"\x1f\x8b\x08"), "3"),
        ] {
            let head = reply.clone().without_body();
            assert_eq!((head.status, head.body.as_str(), head.is_base64), (reply.status, "", false));
            assert_eq!(head.headers, reply.with("content-length", length).headers);
        }
        let link = Reply::empty(StatusCode::OK).with("content-length", "2048");
        assert_eq!(link.clone().without_body(), link, "the length of a file that another server has");
        let moved = Reply::empty(StatusCode::FOUND);
        assert_eq!(moved.clone().without_body(), moved);
    }
}
