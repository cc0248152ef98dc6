//! Counting: when an opening is granted, and when a password may be tried.
//!
//! ```text
//!  opens ──────────────▶ against max_opens, for ever
//!  hour_window ────────▶ against max_opens_per_hour, anew with each hour of the clock
//!  attempt_window ─────▶ against MAX_ATTEMPTS, anew with each quarter of an hour
//! ```
//!
//! The rules are pure; a store applies each of them as one conditional write, so that a race for
//! the last opening has one winner.

use serde::{Deserialize, Serialize};

use super::network::Network;
use super::password::PasswordHash;
use super::{Link, LinkStanding};
use crate::time::Timestamp;

/// How often a password may be tried within [`ATTEMPT_WINDOW_S`]. A right one is not counted.
pub const MAX_ATTEMPTS: u64 = 10;

/// A quarter of an hour.
pub const ATTEMPT_WINDOW_S: u64 = 15 * 60;

/// An hour.
pub const HOUR_S: u64 = 3600;

/// What happened within the window number `nth` since 1970.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Which window.
    pub nth: u64,
    /// How much of it is used. Signed: a right password gives its attempt back, perhaps into the
    /// window after.
    pub used: i64,
}

/// What a visitor has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// Nothing: the address was opened.
    Visit,
    /// The button was pressed.
    Confirmed,
    /// The password whose hash this is.
    Password(PasswordHash),
}

/// A wish to open a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// When.
    pub now: Timestamp,
    /// By what right.
    pub admission: Admission,
    /// In which network the visitor was found, where the link asks for one.
    pub network: Option<Network>,
}

impl Window {
    /// The window after one more use within window `nth`; `None` if `limit` is reached. Without a
    /// limit the number just grows. Whoever comes late counts in the window that has begun since.
    pub fn used_in(self, nth: u64, limit: Option<u64>) -> Option<Self> {
        match limit {
            Some(_) if self.nth < nth => Some(Self { nth, used: 1 }),
            Some(limit) if self.used >= i64::try_from(limit).unwrap_or(i64::MAX) => None,
            _ => Some(Self { used: self.used.saturating_add(1), ..self }),
        }
    }
}

impl Link {
    /// The link after an opening was granted and counted; `None` if it is refused.
    #[must_use]
    pub fn opened(&self, opening: &Opening) -> Option<Self> {
        let is_open = self.standing(opening.now) == LinkStanding::Open;
        if !is_open || !self.admits(&opening.admission) || self.terms.allowed_network != opening.network {
            return None;
        }
        let hour = opening.now.epoch_s() / HOUR_S;
        let hour_window = self.hour_window.used_in(hour, self.terms.max_opens_per_hour)?;
        let given_back = i64::from(matches!(opening.admission, Admission::Password(_)));
        let attempt_window = Window { used: self.attempt_window.used - given_back, ..self.attempt_window };
        Some(Self { opens: self.opens + 1, hour_window, attempt_window, ..self.clone() })
    }

    /// The link after a password was tried by a visitor who was found in `network`, where the link
    /// asks for one; `None` if it may not be, or there is none.
    #[must_use]
    pub fn attempted(&self, now: Timestamp, network: Option<Network>) -> Option<Self> {
        let is_open = self.standing(now) == LinkStanding::Open;
        if !is_open || self.terms.password_hash.is_none() || self.terms.allowed_network != network {
            return None;
        }
        let nth = now.epoch_s() / ATTEMPT_WINDOW_S;
        let attempt_window = self.attempt_window.used_in(nth, Some(MAX_ATTEMPTS))?;
        Some(Self { attempt_window, ..self.clone() })
    }

    /// Whether what a visitor has shown is enough.
    pub fn admits(&self, admission: &Admission) -> bool {
        match (&self.terms.password_hash, admission) {
            (Some(hash), Admission::Password(shown)) => shown == hash,
            (Some(_), _) | (None, Admission::Password(_)) => false,
            (None, Admission::Visit) => !self.terms.confirm,
            (None, Admission::Confirmed) => true,
        }
    }
}

/// Seconds from `now` to the next window of `length_s`.
pub fn left_in_window_s(now: Timestamp, length_s: u64) -> u64 {
    length_s - now.epoch_s() % length_s
}

