//! Attempts at a link's password. Each is counted before the hash is computed, so that concurrent guesses
//! cannot exceed the limit.
//!
//! ```text
//!  counted ──▶ in flight ──┬─ the password is right ──▶ given back
//!                          └─ it is wrong ────────────▶ wrong, for the rest of the quarter
//! ```
//!
//! An attempt whose outcome was never written (the function was ended) counts as a wrong one once it is older
//! than [`IN_FLIGHT_S`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::network::Network;
use super::nonce::Nonce;
use s3_presigned::Timestamp;

/// How many wrong attempts are allowed within [`ATTEMPT_WINDOW_S`]. A right password is not counted.
pub const MAX_ATTEMPTS: usize = 10;

/// A quarter of an hour.
pub const ATTEMPT_WINDOW_S: u64 = 15 * 60;

/// How long an attempt counts as in flight, in seconds: as long as serve-link may run.
pub const IN_FLIGHT_S: u64 = 10;

/// The value in place of the time of an attempt with a wrong password.
pub const WRONG: u64 = 0;

/// The attempts of one quarter of an hour.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempts {
    /// The number of the quarter since 1970.
    pub nth: u64,
    /// When each attempt began, in seconds since 1970, or [`WRONG`].
    pub tried: BTreeMap<Nonce, u64>,
}

/// A request to check a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// When the request came.
    pub now: Timestamp,
    /// The nonce of this attempt.
    pub nonce: Nonce,
    /// The network of the link that the visitor is in, if the link has one.
    pub network: Option<Network>,
}

/// The outcome of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The password was right: the attempt is given back.
    Right,
    /// The password was wrong: the attempt stays counted.
    Wrong,
}

impl Attempts {
    /// The quarter of an hour at `now`.
    pub fn quarter(now: Timestamp) -> u64 {
        now.epoch_s() / ATTEMPT_WINDOW_S
    }

    /// The attempts without the one that is given back.
    #[must_use]
    pub fn without(&self, nonce: &Nonce) -> Self {
        let mut rest = self.clone();
        rest.tried.remove(nonce);
        rest
    }

    /// The attempts with one more; `None` if the limit is reached.
    #[must_use]
    pub fn with(&self, attempt: &Attempt) -> Option<Self> {
        let nth = Self::quarter(attempt.now);
        let mut after = if self.nth < nth { Self { nth, ..Self::default() } } else { self.clone() };
        if after.tried.len() >= MAX_ATTEMPTS {
            return None;
        }
        after.tried.insert(attempt.nonce.clone(), attempt.now.epoch_s());
        Some(after)
    }

    /// The attempts after an outcome was written. An unknown attempt changes nothing.
    #[must_use]
    pub fn settled(&self, nonce: &Nonce, outcome: Outcome) -> Self {
        let mut after = self.clone();
        if outcome == Outcome::Right {
            return after.without(nonce);
        }
        if let Some(at_s) = after.tried.get_mut(nonce) {
            *at_s = WRONG;
        }
        after
    }

    /// Whether an attempt is in flight: its outcome may free a place.
    pub fn any_in_flight(&self, now: Timestamp) -> bool {
        self.tried.values().any(|at_s| now.epoch_s() < at_s + IN_FLIGHT_S)
    }
}
