//! What an hourly run reports while it works.

use super::Verdict;
use crate::ports::Unavailable;
use crate::value::id::{UploadId, VersionId};
use s3_presigned::Timestamp;

/// What was done: for one upload, or in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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
    /// Tells why the work for one upload failed. [`Tidied::failed`] counts it too.
    fn failed(&self, id: UploadId, cause: &Unavailable);
    /// Tells what became of a version that differs between the bucket and the records.
    fn looked_at(&self, id: UploadId, version: &VersionId, verdict: Verdict);
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

/// Reports what was done for one upload, or why it failed.
pub(super) fn tell(report: &impl Report, id: UploadId, done: Result<Tidied, Unavailable>) {
    report.done(done.unwrap_or_else(|cause| {
        report.failed(id, &cause);
        Tidied { failed: 1, ..Tidied::default() }
    }));
}

/// The hour of the day in UTC, 0 to 23.
pub(super) fn hour_of_day(now: Timestamp) -> u8 {
    u8::try_from(now.epoch_s() / 3600 % 24).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_one_of_the_day_in_utc() {
        let hour = |seconds| hour_of_day(Timestamp::from_epoch_s(seconds));
        assert_eq!([0, 3599, 3600, 86_399, 86_400, 90_000].map(hour), [0, 0, 1, 23, 0, 1]);
    }

    #[test]
    fn every_number_is_summed() {
        let each = |n| Tidied {
            expired: n,
            removed: n,
            late_links: n,
            listed: n,
            looked_at: n,
            repaired: n,
            vanished: n,
            orphans: n,
            unscanned: n,
            unreadable: n,
            skipped_slices: n,
            failed: n,
        };
        let mut sum = each(2);
        sum += each(1);
        assert_eq!(sum, each(3));
    }
}
