//! A request to open a link, and the windows of time in which openings count.

use serde::{Deserialize, Serialize};

use super::network::Network;
use super::nonce::Nonce;
use super::password::PasswordHash;
use super::token::LinkId;
use super::tracking::Visitor;
use crate::value::app_event::{Announcement, AppEvent};
use crate::value::id::TransitionId;
use s3_presigned::Timestamp;

/// How long an opening goes on, in seconds: within this time the same download continues, and the same page's
/// button is not counted again.
pub const OPENING_S: u64 = 15 * 60;

/// The length of an hour, in seconds.
pub const HOUR_S: u64 = 3600;

/// The uses within one window of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The number of the window since 1970.
    pub nth: u64,
    /// The uses within it.
    pub used: u64,
}

/// How the request was admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// By the link only.
    Request,
    /// By the confirmation form.
    Confirmed,
    /// By the password with this hash, in the attempt with this nonce, which is given back.
    Password(PasswordHash, Nonce),
}

/// A request to open a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// When the request came.
    pub now: Timestamp,
    /// The nonce of this opening. Each press of a page's button sends the same one.
    pub nonce: Nonce,
    /// How the request was admitted.
    pub admission: Admission,
    /// The network of the link that the visitor is in, if the link has one.
    pub network: Option<Network>,
    /// Who opens it, as far as the stack keeps it.
    pub visitor: Visitor,
}

impl Window {
    /// The window after one more use within window `nth`; `None` if `limit` is reached. Without a limit the
    /// number only grows. A late request counts in the present window.
    pub fn used_in(self, nth: u64, limit: Option<u64>) -> Option<Self> {
        match limit {
            Some(_) if self.nth < nth => Some(Self { nth, used: 1 }),
            Some(limit) if self.used >= limit => None,
            _ => Some(Self { used: self.used.saturating_add(1), ..self }),
        }
    }

    /// The window with `uses` more. If `other` is a later window, it may have counted them already.
    #[must_use]
    pub fn with(self, uses: u64, other: Self) -> Self {
        match self.nth.cmp(&other.nth) {
            std::cmp::Ordering::Less => other,
            std::cmp::Ordering::Equal => Self { used: self.used.saturating_add(uses), ..self },
            std::cmp::Ordering::Greater => self,
        }
    }
}

impl Opening {
    /// What the opening of this link announces.
    pub fn announcement(&self, link_id: &LinkId) -> Announcement {
        // A nonce that was forgotten counts again.
        let cause = format!("{} {}", self.nonce.as_str(), self.now);
        Announcement { event: AppEvent::LinkOpened, id: TransitionId::of(link_id.as_str(), "opened", &cause) }
    }
}

/// Seconds from `now` to the next window of `length_s`.
pub fn left_in_window_s(now: Timestamp, length_s: u64) -> u64 {
    length_s - now.epoch_s() % length_s
}
