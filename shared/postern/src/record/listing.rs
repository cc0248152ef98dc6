//! Compares the bucket with the records once a day: finds versions whose event was lost, and pinned versions
//! that are gone.
//!
//! ```text
//!  pinned versions of a slice (an index of the table) ─┐
//!                                                      ├─▶ in both: settled, nothing is read
//!  versions of the slice (a listing of the bucket) ────┘   only listed: looked at, if it is recent
//!                                                          only pinned: looked at, and marked if it is gone
//! ```
//!
//! A slice is the uploads whose id begins with the same two digits. A pass has 256 slices and takes a day.
//! The table keeps how many slices were listed, so that the next run continues where the last one stopped.
//! Slices that were not listed for more than a day are skipped and counted (`SkippedSlices`).
//!
//! A slice with more versions than a page has is listed in sixteen parts side by side. Neither list needs to
//! be exact: the record and S3 decide what happens to a version, as after an event.

use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

use futures::stream::{self, StreamExt};

use crate::ports::{ListedVersion, ObjectStore, RecordStore, Unavailable, VersionPage};
use crate::value::id::{ObjectKey, UploadId, VersionId};
use s3_presigned::Timestamp;

use super::report::{Report, Tidied, tell};
use super::{Ports, Settings, Verdict, record_version};

/// How many versions of a part the recorder looks at side by side.
const AT_ONCE: usize = 10;

/// The number of parts of a slice: the next digit of the ids.
const PARTS: u8 = 16;

/// The number of slices of a pass: the first two digits of the ids.
const SLICES: u64 = 256;

/// The age from which a version's event counts as lost.
const EVENT_IS_LATE: Duration = Duration::from_mins(15);

/// The age up to which the recorder looks at a listed version. Every slice is listed twice in that time.
const LOOK_BACK: Duration = Duration::from_hours(48);

/// What stays the same during a run.
struct ListingRun<'a, S, O, R> {
    ports: &'a Ports<S, O>,
    settings: &'a Settings,
    now: Timestamp,
    /// When the listed versions came that the recorder looks at.
    came: Range<Timestamp>,
    report: &'a R,
}

/// How many slices should be listed before the hour of `now` is over, counted from 1970.
fn slices_until(now: Timestamp) -> u64 {
    (now.epoch_s() / 3600 + 1) * SLICES / 24
}

/// Lists the slices that are due at `now`.
///
/// # Errors
/// If the table or the bucket could not be listed. The other slices were compared nevertheless, and the next
/// pass lists the failed one while its versions are still recent.
pub async fn list_bucket<S: RecordStore, O: ObjectStore>(
    ports: &Ports<S, O>,
    settings: &Settings,
    now: Timestamp,
    report: &impl Report,
) -> Result<(), Unavailable> {
    let run = ListingRun { ports, settings, now, came: now - LOOK_BACK..now - EVENT_IS_LATE, report };
    let (due, share) = (slices_until(now), SLICES / 24);
    let listed = ports.store.slices_listed().await?.unwrap_or(due.saturating_sub(share + 1));
    let begin = listed.max(due.saturating_sub(SLICES));
    let skipped_slices = usize::try_from(begin - listed).unwrap_or(usize::MAX);
    report.done(Tidied { skipped_slices, ..Tidied::default() });
    let mut result = Ok(());
    for slice in begin..due {
        result = result.and(run.slice(slice % SLICES).await);
        ports.store.note_slices_listed(slice + 1).await?;
        report.pause();
    }
    result
}

/// Compares one slice now, and looks at every version in it that came since `since`, except what the record
/// has settled. After a table was restored to an earlier time, this finds the versions that are older than
/// what [`list_bucket`] looks at.
///
/// # Errors
/// If the table or the bucket could not be listed. The slice may be compared again.
pub async fn compare_slice<S: RecordStore, O: ObjectStore>(
    ports: &Ports<S, O>,
    settings: &Settings,
    now: Timestamp,
    slice: u8,
    since: Timestamp,
    report: &impl Report,
) -> Result<(), Unavailable> {
    // S3 states whole seconds, and its clock may be ahead.
    let came = since.floor_s()..now + Duration::from_mins(1);
    ListingRun { ports, settings, now, came, report }.slice(slice.into()).await
}

