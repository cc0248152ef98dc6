//! What the stack demands of every object, beside what was promised for it.

use std::fmt;
use std::str::FromStr;

use crate::content_type::ContentType;
use crate::scan::ScanGate;

/// What the stack demands of every object.
#[derive(Debug, Clone)]
pub struct Demands {
    /// The ARN of the key under which objects must be encrypted.
    pub files_key_arn: String,
    /// The types that may be declared.
    pub allowed_types: AllowedTypes,
    /// The most pixels of an image, as its header tells them; `None` for no ceiling.
    pub max_image_pixels: Option<u64>,
    /// Whether what the rules accept must have passed a scan as well.
    pub scan: ScanGate,
}

/// A list of types: `image/png`, `image/*` or `*/*`, with commas between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedTypes(Vec<String>);

/// The text is no such list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write types as image/png, image/* or */*, with commas between")]
pub struct ParseAllowedTypesError;

impl AllowedTypes {
    /// Every type.
    pub fn all() -> Self {
        Self(vec!["*/*".to_owned()])
    }

    /// Whether `declared` is on the list.
    ///
    /// ```
    /// let list: postern::record::AllowedTypes = "image/*, application/pdf".parse().unwrap();
    /// assert!(list.allows(&"image/png".parse().unwrap()));
    /// assert!(!list.allows(&"application/octet-stream".parse().unwrap()));
    /// ```
    pub fn allows(&self, declared: &ContentType) -> bool {
        let essence = declared.essence();
        self.0.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some("*/") => true,
            Some(kind) => essence.starts_with(kind),
            None => *pattern == essence,
        })
    }
}

impl FromStr for AllowedTypes {
    type Err = ParseAllowedTypesError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let patterns: Vec<_> = text.split(',').map(|pattern| pattern.trim().to_ascii_lowercase()).collect();
        match patterns.iter().all(|pattern| is_pattern(pattern)) {
            true => Ok(Self(patterns)),
            false => Err(ParseAllowedTypesError),
        }
    }
}

impl fmt::Display for AllowedTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

fn is_pattern(text: &str) -> bool {
    match text.strip_suffix("/*") {
        Some(kind) => kind == "*" || format!("{kind}/x").parse::<ContentType>().is_ok(),
        None => text.parse::<ContentType>().is_ok_and(|parsed| parsed.essence() == text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_list_of_types_is_refused() {
        for text in ["", "png", "image/", "image/*,", "*", "*/png", "image/p*", "text/plain; charset=utf-8"] {
            assert!(text.parse::<AllowedTypes>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_pattern_allows_its_kind_and_nothing_else() {
        for (list, declared, allowed) in [
            ("*/*", "application/x-own", true),
            ("image/*", "image/svg+xml", true),
            ("image/*", "imagery/png", false),
            ("IMAGE/PNG", "image/png", true),
            ("text/plain", "text/plain; charset=utf-8", true),
            ("image/png,image/jpeg", "image/jpeg", true),
            ("image/png,image/jpeg", "image/gif", false),
        ] {
            let list: AllowedTypes = list.parse().unwrap();
            assert_eq!(list.allows(&declared.parse().unwrap()), allowed, "{list} {declared}");
        }
    }
}
