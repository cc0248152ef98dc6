//! What no event brings about: uploads whose form died unused, removals that were given up, and
//! versions whose event was lost.
//!
//! A schedule calls it every hour. It is idempotent with everything else, because it does nothing
//! of its own: it expires what is due by a conditional write, removes as the table's stream asks
//! for, and looks at versions as the queue does. The bucket is listed in slices by the first two
//! digits of the upload's id, each once a day, so that no pass has to remember where it was.

use std::ops::RangeInclusive;
use std::time::Duration;

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
    let hour = u8::try_from(now.epoch_s() / 3600 % 24).unwrap_or(0);
    let begins = |hour: u8| u16::from(hour) * 256 / 24;
    let last = begins(hour + 1).saturating_sub(1);
    u8::try_from(begins(hour)).unwrap_or(u8::MAX)..=u8::try_from(last).unwrap_or(u8::MAX)
}

/// Expires, removes and looks again, as far as it is due at `now`.
///
/// # Errors
/// If what is due could not be listed. What fails singly is counted and left to the next call.
pub async fn tidy<S: RecordStore, O: ObjectStore>(
    ports: &Ports<S, O>,
    demands: &Demands,
    now: Timestamp,
) -> Result<Tidied, Unavailable> {
    let swept = sweep(ports, now).await?;
    Ok(swept.and(reconcile(ports, demands, now, slices_of_hour(now)).await?))
}

/// Expires what is due, ends removals that the stream has not ended, and looks for late links.
///
/// # Errors
/// If the table could not be asked what is due.
pub async fn sweep<S: RecordStore, O: ObjectStore>(
    ports: &Ports<S, O>,
    now: Timestamp,
) -> Result<Tidied, Unavailable> {
    let due = ports.store.due(now).await?;
    let done = stream::iter(&due).map(async |upload| match upload.state {
        UploadState::Deleting => {
            remove_upload(ports, now, upload.upload_id).await.map(|removal| match removal {
                Removal::Done { .. } => Tidied { removed: 1, ..Tidied::default() },
                Removal::NotAsked => Tidied::default(),
            })
        }
        UploadState::Deleted => end_late_links(ports, now, upload.upload_id)
            .await
            .map(|late_links| Tidied { late_links, ..Tidied::default() }),
        _ => ports.store.expire(upload, now).await.map(|()| Tidied { expired: 1, ..Tidied::default() }),
    });
    Ok(sum(done.buffer_unordered(AT_ONCE).collect().await))
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
        assert_eq!(sweep(&ports, pending().policy_expires_at).await.unwrap(), Tidied::default());
        assert_eq!(sweep(&ports, due).await.unwrap(), Tidied { expired: 1, ..Tidied::default() });
        assert_eq!(standing(&ports).await.state, UploadState::Expired);
        assert_eq!(sweep(&ports, due).await.unwrap(), Tidied::default());
    }

    #[tokio::test]
    async fn a_removal_that_the_stream_gave_up_is_brought_to_its_end() {
        let ports = world().await;
        ports.objects.put(pending().object_key(), version("a"), png());
        ports.store.begin_deletion(pending().upload_id, &pending().owner).await.unwrap();
        let now = at("2026-11-24T12:00:00Z");
        ports.objects.fail_next("remove");
        assert_eq!(sweep(&ports, now).await.unwrap(), Tidied { failed: 1, ..Tidied::default() });
        assert_eq!(sweep(&ports, now).await.unwrap(), Tidied { removed: 1, ..Tidied::default() });
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
        assert_eq!(sweep(&ports, now).await.unwrap(), Tidied { removed: 1, ..Tidied::default() });
        assert_eq!(ports.store.link(&link_id).await.unwrap().unwrap().revoked, None, "it was not listed");
        assert_eq!(sweep(&ports, now).await.unwrap(), Tidied::default(), "its hour is not over");

        ports.store.let_the_index_lag(false);
        let later = now + LINKS_SETTLE;
        assert_eq!(sweep(&ports, later).await.unwrap(), Tidied { late_links: 1, ..Tidied::default() });
        let revoked = ports.store.link(&link_id).await.unwrap().unwrap().revoked.unwrap();
        assert_eq!((revoked.at, revoked.because), (later, RevokedBecause::UploadDeleted));
        assert_eq!(sweep(&ports, later).await.unwrap(), Tidied::default(), "and never again");
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
