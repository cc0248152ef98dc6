//! Performs the steps of [`super::run`] on the table and the bucket.

use futures::future::join;
use s3_presigned::Timestamp;

use super::evidence::{SecondLook, SecondSight};
use super::run::{Run, Step};
use super::{Ports, Settings, Verdict};
use crate::ports::{ObjectStore, RecordStore, Unavailable};
use crate::upload::scan::ScanStatus;
use crate::value::id::{ObjectKey, VersionId};

/// Looks at a version and settles its fate, or follows the fate that the record has. `announced` is what the
/// event says about a scan.
///
/// # Errors
/// If the table or the bucket did not answer; the event must be redelivered.
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
            Step::LookAgain(upload, object, look, before) => {
                let second = look_again(objects, key, version, look, before).await?;
                run.looked_again(upload, object, second)?
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

/// Asks both questions side by side.
async fn look_again<O: ObjectStore>(
    objects: &O,
    key: ObjectKey,
    version: &VersionId,
    look: SecondLook,
    before: SecondSight,
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
    let (checksum, parts) = (checksum?.or(before.checksum), before.parts + usize::from(look.part.is_some()));
    Ok(SecondSight { checksum, part: part?, range: look.part, parts })
}
