//! One condition of a POST policy: as it is written, and as it is read.
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

/// Why a condition of a policy cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ConditionError {
    /// The document is refused as a whole, with this reason.
    Document(&'static str),
    /// S3 takes it for a condition that never holds.
    NeverHolds,
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
    pub(super) fn text_bytes(&self) -> usize {
        match self {
            Self::Equals(field, value) | Self::StartsWith(field, value) => field.len() + value.len(),
            Self::ContentLengthRange(..) => 40,
        }
    }

    /// Writes it as an entry of the policy's list.
    pub(super) fn write_json(&self, json: &mut Vec<u8>) {
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

    /// Reads one entry of the policy's list.
    pub(super) fn parse(entry: &Value) -> Result<Self, ConditionError> {
        match entry {
            Value::Object(pairs) => {
                let mut pairs = pairs.iter();
                match (pairs.next(), pairs.next()) {
                    (Some((field, Value::String(value))), None) => {
                        Ok(Self::Equals(field.clone(), value.clone()))
                    }
                    (Some(_), None) => {
                        Err(ConditionError::Document("Invalid Simple-Condition: value must be a string."))
                    }
                    _ => Err(ConditionError::Document(
                        "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
                    )),
                }
            }
            Value::Array(list) => Self::parse_list(list),
            _ => Err(ConditionError::Document("Invalid Condition: it must be a list or an object.")),
        }
    }

    fn parse_list(list: &[Value]) -> Result<Self, ConditionError> {
        let [operator, first, second] = list else {
            return Err(ConditionError::NeverHolds);
        };
        let operator = operator.as_str().map(str::to_ascii_lowercase);
        match (operator.as_deref(), first, second) {
            (Some("content-length-range"), min, max) => match (bound(min), bound(max)) {
                (Some(min), Some(max)) => Ok(Self::ContentLengthRange(min, max)),
                _ => Err(ConditionError::NeverHolds),
            },
            (Some("eq"), Value::String(field), Value::String(value)) => {
                Ok(Self::Equals(variable(field)?, value.clone()))
            }
            (Some("starts-with"), Value::String(field), Value::String(prefix)) => {
                Ok(Self::StartsWith(variable(field)?, prefix.clone()))
            }
            _ => Err(ConditionError::NeverHolds),
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
pub(super) fn write_text(json: &mut Vec<u8>, text: &str) {
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
pub(super) fn spaced(entry: &Value) -> String {
    match entry {
        Value::Array(list) => {
            let parts: Vec<_> = list.iter().map(Value::to_string).collect();
            format!("[{}]", parts.join(", "))
        }
        other => other.to_string(),
    }
}

/// A bound is a number, or the text of one: both are in use.
fn bound(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn variable(name: &str) -> Result<String, ConditionError> {
    name.strip_prefix('$').map(str::to_owned).ok_or(ConditionError::NeverHolds)
}
