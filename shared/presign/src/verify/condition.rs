//! One condition of a POST policy, as S3 reads it.

use serde_json::Value;

use crate::post_policy::Condition;

/// Why a condition of a policy cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ConditionError {
    /// S3 refuses the whole document for this reason.
    Document(&'static str),
    /// S3 accepts the document, and no form fulfills the condition.
    NeverHolds,
}

impl Condition {
    /// Parses one entry of the policy's list.
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
}

/// Parses a bound: a number, or the text of a number.
fn bound(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn variable(name: &str) -> Result<String, ConditionError> {
    name.strip_prefix('$').map(str::to_owned).ok_or(ConditionError::NeverHolds)
}
