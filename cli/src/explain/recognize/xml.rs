//! Error bodies in XML, as S3 and CloudFront send them
//! ([error responses](https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html)).
//!
//! The reader is a stream: nesting costs nothing, document types are skipped, and only the five predefined entities
//! and character references are resolved.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::limits::{head, push};

/// The most bytes of one error body that are read.
const MAX_BYTES: usize = 64 * 1024;
/// The most places that are tried.
const MAX_TRIES: usize = 64;
/// The most elements of one error body that are kept.
const MAX_ELEMENTS: usize = 40;

/// An error body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ErrorBody {
    /// The error code, such as `AccessDenied`.
    pub code: String,
    /// The message.
    pub message: String,
    /// The other elements, in their order.
    pub details: Vec<(String, String)>,
    /// Whether a program printed the error, and the body is missing.
    pub from_text: bool,
}

impl ErrorBody {
    /// Returns the text of another element.
    pub fn detail(&self, name: &str) -> Option<&str> {
        self.details.iter().find(|(own, _)| own == name).map(|(_, text)| text.as_str())
    }

    /// Returns whether the message contains a text, without regard to case.
    pub fn says(&self, text: &str) -> bool {
        self.message.to_ascii_lowercase().contains(&text.to_ascii_lowercase())
    }
}

/// Finds error bodies.
pub(super) fn find(input: &str, errors: &mut Vec<ErrorBody>) {
    let mut rest = input;
    for _ in 0..MAX_TRIES {
        let Some(start) = rest.find("<Error") else { return };
        let Some(body) = rest.get(start..) else { return };
        let named = body.get("<Error".len()..).unwrap_or_default();
        if named.starts_with(['>', ' ', '\n', '\r', '\t']) {
            let whole = head(body, MAX_BYTES);
            let end = whole.find("</Error>").map_or(whole.len(), |end| end + "</Error>".len());
            let body = read(whole.get(..end).unwrap_or(whole));
            if !body.code.is_empty() && !errors.contains(&body) {
                push(errors, body);
            }
        }
        rest = named;
    }
}

/// Reads the elements directly below the first one.
fn read(xml: &str) -> ErrorBody {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = false;
    let (mut body, mut depth, mut name, mut text) =
        (ErrorBody::default(), 0_usize, String::new(), String::new());
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                depth += 1;
                if depth == 2 {
                    name = String::from_utf8_lossy(start.name().as_ref()).into_owned();
                    text.clear();
                }
            }
            Ok(Event::End(_)) => {
                if depth == 2 {
                    keep(&mut body, &name, &text);
                }
                depth = depth.saturating_sub(1);
            }
            Ok(Event::Text(part)) if depth == 2 => text.push_str(&String::from_utf8_lossy(&part)),
            Ok(Event::CData(part)) if depth == 2 => text.push_str(&String::from_utf8_lossy(&part)),
            Ok(Event::GeneralRef(reference)) if depth == 2 => {
                text.extend(character(&String::from_utf8_lossy(&reference)));
            }
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    // A body that was cut in the middle of an element still has what came before.
    if depth >= 2 && !text.is_empty() {
        keep(&mut body, &name, &text);
    }
    body
}

fn keep(body: &mut ErrorBody, name: &str, text: &str) {
    // Browsers and `\n` of JSON put white space around a text.
    let text = text.trim().trim_matches(['\\', '\n']).trim();
    match name {
        "Code" if body.code.is_empty() => text.clone_into(&mut body.code),
        "Message" if body.message.is_empty() => text.clone_into(&mut body.message),
        _ if body.details.len() < MAX_ELEMENTS => body.details.push((name.to_owned(), text.to_owned())),
        _ => {}
    }
}

/// Resolves a predefined entity or a character reference; no other entity has a text.
fn character(reference: &str) -> Option<char> {
    match reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = reference.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(xml: &str) -> ErrorBody {
        let mut errors = Vec::new();
        find(xml, &mut errors);
        errors.remove(0)
    }

    #[test]
    fn a_body_is_read_with_its_details() {
        let body = one(
            "<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code>\n<Message>a &amp; &#34;b&#x22;</Message>\
             <Expires>2026-11-24T10:00:00Z</Expires></Error>",
        );
        assert_eq!((body.code.as_str(), body.message.as_str()), ("AccessDenied", "a & \"b\""));
        assert_eq!(body.detail("Expires"), Some("2026-11-24T10:00:00Z"));
    }

    #[test]
    fn no_other_entity_is_resolved() {
        let body = one("<!DOCTYPE x [<!ENTITY file SYSTEM \"file:///etc/passwd\"><!ENTITY a \"b\">]>\
             <Error><Code>A&a;</Code><Message>&file;&a;</Message></Error>");
        assert_eq!((body.code.as_str(), body.message.as_str()), ("A", ""));
    }

    #[test]
    fn half_a_body_and_a_nested_one_are_read() {
        assert_eq!(one("<Error><Code>NoSuchKey</Code><Message>The spec").message, "The spec");
        let deep = format!("<Error><Code>X</Code>{}", "<a>".repeat(20_000));
        assert_eq!(one(&deep).code, "X");
        let mut none = Vec::new();
        find("<Errors><Code>X</Code></Errors> <Error", &mut none);
        assert!(none.is_empty());
    }
}
