//! What no event brings about: uploads whose form died unused, removals that were given up, and
//! versions whose event was lost.
//!
//! A schedule calls it every hour. It is idempotent with everything else, because it does nothing
//! of its own: it expires what is due by a conditional write, removes as the table's stream asks
//! for, and looks at versions as the queue does. The bucket is listed in slices by the first two
//! digits of the upload's id, each once a day, so that no pass has to remember where it was.
//!
//! Nobody's uploads may keep it from another's: what waits and what was lost are taken up side by
//! side, what fails is counted and passed over, and what is due is taken up as long as there is
//! time, beginning elsewhere each hour. The next hour goes on.

use std::ops::RangeInclusive;
use std::time::Duration;

use futures::future::join;
use futures::stream::{self, StreamExt};

use crate::ports::{ObjectStore, RecordStore, Unavailable};
use crate::time::Timestamp;
use crate::upload::UploadState;

use super::removal::{Removal, end_late_links, remove_upload};
use super::{Demands, Ports, Verdict, record_version};

/// So many things are done side by side.
const AT_ONCE: usize = 10;

/// A version's event has come, or has not, once so much time has passed.
const EVENT_IS_LATE: Duration = Duration::from_mins(15);

/// Versions younger than this are looked at: every slice is listed twice in that time.
const LOOK_BACK: Duration = Duration::from_hours(48);

/// What one call did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tidied {
    /// Uploads that expired.
    pub expired: usize,
    /// Uploads whose removal was brought to its end.
    pub removed: usize,
    /// Links of removed uploads that had not been listed with the others, and were ended now.
    pub late_links: usize,
    /// Versions that were looked at.
    pub looked_at: usize,
    /// Versions whose event had not been acted upon, and now was.
    pub repaired: usize,
    /// Versions that no record knows.
    pub orphans: usize,
    /// Versions that keep every rule and whose scan is not through, long after they came.
    pub unscanned: usize,
    /// What could not be done; the next call tries again.
    pub failed: usize,
}

impl Tidied {
    fn and(self, other: Self) -> Self {
        Self {
            expired: self.expired + other.expired,
            removed: self.removed + other.removed,
            late_links: self.late_links + other.late_links,
            looked_at: self.looked_at + other.looked_at,
            repaired: self.repaired + other.repaired,
            orphans: self.orphans + other.orphans,
            unscanned: self.unscanned + other.unscanned,
            failed: self.failed + other.failed,
        }
    }
}

/// The slices of the hour in which `now` lies: all 256 in a day.
pub fn slices_of_hour(now: Timestamp) -> RangeInclusive<u8> {
    let hour = hour_of_day(now);
    let begins = |hour: u8| u16::from(hour) * 256 / 24;
    let last = begins(hour + 1).saturating_sub(1);
    u8::try_from(begins(hour)).unwrap_or(u8::MAX)..=u8::try_from(last).unwrap_or(u8::MAX)
}

fn hour_of_day(now: Timestamp) -> u8 {
    u8::try_from(now.epoch_s() / 3600 % 24).unwrap_or(0)
}

/// Expires, removes and looks again, as far as it is due at `now`.
///
/// # Errors
/// If what is due, or the bucket, could not be listed; the other was done all the same. What fails
/// singly is counted and left to the next call.
pub async fn tidy<S: RecordStore, O: ObjectStore>(
    ports: &Ports<S, O>,
    demands: &Demands,
    now: Timestamp,
    time_is_up: impl Future<Output = ()>,
) -> Result<Tidied, Unavailable> {
    let looked = reconcile(ports, demands, now, slices_of_hour(now));
    let (swept, looked) = join(sweep(ports, now, time_is_up), looked).await;
    Ok(swept?.and(looked?))
}

/// Expires what is due, ends removals that the stream has not ended, and looks for late links,
/// until `time_is_up`: what is in the middle then may be dropped as if the function had died.
///
/// # Errors
/// If the table could not be asked what is due.
pub async fn sweep<S: RecordStore, O: ObjectStore>(
    ports: &Ports<S, O>,
    now: Timestamp,
    time_is_up: impl Future<Output = ()>,
) -> Result<Tidied, Unavailable> {
    let mut due = ports.store.due(now).await?;
    let begin = due.len() * usize::from(hour_of_day(now)) / 24;
    due.rotate_left(begin);
    let done = stream::iter(&due).map(async |upload| match upload.state {
        UploadState::Deleting => {
            remove_upload(ports, now, upload.upload_id).await.map(|removal| match removal {
                Removal::Done { .. } => Tidied { removed: 1, ..Tidied::default() },
                Removal::Partly { .. } | Removal::NotAsked => Tidied::default(),
            })
        }
        UploadState::Deleted => end_late_links(ports, now, upload)
            .await
            .map(|late_links| Tidied { late_links, ..Tidied::default() }),
        _ => ports.store.expire(upload, now).await.map(|()| Tidied { expired: 1, ..Tidied::default() }),
    });
    Ok(sum(done.buffer_unordered(AT_ONCE).take_until(time_is_up).collect().await))
}

