//! The ports of uploads and records, in memory.

use super::page::page;
use super::world::MemoryWorld;
use crate::link::Revoked;
use crate::link::token::LinkId;
use crate::paging::{Page, PageStart};
use crate::ports::{
    Created, DueCursor, DuePage, Found, LINKS_SETTLE, PinnedCursor, PinnedPage, RecordStore, Unavailable,
    UploadReader, UploadStore, Written,
};
use crate::upload::reservation::Charge;
use crate::upload::scan::ScanFailure;
use crate::upload::{Fate, MAX_SURPLUS, Settlement, Upload, UploadState};
use crate::value::id::{Owner, UploadId, VersionId};
use s3_presigned::Timestamp;

impl UploadReader for MemoryWorld {
    async fn upload(&self, id: UploadId) -> Result<Option<Upload>, Unavailable> {
        Ok(self.turn("upload").await?.uploads.get(&id).cloned())
    }
}

impl UploadStore for MemoryWorld {
    async fn create(&self, upload: &Upload) -> Result<Created<Upload>, Unavailable> {
        self.answered("create", || {
            let mut state = self.call("create")?;
            if let Some(existing) = state.uploads.get(&upload.upload_id) {
                return Ok(Created::Exists(Box::new(existing.clone())));
            }
            state.uploads.insert(upload.upload_id, upload.clone());
            Ok(Created::New)
        })
    }

    async fn uploads_of(
        &self,
        owner: &Owner,
        start: Option<&PageStart>,
        limit: u8,
    ) -> Result<Page<Upload>, Unavailable> {
        let state = self.call("uploads_of")?;
        let uploads = state.uploads.values().filter(|upload| upload.owner == *owner).cloned();
        Ok(page(uploads, |upload| (upload.uploaded_at, upload.upload_id.to_string()), start, limit))
    }

    async fn give_up(&self, upload: &Upload, charge: Option<&Charge>) -> Result<Written, Unavailable> {
        self.answered("give_up", || {
            let mut state = self.call("give_up")?;
            let Some(existing) = state.uploads.get(&upload.upload_id) else {
                return Ok(Written::ConditionFailed(None));
            };
            match existing.given_up().and_then(|after| after.charged(charge)) {
                Some(after) => {
                    state.write_charged(Some(after), charge);
                    Ok(Written::Applied)
                }
                None => Ok(Written::ConditionFailed(Some(Box::new(existing.clone())))),
            }
        })
    }

    async fn begin_deletion(&self, id: UploadId, owner: &Owner) -> Result<Found, Unavailable> {
        let mut state = self.turn("begin_deletion").await?;
        match state.uploads.get_mut(&id) {
            Some(upload) if upload.owner == *owner => {
                *upload = upload.deleting().unwrap_or_else(|| upload.clone());
                Ok(Found::Yes)
            }
            _ => Ok(Found::No),
        }
    }
}

impl RecordStore for MemoryWorld {
    async fn settle(
        &self,
        id: UploadId,
        settlement: &Settlement,
        charge: Option<&Charge>,
    ) -> Result<Written, Unavailable> {
        let mut state = self.call("settle")?;
        let Some(upload) = state.uploads.get(&id) else { return Ok(Written::ConditionFailed(None)) };
        match upload.settled(settlement).and_then(|after| after.charged(charge)) {
            Some(after) => {
                state.write_charged(Some(after), charge);
                Ok(Written::Applied)
            }
            None => Ok(Written::ConditionFailed(Some(Box::new(upload.clone())))),
        }
    }

    async fn count_surplus(&self, id: UploadId, version: &VersionId) -> Result<(), Unavailable> {
        let mut state = self.call("count_surplus")?;
        if let Some(upload) = state.uploads.get_mut(&id).filter(|upload| upload.surplus.len() < MAX_SURPLUS) {
            upload.surplus.insert(version.clone());
        }
        Ok(())
    }

    async fn mark_vanished(
        &self,
        id: UploadId,
        version: &VersionId,
        now: Timestamp,
    ) -> Result<(), Unavailable> {
        let mut state = self.call("mark_vanished")?;
        if let Some(upload) = state.uploads.get_mut(&id) {
            *upload = upload.vanished(version, now).unwrap_or_else(|| upload.clone());
        }
        Ok(())
    }

    async fn mark_scan_failed(&self, id: UploadId, failure: &ScanFailure) -> Result<Written, Unavailable> {
        let mut state = self.call("mark_scan_failed")?;
        let Some(upload) = state.uploads.get_mut(&id) else { return Ok(Written::ConditionFailed(None)) };
        match upload.scan_failed(failure) {
            Some(after) => {
                *upload = after;
                Ok(Written::Applied)
            }
            None => Ok(Written::ConditionFailed(Some(Box::new(upload.clone())))),
        }
    }

