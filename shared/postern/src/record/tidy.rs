//! The work that no event causes: uploads whose form expired unused, removals that were given up, and
//! versions whose event was lost.
//!
//! A schedule calls it every hour. It is idempotent with everything else, because it does nothing
//! of its own: [`super::sweep`] expires what is due by a conditional write and removes as the table's
//! stream asks for, [`super::listing`] looks at versions as the queue does.
//!
//! One owner's uploads must not delay another's. So both run side by side, what fails is counted and left
//! to the next hour, and both end when their time is up.

use std::pin::pin;

use futures::future::{Either, join, select};

use crate::ports::{ObjectStore, RecordStore, Unavailable};
use s3_presigned::Timestamp;

use super::listing::list_bucket;
use super::sweep::sweep;
use super::{Ports, Settings};

/// What was done: of one upload, or in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tidied {
    /// Uploads that expired.
    pub expired: usize,
    /// Uploads whose removal was brought to its end.
    pub removed: usize,
    /// Links of removed uploads that had not been listed with the others, and were ended now.
    pub late_links: usize,
    /// Versions that the bucket's listing showed.
    pub listed: usize,
    /// Versions that were looked at.
    pub looked_at: usize,
    /// Versions whose event had not been acted upon, and now was.
    pub repaired: usize,
    /// Pinned versions that are missing from the bucket.
    pub vanished: usize,
    /// Versions that no record knows.
    pub orphans: usize,
    /// Versions that keep every rule and whose scan is not through, long after they came.
    pub unscanned: usize,
    /// Items among what is due that are no uploads.
    pub unreadable: usize,
    /// Slices of the bucket that were not listed for more than a day.
    pub skipped_slices: usize,
    /// What could not be done; the next call tries again.
    pub failed: usize,
}

/// Is told what was done as soon as it is done, so that a run which is killed loses nothing of it.
pub trait Report {
    /// So much more was done.
    fn done(&self, what: Tidied);
    /// A good moment to write down what was done.
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

/// Expires, removes and looks again, as far as it is due at `now`, until `time_is_up`: what is in the
/// middle then is dropped, as if the function had died.
///
/// # Errors
/// If what is due, or the bucket, could not be listed; the other was done all the same. What fails
/// singly is counted and left to the next call.
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
