//! Removing what an owner asked to remove: links, parts, versions, then a tombstone.
//!
//! ```text
//! Look ─▶ ListLinks ⇄ EndLinks ─▶ DropParts ─▶ ListVersions ─▶ Remove ─┬─▶ Finish ─▶ Done
//!                                                                      └─▶ PutOff ─▶ Done
//! ```
//!
//! The API has written `deleting`; the table's stream brings the upload here. Each step can be
//! repeated, and the tombstone is written last, so that a run that dies half way is taken up by
//! the next. The steps are data, as in [`super::run`].
//!
//! Links end first, so that they stop opening even if S3 refuses the rest. Where the table fails
//! instead, the versions are removed all the same, and the run is repeated: what keeps a link alive
//! then leads to S3's refusal.
//!
//! An owner may have made any number of links, and nobody else may wait for them. So a run takes
//! pages of links that live, ends each page before it asks for the next, and after
//! [`PAGES_AT_ONCE`] goes on to the versions and notes in the record how far it came. That write
//! brings the upload back through the stream, behind what others have asked for meanwhile.
//!
//! A link is made in a transaction that demands an `available` upload, so none is made after
//! `deleting` was written. But the index that lists an upload's links is a moment behind the table,
//! and a link that was made just before may be missing from the list. A part that is on its way while
//! its multipart upload is aborted may be stored all the same
//! ([AbortMultipartUpload](https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html)).
//! So the sweeper ends links and drops parts once more, [`LINKS_SETTLE`](crate::ports::LINKS_SETTLE)
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

/// Pages of links that one run walks at most.
pub const PAGES_AT_ONCE: usize = 10;

/// How an attempt to remove an upload ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// Everything is gone; so many versions were removed in this run.
    Done {
        /// Versions and delete markers.
        versions: usize,
        /// Links that this run ended.
        links: usize,
    },
    /// As far as one run goes; the next goes on.
    Partly {
        /// As above.
        versions: usize,
        /// As above.
        links: usize,
    },
    /// The upload is not, or no longer, to be removed.
    NotAsked,
}

/// How far a run has come with the links.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Walk {
    /// Links that it ended.
    pub links: usize,
    /// Pages of links that it walked.
    pub pages: usize,
    /// Where the next page begins.
    pub start: Option<PageStart>,
}

/// What is to be done next. Every step may be done twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Read the record (consistently); then [`Step::looked`].
    Look,
    /// List a page of the links that live; then [`Step::links_listed`].
    ListLinks(Box<Upload>, Walk),
    /// End these links, in any order; then [`Step::links_ended`].
    EndLinks(Box<Upload>, Walk, Page<LinkId>),
    /// Drop the parts of this multipart upload; then [`Step::parts_dropped`].
    DropParts(Box<Upload>, Walk, S3UploadId),
    /// List the versions; then [`Step::listed`].
    ListVersions(Box<Upload>, Walk),
    /// Remove these versions, in any order; then [`Step::removed`].
    Remove(Box<Upload>, Walk, Vec<VersionId>),
    /// Note how far the links were walked; then [`Step::Done`] as given.
    PutOff(Box<Upload>, PageStart, Removal),
    /// Write the tombstone if the upload is still `deleting`; then [`Step::Done`] as given.
    Finish(Box<Upload>, Removal),
    /// Nothing more.
    Done(Removal),
}

impl Step {
    /// After [`Step::Look`].
    pub fn looked(upload: Option<Upload>) -> Self {
        match upload {
            Some(upload) if upload.state == UploadState::Deleting => {
                let start = upload.links_walked.clone();
                Self::ListLinks(Box::new(upload), Walk { start, ..Walk::default() })
            }
            _ => Self::Done(Removal::NotAsked),
        }
    }

    /// After [`Step::ListLinks`].
    pub fn links_listed(upload: Box<Upload>, walk: Walk, page: Page<LinkId>) -> Self {
        Self::EndLinks(upload, walk, page)
    }

    /// After [`Step::EndLinks`].
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

    /// After [`Step::DropParts`].
    pub fn parts_dropped(upload: Box<Upload>, walk: Walk) -> Self {
        Self::ListVersions(upload, walk)
    }

    /// After [`Step::ListVersions`].
    pub fn listed(upload: Box<Upload>, walk: Walk, versions: Vec<VersionId>) -> Self {
        Self::Remove(upload, walk, versions)
    }

    /// After [`Step::Remove`].
    pub fn removed(upload: Box<Upload>, walk: Walk, versions: usize) -> Self {
        let links = walk.links;
        match walk.start {
            None => Self::Finish(upload, Removal::Done { versions, links }),
            Some(next) => Self::PutOff(upload, next, Removal::Partly { versions, links }),
        }
    }
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
    let revoked = Revoked { at: now, because: RevokedBecause::UploadDeleted };
    let mut step = Step::looked(ports.store.upload(id).await?);
    loop {
        let comes_before_versions =
            matches!(step, Step::ListLinks(..) | Step::EndLinks(..) | Step::DropParts(..));
        step = match perform(ports, now, revoked, id, step).await {
            Ok(Step::Done(removal)) => return Ok(removal),
            Ok(step) => step,
            Err(error) if comes_before_versions => {
                // Whatever failed keeps no file from being removed.
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
    step: Step,
) -> Result<Step, Unavailable> {
    let key = ObjectKey::of(id);
    Ok(match step {
        Step::Look => Step::looked(store.upload(id).await?),
        Step::ListLinks(upload, walk) => {
            let page = store.live_links(LinksOf::Upload(id), walk.start.as_ref()).await?;
            Step::links_listed(upload, walk, page)
        }
        Step::EndLinks(upload, walk, page) => {
            concurrency::all(page.items.iter().map(|link| store.end_link(link, revoked))).await?;
            Step::links_ended(upload, &walk, page)
        }
        Step::DropParts(upload, walk, parts) => {
            objects.drop_parts(key, &parts).await?;
            Step::parts_dropped(upload, walk)
        }
        Step::ListVersions(upload, walk) => Step::listed(upload, walk, objects.versions(key).await?),
        Step::Remove(upload, walk, versions) => {
            concurrency::all(versions.iter().map(|version| objects.remove(key, version))).await?;
            Step::removed(upload, walk, versions.len())
        }
        Step::PutOff(upload, to, removal) => {
            store.note_links_walked(&upload, &to).await?;
            Step::Done(removal)
        }
        Step::Finish(upload, removal) => {
            store.finish_deletion(&upload, now).await?;
            Step::Done(removal)
        }
        Step::Done(removal) => Step::Done(removal),
    })
}

/// Removes every version of an upload that is `deleting`: each one's fate is settled.
async fn remove_versions<S, O: ObjectStore>(ports: &Ports<S, O>, id: UploadId) -> Result<(), Unavailable> {
    let key = ObjectKey::of(id);
    let versions = ports.objects.versions(key).await?;
    concurrency::all(versions.iter().map(|version| ports.objects.remove(key, version))).await
}

/// Ends the links of a removed upload that the index had not shown yet; how many there were. They
/// were the newest, so that they stand on the first page. Drops parts that were on their way.
///
/// # Errors
/// If the table or the bucket did not answer; the attempt must be repeated.
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
        concurrency::all(page.items.iter().map(|link| store.end_link(link, revoked))).await?;
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
