//! The link terms, which the owner sets: all except the expiry.
//!
//! `PATCH` changes terms. The version that the link leads to never changes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::network::Network;
use super::password::PasswordHash;
use super::visitor_terms::{PageMode, VisitorNote};
use crate::value::filename::Filename;

/// The longest label or note, in characters.
pub const MAX_NOTE_CHARS: usize = 500;

/// The terms of a link. A missing term sets no rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkTerms {
    /// How many openings the link allows in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_opens: Option<u64>,
    /// How many openings the link allows within one hour of the clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_opens_per_hour: Option<u64>,
    /// The password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_hash: Option<PasswordHash>,
    /// Whether every visitor first sees the page with the button. API clients know this term as `confirm`.
    #[serde(default, rename = "confirmed_only", skip_serializing_if = "std::ops::Not::not")]
    pub confirm: bool,
    /// The only network from which the link opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_network: Option<Network>,
    /// The file name in place of the upload's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<Filename>,
    /// Whether browsers save the file even if they could show it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub as_attachment: bool,
    /// How long a browser may keep the redirect, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_max_age_s: Option<u64>,
    /// How long its URLs live, in seconds, in place of a life by the file's size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_ttl_s: Option<u64>,
    /// A note of the owner: the link's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Note>,
    /// A note of the owner: the recipient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<Note>,
    /// When a browser gets the link's page; `None` for the stack's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<PageMode>,
    /// What the page says to visitors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<VisitorNote>,
    /// Whether each opening is counted and announced to the app.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub track: bool,
}

/// A note of the owner, 1 to 500 characters in one line. `Debug` shows only its length, because it may name a
/// person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Note(String);

/// The text is empty, too long or has control characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a note has 1 to {MAX_NOTE_CHARS} characters and no line ends or control characters")]
pub struct ParseNoteError;

impl LinkTerms {
    /// Whether an opening must be counted to be granted: it is limited or tracked.
    pub fn counts(&self) -> bool {
        self.is_limited() || self.track
    }

    /// Whether the link allows a limited number of openings, in all or per hour.
    pub fn is_limited(&self) -> bool {
        self.max_opens.is_some() || self.max_opens_per_hour.is_some()
    }

    /// For whom a tracked link is, as events name it: the recipient, else the label. Pipes does not escape
    /// what it writes into an event, so `"`, `\\` and `%` are percent-encoded.
    pub fn told_recipient(&self) -> Option<String> {
        let note = self.recipient.as_ref().or(self.label.as_ref()).filter(|_| self.track)?;
        Some(note.as_str().replace('%', "%25").replace('"', "%22").replace('\\', "%5C"))
    }

    /// Whether openings are counted: the link has a maximum, a password or a confirmation.
    pub fn is_counted(&self) -> bool {
        self.counts() || self.confirm || self.password_hash.is_some()
    }
}

impl Note {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

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

impl TryFrom<String> for Note {
    type Error = ParseNoteError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Note> for String {
    fn from(note: Note) -> Self {
        note.0
    }
}

impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Note({} bytes)", self.0.len())
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
    fn an_event_names_the_recipient_of_a_tracked_link_in_text_that_needs_no_escape() {
        let note = |text: &str| text.parse::<Note>().ok();
        let terms = LinkTerms { label: note("a"), track: true, ..LinkTerms::default() };
        assert_eq!(terms.told_recipient().as_deref(), Some("a"));
        let told = |text| LinkTerms { recipient: note(text), ..terms.clone() }.told_recipient().unwrap();
        assert_eq!(told("Zo\u{eb} <$.x>"), "Zo\u{eb} <$.x>");
        let forged = told("ada\", \"owner\": \"b\\ 5%");
        assert_eq!(forged, "ada%22, %22owner%22: %22b%5C 5%25");
        assert_eq!(LinkTerms { track: false, ..terms }.told_recipient(), None);
    }
}
