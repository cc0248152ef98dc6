//! The `response-*` parameters of a signed GET. With them a link sets, for example, the name of the saved
//! file ([`GetObject`](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html)).

use std::borrow::Cow;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use percent_encoding::percent_decode_str;

const OVERRIDES: [(&str, HeaderName); 6] = [
    ("response-cache-control", header::CACHE_CONTROL),
    ("response-content-disposition", header::CONTENT_DISPOSITION),
    ("response-content-encoding", header::CONTENT_ENCODING),
    ("response-content-language", header::CONTENT_LANGUAGE),
    ("response-content-type", header::CONTENT_TYPE),
    ("response-expires", header::EXPIRES),
];

/// A value that S3 cannot send: it has a character outside ISO-8859-1, or a control character such as a line
/// break.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Header value cannot be represented using ISO-8859-1.")]
pub(super) struct NotAHeader;

/// Sets the headers that the parameters of the query name.
pub(super) fn apply(query: &str, headers: &mut HeaderMap) -> Result<(), NotAHeader> {
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        let Some((_, header)) = OVERRIDES.iter().find(|(parameter, _)| *parameter == name) else { continue };
        if !value.is_empty() {
            headers.insert(header, decoded(value)?);
        }
    }
    Ok(())
}

fn decoded(value: &str) -> Result<HeaderValue, NotAHeader> {
    let value = value.replace('+', " ");
    let text: Cow<'_, str> = percent_decode_str(&value).decode_utf8().map_err(|_| NotAHeader)?;
    let latin1: Result<Vec<u8>, _> = text.chars().map(|letter| u8::try_from(u32::from(letter))).collect();
    HeaderValue::from_bytes(&latin1.map_err(|_| NotAHeader)?).map_err(|_| NotAHeader)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(query: &str) -> Result<HeaderMap, NotAHeader> {
        let mut headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("a/b"))]);
        apply(query, &mut headers).map(|()| headers)
    }

    #[test]
    fn the_headers_that_the_query_names_are_set_and_others_stay() {
        let query = "versionId=1&response-content-disposition=attachment%3B%20filename%3D%22a%2Bb.png%22\
                     &response-expires=&response-moon=full";
        let headers = applied(query).unwrap();
        assert_eq!(headers[header::CONTENT_DISPOSITION], "attachment; filename=\"a+b.png\"");
        assert_eq!(headers[header::CONTENT_TYPE], "a/b");
        assert_eq!(headers.len(), 2);
        assert_eq!(applied("response-content-type=c%2Fd").unwrap()[header::CONTENT_TYPE], "c/d");
    }

    #[test]
    fn a_value_is_sent_in_latin_1_or_refused() {
        let headers = applied("response-content-language=%C3%A9").unwrap();
        assert_eq!(headers[header::CONTENT_LANGUAGE].as_bytes(), [0xe9]);
        for value in ["%E6%8A%A5", "%0D%0Ax-evil%3A1", "%FF"] {
            assert_eq!(applied(&format!("response-content-language={value}")), Err(NotAHeader), "{value}");
        }
    }
}
