//! Media ranges: `image/png`, `image/*`, or `*/*`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ContentType;

/// A media type without parameters, or all subtypes of a type (`image/*`), or all types (`*/*`).
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MediaRange(String);

/// The text is not a media range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write a media type in lower case without parameters, such as image/png, or image/*, or */*")]
pub struct ParseMediaRangeError;

impl MediaRange {
    /// `*/*`, every type.
    pub fn all() -> Self {
        Self("*/*".to_owned())
    }

    /// Whether the range contains this type. Parameters do not count.
    pub fn matches(&self, content_type: &ContentType) -> bool {
        let essence = content_type.essence();
        match self.0.strip_suffix("/*") {
            Some("*") => true,
            Some(kind) => essence.split_once('/').is_some_and(|(of, _)| of == kind),
            None => essence == self.0,
        }
    }

    /// The narrower of two ranges, which is what both contain; `None` if they have no type in common.
    pub fn shared_with<'a>(&'a self, other: &'a Self) -> Option<&'a Self> {
        let contains = |wide: &Self, narrow: &Self| match wide.0.strip_suffix('*') {
            Some("*/") => true,
            Some(kind) => narrow.0.starts_with(kind),
            None => wide == narrow,
        };
        match (contains(self, other), contains(other, self)) {
            (true, _) => Some(other),
            (_, true) => Some(self),
            _ => None,
        }
    }
}

impl FromStr for MediaRange {
    type Err = ParseMediaRangeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for MediaRange {
    type Error = ParseMediaRangeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text == "*/*" {
            return Ok(Self(text));
        }
        // A wildcard replaces the subtype; the rest must then be a media type.
        let example = text.strip_suffix("/*").map_or_else(|| text.clone(), |kind| format!("{kind}/x"));
        let parsed: ContentType = example.parse().map_err(|_| ParseMediaRangeError)?;
        let plain = parsed.essence() == example && !example.contains('*');
        if plain { Ok(Self(text)) } else { Err(ParseMediaRangeError) }
    }
}

impl From<MediaRange> for String {
    fn from(pattern: MediaRange) -> Self {
        pattern.0
    }
}

impl fmt::Display for MediaRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for MediaRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_means_a_type_its_subtypes_or_everything() {
        for (pattern, content_type, matches) in [
            ("image/png", "image/png", true),
            ("image/png", "IMAGE/PNG", true),
            ("text/plain", "text/plain; charset=utf-8", true),
            ("image/png", "image/pngx", false),
            ("image/*", "image/svg+xml", true),
            ("image/*", "imagex/png", false),
            ("image/*", "text/html", false),
            ("*/*", "text/html", true),
        ] {
            let pattern: MediaRange = pattern.parse().unwrap();
            assert_eq!(pattern.matches(&content_type.parse().unwrap()), matches, "{pattern} {content_type}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in
            ["", "image", "*", "image/", "*/png", "im*/png", "image/p*", "Image/png", "a/b; c=d", "a/*/*"]
        {
            assert!(text.parse::<MediaRange>().is_err(), "{text:?}");
        }
    }
}
