//! One condition of a POST policy: as the policy writes it.
//!
//! Source: [POST policy, conditions](https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html#sigv4-PolicyConditions).

use std::fmt;

use serde_json::{Value, json};

/// What S3 demands of one field, or of the file.
///
/// Fields are named as the policy writes them; [`Condition::field`] is how they are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// The field has this value.
    Equals(String, String),
    /// The field begins so; an empty prefix allows any value, but the field must be there.
    StartsWith(String, String),
    /// The file has so many bytes, both ends included.
    ContentLengthRange(u64, u64),
}

impl Condition {
    /// The field that it speaks of, in lower case; `None` for the file's size.
    pub fn field(&self) -> Option<String> {
        match self {
            Self::Equals(field, _) | Self::StartsWith(field, _) => Some(field.to_ascii_lowercase()),
            Self::ContentLengthRange(..) => None,
        }
    }

    /// How many bytes its texts have.
    pub(crate) fn text_bytes(&self) -> usize {
        match self {
            Self::Equals(field, value) | Self::StartsWith(field, value) => field.len() + value.len(),
            Self::ContentLengthRange(..) => 40,
        }
    }

    /// Writes it as an entry of the policy's list.
    pub(crate) fn write_json(&self, json: &mut Vec<u8>) {
        match self {
            Self::Equals(field, value) => {
                json.push(b'{');
                write_text(json, field);
                json.push(b':');
                write_text(json, value);
                json.push(b'}');
            }
            Self::StartsWith(field, prefix) => {
                json.extend(br#"["starts-with","#);
                write_text(json, &format!("${field}"));
                json.push(b',');
                write_text(json, prefix);
                json.push(b']');
            }
            Self::ContentLengthRange(min, max) => {
                json.extend(format!(r#"["content-length-range",{min},{max}]"#).bytes());
            }
        }
    }

    fn as_list(&self) -> Value {
        match self {
            Self::Equals(field, value) => json!(["eq", format!("${field}"), value]),
            Self::StartsWith(field, prefix) => json!(["starts-with", format!("${field}"), prefix]),
            Self::ContentLengthRange(min, max) => json!(["content-length-range", min, max]),
        }
    }
}

/// As S3's messages show a condition, whichever way the policy wrote it: `["eq", "$key", "a"]`.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&spaced(&self.as_list()))
    }
}

/// Writes a JSON string. Most texts need no escapes, and are found to in one pass without branches.
pub(crate) fn write_text(json: &mut Vec<u8>, text: &str) {
    let special = |b: u8| u8::from(b < 0x20) | u8::from(b == b'"') | u8::from(b == b'\\');
    let escaped = text.bytes().fold(0, |any, b| any | special(b)) != 0;
    if escaped {
        // Writing text into memory cannot fail.
        return drop(serde_json::to_writer(json, text));
    }
    json.reserve(text.len() + 2);
    json.push(b'"');
    json.extend_from_slice(text.as_bytes());
    json.push(b'"');
}

/// A list as S3's messages write it, with a space after each comma.
pub(crate) fn spaced(entry: &Value) -> String {
    match entry {
        Value::Array(list) => {
            let parts: Vec<_> = list.iter().map(Value::to_string).collect();
            format!("[{}]", parts.join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_shown_as_s3_shows_it() {
        for (condition, shown) in [
            (Condition::Equals("key".into(), "a\"b".into()), r#"["eq", "$key", "a\"b"]"#),
            (Condition::StartsWith("key".into(), "a".into()), r#"["starts-with", "$key", "a"]"#),
            (Condition::ContentLengthRange(0, 10), r#"["content-length-range", 0, 10]"#),
        ] {
            assert_eq!(condition.to_string(), shown);
        }
        assert_eq!(spaced(&json!({ "bucket": "files" })), r#"{"bucket":"files"}"#);
    }

    #[test]
    fn every_text_is_written_so_that_json_reads_it() {
        for text in ["", "a b", "\"", "\\", "\\\\", "\n", "\u{1f}", "\u{7f}", "Zo\u{eb}", "a\\b\"c\td"] {
            let mut json = Vec::new();
            write_text(&mut json, text);
            assert_eq!(serde_json::from_slice::<String>(&json).unwrap(), text, "{text:?}");
        }
    }
}
