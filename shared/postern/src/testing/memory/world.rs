//! The state of the world in memory, and the faults that a test may plan.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::reserved::Quotas;
use super::waiting::Turns;
use crate::link::Link;
use crate::link::token::LinkId;
use crate::ports::{Observation, ObservedObject, Unavailable};
use crate::upload::reservation::Charge;
use crate::upload::{Upload, UploadState};
use crate::value::id::{ObjectKey, UploadId, VersionId};
use s3_presigned::Timestamp;

/// When a version comes, unless it is said otherwise: 2026-11-24T10:00:30Z.
pub(super) fn came_at() -> Timestamp {
    Timestamp::from_epoch_s(1_795_514_430)
}

/// Table, bucket and signer in one; clones share them.
#[derive(Debug, Clone, Default)]
pub struct MemoryWorld(Arc<Mutex<State>>);

/// Uploads, links and the progress of the listing at an earlier time.
#[derive(Debug)]
pub struct SavedTable {
    uploads: BTreeMap<UploadId, Upload>,
    links: BTreeMap<LinkId, Link>,
    slices_listed: Option<u64>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) uploads: BTreeMap<UploadId, Upload>,
    pub(super) links: BTreeMap<LinkId, Link>,
    pub(super) quotas: Quotas,
    pub(super) objects: BTreeMap<(ObjectKey, VersionId), Observation>,
    /// Versions of which more is kept than their first bytes.
    pub(super) bodies: BTreeMap<(ObjectKey, VersionId), Arc<[u8]>>,
    /// Calls that are to fail, and how many of that name come before.
    pub(super) failing: HashMap<&'static str, usize>,
    /// Writes that are to lose their answer.
    pub(super) losing: HashMap<&'static str, Loss>,
    /// Tombstones that wait for the sweeper, and until when.
    pub(super) closing: BTreeMap<UploadId, Timestamp>,
    pub(super) index_lags: bool,
    /// Items among what is due that are no uploads.
    pub(super) unreadable: usize,
    /// Uploads among what is due, in a state that they have left.
    pub(super) stale: Vec<(UploadId, UploadState)>,
    /// When versions came, where it is not [`came_at`].
    pub(super) came: BTreeMap<VersionId, Timestamp>,
    /// Versions that one page of a listing shows, if it is to be few.
    pub(super) versions_at_once: Option<usize>,
    /// Available uploads that are missing from the list of pinned versions.
    pub(super) unlisted: BTreeSet<UploadId>,
    pub(super) slices_listed: Option<u64>,
    /// Links that one call reads to find those that live, if it is to be few.
    pub(super) live_page: Option<u8>,
    /// Existing records that a reservation reports, if it is to be few.
    pub(super) reported: Option<usize>,
    pub(super) calls: usize,
    /// The calls that wait, while a test orders them.
    pub(super) turns: Option<Turns>,
}

impl State {
    /// Writes a record and the change of its owner's bytes together, as one transaction does.
    pub(super) fn write_charged(&mut self, after: Option<Upload>, charge: Option<&Charge>) {
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

    /// What the table has now.
    pub fn table(&self) -> SavedTable {
        let state = self.lock();
        SavedTable {
            uploads: state.uploads.clone(),
            links: state.links.clone(),
            slices_listed: state.slices_listed,
        }
    }

    /// Gives the table what it had before. The bucket stays as it is.
    pub fn restore(&self, saved: SavedTable) {
        let mut state = self.lock();
        (state.uploads, state.links) = (saved.uploads, saved.links);
        state.slices_listed = saved.slices_listed;
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

    /// Lets a reservation that meets existing records report so many, as when another write is under way.
    pub fn report_existing(&self, limit: usize) {
        self.lock().reported = Some(limit);
    }

    /// How many calls have been made.
    pub fn calls(&self) -> usize {
        self.lock().calls
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer to a write that can be made twice.
    pub(super) fn answered<T>(
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

    pub(super) fn call(&self, name: &'static str) -> Result<MutexGuard<'_, State>, Unavailable> {
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
