//! The link terms, which the owner sets: all except the expiry.
//!
//! `PATCH` changes terms. The version that the link leads to never changes.

use serde::{Deserialize, Serialize};

use super::network::Network;
use super::notes::{Note, VisitorNote};
use super::page_mode::PageMode;
use super::password::PasswordHash;
use crate::value::app_event;
use crate::value::filename::Filename;

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

impl LinkTerms {
    /// Whether an opening must be counted to be granted: it is limited or tracked.
    pub fn counts(&self) -> bool {
        self.is_limited() || self.track
    }

    /// Whether the link allows a limited number of openings, in all or per hour.
    pub fn is_limited(&self) -> bool {
        self.max_opens.is_some() || self.max_opens_per_hour.is_some()
    }

    /// For whom a tracked link is, as events name it: the recipient, else the label.
    pub fn told_recipient(&self) -> Option<String> {
        let note = self.recipient.as_ref().or(self.label.as_ref()).filter(|_| self.track)?;
        Some(app_event::told(note.as_str()))
    }

    /// Whether openings are counted: the link has a maximum, a password or a confirmation, or it is tracked.
    pub fn is_counted(&self) -> bool {
        self.counts() || self.confirm || self.password_hash.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
