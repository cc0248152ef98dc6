//! Expires uploads that are due, continues deletions that the stream did not finish, and looks for late
//! links. Gives back the bytes that a form has reserved and cannot use any more.
//!
//! An index lists the uploads that need work. The index is eventually consistent, and `serve-link`, which may
//! write a link's item, could add entries to it. So the index only says where to look. An item that is not an
//! upload is counted and left. The run reads the record of an upload before it acts, and acts only if the
//! record has the state that the index showed.
//!
//! A run takes the shards of the index in turn and begins with another shard each hour, so that one upload
//! cannot delay the others forever.

use futures::stream::{self, StreamExt};

use crate::ports::{DueCursor, ObjectStore, RecordStore, Unavailable};
use crate::upload::UploadState;
use crate::value::id::UploadId;
use s3_presigned::Timestamp;

use super::Ports;
use super::removal::{Removal, end_late_links, remove_upload};
use super::report::{Report, Tidied, hour_of_day, tell};

/// How many uploads are handled side by side.
const AT_ONCE: usize = 10;

/// Handles every upload that is due at `now`.
///
/// # Errors
/// If the index could not be read for a shard; the uploads of the other shards were handled.
pub async fn sweep<S: RecordStore, O: ObjectStore>(
    ports: &Ports<S, O>,
    now: Timestamp,
    report: &impl Report,
) -> Result<(), Unavailable> {
    let first = first_shard(now);
    let mut result = Ok(());
    for turn in 0..DueCursor::SHARDS {
        let shard = (first + turn) % DueCursor::SHARDS;
        result = result.and(sweep_shard(ports, now, shard, report).await);
        report.pause();
    }
    result
}

/// Each hour begins elsewhere, and a day begins with every shard.
fn first_shard(now: Timestamp) -> u8 {
    let first = u16::from(hour_of_day(now)) * u16::from(DueCursor::SHARDS) / 24;
    u8::try_from(first).unwrap_or(0)
}

async fn sweep_shard<S: RecordStore, O: ObjectStore>(
    ports: &Ports<S, O>,
    now: Timestamp,
    shard: u8,
    report: &impl Report,
) -> Result<(), Unavailable> {
    let mut next = Some(DueCursor::shard(shard));
    while let Some(from) = next {
        let page = ports.store.due(now, &from).await?;
        report.done(Tidied { unreadable: page.unreadable, ..Tidied::default() });
        let taken = stream::iter(page.uploads)
            .map(async |(id, state)| tell(report, id, take_up(ports, now, id, state).await));
        taken.buffer_unordered(AT_ONCE).collect::<()>().await;
        next = page.next;
    }
    Ok(())
}

/// Does the work of one upload, if its record has the state that the index showed.
async fn take_up<S: RecordStore, O: ObjectStore>(
    ports: &Ports<S, O>,
    now: Timestamp,
    id: UploadId,
    shown: UploadState,
) -> Result<Tidied, Unavailable> {
    let nothing = Tidied::default();
    let Some(upload) = ports.store.upload(id).await?.filter(|upload| upload.state == shown) else {
        return Ok(nothing);
    };
    if let Some(charge) = upload.unused_at(now) {
        ports.store.give_back(&upload, &charge).await?;
    }
    Ok(match shown {
        UploadState::Pending if upload.expired(now).is_none() => nothing,
        UploadState::Pending => {
            ports.store.expire(&upload, now).await?;
            Tidied { expired: 1, ..nothing }
        }
        UploadState::Deleting => match remove_upload(ports, now, id).await? {
            Removal::Done { .. } => Tidied { removed: 1, ..nothing },
            Removal::Partly { .. } | Removal::NotAsked => nothing,
        },
        UploadState::Deleted => Tidied { late_links: end_late_links(ports, now, &upload).await?, ..nothing },
        UploadState::Available | UploadState::Rejected | UploadState::Expired => nothing,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_with_every_shard() {
        let first = |hour: u64| first_shard(Timestamp::from_epoch_s(hour * 3600));
        let begun: std::collections::BTreeSet<_> = (0..24).map(first).collect();
        assert_eq!(begun, (0..DueCursor::SHARDS).collect());
        assert_eq!([0, 12, 23, 24].map(first), [0, 8, 15, 0]);
    }
}
