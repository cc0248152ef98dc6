//! Gives up an upload whose file has not arrived, such as one that a person has cancelled.
//!
//! ```text
//!  a form, a PUT ─▶ record: expired
//!  parts ─▶ what arrived, if bytes are counted ─▶ record: expired ─▶ parts aborted at S3
//! ```
//!
//! The record is written first, on condition that it is `pending`. So no file that has a verdict is given up,
//! and no pending record names parts that are gone. Nothing is deleted: S3 accepts a form until the form
//! expires, and a completion may be running. The recorder looks at a file that arrives nevertheless as at
//! every other, and `expired` becomes `available` or `rejected`.

use crate::http::Problem;
use crate::ports::{PartStore, Signer, Unavailable, UploadStore, Written};
use crate::upload::reservation::Charge;
use crate::upload::{Upload, UploadState};
use crate::value::id::S3UploadId;
use s3_presigned::{SigningCredentials, Timestamp};

use super::part_plan::total_bytes;
use super::{Owned, Ports};

/// Gives the upload up, and aborts its multipart upload if it has one; a repetition changes nothing.
///
/// # Errors
/// [`Problem::UploadHasFile`] if a file has a verdict; [`Problem::Unavailable`] if the table or S3 does not
/// answer.
pub async fn give_up<S: UploadStore, G: Signer, P: PartStore>(
    ports: &Ports<S, G, P>,
    now: Timestamp,
    upload: &Owned<Upload>,
) -> Result<(), Problem> {
    check_no_file(upload)?;
    let Some(id) = &upload.s3_upload_id else {
        // What the form reserves is given back after the form has expired.
        return end(&ports.store, upload, None).await;
    };
    let signer = ports.signer.credentials(now, 60).await?;
    let charge = charge_of_parts(&signer, &ports.parts, upload, id).await?;
    end(&ports.store, upload, charge.as_ref()).await?;
    Ok(ports.parts.abort_parts(&signer, upload.object_key(), id).await?)
}

/// Writes that the upload is given up; a repetition changes nothing.
///
/// # Errors
/// As [`give_up`].
pub(super) async fn end<S: UploadStore>(
    store: &S,
    upload: &Upload,
    charge: Option<&Charge>,
) -> Result<(), Problem> {
    match store.give_up(upload, charge).await? {
        Written::Applied => Ok(()),
        Written::ConditionFailed(Some(existing)) if existing.state == UploadState::Pending => {
            Err(Unavailable::new("give up an upload", "what it reserves has changed since it was read")
                .into())
        }
        Written::ConditionFailed(Some(existing)) => check_no_file(&existing),
        Written::ConditionFailed(None) => Err(Problem::UploadNotFound),
    }
}

fn check_no_file(upload: &Upload) -> Result<(), Problem> {
    match upload.state {
        UploadState::Available | UploadState::Rejected => Err(Problem::UploadHasFile),
        UploadState::Pending | UploadState::Expired | UploadState::Deleting | UploadState::Deleted => Ok(()),
    }
}

/// The bytes that the arrived parts count after they are given up; `None` if nothing changes. S3 is asked
/// only if the upload has reserved bytes.
async fn charge_of_parts<P: PartStore>(
    signer: &SigningCredentials,
    parts: &P,
    upload: &Upload,
    id: &S3UploadId,
) -> Result<Option<Charge>, Problem> {
    if upload.state != UploadState::Pending || upload.reserved.is_none() {
        return Ok(None);
    }
    let stored = parts.list_parts(signer, upload.object_key(), id).await?;
    Ok(stored.and_then(|stored| upload.charge(total_bytes(&stored))))
}
