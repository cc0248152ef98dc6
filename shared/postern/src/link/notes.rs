//! The texts that an owner writes on a link: for the owner, and for visitors. They may name a person.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest label or note, in characters.
pub const MAX_NOTE_CHARS: usize = 500;

/// The longest note for visitors, in characters.
pub const MAX_VISITOR_NOTE_CHARS: usize = 1000;

/// Makes a text that is checked when it is parsed. `Debug` shows only its length.
macro_rules! note {
    ($(#[$doc:meta])+ $name:ident, $error:ident) => {
        $(#[$doc])+
        #[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, $error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(note: $name) -> Self {
                note.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({} bytes)", stringify!($name), self.0.len())
            }
        }
    };
}

note! {
    /// A note of the owner, 1 to 500 characters in one line.
    Note, ParseNoteError
}

note! {
    /// A plain text for visitors, 1 to 1,000 characters, with line ends.
    VisitorNote, ParseVisitorNoteError
}

/// The text is empty, too long or has control characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a label or recipient has 1 to {MAX_NOTE_CHARS} characters and no line ends or control characters")]
pub struct ParseNoteError;

/// The text is empty, too long, or has characters that a note may not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a note has 1 to {MAX_VISITOR_NOTE_CHARS} characters, and no control characters but line ends (\\n), \
     and no marks that change the reading direction (U+202A to U+202E, U+2066 to U+2069)"
)]
pub struct ParseVisitorNoteError;

impl FromStr for Note {
    type Err = ParseNoteError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=MAX_NOTE_CHARS).contains(&text.chars().count());
        match fits && !text.trim().is_empty() && !text.contains(char::is_control) {
            true => Ok(Self(text.to_owned())),
            false => Err(ParseNoteError),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_one_line() {
        for text in ["", "  ", "a\nb", "a\u{0}", &"x".repeat(MAX_NOTE_CHARS + 1)] {
            assert_eq!(text.parse::<Note>(), Err(ParseNoteError), "{text:?}");
        }
        assert_eq!("for Zo\u{eb}".parse::<Note>().unwrap().as_str(), "for Zo\u{eb}");
    }

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
}
