//! The world in memory: a table and a versioned bucket that keep the contract of [`crate::ports`].
//!
//! For tests. It applies the transitions of [`Upload`] itself, so a store that keeps the same
//! contract keeps the same rules.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::link::token::LinkId;
use crate::link::{Attempt, Link, Nonce, Opening, Outcome, Revoked};
use crate::paging::{Page, PageStart};
use crate::ports::{
    ByteRange, Counted, Created, DueCursor, DuePage, Found, LINKS_SETTLE, LinkIndex, LinkReader, LinkStore,
    Linked, LinksOf, ListedVersion, ObjectStore, Observation, ObservedObject, OpeningStore, PinnedCursor,
    PinnedPage, RecordStore, Replaced, Revocation, Signer, Unavailable, UploadReader, UploadStore,
    VersionCursor, VersionPage, Written,
};
use crate::upload::reservation::Charge;
use crate::upload::scan::ScanFailure;
use crate::upload::{Fate, MAX_SURPLUS, Settlement, Upload, UploadState};
use crate::value::app_event::Announcement;
use crate::value::checksum::ChecksumSha256;
use crate::value::id::{ObjectKey, Owner, S3UploadId, UploadId, VersionId};
use s3_presigned::{SigningCredentials, Timestamp};

mod quotas;

/// When a version comes, unless it is said otherwise: 2026-11-24T10:00:30Z.
fn came_at() -> Timestamp {
    Timestamp::from_epoch_s(1_795_514_430)
}

/// Table, bucket and signer in one; clones share them.
#[derive(Debug, Clone, Default)]
pub struct MemoryWorld(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    uploads: BTreeMap<UploadId, Upload>,
    links: BTreeMap<LinkId, Link>,
    quotas: quotas::Quotas,
    objects: BTreeMap<(ObjectKey, VersionId), Observation>,
    /// Versions of which more is kept than their first bytes.
    bodies: BTreeMap<(ObjectKey, VersionId), Arc<[u8]>>,
    /// Calls that are to fail, and how many of that name come before.
    failing: HashMap<&'static str, usize>,
    /// Writes that are to lose their answer.
    losing: HashMap<&'static str, Loss>,
    /// Tombstones that wait for the sweeper, and until when.
    closing: BTreeMap<UploadId, Timestamp>,
    index_lags: bool,
    /// Items among what is due that are no uploads.
    unreadable: usize,
    /// Uploads among what is due, in a state that they have left.
    stale: Vec<(UploadId, UploadState)>,
    /// When versions came, where it is not [`came_at`].
    came: BTreeMap<VersionId, Timestamp>,
    /// Versions that one page of a listing shows, if it is to be few.
    versions_at_once: Option<usize>,
    /// Available uploads that are missing from the list of pinned versions.
    unlisted: BTreeSet<UploadId>,
    slices_listed: Option<u64>,
    /// Links that one call reads to find those that live, if it is to be few.
    live_page: Option<u8>,
    calls: usize,
}

impl State {
    /// Writes a record and the change of its owner's bytes together, as one transaction does.
    fn write_charged(&mut self, after: Option<Upload>, charge: Option<&Charge>) {
        let Some(after) = after else { return };
        if let Some(charge) = charge {
            self.quotas.charge(charge);
        }
        self.uploads.insert(after.upload_id, after);
    }
}

/// What becomes of the answer to a write that took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// The client sends the write again, as an SDK does, and its condition fails on its own item.
    Retried,
    /// No answer comes at all.
    Whole,
}

impl MemoryWorld {
    /// Puts a version into the bucket.
    pub fn put(&self, key: ObjectKey, version: VersionId, object: ObservedObject) {
        self.lock().objects.insert((key, version), Observation::Object(Box::new(object)));
    }

    /// Puts all bytes of a version into the bucket, beside what [`Self::put`] shows of it.
    pub fn put_body(&self, key: ObjectKey, version: VersionId, body: Arc<[u8]>) {
        self.lock().bodies.insert((key, version), body);
    }

    /// Puts a delete marker into the bucket.
    pub fn put_delete_marker(&self, key: ObjectKey, version: VersionId) {
        self.lock().objects.insert((key, version), Observation::DeleteMarker);
    }

    /// Makes the next call of that name fail.
    pub fn fail_next(&self, call: &'static str) {
        self.fail_nth(call, 1);
    }

    /// Makes the call of that name fail that comes as the `nth` from now.
    pub fn fail_nth(&self, call: &'static str, nth: usize) {
        self.lock().failing.insert(call, nth.saturating_sub(1));
    }

    /// Lets the next creation of that name take effect and lose its answer.
    pub fn lose_answer(&self, call: &'static str, loss: Loss) {
        self.lock().losing.insert(call, loss);
    }

    /// Lets the index of links show none for now, as an eventually consistent one may, or all.
    pub fn let_the_index_lag(&self, lags: bool) {
        self.lock().index_lags = lags;
    }

    /// Puts a version into the bucket that came at another time than all others.
    pub fn put_at(&self, key: ObjectKey, version: VersionId, object: ObservedObject, came_at: Timestamp) {
        self.lock().came.insert(version.clone(), came_at);
        self.put(key, version, object);
    }

