//! The changes of a link by its owner: other terms, a rotation, a revocation.

use std::collections::BTreeMap;

use super::attempts::Attempts;
use super::record::Link;
use super::status::Revoked;
use super::terms::LinkTerms;
use super::token::LinkId;
use super::url_life::UrlLife;
use crate::value::app_event::{Announcement, AppEvent};
use crate::value::id::TransitionId;
use s3_presigned::Timestamp;

impl Link {
    /// The link with other terms; `cause` distinguishes this change from others. A new password ends a lock,
    /// because the wrong attempts were for another password.
    #[must_use]
    pub fn changed(&self, terms: LinkTerms, expires_at: Option<Timestamp>, cause: &str) -> Self {
        let transition_id = TransitionId::of(self.link_id.as_str(), "changed", cause);
        let attempts = match terms.password_hash == self.terms.password_hash {
            true => self.attempts.clone(),
            false => Attempts::default(),
        };
        let told_recipient = terms.told_recipient();
        Self {
            terms,
            expires_at,
            attempts,
            transition_id,
            announces: None,
            event: None,
            told_recipient,
            ..self.clone()
        }
    }

    /// The link, which `before` became at `now`, with the end of the URLs that `before` may have given out, if
    /// they live longer than its own.
    #[must_use]
    pub fn remembering_urls(self, before: &Self, life: UrlLife, now: Timestamp) -> Self {
        let earlier_urls_end_at = match life.of(&self) < life.of(before) {
            true => Some(life.urls_end_at(before, now)),
            false => before.earlier_urls_end_at,
        };
        Self { earlier_urls_end_at, ..self }
    }

    /// The same link with another token and the same counts. A new token ends a lock.
    #[must_use]
    pub fn rotated(&self, link_id: LinkId, now: Timestamp) -> Self {
        let transition_id = TransitionId::of(link_id.as_str(), "linked", "");
        Self {
            link_id,
            linked_at: now,
            request_hash: None,
            transition_id,
            announces: None,
            event: None,
            recent_openings: BTreeMap::new(),
            attempts: Attempts::default(),
            carried_opens: Some(self.opens),
            carried_from: Some(self.link_id.clone()),
            token_counts: Some(self.terms.counts()),
            ..self.clone()
        }
    }

    /// The link with the openings that were counted on `old` after it was read and before this link replaced
    /// it; `None` if all of them are included already.
    #[must_use]
    pub fn carrying(&self, old: &Self) -> Option<Self> {
        let missed = old.opens.checked_sub(self.carried_opens?).filter(|missed| *missed > 0)?;
        let last = [&self.last_opening, &old.last_opening].into_iter().flatten().max_by_key(|last| last.at);
        Some(Self {
            opens: self.opens + missed,
            hour_window: self.hour_window.with(missed, old.hour_window),
            carried_opens: Some(old.opens),
            first_opened_at: [self.first_opened_at, old.first_opened_at].into_iter().flatten().min(),
            last_opening: last.cloned(),
            ..self.clone()
        })
    }

    /// The link after its revocation; `None` if it was revoked before.
    #[must_use]
    pub fn revoked(&self, revoked: Revoked) -> Option<Self> {
        match self.revoked {
            Some(_) => None,
            None => Some(Self {
                revoked: Some(revoked),
                transition_id: revocation_id(&self.link_id),
                announces: Some(revocation(&self.link_id)),
                event: Some(AppEvent::LinkRevoked),
                ..self.clone()
            }),
        }
    }
}

/// The id of a link's revocation.
pub fn revocation_id(link_id: &LinkId) -> TransitionId {
    TransitionId::of(link_id.as_str(), "revoked", "")
}

/// What the end of a link announces.
pub fn revocation(link_id: &LinkId) -> Announcement {
    Announcement { event: AppEvent::LinkRevoked, id: revocation_id(link_id) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::LastOpening;
    use crate::link::tracking::Visitor;
    use crate::testing::samples::{at, link};

    #[test]
    fn a_rotated_link_carries_the_earliest_first_opening_and_the_latest_last_one() {
        let [first, second, third] =
            ["10:00", "10:10", "10:20"].map(|time| at(&format!("2026-11-24T{time}:00Z")));
        let opened = |link: Link, opens, first, last| Link {
            opens,
            first_opened_at: Some(first),
            last_opening: Some(LastOpening::new(last, Visitor::default())),
            ..link
        };
        let new = link(None).rotated(link(None).link_id, first);
        // A visitor opened the new link before the opening of the old one was carried over.
        let new = opened(new, 1, second, second);
        let carried = new.carrying(&opened(link(None), 2, first, third)).unwrap();
        assert_eq!((carried.opens, carried.first_opened_at), (3, Some(first)));
        assert_eq!(carried.last_opening.unwrap().at, third);
        let carried = new.carrying(&opened(link(None), 1, third, first)).unwrap();
        assert_eq!((carried.opens, carried.first_opened_at), (2, Some(second)));
        assert_eq!(carried.last_opening.unwrap().at, second);
    }
}
