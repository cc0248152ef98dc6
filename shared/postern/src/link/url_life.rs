//! How long the signed URLs of a link live.
//!
//! ```text
//!  own url_ttl_s ───────────────┐
//!  audio and video: the ceiling ┤
//!  floor + size at 2 Mbit/s ────┴─▶ not below the floor, not above the ceiling ─▶ life of a URL
//! ```
//!
//! `serve-link` signs by this rule, and the API states it as the bound on a revocation. The bucket's policy
//! refuses signatures that are older than the ceiling.

use std::time::Duration;

use s3_presigned::Timestamp;

use super::opening::OPENING_S;
use super::record::Link;

/// The speed of a slow connection, in bytes a second: 2 Mbit/s.
const SLOW_BYTES_PER_S: u64 = 250_000;

/// The longest life of a resume cookie, in seconds: a day.
const MAX_RESUME_S: u64 = 24 * 3600;

/// The longest time that a function may need between reading its clock and ending a link.
const WRITE_S: u64 = 60;

/// The bounds between which the URLs of a stack's links live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UrlLife {
    floor_s: u64,
    ceiling_s: u64,
}

impl UrlLife {
    /// Lives from `floor_s` to `ceiling_s` seconds; `None` if the floor is zero or above the ceiling.
    pub const fn new(floor_s: u64, ceiling_s: u64) -> Option<Self> {
        if floor_s >= 1 && floor_s <= ceiling_s { Some(Self { floor_s, ceiling_s }) } else { None }
    }

    /// The shortest life, in seconds.
    pub const fn floor_s(self) -> u64 {
        self.floor_s
    }

    /// The longest life, in seconds.
    pub const fn ceiling_s(self) -> u64 {
        self.ceiling_s
    }

    /// How long a URL of `link` lives.
    pub fn of(self, link: &Link) -> Duration {
        let wanted_s = link.terms.url_ttl_s.unwrap_or_else(|| self.by_content_s(link));
        Duration::from_secs(wanted_s.clamp(self.floor_s, self.ceiling_s))
    }

    /// Somebody plays a video for longer than it takes to load, and Chromium seeks by the URL, not by the link.
    fn by_content_s(self, link: &Link) -> u64 {
        if link.is_played() { self.ceiling_s } else { self.floor_s.saturating_add(slow_s(link)) }
    }

    /// How long the resume cookie of `link` lives: a quarter of an hour longer than its URLs, and than a
    /// download at 2 Mbit/s, which may end long after its URL.
    pub fn of_resume_cookie(self, link: &Link) -> Duration {
        let download_s = self.of(link).as_secs().max(slow_s(link));
        Duration::from_secs(download_s.saturating_add(OPENING_S).min(MAX_RESUME_S))
    }

    /// After how many seconds from `now` every URL of `link` is dead: if the link is revoked now, or since
    /// it was.
    pub fn dead_within_s(self, link: &Link, now: Timestamp) -> u64 {
        let life_s = self.of(link).as_secs();
        let by_terms_s = match link.revoked {
            Some(revoked) => (revoked.at + Duration::from_secs(life_s + WRITE_S)).epoch_s(),
            None => u64::MAX,
        }
        .saturating_sub(now.epoch_s())
        .min(life_s);
        by_terms_s.max(link.earlier_urls_end_at.map_or(0, |end| left_s(now, end)))
    }

    /// When the URLs end that `link` has given out by `now`: what it must remember if its terms change.
    pub(super) fn urls_end_at(self, link: &Link, now: Timestamp) -> Timestamp {
        let end = now + self.of(link) + Duration::from_secs(WRITE_S);
        link.earlier_urls_end_at.map_or(end, |earlier| earlier.max(end))
    }
}

/// Whole seconds that the file of `link` takes over a slow connection.
fn slow_s(link: &Link) -> u64 {
    link.size_bytes / SLOW_BYTES_PER_S
}