    /// Lets a page of a listing of the bucket show so many versions.
    pub fn list_versions_at_once(&self, limit: usize) {
        self.lock().versions_at_once = Some(limit);
    }

    /// Leaves an available upload out of the list of pinned versions, as an older version of this
    /// software did.
    pub fn leave_unlisted(&self, id: UploadId) {
        self.lock().unlisted.insert(id);
    }

    /// Shows an upload among what is due in a state that it has left, as an index may.
    pub fn show_as_due(&self, id: UploadId, state: UploadState) {
        self.lock().stale.push((id, state));
    }

    /// Puts items among what is due that are no uploads.
    pub fn put_unreadable(&self, items: usize) {
        self.lock().unreadable = items;
    }

    /// Lets a call that looks for links that live read so many.
    pub fn read_links_at_once(&self, limit: u8) {
        self.lock().live_page = Some(limit);
    }

    /// How many calls have been made.
    pub fn calls(&self) -> usize {
        self.lock().calls
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer to a write that can be made twice.
    fn answered<T>(
        &self,
        name: &'static str,
        write: impl Fn() -> Result<T, Unavailable>,
    ) -> Result<T, Unavailable> {
        let written = write()?;
        let loss = self.lock().losing.remove(name);
        match loss {
            None => Ok(written),
            Some(Loss::Retried) => write(),
            Some(Loss::Whole) => Err(Unavailable::new("reach the world", format!("{name} lost its answer"))),
        }
    }

    fn call(&self, name: &'static str) -> Result<MutexGuard<'_, State>, Unavailable> {
        let mut state = self.lock();
        state.calls += 1;
        match state.failing.remove(name) {
            Some(0) => Err(Unavailable::new("reach the world", format!("{name} was told to fail"))),
            Some(before) => {
                state.failing.insert(name, before - 1);
                Ok(state)
            }
            None => Ok(state),
        }
    }
}

impl UploadReader for MemoryWorld {
    async fn upload(&self, id: UploadId) -> Result<Option<Upload>, Unavailable> {
        Ok(self.call("upload")?.uploads.get(&id).cloned())
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

    async fn give_up(&self, upload: &Upload, charge: Option<&Charge>) -> Result<(), Unavailable> {
        let mut state = self.call("give_up")?;
        let existing = state.uploads.get(&upload.upload_id);
        let after = existing.and_then(Upload::given_up).and_then(|after| after.charged(charge));
        state.write_charged(after, charge);
        Ok(())
    }

    async fn begin_deletion(&self, id: UploadId, owner: &Owner) -> Result<Found, Unavailable> {
        let mut state = self.call("begin_deletion")?;
        match state.uploads.get_mut(&id) {
            Some(upload) if upload.owner == *owner => {
                *upload = upload.deleting().unwrap_or_else(|| upload.clone());
                Ok(Found::Yes)
            }
            _ => Ok(Found::No),
        }
    }
}

impl LinkIndex for MemoryWorld {
    async fn live_links(
        &self,
        of: LinksOf<'_>,
        start: Option<&PageStart>,
    ) -> Result<Page<LinkId>, Unavailable> {
        let state = self.call("live_links")?;
        let shown = state.links.values().filter(|link| of.includes(link) && !state.index_lags).cloned();
        let place = |link: &Link| (link.linked_at, link.link_id.to_string());
        let Page { items, next } = page(shown, place, start, state.live_page.unwrap_or(u8::MAX));
        let live = items.into_iter().filter(|link| link.revoked.is_none());
        Ok(Page { items: live.map(|link| link.link_id).collect(), next })
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
        let Some(upload) = state.uploads.get(&id) else { return Ok(Written::Refused(None)) };
        match upload.settled(settlement).and_then(|after| after.charged(charge)) {
            Some(after) => {
                state.write_charged(Some(after), charge);
                Ok(Written::Applied)
            }
            None => Ok(Written::Refused(Some(Box::new(upload.clone())))),
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
        let Some(upload) = state.uploads.get_mut(&id) else { return Ok(Written::Refused(None)) };
        match upload.scan_failed(failure) {
            Some(after) => {
                *upload = after;
                Ok(Written::Applied)
            }
            None => Ok(Written::Refused(Some(Box::new(upload.clone())))),
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
        let mut state = self.call("finish_deletion")?;
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

    async fn end_link(&self, id: &LinkId, revoked: Revoked) -> Result<(), Unavailable> {
        let mut state = self.call("end_link")?;
        if let Some(link) = state.links.get_mut(id) {
            *link = link.revoked(revoked).unwrap_or_else(|| link.clone());
        }
        Ok(())
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
        let state = self.call("links")?;
        let links = state.links.values().filter(|link| of.includes(link)).cloned();
        Ok(page(links, |link| (link.linked_at, link.link_id.to_string()), start, limit))
    }

    async fn revoke(&self, id: &LinkId, owner: &Owner, revoked: Revoked) -> Result<Revocation, Unavailable> {
        let mut state = self.call("revoke")?;
        let Some(link) = state.links.get_mut(id).filter(|link| link.owner == *owner) else {
            return Ok(Revocation::NotFound);
        };
        *link = link.revoked(revoked).unwrap_or_else(|| link.clone());
        Ok(Revocation::of(link.clone()))
    }

    async fn change_link(&self, before: &Link, after: &Link) -> Result<Found, Unavailable> {
        let mut state = self.call("change_link")?;
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
                Ok(Found::Yes)
            }
            _ => Ok(Found::No),
        }
    }
}

fn pins(upload: &Upload, link: &Link) -> bool {
    upload.state == UploadState::Available
        && upload.recorded.as_ref().is_some_and(|recorded| recorded.version_id == link.version_id)
}

/// Counting is no change of the owner's.
fn is_unchanged(link: &Link, before: &Link) -> bool {
    link.revoked.is_none() && link.owner == before.owner && link.transition_id == before.transition_id
}

impl LinkReader for MemoryWorld {
    async fn link(&self, id: &LinkId) -> Result<Option<Link>, Unavailable> {
        Ok(self.call("link")?.links.get(id).cloned())
    }
}

impl OpeningStore for MemoryWorld {
    async fn count_opening(&self, id: &LinkId, opening: &Opening) -> Result<Counted, Unavailable> {
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

impl ObjectStore for MemoryWorld {
    async fn observe(&self, key: ObjectKey, version: &VersionId) -> Result<Observation, Unavailable> {
        let state = self.call("observe")?;
        Ok(state.objects.get(&(key, version.clone())).cloned().unwrap_or(Observation::Missing))
    }

    async fn stored_checksum(
        &self,
        _key: ObjectKey,
        _version: &VersionId,
    ) -> Result<Option<ChecksumSha256>, Unavailable> {
        self.call("stored_checksum").map(|_| None)
    }

    async fn read_part(
        &self,
        key: ObjectKey,
        version: &VersionId,
        range: ByteRange,
    ) -> Result<Vec<u8>, Unavailable> {
        let state = self.call("read_part")?;
        let from = usize::try_from(range.from).unwrap_or(usize::MAX);
        let body = state.bodies.get(&(key, version.clone())).and_then(|body| body.get(from..));
        Ok(body.unwrap_or_default().iter().take(range.length).copied().collect())
    }

    async fn versions(&self, key: ObjectKey) -> Result<Vec<VersionId>, Unavailable> {
        let state = self.call("versions")?;
        let of_key = state.objects.keys().filter(|(of, _)| *of == key);
        Ok(of_key.map(|(_, version)| version.clone()).collect())
    }

    async fn versions_below(
        &self,
        digits: &str,
        start: Option<&VersionCursor>,
    ) -> Result<VersionPage, Unavailable> {
        let state = self.call("versions_below")?;
        let is_next = |key: &ObjectKey, version: &VersionId| {
            start.is_none_or(|start| {
                (key.to_string(), Some(version.to_string())) > (start.key.clone(), start.version.clone())
            })
        };
        let objects = state.objects.iter().filter(|((key, version), object)| {
            **object != Observation::DeleteMarker
                && key.upload_id().to_string().starts_with(digits)
                && is_next(key, version)
        });
        let mut versions = objects.map(|((key, version), _)| ListedVersion {
            key: *key,
            version: version.clone(),
            came_at: state.came.get(version).copied().unwrap_or_else(came_at),
        });
        let page: Vec<_> = versions.by_ref().take(state.versions_at_once.unwrap_or(1000)).collect();
        let last = page.last().filter(|_| versions.next().is_some());
        let next = last
            .map(|last| VersionCursor { key: last.key.to_string(), version: Some(last.version.to_string()) });
        Ok(VersionPage { versions: page, next })
    }

    async fn drop_parts(&self, key: ObjectKey, id: &S3UploadId) -> Result<(), Unavailable> {
        self.call("drop_parts")?.quotas.drop_parts(key, id);
        Ok(())
    }

    async fn remove(&self, key: ObjectKey, version: &VersionId) -> Result<(), Unavailable> {
        self.call("remove")?.objects.remove(&(key, version.clone()));
        Ok(())
    }
}

/// A signer whose credentials never change.
#[derive(Debug, Clone)]
pub struct FixedSigner(pub SigningCredentials);

impl Signer for FixedSigner {
    async fn credentials(
        &self,
        _now: Timestamp,
        _needed_s: u64,
    ) -> Result<Arc<SigningCredentials>, Unavailable> {
        Ok(Arc::new(self.0.clone()))
    }
}

fn page<T>(
    items: impl Iterator<Item = T>,
    place: impl Fn(&T) -> (Timestamp, String),
    start: Option<&PageStart>,
    limit: u8,
) -> Page<T> {
    let before = |item: &T| start.is_none_or(|start| place(item) < (start.at, start.id.clone()));
    let mut items: Vec<T> = items.filter(before).collect();
    items.sort_by_key(|item| std::cmp::Reverse(place(item)));
    let more = items.len() > usize::from(limit);
    items.truncate(usize::from(limit));
    let next = items.last().filter(|_| more).map(|item| {
        let (at, id) = place(item);
        PageStart { at, id }
    });
    Page { items, next }
}
