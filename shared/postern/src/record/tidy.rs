//! The hourly run, for the work that no event starts: uploads whose form expired unused, deletions that were
//! given up, and versions whose event was lost.
//!
//! A schedule starts it. It uses the same conditional writes as events do, so both may run at the same time:
//! [`super::sweep`] expires uploads and deletes as the table's stream does, [`super::listing`] looks at
//! versions as the queue does.
//!
//! One owner's uploads must not delay another's. So both run side by side. Failures are counted and left to
//! the next hour, and both end when their time is up.

use std::pin::pin;

use futures::future::{Either, join, select};

use crate::ports::{ObjectStore, RecordStore, Unavailable};
use s3_presigned::Timestamp;

use super::listing::list_bucket;
use super::sweep::sweep;
use super::{Ports, Settings};

/// What was done: for one upload, or in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tidied {
    /// Uploads that expired.
    pub expired: usize,
    /// Uploads whose deletion was completed.
    pub removed: usize,
    /// Links of deleted uploads that had not been listed with the others, and were revoked now.
    pub late_links: usize,
    /// Versions that the bucket's listing showed.
    pub listed: usize,
    /// Versions that the recorder looked at.
    pub looked_at: usize,
    /// Versions whose event was lost, and that were settled now.
    pub repaired: usize,
    /// Pinned versions that are missing from the bucket.
    pub vanished: usize,
    /// Versions without a record.
    pub orphans: usize,
    /// Versions that keep every rule and still have no scan's result, long after they arrived.
    pub unscanned: usize,
    /// Items of the index that are not uploads.
    pub unreadable: usize,
    /// Slices of the bucket that were not listed for more than a day.
    pub skipped_slices: usize,
    /// Failures; the next run tries again.
    pub failed: usize,
}

/// Receives counts while a run works, so that the metrics of a killed run are not lost.
pub trait Report {
    /// Adds to what was done.
    fn done(&self, what: Tidied);
    /// Called between two pieces of work: a good moment to write the counts.
    fn pause(&self);
}

impl std::ops::AddAssign for Tidied {
    fn add_assign(&mut self, other: Self) {
        self.expired += other.expired;
        self.removed += other.removed;
        self.late_links += other.late_links;
        self.listed += other.listed;
        self.looked_at += other.looked_at;
        self.repaired += other.repaired;
        self.vanished += other.vanished;
        self.orphans += other.orphans;
        self.unscanned += other.unscanned;
        self.unreadable += other.unreadable;
        self.skipped_slices += other.skipped_slices;
        self.failed += other.failed;
    }
}

/// Does the work that is due at `now`, until `time_is_up`. Unfinished work is then dropped, as after a crash.
///
/// # Errors
/// If the index or the bucket could not be listed; the other part was done nevertheless. Single failures are
/// counted and left to the next run.
pub async fn tidy<S: RecordStore, O: ObjectStore>(
    ports: &Ports<S, O>,
    settings: &Settings,
    now: Timestamp,
    time_is_up: impl Future<Output = ()>,
    report: &impl Report,
) -> Result<(), Unavailable> {
    let work = join(sweep(ports, now, report), list_bucket(ports, settings, now, report));
    match select(pin!(time_is_up), pin!(work)).await {
        Either::Left(_) => Ok(()),
        Either::Right(((swept, listed), _)) => swept.and(listed),
    }
}

/// Reports what was done, or that it failed.
pub(super) fn tell(report: &impl Report, done: Result<Tidied, Unavailable>) {
    report.done(done.unwrap_or(Tidied { failed: 1, ..Tidied::default() }));
}
