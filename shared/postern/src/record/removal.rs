//! Deletes an upload: links, parts, versions, then the tombstone.
//!
//! ```text
//! Look ─▶ ListLinks ⇄ EndLinks ─▶ DropParts ─▶ ListVersions ─▶ Remove ─┬─▶ Finish ─▶ Done
//!                                                                      └─▶ PutOff ─▶ Done
//! ```
//!
//! The API has written `deleting`, and the table's stream starts the recorder. Each step can be repeated, and
//! the tombstone is written last, so that the next run continues after a crash. The steps are data, as in
//! [`super::run`].
//!
//! Links are revoked first, so that they stop opening even if S3 refuses the rest. If the table fails, the
//! recorder still removes the versions and then repeats the run. Links that are still open then lead to an
//! error of S3.
//!
//! An owner may have made any number of links, and the uploads of others must not wait for them. So a run
//! reads pages of links that are not revoked, and revokes each page before it reads the next. After
//! [`PAGES_AT_ONCE`] it removes the versions and writes into the record how far it came. That write starts
//! the next run through the stream, behind the work of others.
//!
//! A link is made, or led to another upload, in a transaction that demands an `available` upload, so no
//! link begins to lead to an upload after `deleting` was written. But the index that lists an upload's
//! links is a moment behind the table. A link that came just before may be missing, and a link that was led
//! elsewhere may still be shown: the write that revokes a link has the condition that it leads to this
//! upload. A part that is on its way while its multipart upload is aborted may be stored nevertheless
//! ([AbortMultipartUpload](https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html)).
//! So the hourly run revokes links and drops parts once more, [`LINKS_SETTLE`](crate::ports::LINKS_SETTLE)
//! after the tombstone ([`end_late_links`]).

use crate::concurrency;
use crate::link::token::LinkId;
use crate::link::{Revoked, RevokedBecause};
use crate::paging::{Page, PageStart};
use crate::ports::{LinksOf, ObjectStore, RecordStore, Unavailable};
use crate::upload::{Upload, UploadState};
use crate::value::id::{ObjectKey, S3UploadId, UploadId, VersionId};
use s3_presigned::Timestamp;

use super::Ports;

/// The most pages of links that one run reads.
pub const PAGES_AT_ONCE: usize = 10;

/// The result of a run that deletes an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// The deletion is complete.
    Done {
        /// Versions and delete markers that this run removed.
        versions: usize,
        /// Links that this run revoked.
        links: usize,
    },
    /// The run has reached its limit; the next run continues.
    Partly {
        /// As above.
        versions: usize,
        /// As above.
        links: usize,
    },
    /// The upload is not `deleting` (any more).
    NotAsked,
}

/// How far a run has come with the links.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Walk {
    /// Links that it revoked.
    pub links: usize,
    /// Pages of links that it read.
    pub pages: usize,
    /// Where the next page begins.
    pub start: Option<PageStart>,
}

/// The next action. Every step may be performed twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemovalStep {
    /// Read the record (consistently); then [`RemovalStep::looked`].
    Look,
    /// List a page of the links that are not revoked; then [`RemovalStep::links_listed`].
    ListLinks(Box<Upload>, Walk),
    /// Revoke these links, in any order; then [`RemovalStep::links_ended`].
    EndLinks(Box<Upload>, Walk, Page<LinkId>),
    /// Drop the parts of this multipart upload; then [`RemovalStep::parts_dropped`].
    DropParts(Box<Upload>, Walk, S3UploadId),
    /// List the versions; then [`RemovalStep::listed`].
    ListVersions(Box<Upload>, Walk),
    /// Remove these versions, in any order; then [`RemovalStep::removed`].
    Remove(Box<Upload>, Walk, Vec<VersionId>),
    /// Write how far the links were read; then [`RemovalStep::Done`] as given.
    PutOff(Box<Upload>, PageStart, Removal),
    /// Write the tombstone if the upload is still `deleting`; then [`RemovalStep::Done`] as given.
    Finish(Box<Upload>, Removal),
    /// Nothing more to do.
    Done(Removal),
}

impl RemovalStep {
    /// After [`RemovalStep::Look`].
    pub fn looked(upload: Option<Upload>) -> Self {
        match upload {
            Some(upload) if upload.state == UploadState::Deleting => {
                let start = upload.links_walked.clone();
                Self::ListLinks(Box::new(upload), Walk { start, ..Walk::default() })
            }
            _ => Self::Done(Removal::NotAsked),
        }
    }

    /// After [`RemovalStep::ListLinks`].
    pub fn links_listed(upload: Box<Upload>, walk: Walk, page: Page<LinkId>) -> Self {
        Self::EndLinks(upload, walk, page)
    }

    /// After [`RemovalStep::EndLinks`].
    pub fn links_ended(upload: Box<Upload>, walk: &Walk, page: Page<LinkId>) -> Self {
        let walk = Walk { links: walk.links + page.items.len(), pages: walk.pages + 1, start: page.next };
        if walk.start.is_some() && walk.pages < PAGES_AT_ONCE {
            return Self::ListLinks(upload, walk);
        }
        match upload.s3_upload_id.clone() {
            Some(parts) => Self::DropParts(upload, walk, parts),
            None => Self::ListVersions(upload, walk),
        }
    }

