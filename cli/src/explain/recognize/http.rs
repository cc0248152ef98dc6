//! Requests and answers, as `curl -v`, `curl -i` and browsers' panels write them.

use super::limits::{head, push};
use super::url::SignedUrl;

/// The most bytes of one line that are read, and the most headers of one message.
const MAX_LINE: usize = 16 * 1024;
const MAX_HEADERS: usize = 64;

const METHODS: [&str; 7] = ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"];

/// A request, its answer, or both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exchange {
    /// The method.
    pub method: Option<String>,
    /// The target of the request line: path and query, or a URL.
    pub target: Option<String>,
    /// The request's headers: names in lower case.
    pub request: Vec<(String, String)>,
    /// The status of the answer.
    pub status: Option<u16>,
    /// The answer's headers: names in lower case.
    pub answer: Vec<(String, String)>,
}

impl Exchange {
    /// Returns a header of the request.
    pub fn sent(&self, name: &str) -> Option<&str> {
        value(&self.request, name)
    }

    /// Returns a header of the answer.
    pub fn received(&self, name: &str) -> Option<&str> {
        value(&self.answer, name)
    }

    /// Returns the requested URL, if it is signed or leads to S3.
    pub fn url(&self) -> Option<SignedUrl> {
        let target = self.target.as_deref()?;
        if target.starts_with("http") {
            return SignedUrl::parse(target);
        }
        SignedUrl::parse(&format!("https://{}{target}", self.sent("host")?))
    }
}

fn value<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
}

/// Where the reader stands.
#[derive(PartialEq, Eq)]
enum Reading {
    Nothing,
    Request,
    Answer,
}

/// Finds exchanges.
pub(super) fn find(input: &str, exchanges: &mut Vec<Exchange>) {
    let (mut current, mut reading) = (Exchange::default(), Reading::Nothing);
    for line in input.lines() {
        let line = head(line, MAX_LINE).trim_end();
        let (mark, text) = match line.strip_prefix("> ").or_else(|| line.strip_prefix("< ")) {
            Some(text) => (line.chars().next(), text),
            None => (None, line),
        };
        if let Some((method, target)) = request_line(text) {
            finish(&mut current, exchanges);
            current.method = Some(method.to_owned());
            current.target = Some(target.to_owned());
            reading = Reading::Request;
        } else if let Some(status) = status_line(text) {
            if current.status.is_some() {
                finish(&mut current, exchanges);
            }
            current.status = Some(status);
            reading = Reading::Answer;
        } else if let Some((name, value)) = header(text) {
            let is_challenge = name == "www-authenticate";
            match reading {
                Reading::Request if mark != Some('<') && current.request.len() < MAX_HEADERS => {
                    current.request.push((name, value));
                }
                Reading::Answer if mark != Some('>') && current.answer.len() < MAX_HEADERS => {
                    current.answer.push((name, value));
                }
                Reading::Nothing if is_challenge => current.answer.push((name, value)),
                _ => {}
            }
        } else if text.is_empty() || text == "<" || text == ">" {
            // The body follows, or the answer.
            reading = Reading::Nothing;
        }
    }
    finish(&mut current, exchanges);
}

fn finish(current: &mut Exchange, exchanges: &mut Vec<Exchange>) {
    let exchange = std::mem::take(current);
    let is_one = exchange.method.is_some() || exchange.status.is_some() || !exchange.answer.is_empty();
    // `100 Continue` and a proxy's `200 Connection established` are no answers to the request.
    if is_one && exchange.status != Some(100) {
        push(exchanges, exchange);
    }
}

fn request_line(line: &str) -> Option<(&str, &str)> {
    let (method, rest) = line.split_once(' ')?;
    let (target, version) = rest.rsplit_once(' ')?;
    let is_one = METHODS.contains(&method) && version.starts_with("HTTP/") && !target.contains(' ');
    is_one.then_some((method, target))
}

fn status_line(line: &str) -> Option<u16> {
    let rest = line.strip_prefix("HTTP/")?;
    let status = rest.split(' ').nth(1)?;
    status.parse().ok().filter(|status| (100..600).contains(status))
}

fn header(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    let is_name =
        !name.is_empty() && name.len() <= 64 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    is_name.then(|| (name.to_ascii_lowercase(), value.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transcript_of_curl_is_read() {
        let transcript = "* Connected to files.s3.eu-central-1.amazonaws.com\n\
            > HEAD /a?X-Amz-Signature=1 HTTP/1.1\n> Host: files.s3.eu-central-1.amazonaws.com\n> Accept: */*\n>\n\
            < HTTP/1.1 403 Forbidden\n< x-amz-request-id: R\n<\n* end";
        let mut exchanges = Vec::new();
        find(transcript, &mut exchanges);
        let [exchange] = exchanges.as_slice() else { panic!("{exchanges:?}") };
        assert_eq!((exchange.method.as_deref(), exchange.status), (Some("HEAD"), Some(403)));
        assert_eq!(exchange.received("x-amz-request-id"), Some("R"));
        assert_eq!(exchange.url().unwrap().host, "files.s3.eu-central-1.amazonaws.com");
    }

    #[test]
    fn redirects_are_several_exchanges_and_prose_is_none() {
        let mut exchanges = Vec::new();
        find(
            "HTTP/2 302\nlocation: https://a\n\nHTTP/2 403\ncontent-type: application/xml\n\n<Error>",
            &mut exchanges,
        );
        assert_eq!(exchanges.iter().filter_map(|one| one.status).collect::<Vec<_>>(), [302, 403]);
        exchanges.clear();
        find("GET lost\nPlease note: this is prose\nHTTP is a protocol", &mut exchanges);
        assert!(exchanges.is_empty());
    }
}
