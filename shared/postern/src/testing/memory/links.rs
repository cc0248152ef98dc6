//! The ports of links, in memory.

use super::page::page;
use super::world::MemoryWorld;
use crate::link::token::LinkId;
use crate::link::{Attempt, Link, Nonce, Opening, Outcome, Revoked};
use crate::paging::{Page, PageStart};
use crate::ports::{
    Counted, Found, LinkIndex, LinkReader, LinkStore, Linked, LinksOf, OpeningStore, Replaced, Revocation,
    Unavailable,
};
use crate::upload::{Upload, UploadState};
use crate::value::app_event::Announcement;
use crate::value::id::{Owner, UploadId};

impl LinkIndex for MemoryWorld {
    async fn live_links(
        &self,
        of: LinksOf<'_>,
        start: Option<&PageStart>,
    ) -> Result<Page<LinkId>, Unavailable> {
        let state = self.turn("live_links").await?;
        let shown = state.links.values().filter(|link| of.includes(link) && !state.index_lags).cloned();
        let place = |link: &Link| (link.linked_at, link.link_id.to_string());
        let Page { items, next } = page(shown, place, start, state.live_page.unwrap_or(u8::MAX));
        let live = items.into_iter().filter(|link| link.revoked.is_none());
        Ok(Page { items: live.map(|link| link.link_id).collect(), next })
    }
}

impl LinkStore for MemoryWorld {
    async fn create_link(&self, link: &Link) -> Result<Linked, Unavailable> {
        let mut state = self.call("create_link")?;
        if let Some(existing) = state.links.get(&link.link_id) {
            return Ok(Linked::Exists(Box::new(existing.clone())));
        }
        if !state.uploads.get(&link.upload_id).is_some_and(|upload| pins(upload, link)) {
            return Ok(Linked::NotAvailable);
        }
        state.links.insert(link.link_id.clone(), link.clone());
        Ok(Linked::New)
    }

    async fn links(
        &self,
        of: LinksOf<'_>,
        start: Option<&PageStart>,
        limit: u8,
    ) -> Result<Page<Link>, Unavailable> {
        let state = self.turn("links").await?;
        let links = state.links.values().filter(|link| of.includes(link)).cloned();
        Ok(page(links, |link| (link.linked_at, link.link_id.to_string()), start, limit))
    }

    async fn revoke(&self, id: &LinkId, owner: &Owner, revoked: Revoked) -> Result<Revocation, Unavailable> {
        let mut state = self.turn("revoke").await?;
        let Some(link) = state.links.get_mut(id).filter(|link| link.owner == *owner) else {
            return Ok(Revocation::NotFound);
        };
        *link = link.revoked(revoked).unwrap_or_else(|| link.clone());
        Ok(Revocation::of(link.clone()))
    }

    async fn revoke_of_upload(
        &self,
        id: &LinkId,
        owner: &Owner,
        upload: UploadId,
        revoked: Revoked,
    ) -> Result<(), Unavailable> {
        let mut state = self.turn("revoke_of_upload").await?;
        let is_meant = |link: &&mut Link| link.owner == *owner && link.upload_id == upload;
        if let Some(link) = state.links.get_mut(id).filter(is_meant) {
            *link = link.revoked(revoked).unwrap_or_else(|| link.clone());
        }
        Ok(())
    }

    async fn retarget_link(&self, before: &Link, after: &Link) -> Result<Replaced, Unavailable> {
        self.wait_for_turn().await;
        self.answered("retarget_link", || {
            let mut state = self.call("retarget_link")?;
            let unchanged = state.links.get(&before.link_id).filter(|link| is_unchanged(link, before));
            let Some(after) = unchanged.map(|link| with_counts_of(link, after)) else {
                return Ok(Replaced::Changed);
            };
            if !state.uploads.get(&after.upload_id).is_some_and(|upload| pins(upload, &after)) {
                return Ok(Replaced::NotAvailable);
            }
            state.links.insert(after.link_id.clone(), after);
            Ok(Replaced::Done)
        })
    }

    async fn change_link(&self, before: &Link, after: &Link) -> Result<Found, Unavailable> {
        let mut state = self.turn("change_link").await?;
        match state.links.get_mut(&before.link_id) {
            Some(link) if is_unchanged(link, before) => {
                let is_new_password = before.terms.password_hash != after.terms.password_hash;
                let attempts = if is_new_password { &after.attempts } else { &link.attempts };
                *link = Link {
                    terms: after.terms.clone(),
                    expires_at: after.expires_at,
                    earlier_urls_end_at: after.earlier_urls_end_at,
                    attempts: attempts.clone(),
                    transition_id: after.transition_id,
                    announces: None,
                    event: None,
                    told_recipient: after.told_recipient.clone(),
                    ..link.clone()
                };
                Ok(Found::Yes)
            }
            _ => Ok(Found::No),
        }
    }

