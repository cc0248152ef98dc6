//! Recording what arrived: from "something happened to this version" to a verdict.
//!
//! ```text
//!  event ─▶ record ∥ first bytes ─▶ fate settled? ──yes──▶ follow it
//!                                     │ no
//!                                     ▼
//!                          rules ─▶ one conditional write ─▶ follow what it decided
//! ```
//!
//! Events are hints: nothing of an event is believed but which version to look at. A verdict is
//! not an error: whatever is decided acknowledges the message; only [`Unavailable`] brings it
//! back. Following a fate means removing the version unless it is the pinned one. That is safe at
//! any time, because a settled fate never changes. The steps and their order stand in [`run`],
//! without I/O, where a model checker can reach them.

use futures::future::join;

use crate::ports::{ObjectStore, RecordStore, Unavailable};
use crate::upload::RejectionReason;
use crate::upload::scan::ScanStatus;
use crate::value::id::{ObjectKey, VersionId};
use s3_presigned::Timestamp;

pub mod content;
pub mod event;
pub mod listing;
pub mod removal;
pub mod rules;
pub mod run;
mod settings;
pub mod sniff;
pub mod sweep;
pub mod tidy;

use rules::{SecondLook, SecondSight};
use run::{Run, Step};
pub use settings::Settings;

/// What the recorder works with.
#[derive(Debug)]
pub struct Ports<S, O> {
    /// The table.
    pub store: S,
    /// The bucket.
    pub objects: O,
}

/// What became of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It was found valid and links lead to it from now on.
    Pinned {
        /// Its size.
        size_bytes: u64,
    },
    /// It had been pinned before.
    Duplicate,
    /// Another version is pinned; this one was removed.
    Surplus,
    /// It broke a rule and was removed. No reason if that was decided in an earlier run.
    Rejected(Option<RejectionReason>),
    /// Its upload was removed by the owner, and so was it.
    Removed,
    /// No record knows it. It is left where it is: nothing is deleted unseen.
    Orphan,
    /// There is no such version any more.
    Gone,
    /// It is a delete marker.
    DeleteMarker,
    /// It is pinned and somebody else than the recorder removed it: links lead to S3's refusal.
    Vanished,
    /// It keeps every rule and waits for its scan.
    Waiting,
    /// It keeps every rule and its scan failed: it waits for another one, or for its owner.
    ScanFailed,
    /// It is pinned and a later scan found a threat in it. Only its owner removes it.
    ThreatInPinned,
}

impl Verdict {
    /// The verdict as logs write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pinned { .. } => "pinned",
            Self::Duplicate => "duplicate",
            Self::Surplus => "surplus",
            Self::Rejected(_) => "rejected",
            Self::Removed => "removed",
            Self::Orphan => "orphan",
            Self::Gone => "gone",
            Self::DeleteMarker => "delete_marker",
            Self::Vanished => "vanished",
            Self::Waiting => "waiting",
            Self::ScanFailed => "scan_failed",
            Self::ThreatInPinned => "threat_in_pinned",
        }
    }
}

/// Looks at a version and settles its fate, or does what its fate asks for. `announced` is what the
/// event that asks for it tells of a scan.
///
/// # Errors
/// If the table or the bucket did not answer; the event must come back.
pub async fn record_version<S: RecordStore, O: ObjectStore>(
    ports: &Ports<S, O>,
    settings: &Settings,
    now: Timestamp,
    key: ObjectKey,
    version: &VersionId,
    announced: Option<ScanStatus>,
) -> Result<Verdict, Unavailable> {
    let (Ports { store, objects }, id) = (ports, key.upload_id());
    let run = Run { version, settings, now, announced };
    let mut step = Step::Look;
    loop {
        step = match step {
            Step::Look => {
                let (upload, observation) = join(store.upload(id), objects.observe(key, version)).await;
                run.looked(upload?, observation)?
            }
            Step::LookAgain(upload, object, look) => {
                let second = look_again(objects, key, version, look).await?;
                run.judge(&upload, &object, &second)?
            }
            Step::Settle(settlement, charge) => {
                let written = store.settle(id, &settlement, charge.as_ref()).await?;
                run.settled(&settlement, written)?
            }
            Step::MarkScanFailed(failure) => run.scan_marked(store.mark_scan_failed(id, &failure).await?),
            Step::MarkVanished => {
                store.mark_vanished(id, version, now).await?;
                Step::marked()
            }
            Step::CountSurplus => {
                store.count_surplus(id, version).await?;
                Step::counted()
            }
            Step::Remove(verdict) => {
                objects.remove(key, version).await?;
                Step::removed(verdict)
            }
            Step::Done(verdict) => return Ok(verdict),
        };
    }
}

/// Does something for each item, one after another; the first error is given once all were tried, so
/// that an item which fails keeps no other from being taken.
///
/// # Errors
/// The first that occurred.
pub async fn try_each<T, E>(
    items: impl IntoIterator<Item = T>,
    take: impl AsyncFn(T) -> Result<(), E>,
) -> Result<(), E> {
    let mut result = Ok(());
    for item in items {
        result = result.and(take(item).await);
    }
    result
}

/// Asks both questions side by side.
async fn look_again<O: ObjectStore>(
    objects: &O,
    key: ObjectKey,
    version: &VersionId,
    look: SecondLook,
) -> Result<SecondSight, Unavailable> {
    let checksum = async {
        match look.checksum {
            true => objects.stored_checksum(key, version).await,
            false => Ok(None),
        }
    };
    let part = async {
        match look.part {
            Some(range) => objects.read_part(key, version, range).await.map(Some),
            None => Ok(None),
        }
    };
    let (checksum, part) = join(checksum, part).await;
    Ok(SecondSight { checksum: checksum?, part: part? })
}

#[cfg(test)]
mod isolation_tests;
#[cfg(test)]
mod removal_tests;
#[cfg(test)]
mod scan_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tidy_tests;
