//! One condition of a POST policy.
//!
//! Source: [POST policy, conditions](https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html#sigv4-PolicyConditions).

use std::fmt;

use serde_json::{Value, json};

/// A condition that S3 checks on one field, or on the size of the file.
///
/// The variants have the field's name as the policy writes it. S3 compares names as [`Condition::field`] returns
/// them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Condition {
    /// The field has this value.
    Equals(String, String),
    /// The field begins with this prefix. An empty prefix allows any value; the form must still have the field.
    StartsWith(String, String),
    /// The file has this many bytes: minimum and maximum, both included.
    ContentLengthRange(u64, u64),
}

impl Condition {
    /// Returns the name of the field in lower case; `None` for the size of the file.
    pub fn field(&self) -> Option<String> {
        match self {
            Self::Equals(field, _) | Self::StartsWith(field, _) => Some(field.to_ascii_lowercase()),
            Self::ContentLengthRange(..) => None,
        }
    }

    /// About how many bytes the condition takes in the policy.
    pub(crate) fn text_bytes(&self) -> usize {
        match self {
            Self::Equals(field, value) | Self::StartsWith(field, value) => field.len() + value.len(),
            Self::ContentLengthRange(..) => 40,
        }
    }

    /// Writes the condition as an entry of the policy's list.
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

/// Writes the condition as S3's messages show it, in either notation of the policy: `["eq", "$key", "a"]`.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&spaced(&self.as_list()))
    }
}

/// Writes a JSON string. Most texts need no escapes, which one pass without branches finds out.
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

/// Writes a list as S3's messages do, with a space after each comma.
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
