//! Counting rules: when an opening is granted, and when a password may be tried.
//!
//! ```text
//!  opens ──────────────▶ against max_opens, for ever
//!  hour_window ────────▶ against max_opens_per_hour, anew with each hour of the clock
//!  recent_openings ────▶ which openings were counted of late: the same one is not counted again
//!  attempts ───────────▶ against MAX_ATTEMPTS, anew with each quarter of an hour
//! ```
//!
//! The rules are pure. A store applies each rule as one conditional write, so that exactly one of two
//! concurrent requests gets the last opening. Each opening and each attempt has a [`Nonce`] that is written
//! with the count. So a write that is sent again after a lost answer finds its own count.

use std::collections::BTreeMap;

use super::nonce::Nonce;
use super::opening::{Admission, HOUR_S, OPENING_S, Opening};
use super::record::Link;
use super::status::LinkStatus;
use super::tracking::LastOpening;
use s3_presigned::Timestamp;

/// The maximum length of `recent_openings`. When it is full, expired entries and the older half are removed.
pub const MAX_RECENT: usize = 64;

impl Link {
    /// The link after an opening was granted and counted; `None` if the opening is refused, was counted
    /// before, or is not counted because no term needs it.
    #[must_use]
    pub fn opened(&self, opening: &Opening) -> Option<Self> {
        if !self.terms.is_counted()
            || self.status(opening.now) != LinkStatus::Open
            || !self.grants(opening)
            || self.counted_at(opening).is_some()
        {
            return None;
        }
        let hour = opening.now.epoch_s() / HOUR_S;
        let hour_window = self.hour_window.used_in(hour, self.terms.max_opens_per_hour)?;
        let attempts = match &opening.admission {
            Admission::Password(_, attempt) => self.attempts.without(attempt),
            Admission::Request | Admission::Confirmed => self.attempts.clone(),
        };
        Some(Self {
            opens: self.opens + 1,
            hour_window,
            attempts,
            recent_openings: remembered(&self.recent_openings, opening),
            first_opened_at: self.first_opened_at.or(Some(opening.now)),
            last_opening: Some(LastOpening::new(opening.now, opening.visitor.kept(self.terms.track))),
            announces: Some(opening.announcement(&self.link_id)),
            ..self.clone()
        })
    }

    /// The second at which this opening was counted. `None` if it was not counted, is older than `OPENING_S`,
    /// or the link has ended or no longer admits it. A link that this opening has used up still counts as
    /// open.
    pub fn counted_at(&self, opening: &Opening) -> Option<u64> {
        let is_open = matches!(self.status(opening.now), LinkStatus::Open | LinkStatus::UsedUp);
        let at_s = self.recent_openings.get(&opening.nonce).copied()?;
        (is_open && self.grants(opening) && opening.now.epoch_s() < at_s + OPENING_S).then_some(at_s)
    }

    /// Whether the link has no openings left in the hour of `now`.
    pub fn is_busy(&self, now: Timestamp) -> bool {
        self.hour_window.used_in(now.epoch_s() / HOUR_S, self.terms.max_opens_per_hour).is_none()
    }

    fn grants(&self, opening: &Opening) -> bool {
        self.admits(&opening.admission) && self.terms.allowed_network == opening.network
    }

    /// Whether the request was admitted in the way that the link asks for.
    pub fn admits(&self, admission: &Admission) -> bool {
        match (&self.terms.password_hash, admission) {
            (Some(hash), Admission::Password(shown, _)) => shown == hash,
            (Some(_), _) | (None, Admission::Password(..)) => false,
            (None, Admission::Request) => !self.terms.confirm,
            (None, Admission::Confirmed) => true,
        }
    }
}

