//! Where a file was in the folder that a person chose: its path, relative to that folder's parent.
//!
//! The path is never part of a key. It lives in the record, and tells the app where the file belongs.

use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

use super::app_event;
use super::filename::{Filename, ParseFilenameError};

/// The longest path, in bytes of UTF-8.
pub const MAX_PATH_BYTES: usize = 1024;

/// A relative path: 1 to 1,024 bytes of UTF-8, with `/` between its segments. Each segment is a file name.
///
/// Its `Debug` shows only the length: file names do not belong in logs.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RelativePath(String);

/// Why a text is no relative path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseRelativePathError {
    /// More than [`MAX_PATH_BYTES`].
    #[error("a path has at most 1,024 bytes in UTF-8")]
    TooLong,
    /// It begins or ends with `/`, or has two of them in a row.
    #[error("a path is relative: it has no \"/\" at its ends, and no two in a row")]
    EmptySegment,
    /// It begins with a letter and `:`, which is a drive of Windows.
    #[error("a path is relative: it does not begin with a drive, such as \"C:\"")]
    Drive,
    /// A segment that is no file name.
    #[error("each segment of a path obeys the rules of a file name: {0}")]
    Segment(ParseFilenameError),
}

impl RelativePath {
    /// The path as it came.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the last segment is this name.
    pub fn ends_with(&self, filename: &Filename) -> bool {
        self.0.rsplit('/').next() == Some(filename.as_str())
    }
}

impl FromStr for RelativePath {
    type Err = ParseRelativePathError;

    fn from_str(path: &str) -> Result<Self, Self::Err> {
        if path.len() > MAX_PATH_BYTES {
            return Err(ParseRelativePathError::TooLong);
        }
        if matches!(path.as_bytes(), [drive, b':', ..] if drive.is_ascii_alphabetic()) {
            return Err(ParseRelativePathError::Drive);
        }
        for segment in path.split('/') {
            if segment.is_empty() {
                return Err(ParseRelativePathError::EmptySegment);
            }
            segment.parse::<Filename>().map_err(ParseRelativePathError::Segment)?;
        }
        Ok(Self(path.to_owned()))
    }
}

impl TryFrom<String> for RelativePath {
    type Error = ParseRelativePathError;

    fn try_from(path: String) -> Result<Self, Self::Error> {
        path.parse()
    }
}

impl From<RelativePath> for String {
    fn from(path: RelativePath) -> Self {
        path.0
    }
}

impl fmt::Debug for RelativePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RelativePath({} bytes)", self.0.len())
    }
}

/// A path in the record: encoded, because the pipe copies it from there into events.
pub(crate) mod as_told {
    use serde::{Deserializer, Serializer, de::Error};

    use super::{Deserialize, RelativePath, app_event, percent_decode_str};

    /// Writes the path in text that needs no escape.
    pub(crate) fn serialize<'a, S: Serializer>(
        path: impl Into<Option<&'a RelativePath>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match path.into() {
            Some(path) => serializer.serialize_str(&app_event::told(path.as_str())),
            None => serializer.serialize_none(),
        }
    }

    /// Reads what [`serialize`] has written.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<RelativePath>, D::Error> {
        let Some(told) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        let path = percent_decode_str(&told).decode_utf8().map_err(D::Error::custom)?;
        path.parse().map(Some).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_relative_and_each_segment_is_a_file_name() {
        use ParseFilenameError as Name;
        use ParseRelativePathError as E;
        for (path, error) in [
            ("", E::EmptySegment),
            ("/", E::EmptySegment),
            ("/etc/passwd", E::EmptySegment),
            ("C:/Windows/a.png", E::Drive),
            ("c:a.png", E::Drive),
            ("photos/", E::EmptySegment),
            ("photos//a.png", E::EmptySegment),
            ("../a.png", E::Segment(Name::Empty)),
            ("photos/../../a.png", E::Segment(Name::Empty)),
            ("./a.png", E::Segment(Name::Empty)),
            ("photos/ /a.png", E::Segment(Name::Empty)),
            ("photos\\a.png", E::Segment(Name::Path)),
            ("C:\\photos/a.png", E::Drive),
            ("photos/a\n.png", E::Segment(Name::Control)),
            ("pho\u{202e}tos/a.png", E::Segment(Name::Direction)),
            (&format!("{}/a.png", "x".repeat(256)), E::Segment(Name::TooLong)),
            (&"abc/".repeat(256), E::EmptySegment),
            (&format!("{}d", "abc/".repeat(256)), E::TooLong),
        ] {
            assert_eq!(path.parse::<RelativePath>().unwrap_err(), error, "{path:?}");
        }
        for path in ["a.png", "photos/2026/a \"b\" 100%.png", "\u{62a5}\u{544a}/\u{1F600}.png", "a/.git/b"] {
            assert_eq!(path.parse::<RelativePath>().unwrap().as_str(), path);
        }
        let longest = format!("{}abcd", "abc/".repeat(255));
        assert!(longest.len() == MAX_PATH_BYTES && longest.parse::<RelativePath>().is_ok());
    }

    #[test]
    fn a_path_ends_with_the_whole_name() {
        let ends = |path: &str, name: &str| {
            path.parse::<RelativePath>().unwrap().ends_with(&name.parse::<Filename>().unwrap())
        };
        assert!(ends("photos/a.png", "a.png") && ends("a.png", "a.png"));
        assert!(!ends("photos/ba.png", "a.png") && !ends("a.png/b.png", "a.png"));
    }

    #[test]
    fn a_path_is_not_shown_by_debug() {
        let path: RelativePath = "secret/a.txt".parse().unwrap();
        assert_eq!(format!("{path:?}"), "RelativePath(12 bytes)");
    }
}