#[cfg(test)]
mod tests {
    use super::super::tests::link;
    use super::*;
    use crate::link::LinkTerms;
    use crate::upload::tests::at;

    fn with(terms: LinkTerms) -> Link {
        Link { terms, ..link(None) }
    }

    fn visit(now: &str) -> Opening {
        Opening { now: at(now), admission: Admission::Visit, network: None }
    }

    #[test]
    fn the_last_opening_is_the_last() {
        let link = with(LinkTerms { max_opens: Some(2), ..LinkTerms::default() });
        let now = visit("2026-11-24T10:00:00Z");
        let twice = link.opened(&now).unwrap().opened(&now).unwrap();
        assert_eq!((twice.opens, twice.opened(&now)), (2, None));
        assert_eq!(twice.standing(now.now), LinkStanding::UsedUp);
    }

    #[test]
    fn an_hour_gives_what_it_has_and_the_next_hour_gives_anew() {
        let link = with(LinkTerms { max_opens_per_hour: Some(1), ..LinkTerms::default() });
        let once = link.opened(&visit("2026-11-24T10:59:59Z")).unwrap();
        assert_eq!(once.opened(&visit("2026-11-24T10:59:59.9Z")), None);
        let next = once.opened(&visit("2026-11-24T11:00:00Z")).unwrap();
        assert_eq!(next.opens, 2);
        assert_eq!(next.opened(&visit("2026-11-24T10:59:59.9Z")), None, "the hour before does not come back");
    }

    #[test]
    fn a_password_or_a_button_stand_before_the_count() {
        let hash = PasswordHash::new("secret", [1; 16]).unwrap();
        let now = at("2026-11-24T10:00:00Z");
        let opening = |admission| Opening { now, admission, network: None };
        let closed = with(LinkTerms { password_hash: Some(hash.clone()), ..LinkTerms::default() });
        let other = PasswordHash::new("secret", [2; 16]).unwrap();
        for admission in [Admission::Visit, Admission::Confirmed, Admission::Password(other)] {
            assert_eq!(closed.opened(&opening(admission)), None);
        }
        assert!(closed.opened(&opening(Admission::Password(hash.clone()))).is_some());
        let asked = with(LinkTerms { confirm: true, ..LinkTerms::default() });
        assert_eq!(asked.opened(&opening(Admission::Visit)), None);
        assert_eq!(asked.opened(&opening(Admission::Password(hash))), None);
        assert!(asked.opened(&opening(Admission::Confirmed)).is_some());
    }

    #[test]
    fn ten_wrong_passwords_lock_for_the_rest_of_the_quarter_and_right_ones_cost_nothing() {
        let hash = PasswordHash::new("secret", [1; 16]).unwrap();
        let now = at("2026-11-24T10:14:59Z");
        let mut link = with(LinkTerms { password_hash: Some(hash.clone()), ..LinkTerms::default() });
        let right = Opening { now, admission: Admission::Password(hash), network: None };
        for _ in 0..30 {
            link = link.attempted(now, None).unwrap().opened(&right).unwrap();
        }
        for _ in 0..MAX_ATTEMPTS {
            link = link.attempted(now, None).unwrap();
        }
        assert_eq!(link.attempted(now, None), None);
        assert_eq!(left_in_window_s(now, ATTEMPT_WINDOW_S), 1);
        assert_eq!(link.attempted(at("2026-11-24T10:15:00Z"), None).unwrap().attempt_window.used, 1);
    }

    #[test]
    fn from_outside_the_network_nothing_is_opened_and_no_attempt_is_used() {
        let network = "192.0.2.0/24".parse().ok();
        let hash = PasswordHash::new("secret", [1; 16]).unwrap();
        let now = at("2026-11-24T10:00:00Z");
        let link = with(LinkTerms { allowed_network: network, ..LinkTerms::default() });
        let visit = |network| Opening { now, admission: Admission::Visit, network };
        for other in [None, "192.0.3.0/24".parse().ok()] {
            assert_eq!(link.opened(&visit(other)), None);
        }
        assert!(link.opened(&visit(network)).is_some());
        let terms = LinkTerms { password_hash: Some(hash), ..link.terms.clone() };
        assert_eq!(with(terms.clone()).attempted(now, None), None);
        assert!(with(terms).attempted(now, network).is_some());
    }
}
