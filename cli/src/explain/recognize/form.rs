//! Forms: a URL and fields, as the API, boto3 and other libraries write them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// The most fields that are kept.
const MAX_FIELDS: usize = 100;

/// A form before it is posted.
#[derive(Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Form {
    /// The URL to which it is posted.
    pub url: String,
    /// Names and values, in their order.
    pub fields: Vec<(String, String)>,
    /// The name of the file that is posted with it, if it is known.
    pub filename: Option<String>,
    /// When the API says that the form expires.
    pub expires_at: Option<String>,
}

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.fields.iter().map(|(name, _)| name).collect();
        f.debug_struct("Form").field("fields", &names).finish_non_exhaustive()
    }
}

impl Form {
    /// Reads `{"url": …, "fields": {…}}`.
    pub fn of_json(value: &Value) -> Option<Self> {
        let url = value.get("url")?.as_str()?.to_owned();
        let fields = value.get("fields").or_else(|| value.get("formData"))?.as_object()?;
        let fields =
            fields.iter().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        let expires_at = value.get("expires_at").and_then(Value::as_str).map(str::to_owned);
        Some(Self { url, fields: fields.take(MAX_FIELDS).collect(), filename: None, expires_at })
    }

    /// Reads what Python prints of boto3's form, and returns how many bytes it took.
    pub(super) fn of_python(text: &str) -> Option<(Self, usize)> {
        if !text.starts_with("{'") {
            return None;
        }
        let end = text.find("}}")? + 2;
        let literal = text.get(..end).filter(|literal| literal.contains("'fields'"))?;
        let value: Value = serde_json::from_str(&literal.replace('\'', "\"")).ok()?;
        Some((Self::of_json(&value)?, end))
    }

    /// Returns a field. Names are compared without regard to case.
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        fields.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Returns the document of the policy, decoded.
    pub fn policy(&self) -> Option<Vec<u8>> {
        STANDARD.decode(self.field("policy")?.trim()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_python_prints_is_read() {
        let text =
            "{'url': 'https://files.s3.amazonaws.com/', 'fields': {'key': 'a b', 'policy': 'e30='}} tail";
        let (form, read) = Form::of_python(text).unwrap();
        assert_eq!((form.field("KEY"), form.policy().as_deref()), (Some("a b"), Some(&b"{}"[..])));
        assert_eq!(&text[read..], " tail");
        assert!(!format!("{form:?}").contains("e30="));
    }
}
