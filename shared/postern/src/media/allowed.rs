//! The media types that a stack allows.

use std::fmt;
use std::str::FromStr;

use super::{ContentType, MediaRange};

/// A list of media ranges, separated by commas: `image/*, application/pdf`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedTypes(Vec<MediaRange>);

/// The text is not such a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write types as image/png, image/* or */*, with commas between")]
pub struct ParseAllowedTypesError;

impl AllowedTypes {
    /// Allows every type.
    pub fn all() -> Self {
        Self(vec![MediaRange::all()])
    }

    /// Whether the list allows `declared`.
    ///
    /// ```
    /// let list: postern::media::AllowedTypes = "image/*, application/pdf".parse().unwrap();
    /// assert!(list.allows(&"image/png".parse().unwrap()));
    /// assert!(!list.allows(&"application/octet-stream".parse().unwrap()));
    /// ```
    pub fn allows(&self, declared: &ContentType) -> bool {
        self.0.iter().any(|range| range.matches(declared))
    }

    /// The part of `ranges` that the list allows.
    pub fn among(&self, ranges: &[MediaRange]) -> Vec<MediaRange> {
        let pairs = ranges.iter().flat_map(|range| self.0.iter().map(move |own| (own, range)));
        pairs.filter_map(|(own, range)| own.shared_with(range)).cloned().collect()
    }
}

impl FromStr for AllowedTypes {
    type Err = ParseAllowedTypesError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let range = |text: &str| text.trim().to_ascii_lowercase().parse().map_err(|_| ParseAllowedTypesError);
        text.split(',').map(range).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for AllowedTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(n, range)| match n {
            0 => write!(f, "{range}"),
            _ => write!(f, ", {range}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_lists_allow_is_the_narrower_of_each_pair() {
        for (stack, token, both) in [
            ("*/*", "image/*,application/pdf", "image/*, application/pdf"),
            ("image/png,application/pdf", "*/*", "image/png, application/pdf"),
            ("image/png,application/pdf", "image/*", "image/png"),
            ("image/*", "image/png,imagex/y,text/plain", "image/png"),
            ("text/plain", "text/csv,text/plain", "text/plain"),
            ("image/*", "video/*", ""),
        ] {
            let (stack, token): (AllowedTypes, AllowedTypes) =
                (stack.parse().unwrap(), token.parse().unwrap());
            assert_eq!(AllowedTypes(stack.among(&token.0)).to_string(), both);
        }
    }

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