    async fn replace_link(&self, old: &Link, new: &Link, revoked: Revoked) -> Result<Replaced, Unavailable> {
        let mut state = self.call("replace_link")?;
        let ended = state.links.get(&old.link_id).filter(|link| is_unchanged(link, old));
        let ended = ended.and_then(|link| link.revoked(revoked));
        let Some(ended) = ended.filter(|_| !state.links.contains_key(&new.link_id)) else {
            return Ok(Replaced::Changed);
        };
        if !state.uploads.get(&new.upload_id).is_some_and(|upload| pins(upload, new)) {
            return Ok(Replaced::NotAvailable);
        }
        state.links.insert(ended.link_id.clone(), ended);
        state.links.insert(new.link_id.clone(), new.clone());
        Ok(Replaced::Done)
    }

    async fn carry_openings(&self, before: &Link, after: &Link) -> Result<Found, Unavailable> {
        let mut state = self.call("carry_openings")?;
        let counts = |link: &Link| (link.opens, link.hour_window, link.carried_opens);
        match state.links.get_mut(&before.link_id) {
            Some(link) if counts(link) == counts(before) => {
                (link.opens, link.hour_window, link.carried_opens) = counts(after);
                (link.first_opened_at, link.last_opening) =
                    (after.first_opened_at, after.last_opening.clone());
                Ok(Found::Yes)
            }
            _ => Ok(Found::No),
        }
    }
}

impl LinkReader for MemoryWorld {
    async fn link(&self, id: &LinkId) -> Result<Option<Link>, Unavailable> {
        Ok(self.turn("link").await?.links.get(id).cloned())
    }
}

impl OpeningStore for MemoryWorld {
    async fn count_opening(&self, id: &LinkId, opening: &Opening) -> Result<Counted, Unavailable> {
        self.wait_for_turn().await;
        self.answered("count_opening", || {
            let mut state = self.call("count_opening")?;
            let rule = |link: &Link| match link.counted_at(opening) {
                Some(_) => Some(link.clone()),
                None => link.opened(opening),
            };
            Ok(counted(state.links.get_mut(id), rule))
        })
    }

    async fn count_attempt(&self, id: &LinkId, attempt: &Attempt) -> Result<Counted, Unavailable> {
        self.answered("count_attempt", || {
            let mut state = self.call("count_attempt")?;
            let rule = |link: &Link| match link.was_attempted(attempt) {
                true => Some(link.clone()),
                false => link.attempted(attempt),
            };
            Ok(counted(state.links.get_mut(id), rule))
        })
    }

    async fn settle_attempt(&self, id: &LinkId, nonce: &Nonce, outcome: Outcome) -> Result<(), Unavailable> {
        let mut state = self.call("settle_attempt")?;
        if let Some(link) = state.links.get_mut(id) {
            link.attempts = link.attempts.settled(nonce, outcome);
        }
        Ok(())
    }

    async fn announce(&self, id: &LinkId, news: Announcement) -> Result<(), Unavailable> {
        let mut state = self.call("announce")?;
        if let Some(link) = state.links.get_mut(id) {
            *link = link.announced(news).unwrap_or_else(|| link.clone());
        }
        Ok(())
    }
}

fn pins(upload: &Upload, link: &Link) -> bool {
    upload.state == UploadState::Available
        && upload.owner == link.owner
        && upload.recorded.as_ref().is_some_and(|recorded| recorded.version_id == link.version_id)
}

/// Counting is no change of the owner's.
fn is_unchanged(link: &Link, before: &Link) -> bool {
    link.revoked.is_none() && link.owner == before.owner && link.transition_id == before.transition_id
}

/// `after` with everything that was counted or announced on `link` since it was read.
fn with_counts_of(link: &Link, after: &Link) -> Link {
    Link {
        opens: link.opens,
        hour_window: link.hour_window,
        recent_openings: link.recent_openings.clone(),
        attempts: link.attempts.clone(),
        carried_opens: link.carried_opens,
        first_opened_at: link.first_opened_at,
        last_opening: link.last_opening.clone(),
        told_used_up: link.told_used_up,
        told_locked: link.told_locked,
        ..after.clone()
    }
}

fn counted(link: Option<&mut Link>, count: impl FnOnce(&Link) -> Option<Link>) -> Counted {
    let Some(link) = link else { return Counted::Refused(None) };
    match count(link) {
        Some(after) => {
            *link = after.clone();
            Counted::Granted(Box::new(after))
        }
        None => Counted::Refused(Some(Box::new(link.clone()))),
    }
}