/// Whole seconds from `now` to `end`, rounded up; 0 once it has passed.
fn left_s(now: Timestamp, end: Timestamp) -> u64 {
    let left = now.until(end);
    left.as_secs() + u64::from(left.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::link::{LinkTerms, Revoked, RevokedBecause};
    use crate::testing::samples::at;

    const LIFE: UrlLife = UrlLife::new(60, 900).unwrap();

    fn link(size_bytes: u64, url_ttl_s: Option<u64>) -> Link {
        let terms = LinkTerms { url_ttl_s, ..LinkTerms::default() };
        Link { size_bytes, terms, ..crate::testing::samples::link(None) }
    }

    #[test]
    fn a_life_grows_with_the_size_from_the_floor_to_the_ceiling() {
        for (size_bytes, life_s) in [
            (0, 60),
            (249_999, 60),
            (250_000, 61),
            (25_000_000, 160),
            (210_000_000, 900),
            (1 << 30, 900),
            (u64::MAX, 900),
        ] {
            assert_eq!(LIFE.of(&link(size_bytes, None)).as_secs(), life_s, "{size_bytes} bytes");
        }
        let strict = UrlLife::new(60, 60).unwrap();
        assert_eq!(strict.of(&link(1 << 30, None)).as_secs(), 60, "a stack that wants a minute for all");
    }

    #[test]
    fn what_a_browser_plays_has_the_longest_life() {
        let of = |sniffed: &str, as_attachment, url_ttl_s| {
            let terms = LinkTerms { as_attachment, url_ttl_s, ..LinkTerms::default() };
            let sniffed_type = sniffed.parse().unwrap();
            LIFE.of(&Link { sniffed_type, terms, ..link(1, None) }).as_secs()
        };
        assert_eq!(of("video/webm", false, None), 900);
        assert_eq!(of("audio/mpeg", false, None), 900);
        assert_eq!(of("video/webm", true, None), 60, "it is saved");
        assert_eq!(of("video/webm", false, Some(60)), 60, "its owner says so");
        assert_eq!(of("image/png", false, None), 60);
    }

    #[test]
    fn a_link_states_its_own_life_within_the_bounds_of_the_stack() {
        for (own_s, life_s) in [(60, 60), (61, 61), (900, 900), (59, 60), (901, 900)] {
            assert_eq!(LIFE.of(&link(1 << 30, Some(own_s))).as_secs(), life_s);
        }
        assert_eq!(UrlLife::new(61, 60), None);
        assert_eq!(UrlLife::new(0, 60), None);
    }

    #[test]
    fn a_resume_cookie_outlives_the_urls_and_a_slow_download() {
        for (size_bytes, own_s, cookie_s) in [
            (0, None, 960),
            (25_000_000, None, 1060),
            (25_000_000, Some(900), 1800),
            (1 << 30, Some(60), 4294 + 900),
            (u64::MAX, None, 24 * 3600),
        ] {
            assert_eq!(LIFE.of_resume_cookie(&link(size_bytes, own_s)).as_secs(), cookie_s);
        }
    }

    #[test]
    fn a_bound_remembers_the_urls_of_earlier_terms_and_ends_after_a_revocation() {
        let (changed, later) = (at("2026-11-24T10:00:00Z"), at("2026-11-24T10:05:00Z"));
        let long = link(0, Some(900));
        assert_eq!(LIFE.dead_within_s(&long, changed), 900);
        let short = LinkTerms { url_ttl_s: Some(60), ..LinkTerms::default() };
        let short = long.changed(short, None, "x").remembering_urls(&long, LIFE, changed);
        assert_eq!(LIFE.dead_within_s(&short, changed), 960, "its old URLs live on, plus a slow write");
        assert_eq!(LIFE.dead_within_s(&short, later), 660);
        assert_eq!(LIFE.dead_within_s(&short, at("2026-11-24T10:20:00Z")), 60);

        let revoked = |at| Revoked { at, because: RevokedBecause::Revoked };
        let dead = long.revoked(revoked(changed)).unwrap();
        assert_eq!(LIFE.dead_within_s(&dead, changed), 900);
        assert_eq!(LIFE.dead_within_s(&dead, later), 660);
        assert_eq!(LIFE.dead_within_s(&dead, at("2026-11-24T11:00:00Z")), 0);
        let dead = short.revoked(revoked(later)).unwrap();
        assert_eq!(LIFE.dead_within_s(&dead, later), 660, "the URLs of the earlier terms");
    }

    #[test]
    fn what_is_left_is_rounded_up_to_seconds() {
        let now = at("2026-11-24T10:00:00Z");
        for (end, left) in [
            ("2026-11-24T09:59:59Z", 0),
            ("2026-11-24T10:00:00Z", 0),
            ("2026-11-24T10:00:00.001Z", 1),
            ("2026-11-24T10:00:01Z", 1),
            ("2026-11-24T10:00:01.5Z", 2),
        ] {
            assert_eq!(left_s(now, at(end)), left, "{end}");
        }
    }

    #[test]
    fn a_change_that_shortens_nothing_leaves_nothing_to_remember() {
        let (now, before) = (at("2026-11-24T10:00:00Z"), link(0, Some(60)));
        let label = LinkTerms { label: "x".parse().ok(), ..before.terms.clone() };
        let long = LinkTerms { url_ttl_s: Some(900), ..LinkTerms::default() };
        for terms in [label, long] {
            let after = before.changed(terms, None, "x").remembering_urls(&before, LIFE, now);
            assert_eq!(after.earlier_urls_end_at, None);
        }
    }

    proptest! {
        #[test]
        fn every_life_is_within_the_bounds(
            floor_s in 1_u64..3600, more_s in 0_u64..3600, size_bytes: u64, own_s: Option<u64>,
        ) {
            let bounds = UrlLife::new(floor_s, floor_s + more_s).unwrap();
            let life_s = bounds.of(&link(size_bytes, own_s)).as_secs();
            prop_assert!((floor_s..=floor_s + more_s).contains(&life_s));
        }

        /// Whatever the terms become: a URL that was signed before the revocation ends within the bound.
        #[test]
        fn no_url_outlives_the_bound_that_is_stated_at_the_revocation(
            changes in proptest::collection::vec((1_u64..2000, 0_u64..600), 1..6),
        ) {
            let mut now = at("2026-11-24T10:00:00Z");
            let mut link = link(0, None);
            let mut last_end = now;
            for (own_s, pause_s) in changes {
                last_end = last_end.max(now + LIFE.of(&link));
                let terms = LinkTerms { url_ttl_s: Some(own_s), ..LinkTerms::default() };
                link = link.changed(terms, None, "x").remembering_urls(&link, LIFE, now);
                now = now + Duration::from_secs(pause_s);
                last_end = last_end.max(now + LIFE.of(&link));
            }
            let revoked = link.revoked(Revoked { at: now, because: RevokedBecause::Revoked }).unwrap();
            prop_assert!(last_end <= now + Duration::from_secs(LIFE.dead_within_s(&revoked, now)));
        }
    }
}