    /// After [`RemovalStep::DropParts`].
    pub fn parts_dropped(upload: Box<Upload>, walk: Walk) -> Self {
        Self::ListVersions(upload, walk)
    }

    /// After [`RemovalStep::ListVersions`].
    pub fn listed(upload: Box<Upload>, walk: Walk, versions: Vec<VersionId>) -> Self {
        Self::Remove(upload, walk, versions)
    }

    /// After [`RemovalStep::Remove`].
    pub fn removed(upload: Box<Upload>, walk: Walk, versions: usize) -> Self {
        let links = walk.links;
        match walk.start {
            None => Self::Finish(upload, Removal::Done { versions, links }),
            Some(next) => Self::PutOff(upload, next, Removal::Partly { versions, links }),
        }
    }
}

/// Deletes an upload that is `deleting`.
///
/// # Errors
/// If the table or the bucket did not answer; the run must be repeated.
pub async fn remove_upload<S: RecordStore, O: ObjectStore>(
    ports: &Ports<S, O>,
    now: Timestamp,
    id: UploadId,
) -> Result<Removal, Unavailable> {
    let revoked = Revoked { at: now, because: RevokedBecause::UploadDeleted };
    let mut step = RemovalStep::looked(ports.store.upload(id).await?);
    loop {
        let comes_before_versions = matches!(
            step,
            RemovalStep::ListLinks(..) | RemovalStep::EndLinks(..) | RemovalStep::DropParts(..)
        );
        step = match perform(ports, now, revoked, id, step).await {
            Ok(RemovalStep::Done(removal)) => return Ok(removal),
            Ok(step) => step,
            Err(error) if comes_before_versions => {
                // A failure here does not stop the removal of the versions.
                remove_versions(ports, id).await?;
                return Err(error);
            }
            Err(error) => return Err(error),
        };
    }
}

async fn perform<S: RecordStore, O: ObjectStore>(
    Ports { store, objects }: &Ports<S, O>,
    now: Timestamp,
    revoked: Revoked,
    id: UploadId,
    step: RemovalStep,
) -> Result<RemovalStep, Unavailable> {
    let key = ObjectKey::of(id);
    Ok(match step {
        RemovalStep::Look => RemovalStep::looked(store.upload(id).await?),
        RemovalStep::ListLinks(upload, walk) => {
            let page = store.live_links(LinksOf::Upload(id), walk.start.as_ref()).await?;
            RemovalStep::links_listed(upload, walk, page)
        }
        RemovalStep::EndLinks(upload, walk, page) => {
            concurrency::all(page.items.iter().map(|link| store.end_link(link, id, revoked))).await?;
            RemovalStep::links_ended(upload, &walk, page)
        }
        RemovalStep::DropParts(upload, walk, parts) => {
            objects.drop_parts(key, &parts).await?;
            RemovalStep::parts_dropped(upload, walk)
        }
        RemovalStep::ListVersions(upload, walk) => {
            RemovalStep::listed(upload, walk, objects.versions(key).await?)
        }
        RemovalStep::Remove(upload, walk, versions) => {
            concurrency::all(versions.iter().map(|version| objects.remove(key, version))).await?;
            RemovalStep::removed(upload, walk, versions.len())
        }
        RemovalStep::PutOff(upload, to, removal) => {
            store.note_links_walked(&upload, &to).await?;
            RemovalStep::Done(removal)
        }
        RemovalStep::Finish(upload, removal) => {
            store.finish_deletion(&upload, now).await?;
            RemovalStep::Done(removal)
        }
        RemovalStep::Done(removal) => RemovalStep::Done(removal),
    })
}

/// Removes every version of an upload that is `deleting`: the fate of each is settled.
async fn remove_versions<S, O: ObjectStore>(ports: &Ports<S, O>, id: UploadId) -> Result<(), Unavailable> {
    let key = ObjectKey::of(id);
    let versions = ports.objects.versions(key).await?;
    concurrency::all(versions.iter().map(|version| ports.objects.remove(key, version))).await
}

/// Revokes the links of a deleted upload that the index had not shown yet, and returns how many there were.
/// Drops parts that arrived late.
///
/// # Errors
/// If the table or the bucket did not answer; the run must be repeated.
pub async fn end_late_links<S: RecordStore, O: ObjectStore>(
    ports: &Ports<S, O>,
    now: Timestamp,
    upload: &Upload,
) -> Result<usize, Unavailable> {
    let (store, id) = (&ports.store, upload.upload_id);
    if let Some(parts) = &upload.s3_upload_id {
        ports.objects.drop_parts(upload.object_key(), parts).await?;
    }
    let revoked = Revoked { at: now, because: RevokedBecause::UploadDeleted };
    let (mut late, mut start) = (0, upload.links_walked.clone());
    for _ in 0..PAGES_AT_ONCE {
        let page = store.live_links(LinksOf::Upload(id), start.as_ref()).await?;
        concurrency::all(page.items.iter().map(|link| store.end_link(link, id, revoked))).await?;
        late += page.items.len();
        start = page.next;
        if start.is_none() {
            break;
        }
    }
    match &start {
        Some(to) => store.note_links_walked(upload, to).await?,
        None => store.close_deletion(id).await?,
    }
    Ok(late)
}