/// Looks at every recent version of some slices of the bucket.
///
/// # Errors
/// If the bucket could not be listed.
pub async fn reconcile<S: RecordStore, O: ObjectStore>(
    ports: &Ports<S, O>,
    demands: &Demands,
    now: Timestamp,
    slices: RangeInclusive<u8>,
) -> Result<Tidied, Unavailable> {
    let mut tidied = Tidied::default();
    for slice in slices {
        let recent = ports.objects.versions_between(slice, now - LOOK_BACK, now - EVENT_IS_LATE).await?;
        let done = stream::iter(&recent).map(async |(key, version)| {
            let verdict = record_version(ports, demands, now, *key, version, None).await?;
            Ok(found(verdict))
        });
        tidied = tidied.and(sum(done.buffer_unordered(AT_ONCE).collect().await));
    }
    Ok(tidied)
}

fn found(verdict: Verdict) -> Tidied {
    let looked_at = Tidied { looked_at: 1, ..Tidied::default() };
    match verdict {
        Verdict::Duplicate | Verdict::Gone | Verdict::ThreatInPinned => looked_at,
        Verdict::Orphan => Tidied { orphans: 1, ..looked_at },
        Verdict::Waiting | Verdict::ScanFailed => Tidied { unscanned: 1, ..looked_at },
        _ => Tidied { repaired: 1, ..looked_at },
    }
}