impl<S: RecordStore, O: ObjectStore, R: Report> ListingRun<'_, S, O, R> {
    /// Compares one slice.
    async fn slice(&self, slice: u64) -> Result<(), Unavailable> {
        let digits = format!("{slice:02x}");
        let first = self.ports.objects.versions_below(&digits, None).await?;
        let parts = stream::iter(0..PARTS).map(async |part| {
            let digits = format!("{digits}{part:x}");
            match &first.next {
                None => self.part(&digits, Some(of_part(&first, &digits))).await,
                Some(_) => self.part(&digits, None).await,
            }
        });
        let ended: Vec<_> = parts.buffer_unordered(usize::from(PARTS)).collect().await;
        ended.into_iter().collect()
    }

    /// Compares a part of a slice. The listing may have been read already.
    async fn part(&self, digits: &str, listing: Option<VersionPage>) -> Result<(), Unavailable> {
        let mut pinned = self.pinned(digits).await?;
        let mut page = match listing {
            Some(page) => page,
            None => self.ports.objects.versions_below(digits, None).await?,
        };
        loop {
            self.report.done(Tidied { listed: page.versions.len(), ..Tidied::default() });
            let open = page.versions.into_iter().filter(|listed| !settles(&mut pinned, listed));
            self.look_at_listed(open.collect()).await;
            match page.next {
                Some(next) => page = self.ports.objects.versions_below(digits, Some(&next)).await?,
                None => break,
            }
        }
        let missing = pinned.into_iter().map(|(id, version)| (ObjectKey::of(id), version));
        let looks = stream::iter(missing)
            .map(async |(key, version)| tell(self.report, key.upload_id(), self.look(key, &version).await));
        looks.buffer_unordered(AT_ONCE).collect::<()>().await;
        Ok(())
    }

    async fn pinned(&self, digits: &str) -> Result<HashMap<UploadId, VersionId>, Unavailable> {
        let (mut pinned, mut start) = (HashMap::new(), None);
        loop {
            let page = self.ports.store.pinned_below(digits, start.as_ref()).await?;
            pinned.extend(page.versions);
            start = page.next;
            if start.is_none() {
                return Ok(pinned);
            }
        }
    }

    async fn look_at_listed(&self, open: Vec<ListedVersion>) {
        let looks = stream::iter(open)
            .map(async |listed| tell(self.report, listed.key.upload_id(), self.take_up(listed).await));
        looks.buffer_unordered(AT_ONCE).collect::<()>().await;
    }

    /// Handles a listed version that the list of pinned versions does not have: the recorder looks at a
    /// recent version. An older version may have been pinned before that list existed.
    async fn take_up(&self, listed: ListedVersion) -> Result<Tidied, Unavailable> {
        let ListedVersion { key, version, came_at } = listed;
        if self.came.contains(&came_at) {
            return self.look(key, &version).await;
        }
        if came_at >= self.came.end {
            return Ok(Tidied::default());
        }
        self.ports.store.list_pinned(key.upload_id(), &version, self.now).await?;
        Ok(Tidied::default())
    }

    async fn look(&self, key: ObjectKey, version: &VersionId) -> Result<Tidied, Unavailable> {
        let verdict = record_version(self.ports, self.settings, self.now, key, version, None).await?;
        self.report.looked_at(key.upload_id(), version, verdict);
        Ok(found(verdict))
    }
}

/// Whether the record has settled a listed version as the pinned one. That version is then crossed off the
/// list.
fn settles(pinned: &mut HashMap<UploadId, VersionId>, listed: &ListedVersion) -> bool {
    let id = listed.key.upload_id();
    let is_pinned = pinned.get(&id) == Some(&listed.version);
    if is_pinned {
        pinned.remove(&id);
    }
    is_pinned
}

fn of_part(page: &VersionPage, digits: &str) -> VersionPage {
    let is_of_part = |listed: &&ListedVersion| listed.key.upload_id().digits(digits.len()) == digits;
    VersionPage { versions: page.versions.iter().filter(is_of_part).cloned().collect(), next: None }
}

fn found(verdict: Verdict) -> Tidied {
    let looked_at = Tidied { looked_at: 1, ..Tidied::default() };
    match verdict {
        Verdict::Duplicate | Verdict::Gone | Verdict::ThreatInPinned => looked_at,
        Verdict::Vanished => Tidied { vanished: 1, ..looked_at },
        Verdict::Orphan => Tidied { orphans: 1, ..looked_at },
        Verdict::Waiting | Verdict::ScanFailed => Tidied { unscanned: 1, ..looked_at },
        _ => Tidied { repaired: 1, ..looked_at },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_lists_every_slice_once() {
        let until = |hour: u64| slices_until(Timestamp::from_epoch_s(hour * 3600 + 1));
        assert_eq!(until(23 + 24) - until(23), SLICES);
        assert!((0..100).all(|hour| (10..=11).contains(&(until(hour + 1) - until(hour)))));
    }

    #[test]
    fn what_was_looked_at_is_counted_as_what_became_of_it() {
        let once = Tidied { looked_at: 1, ..Tidied::default() };
        for (verdict, expected) in [
            (Verdict::Duplicate, once),
            (Verdict::Gone, once),
            (Verdict::ThreatInPinned, once),
            (Verdict::Vanished, Tidied { vanished: 1, ..once }),
            (Verdict::Orphan, Tidied { orphans: 1, ..once }),
            (Verdict::Waiting, Tidied { unscanned: 1, ..once }),
            (Verdict::ScanFailed, Tidied { unscanned: 1, ..once }),
            (Verdict::Pinned { size_bytes: 1 }, Tidied { repaired: 1, ..once }),
            (Verdict::Surplus, Tidied { repaired: 1, ..once }),
            (Verdict::Rejected(None), Tidied { repaired: 1, ..once }),
        ] {
            assert_eq!(found(verdict), expected, "{verdict:?}");
        }
    }
}