    async fn due(&self, now: Timestamp, from: &DueCursor) -> Result<DuePage, Unavailable> {
        let state = self.call("due")?;
        let of_shard = |upload: &&Upload| upload.upload_id.slice() >> 4 == from.shard;
        let is_closing = |upload: &Upload| state.closing.get(&upload.upload_id).is_some_and(|at| *at <= now);
        let is_due = |upload: &&Upload| {
            upload.state == UploadState::Deleting
                || upload.expired(now).is_some()
                || upload.unused_at(now).is_some()
                || is_closing(upload)
        };
        let due = state.uploads.values().filter(of_shard).filter(is_due);
        let stale = state.stale.iter().filter(|(id, _)| id.slice() >> 4 == from.shard).copied();
        let uploads = due.map(|upload| (upload.upload_id, upload.state)).chain(stale).collect();
        let unreadable = if from.shard == 0 { state.unreadable } else { 0 };
        Ok(DuePage { uploads, unreadable, next: None })
    }

    async fn expire(&self, upload: &Upload, now: Timestamp) -> Result<(), Unavailable> {
        let mut state = self.call("expire")?;
        if let Some(existing) = state.uploads.get_mut(&upload.upload_id) {
            *existing = existing.expired(now).unwrap_or_else(|| existing.clone());
        }
        Ok(())
    }

    async fn finish_deletion(&self, upload: &Upload, now: Timestamp) -> Result<(), Unavailable> {
        let mut state = self.turn("finish_deletion").await?;
        let (charge, existing) = (upload.unused_once_removed(now), state.uploads.get(&upload.upload_id));
        let after = existing.and_then(|existing| existing.deleted(now));
        let after = after.and_then(|after| after.charged(charge.as_ref()));
        state.closing.extend(after.iter().map(|upload| (upload.upload_id, now + LINKS_SETTLE)));
        state.write_charged(after, charge.as_ref());
        Ok(())
    }

    async fn give_back(&self, upload: &Upload, charge: &Charge) -> Result<(), Unavailable> {
        let mut state = self.call("give_back")?;
        let existing = state.uploads.get(&upload.upload_id);
        let after = existing.and_then(|existing| existing.given_back(charge));
        state.write_charged(after, Some(charge));
        Ok(())
    }

    async fn close_deletion(&self, id: UploadId) -> Result<(), Unavailable> {
        self.call("close_deletion")?.closing.remove(&id);
        Ok(())
    }

    async fn note_links_walked(&self, upload: &Upload, to: &PageStart) -> Result<(), Unavailable> {
        let mut state = self.call("note_links_walked")?;
        if let Some(existing) = state.uploads.get_mut(&upload.upload_id) {
            *existing = existing.links_walked(upload, to).unwrap_or_else(|| existing.clone());
        }
        Ok(())
    }

    async fn pinned_below(
        &self,
        digits: &str,
        _start: Option<&PinnedCursor>,
    ) -> Result<PinnedPage, Unavailable> {
        let state = self.call("pinned_below")?;
        let is_listed = |upload: &&Upload| {
            upload.state == UploadState::Available
                && upload.vanished_at().is_none()
                && upload.upload_id.to_string().starts_with(digits)
                && !state.unlisted.contains(&upload.upload_id)
        };
        let pinned = |upload: &Upload| Some((upload.upload_id, upload.recorded.as_ref()?.version_id.clone()));
        let versions = state.uploads.values().filter(is_listed).filter_map(pinned).collect();
        Ok(PinnedPage { versions, next: None })
    }

    async fn list_pinned(
        &self,
        id: UploadId,
        version: &VersionId,
        _now: Timestamp,
    ) -> Result<(), Unavailable> {
        let mut state = self.call("list_pinned")?;
        let fate = state.uploads.get(&id).and_then(|upload| upload.fate_of(version));
        if fate == Some(Fate::Pinned) {
            state.unlisted.remove(&id);
        }
        Ok(())
    }

    async fn slices_listed(&self) -> Result<Option<u64>, Unavailable> {
        Ok(self.call("slices_listed")?.slices_listed)
    }

    async fn note_slices_listed(&self, slices: u64) -> Result<(), Unavailable> {
        let mut state = self.call("note_slices_listed")?;
        state.slices_listed = state.slices_listed.max(Some(slices));
        Ok(())
    }

    async fn end_link(&self, id: &LinkId, upload: UploadId, revoked: Revoked) -> Result<(), Unavailable> {
        let mut state = self.turn("end_link").await?;
        if let Some(link) = state.links.get_mut(id).filter(|link| link.upload_id == upload) {
            *link = link.revoked(revoked).unwrap_or_else(|| link.clone());
        }
        Ok(())
    }
}
