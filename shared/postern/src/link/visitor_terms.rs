//! What an owner lays down for the people who open a link: whether they meet a page, and a note.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest note for visitors, in characters.
pub const MAX_VISITOR_NOTE_CHARS: usize = 1000;

/// When a browser that navigates to a link gets the link's page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageMode {
    /// Where browsers show the file.
    #[default]
    Auto,
    /// Always, where browsers save the file too.
    Always,
    /// Never: the link redirects.
    Never,
}

/// The text is none of the modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write auto, always or never")]
pub struct ParsePageModeError;

/// A plain text for visitors, 1 to 1,000 characters, with line ends. `Debug` shows only its length: it may
/// name a person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VisitorNote(String);

/// The text is empty, too long, or has characters that have no business in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a note has 1 to {MAX_VISITOR_NOTE_CHARS} characters, and no control characters but line ends (\\n), \
     and no marks that change the reading direction (U+202A to U+202E, U+2066 to U+2069)"
)]
pub struct ParseVisitorNoteError;

impl PageMode {
    /// The mode as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }
    }
}

impl FromStr for PageMode {
    type Err = ParsePageModeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut modes = [Self::Auto, Self::Always, Self::Never].into_iter();
        modes.find(|mode| mode.as_str() == text).ok_or(ParsePageModeError)
    }
}

impl VisitorNote {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for VisitorNote {
    type Err = ParseVisitorNoteError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_strange = |c: char| {
            c.is_control() && c != '\n' || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
        };
        let fits = (1..=MAX_VISITOR_NOTE_CHARS).contains(&text.chars().count());
        match fits && !text.trim().is_empty() && !text.contains(is_strange) {
            true => Ok(Self(text.to_owned())),
            false => Err(ParseVisitorNoteError),
        }
    }
}

impl TryFrom<String> for VisitorNote {
    type Error = ParseVisitorNoteError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<VisitorNote> for String {
    fn from(note: VisitorNote) -> Self {
        note.0
    }
}

impl fmt::Debug for VisitorNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VisitorNote({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_for_visitors_is_plain_text_of_bounded_length() {
        let longest = "\u{e9}".repeat(MAX_VISITOR_NOTE_CHARS);
        for text in ["Hello,\nhere it is.", "\u{645}\u{631}\u{62d}\u{628}\u{627}", &longest] {
            assert_eq!(text.parse::<VisitorNote>().unwrap().as_str(), text);
        }
        let too_long = format!("{longest}x");
        for text in ["", " \n ", "a\r\nb", "a\tb", "a\u{0}", "\u{202E}gpj.exe", "\u{2067}x", &too_long] {
            assert_eq!(text.parse::<VisitorNote>(), Err(ParseVisitorNoteError), "{text:?}");
        }
        assert_eq!(format!("{:?}", "secret".parse::<VisitorNote>().unwrap()), "VisitorNote(6 bytes)");
    }

    #[test]
    fn a_mode_is_written_as_it_is_kept() {
        for mode in [PageMode::Auto, PageMode::Always, PageMode::Never] {
            assert_eq!(mode.as_str().parse(), Ok(mode));
            assert_eq!(serde_json::to_value(mode).unwrap(), mode.as_str());
        }
        for text in ["", "Auto", "on"] {
            assert_eq!(text.parse::<PageMode>(), Err(ParsePageModeError), "{text}");
        }
    }
}
