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
//! any time, because a settled fate never changes.

use futures::future::join;

use crate::id::{ObjectKey, VersionId};
use crate::ports::{ObjectStore, Observation, RecordStore, Unavailable, Written};
use crate::time::Timestamp;
use crate::upload::{Fate, RejectionReason, Upload};

pub mod event;
pub mod removal;
pub mod rules;

use rules::Evidence;

/// What the recorder works with.
#[derive(Debug)]
pub struct Ports<S, O> {
    /// The table.
    pub store: S,
    /// The bucket.
    pub objects: O,
}

/// What the stack demands of every object.
#[derive(Debug, Clone)]
pub struct Demands {
    /// The ARN of the key under which objects must be encrypted.
    pub files_key_arn: String,
}

/// What became of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It was found valid and links lead to it from now on.
    Pinned,
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
}

impl Verdict {
    /// The verdict as logs write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pinned => "pinned",
            Self::Duplicate => "duplicate",
            Self::Surplus => "surplus",
            Self::Rejected(_) => "rejected",
            Self::Removed => "removed",
            Self::Orphan => "orphan",
            Self::Gone => "gone",
            Self::DeleteMarker => "delete_marker",
        }
    }
}

/// Looks at a version and settles its fate.
///
/// # Errors
/// If the table or the bucket did not answer; the event must come back.
pub async fn record_version<S: RecordStore, O: ObjectStore>(
    ports: &Ports<S, O>,
    demands: &Demands,
    now: Timestamp,
    key: ObjectKey,
    version: &VersionId,
) -> Result<Verdict, Unavailable> {
    let (upload, observation) =
        join(ports.store.upload(key.upload_id()), ports.objects.observe(key, version)).await;
    let Some(upload) = upload? else { return Ok(Verdict::Orphan) };
    if let Some(fate) = upload.fate_of(version) {
        return follow(ports, key, version, fate).await;
    }
    let object = match observation? {
        Observation::Object(object) => object,
        Observation::Missing => return Ok(Verdict::Gone),
        Observation::DeleteMarker => return Ok(Verdict::DeleteMarker),
    };
    let stored_checksum = match rules::needs_stored_checksum(&upload, &object) {
        true => ports.objects.stored_checksum(key, version).await?,
        false => None,
    };
    let evidence = Evidence { upload: &upload, object: &object, version, stored_checksum, demands };
    settle(ports, &upload, version, &evidence, now).await
}

async fn settle<S: RecordStore, O: ObjectStore>(
    ports: &Ports<S, O>,
    upload: &Upload,
    version: &VersionId,
    evidence: &Evidence<'_>,
    now: Timestamp,
) -> Result<Verdict, Unavailable> {
    let settlement = rules::judge(evidence, now);
    let fate = match ports.store.settle(upload.upload_id, &settlement).await? {
        Written::Applied => match settlement {
            crate::upload::Settlement::Pin(_) => return Ok(Verdict::Pinned),
            crate::upload::Settlement::Condemn(rejection) => {
                ports.objects.remove(upload.object_key(), version).await?;
                return Ok(Verdict::Rejected(Some(rejection.reason)));
            }
        },
        Written::Refused(None) => return Ok(Verdict::Orphan),
        Written::Refused(Some(now_standing)) => now_standing.fate_of(version),
    };
    match fate {
        Some(fate) => follow(ports, upload.object_key(), version, fate).await,
        None => Err(Unavailable::new("settle a version", "the write was refused although its fate is open")),
    }
}

/// Does what a settled fate asks for; every step can be repeated.
async fn follow<S: RecordStore, O: ObjectStore>(
    ports: &Ports<S, O>,
    key: ObjectKey,
    version: &VersionId,
    fate: Fate,
) -> Result<Verdict, Unavailable> {
    let verdict = match fate {
        Fate::Pinned => return Ok(Verdict::Duplicate),
        Fate::Surplus => {
            ports.store.count_surplus(key.upload_id(), version).await?;
            Verdict::Surplus
        }
        Fate::Condemned => Verdict::Rejected(None),
        Fate::Removed => Verdict::Removed,
    };
    ports.objects.remove(key, version).await?;
    Ok(verdict)
}

#[cfg(test)]
mod tests;
