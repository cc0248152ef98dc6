//! Removing what an owner asked to remove: versions, then links, then a tombstone.
//!
//! The API has written `deleting`; the table's stream brings the upload here. Each step can be
//! repeated, and the tombstone is written last, so that a run that dies half way is taken up by
//! the next. Until the links are marked, an opening may lead to S3's refusal, never to the file.

use futures::future::try_join_all;

use crate::id::UploadId;
use crate::link::{Revoked, RevokedBecause};
use crate::ports::{ObjectStore, RecordStore, Unavailable};
use crate::time::Timestamp;
use crate::upload::UploadState;

use super::Ports;

/// How an attempt to remove an upload ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// Everything is gone; so many versions were removed in this run.
    Done {
        /// Versions and delete markers.
        versions: usize,
        /// Links that this run marked, or found marked.
        links: usize,
    },
    /// The upload is not, or no longer, to be removed.
    NotAsked,
}

/// Removes an upload that is `deleting`.
///
/// # Errors
/// If the table or the bucket did not answer; the attempt must be repeated.
pub async fn remove_upload<S: RecordStore, O: ObjectStore>(
    ports: &Ports<S, O>,
    now: Timestamp,
    id: UploadId,
) -> Result<Removal, Unavailable> {
    let upload = match ports.store.upload(id).await? {
        Some(upload) if upload.state == UploadState::Deleting => upload,
        _ => return Ok(Removal::NotAsked),
    };
    let key = upload.object_key();
    let versions = ports.objects.versions(key).await?;
    try_join_all(versions.iter().map(|version| ports.objects.remove(key, version))).await?;
    let links = ports.store.all_links_to(id).await?;
    let revoked = Revoked { at: now, because: RevokedBecause::UploadDeleted };
    try_join_all(links.iter().map(|link| ports.store.end_link(&link.link_id, revoked))).await?;
    ports.store.finish_deletion(&upload, now).await?;
    Ok(Removal::Done { versions: versions.len(), links: links.len() })
}
