//! The document in a form's field `policy`, as S3 reads it.
//!
//! Source: [POST policy](https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html).

use serde_json::Value;

use super::condition::ConditionError;
use super::refusal::Refusal;
use crate::Timestamp;
use crate::post_policy::Condition;
use crate::post_policy::condition::spaced;

/// A parsed policy document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyDocument {
    /// When the policy expires: S3 refuses its forms from then on.
    pub expires_at: Timestamp,
    /// In the document's order.
    pub(super) conditions: Vec<Entry>,
}

/// An entry of the list of conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    Condition(Condition),
    /// A condition that cannot be read, so no form fulfills it; as the document wrote it.
    NeverHolds(String),
}

impl PolicyDocument {
    /// Parses a document (JSON, not base64).
    ///
    /// # Errors
    /// With S3's `InvalidPolicyDocument`.
    pub fn parse(document: &[u8]) -> Result<Self, Refusal> {
        let text = std::str::from_utf8(document).map_err(|_| Refusal::policy("Invalid JSON."))?;
        let parsed: Value = serde_json::from_str(&without_dollar_escapes(text))
            .map_err(|_| Refusal::policy("Invalid JSON."))?;
        // S3 compares these two names with their case, unlike names of fields.
        let expiration = parsed.get("expiration").ok_or_else(|| Refusal::policy("expiration missing."))?;
        let instant = expiration.as_str().filter(|text| text.ends_with('Z')).and_then(|t| t.parse().ok());
        let expires_at = instant.ok_or_else(|| {
            let shown = expiration.as_str().map_or_else(|| expiration.to_string(), str::to_owned);
            Refusal::policy(format_args!("Invalid 'expiration' value: '{shown}'"))
        })?;
        let Some(Value::Array(list)) = parsed.get("conditions") else {
            return Err(Refusal::policy("conditions missing."));
        };
        let conditions = list.iter().map(entry).collect::<Result<_, _>>()?;
        Ok(Self { expires_at, conditions })
    }

    /// Returns the conditions that can be read, in the document's order.
    pub fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.conditions.iter().filter_map(|entry| match entry {
            Entry::Condition(condition) => Some(condition),
            Entry::NeverHolds(_) => None,
        })
    }

    /// The names of all fields that have a condition, in lower case.
    pub(super) fn covered(&self) -> Vec<String> {
        self.conditions().filter_map(Condition::field).collect()
    }
}

fn entry(value: &Value) -> Result<Entry, Refusal> {
    match Condition::parse(value) {
        Ok(condition) => Ok(Entry::Condition(condition)),
        Err(ConditionError::NeverHolds) => Ok(Entry::NeverHolds(spaced(value))),
        Err(ConditionError::Document(reason)) => Err(Refusal::policy(reason)),
    }
}

/// Removes the escapes of dollar signs (`\$`), which S3 allows and JSON does not.
fn without_dollar_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (character, character == '\\') {
            (_, true) => match characters.next() {
                Some('$') => plain.push('$'),
                Some(escaped) => plain.extend(['\\', escaped]),
                None => plain.push('\\'),
            },
            (other, false) => plain.push(other),
        }
    }
    plain
}