/// `recent` with one more opening. When it is full, expired entries and the older half are removed.
fn remembered(recent: &BTreeMap<Nonce, u64>, opening: &Opening) -> BTreeMap<Nonce, u64> {
    let now_s = opening.now.epoch_s();
    let mut kept: Vec<_> = recent.iter().map(|(nonce, at_s)| (*at_s, nonce.clone())).collect();
    if kept.len() >= MAX_RECENT {
        kept.retain(|(at_s, _)| now_s < at_s + OPENING_S);
        kept.sort();
        kept.drain(..kept.len().saturating_sub(MAX_RECENT / 2));
    }
    let kept = kept.into_iter().map(|(at_s, nonce)| (nonce, at_s));
    kept.chain([(opening.nonce.clone(), now_s)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{Attempt, LinkTerms, PasswordHash, Revoked, RevokedBecause, Visitor};
    use crate::testing::samples::{at, link};

    fn with(terms: LinkTerms) -> Link {
        Link { terms, ..link(None) }
    }

    fn tracked() -> LinkTerms {
        LinkTerms { track: true, ..LinkTerms::default() }
    }

    fn visit(now: &str) -> Opening {
        opening(at(now), Admission::Request)
    }

    /// One that was never seen before.
    fn opening(now: Timestamp, admission: Admission) -> Opening {
        Opening { now, nonce: nonce(), admission, network: None, visitor: Visitor::default() }
    }

    fn nonce() -> Nonce {
        static LAST: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        Nonce::from(LAST.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_be_bytes())
    }

    #[test]
    fn the_last_opening_is_the_last() {
        let link = with(LinkTerms { max_opens: Some(2), ..LinkTerms::default() });
        let open = || visit("2026-11-24T10:00:00Z");
        let twice = link.opened(&open()).unwrap().opened(&open()).unwrap();
        assert_eq!((twice.opens, twice.opened(&open())), (2, None));
        assert_eq!(twice.status(open().now), LinkStatus::UsedUp);
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
    fn nothing_is_counted_where_no_term_needs_it() {
        let now = at("2026-11-24T10:00:00Z");
        for admission in [Admission::Request, Admission::Confirmed] {
            assert_eq!(with(LinkTerms::default()).opened(&opening(now, admission.clone())), None);
            assert!(with(tracked()).opened(&opening(now, admission)).is_some());
        }
    }

    #[test]
    fn a_password_or_a_button_stand_before_the_count() {
        let hash = PasswordHash::new("secret", [1; 16]).unwrap();
        let now = at("2026-11-24T10:00:00Z");
        let opening = |admission| opening(now, admission);
        let closed = with(LinkTerms { password_hash: Some(hash.clone()), ..LinkTerms::default() });
        let other = PasswordHash::new("secret", [2; 16]).unwrap();
        for admission in [Admission::Request, Admission::Confirmed, Admission::Password(other, nonce())] {
            assert_eq!(closed.opened(&opening(admission)), None);
        }
        assert!(closed.opened(&opening(Admission::Password(hash.clone(), nonce()))).is_some());
        let asked = with(LinkTerms { confirm: true, ..LinkTerms::default() });
        assert_eq!(asked.opened(&opening(Admission::Request)), None);
        assert_eq!(asked.opened(&opening(Admission::Password(hash, nonce()))), None);
        assert!(asked.opened(&opening(Admission::Confirmed)).is_some());
    }

    #[test]
    fn the_same_opening_counts_once_for_a_quarter_of_an_hour() {
        let link = with(LinkTerms { max_opens: Some(2), ..LinkTerms::default() });
        let first = visit("2026-11-24T10:00:00Z");
        let link = link.opened(&first).unwrap();
        let later = |now: &str| Opening { now: at(now), ..first.clone() };
        for again in [first.clone(), later("2026-11-24T10:14:59Z")] {
            assert_eq!((link.counted_at(&again), link.opened(&again)), (Some(first.now.epoch_s()), None));
        }
        assert_eq!(link.counted_at(&visit("2026-11-24T10:00:00Z")), None, "another one");
        let late = later("2026-11-24T10:15:00Z");
        assert_eq!(link.counted_at(&late), None);
        let used_up = link.opened(&late).unwrap();
        assert_eq!(used_up.opens, 2);
        assert!(used_up.counted_at(&late).is_some(), "the last opening goes on");
        let elsewhere = Opening { network: "192.0.2.0/24".parse().ok(), ..late.clone() };
        assert_eq!(used_up.counted_at(&elsewhere), None);
        let revoked = Revoked { at: late.now, because: RevokedBecause::Revoked };
        assert_eq!(used_up.revoked(revoked).unwrap().counted_at(&late), None);
        let password_hash = PasswordHash::new("secret", [1; 16]).ok();
        let closed = Link { terms: LinkTerms { password_hash, ..used_up.terms.clone() }, ..used_up };
        assert_eq!(closed.counted_at(&late), None, "the link asks for a password now");
    }

    #[test]
    fn a_link_remembers_no_more_than_its_latest_openings() {
        let mut link = with(tracked());
        let first = visit("2026-11-24T10:00:00Z");
        let mut last = first.clone();
        for _ in 0..MAX_RECENT {
            link = link.opened(&last).unwrap();
            last = Opening { nonce: nonce(), ..visit("2026-11-24T10:00:01Z") };
        }
        assert!(link.recent_openings.len() == MAX_RECENT && link.counted_at(&first).is_some());
        let link = link.opened(&last).unwrap();
        assert_eq!(link.recent_openings.len(), MAX_RECENT / 2 + 1);
        assert!(link.counted_at(&first).is_none() && link.counted_at(&last).is_some());
    }

    #[test]
    fn from_outside_the_network_nothing_is_opened_and_no_attempt_is_used() {
        let network = "192.0.2.0/24".parse().ok();
        let hash = PasswordHash::new("secret", [1; 16]).unwrap();
        let now = at("2026-11-24T10:00:00Z");
        let attempt = |network| Attempt { now, nonce: nonce(), network };
        let link = with(LinkTerms { allowed_network: network, ..tracked() });
        let visit = |network| Opening { network, ..opening(now, Admission::Request) };
        for other in [None, "192.0.3.0/24".parse().ok()] {
            assert_eq!(link.opened(&visit(other)), None);
        }
        assert!(link.opened(&visit(network)).is_some());
        let terms = LinkTerms { password_hash: Some(hash), ..link.terms.clone() };
        assert_eq!(with(terms.clone()).attempted(&attempt(None)), None);
        assert!(with(terms).attempted(&attempt(network)).is_some());
    }

    /// As many as are remembered, one a second, the first with the largest nonce.
    fn remembering_many() -> (Link, Opening) {
        let at_s = at("2026-11-24T10:00:00Z").epoch_s();
        let numbered = |n: u64| Opening {
            nonce: Nonce::from((u64::MAX - n).to_be_bytes()),
            ..opening(Timestamp::from_epoch_s(at_s + n), Admission::Request)
        };
        let many = (0..MAX_RECENT as u64).map(numbered);
        let link = many.fold(with(tracked()), |link, opening| link.opened(&opening).unwrap());
        (link, numbered(0))
    }

    #[test]
    fn the_openings_that_are_forgotten_are_the_oldest() {
        let (link, first) = remembering_many();
        assert!(link.counted_at(&first).is_some());
        let next = link.opened(&visit("2026-11-24T10:05:00Z")).unwrap();
        assert!(next.counted_at(&first).is_none());
        let seconds: Vec<_> = next.recent_openings.values().collect();
        let dropped = link.recent_openings.values().filter(|at_s| !seconds.contains(at_s));
        assert!(dropped.max() < seconds.into_iter().min());
    }

    #[test]
    fn openings_that_are_over_are_forgotten_first() {
        let (link, first) = remembering_many();
        let last_s = first.now.epoch_s() + MAX_RECENT as u64 - 1;
        let over = opening(Timestamp::from_epoch_s(last_s + OPENING_S), Admission::Request);
        assert_eq!(link.opened(&over).unwrap().recent_openings.len(), 1);
    }
}
