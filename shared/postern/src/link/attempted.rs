//! The change of a link by an attempt at its password.

use super::attempts::Attempt;
use super::record::Link;
use super::status::LinkStatus;

impl Link {
    /// The link after a password was tried by a visitor in `network`, if the link has one; `None` if the
    /// limit is reached, the link has no password, or the attempt was counted before.
    #[must_use]
    pub fn attempted(&self, attempt: &Attempt) -> Option<Self> {
        let is_open = self.status(attempt.now) == LinkStatus::Open;
        if !is_open
            || self.terms.password_hash.is_none()
            || self.terms.allowed_network != attempt.network
            || self.was_attempted(attempt)
        {
            return None;
        }
        Some(Self { attempts: self.attempts.with(attempt)?, ..self.clone() })
    }

    /// Whether this attempt was counted.
    pub fn was_attempted(&self, attempt: &Attempt) -> bool {
        self.attempts.tried.contains_key(&attempt.nonce)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{ATTEMPT_WINDOW_S, LinkTerms, Outcome, PasswordHash, left_in_window_s};
    use crate::testing::samples::{at, link};

    fn closed() -> Link {
        let password_hash = PasswordHash::new("secret", [1; 16]).ok();
        Link { terms: LinkTerms { password_hash, ..LinkTerms::default() }, ..link(None) }
    }

    fn attempt(n: u8, now: &str) -> Attempt {
        Attempt { now: at(now), nonce: [n; 8].into(), network: None }
    }

    fn settled(link: &Link, n: u8, outcome: Outcome) -> Link {
        Link { attempts: link.attempts.settled(&[n; 8].into(), outcome), ..link.clone() }
    }

    #[test]
    fn ten_wrong_passwords_lock_for_the_rest_of_the_quarter_and_right_ones_cost_nothing() {
        let now = "2026-11-24T10:14:59Z";
        let mut link = closed();
        for n in 0..30 {
            link = settled(&link.attempted(&attempt(n, now)).unwrap(), n, Outcome::Right);
        }
        for n in 0..10 {
            link = settled(&link.attempted(&attempt(n, now)).unwrap(), n, Outcome::Wrong);
        }
        assert_eq!(link.attempted(&attempt(99, now)), None);
        assert!(!link.attempts.any_in_flight(at(now)));
        assert_eq!(left_in_window_s(at(now), ATTEMPT_WINDOW_S), 1);
        let next = link.attempted(&attempt(99, "2026-11-24T10:15:00Z")).unwrap();
        assert_eq!(next.attempts.tried.len(), 1);
    }

    #[test]
    fn an_attempt_in_flight_holds_its_place_until_its_outcome_or_for_ten_seconds() {
        let now = "2026-11-24T10:00:00Z";
        let mut link = closed();
        for n in 0..10 {
            link = link.attempted(&attempt(n, now)).unwrap();
        }
        assert_eq!(link.attempted(&attempt(10, now)), None);
        assert!(link.attempts.any_in_flight(at("2026-11-24T10:00:09Z")));
        assert!(!link.attempts.any_in_flight(at("2026-11-24T10:00:10Z")));
        assert!(settled(&link, 3, Outcome::Right).attempted(&attempt(10, now)).is_some());
        assert!(settled(&link, 3, Outcome::Wrong).attempted(&attempt(10, now)).is_none());
    }

    #[test]
    fn the_same_attempt_counts_once() {
        let now = "2026-11-24T10:00:00Z";
        let link = closed().attempted(&attempt(1, now)).unwrap();
        assert!(link.was_attempted(&attempt(1, now)));
        assert_eq!(link.attempted(&attempt(1, now)), None);
    }

    #[test]
    fn wrong_passwords_of_one_quarter_add_up_whenever_they_came() {
        let mut link = closed();
        for n in 0..10 {
            let now = format!("2026-11-24T10:{:02}:{n:02}Z", n + 3);
            link = settled(&link.attempted(&attempt(n, &now)).unwrap(), n, Outcome::Wrong);
        }
        assert_eq!(link.attempted(&attempt(99, "2026-11-24T10:14:59Z")), None);
    }

    #[test]
    fn one_attempt_in_flight_beside_settled_ones_is_in_flight() {
        let now = "2026-11-24T10:00:00Z";
        let link = settled(&closed().attempted(&attempt(1, now)).unwrap(), 1, Outcome::Wrong);
        let link = link.attempted(&attempt(2, now)).unwrap();
        assert!(link.attempts.any_in_flight(at(now)));
    }

    #[test]
    fn a_dead_link_and_a_link_without_a_password_take_no_attempt() {
        let now = "2026-11-24T10:00:00Z";
        let expired = Link { expires_at: Some(at(now)), ..closed() };
        assert_eq!(expired.attempted(&attempt(1, now)), None);
        assert_eq!(link(None).attempted(&attempt(1, now)), None);
    }
}