fn sum(done: Vec<Result<Tidied, Unavailable>>) -> Tidied {
    let one = |done: Result<_, _>| done.unwrap_or(Tidied { failed: 1, ..Tidied::default() });
    done.into_iter().map(one).fold(Tidied::default(), Tidied::and)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::UploadId;
    use crate::link::{Link, RevokedBecause};
    use crate::memory::MemoryWorld;
    use crate::ports::{LinkReader, LinkStore, UploadStore};
    use crate::record::removal::LINKS_SETTLE;
    use crate::record::rules::tests::{demands, png};
    use crate::upload::tests::{at, pending, version};
    use crate::upload::{Upload, expiry};

    async fn world() -> Ports<MemoryWorld, MemoryWorld> {
        let world = MemoryWorld::default();
        world.create(&pending()).await.unwrap();
        Ports { store: world.clone(), objects: world }
    }

    async fn swept(ports: &Ports<MemoryWorld, MemoryWorld>, now: Timestamp) -> Result<Tidied, Unavailable> {
        sweep(ports, now, std::future::pending()).await
    }

    async fn standing(ports: &Ports<MemoryWorld, MemoryWorld>) -> Upload {
        RecordStore::upload(&ports.store, pending().upload_id).await.unwrap().unwrap()
    }

    #[test]
    fn every_slice_is_listed_once_a_day() {
        let hours = (0..24).map(|hour| slices_of_hour(Timestamp::from_epoch_s(hour * 3600 + 1)));
        let slices: Vec<u8> = hours.flatten().collect();
        assert_eq!(slices, (0..=255).collect::<Vec<u8>>());
    }

    #[tokio::test]
    async fn what_is_due_expires_once() {
        let ports = world().await;
        let due = expiry(pending().policy_expires_at);
        assert_eq!(swept(&ports, pending().policy_expires_at).await.unwrap(), Tidied::default());
        assert_eq!(swept(&ports, due).await.unwrap(), Tidied { expired: 1, ..Tidied::default() });
        assert_eq!(standing(&ports).await.state, UploadState::Expired);
        assert_eq!(swept(&ports, due).await.unwrap(), Tidied::default());
    }

    #[tokio::test]
    async fn a_removal_that_the_stream_gave_up_is_brought_to_its_end() {
        let ports = world().await;
        ports.objects.put(pending().object_key(), version("a"), png());
        ports.store.begin_deletion(pending().upload_id, &pending().owner).await.unwrap();
        let now = at("2026-11-24T12:00:00Z");
        ports.objects.fail_next("remove");
        assert_eq!(swept(&ports, now).await.unwrap(), Tidied { failed: 1, ..Tidied::default() });
        assert_eq!(swept(&ports, now).await.unwrap(), Tidied { removed: 1, ..Tidied::default() });
        assert_eq!(standing(&ports).await.state, UploadState::Deleted);
    }

    #[tokio::test]
    async fn a_link_that_the_index_showed_late_ends_all_the_same() {
        let ports = world().await;
        ports.objects.put(pending().object_key(), version("a"), png());
        let now = at("2026-11-24T12:00:00Z");
        let key = pending().object_key();
        record_version(&ports, &demands(), now, key, &version("a"), None).await.unwrap();
        let link_id = crate::token::tests::keys(&[1]).make([1; 16]).link_id();
        let link = Link::to(&standing(&ports).await, link_id.clone(), now, None).unwrap();
        ports.store.create_link(&link).await.unwrap();
        ports.store.let_the_index_lag(true);
        ports.store.begin_deletion(pending().upload_id, &pending().owner).await.unwrap();
        assert_eq!(swept(&ports, now).await.unwrap(), Tidied { removed: 1, ..Tidied::default() });
        assert_eq!(ports.store.link(&link_id).await.unwrap().unwrap().revoked, None, "it was not listed");
        assert_eq!(swept(&ports, now).await.unwrap(), Tidied::default(), "its hour is not over");

        ports.store.let_the_index_lag(false);
        let later = now + LINKS_SETTLE;
        assert_eq!(swept(&ports, later).await.unwrap(), Tidied { late_links: 1, ..Tidied::default() });
        let revoked = ports.store.link(&link_id).await.unwrap().unwrap().revoked.unwrap();
        assert_eq!((revoked.at, revoked.because), (later, RevokedBecause::UploadDeleted));
        assert_eq!(swept(&ports, later).await.unwrap(), Tidied::default(), "and never again");
    }

    /// Uploads that wait to be removed, each with a version.
    async fn removals(ports: &Ports<MemoryWorld, MemoryWorld>, n: u8) {
        for n in 0..n {
            let upload = Upload { upload_id: UploadId::random([n; 16]), ..pending() };
            ports.store.create(&upload).await.unwrap();
            ports.objects.put(upload.object_key(), version("a"), png());
            ports.store.begin_deletion(upload.upload_id, &upload.owner).await.unwrap();
        }
    }

    #[tokio::test]
    async fn one_that_fails_keeps_the_sweeper_from_no_other() {
        let world = MemoryWorld::default();
        let ports = Ports { store: world.clone(), objects: world };
        removals(&ports, 30).await;
        ports.objects.fail_next("versions");
        let now = at("2026-11-24T12:00:00Z");
        assert_eq!(swept(&ports, now).await.unwrap(), Tidied { removed: 29, failed: 1, ..Tidied::default() });
        assert_eq!(swept(&ports, now).await.unwrap(), Tidied { removed: 1, ..Tidied::default() });
    }

    #[tokio::test]
    async fn versions_are_looked_at_whatever_becomes_of_what_is_due() {
        let ports = world().await;
        ports.objects.put(pending().object_key(), version("a"), png());
        let slice = usize::from(pending().upload_id.slice());
        let mut hours = (0..24).map(|hour| at("2026-11-24T00:00:00Z") + Duration::from_hours(hour));
        let now =
            hours.find(|now| slices_of_hour(*now).any(|of_hour| usize::from(of_hour) == slice)).unwrap();
        ports.store.fail_next("due");
        assert!(tidy(&ports, &demands(), now, std::future::pending()).await.is_err(), "it is told");
        assert_eq!(standing(&ports).await.state, UploadState::Available);
    }

    #[tokio::test]
    async fn what_there_was_no_time_for_is_left_to_the_next_hour() {
        let world = MemoryWorld::default();
        let ports = Ports { store: world.clone(), objects: world };
        removals(&ports, 30).await;
        let now = at("2026-11-24T12:00:00Z");
        let done = sweep(&ports, now, std::future::ready(())).await.unwrap();
        assert_eq!(done, Tidied::default());
        assert_eq!(swept(&ports, now).await.unwrap(), Tidied { removed: 30, ..Tidied::default() });
    }

    #[tokio::test]
    async fn a_version_whose_event_was_lost_is_found_and_recorded() {
        let ports = world().await;
        ports.objects.put(pending().object_key(), version("a"), png());
        let now = at("2026-11-24T12:00:00Z");
        let all = || 0..=255;
        let repaired = reconcile(&ports, &demands(), now, all()).await.unwrap();
        assert_eq!(repaired, Tidied { looked_at: 1, repaired: 1, ..Tidied::default() });
        assert_eq!(standing(&ports).await.state, UploadState::Available);
        let again = reconcile(&ports, &demands(), now, all()).await.unwrap();
        assert_eq!(again, Tidied { looked_at: 1, ..Tidied::default() });
    }

    #[tokio::test]
    async fn a_version_that_no_record_knows_is_told_and_left() {
        let world = MemoryWorld::default();
        let ports = Ports { store: world.clone(), objects: world };
        ports.objects.put(pending().object_key(), version("a"), png());
        let tidied = reconcile(&ports, &demands(), at("2026-11-24T12:00:00Z"), 0..=255).await.unwrap();
        assert_eq!((tidied.orphans, tidied.repaired), (1, 0));
        assert_eq!(ports.objects.versions(pending().object_key()).await.unwrap(), [version("a")]);
    }
}
