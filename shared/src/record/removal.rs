//! Removing what an owner asked to remove: versions, then links, then a tombstone.
//!
//! The API has written `deleting`; the table's stream brings the upload here. Each step can be
//! repeated, and the tombstone is written last, so that a run that dies half way is taken up by
//! the next. The steps are data, as in [`super::run`]. Until the links are marked, an opening may
//! lead to S3's refusal, never to the file.
//!
//! An owner may have made any number of links, and nobody else may wait for them. So a run takes
//! pages of links that live, ends each page before it asks for the next, and after
//! [`PAGES_AT_ONCE`] notes in the record how far it came. That write brings the upload back through
//! the stream, behind what others have asked for meanwhile.
//!
//! A link is made in a transaction that demands an `available` upload, so none is made after
//! `deleting` was written. But the index that lists an upload's links is a moment behind the table,
//! and a link that was made just before may be missing from the list. So the sweeper lists them once
//! more, [`LINKS_SETTLE`] after the tombstone ([`end_late_links`]).

use std::time::Duration;

use crate::few;
use crate::id::{ObjectKey, UploadId, VersionId};
use crate::link::{Revoked, RevokedBecause};
use crate::ports::{LinksOf, ObjectStore, Page, PageStart, RecordStore, Unavailable};
use crate::time::Timestamp;
use crate::token::LinkId;
use crate::upload::{Upload, UploadState};

use super::Ports;

/// So long after its tombstone an upload's links are listed once more: far longer than an index
/// takes to catch up.
pub const LINKS_SETTLE: Duration = Duration::from_hours(1);

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

/// How far a run has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Walk {
    /// Versions and delete markers that it removed.
    pub versions: usize,
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
    /// List the versions; then [`Step::listed`].
    List(Box<Upload>),
    /// Remove these versions, in any order; then [`Step::removed`].
    Remove(Box<Upload>, Vec<VersionId>),
    /// List a page of the links that live; then [`Step::links_listed`].
    ListLinks(Box<Upload>, Walk),
    /// End these links, in any order; then [`Step::links_ended`].
    EndLinks(Box<Upload>, Walk, Page<LinkId>),
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
            Some(upload) if upload.state == UploadState::Deleting => Self::List(Box::new(upload)),
            _ => Self::Done(Removal::NotAsked),
        }
    }

    /// After [`Step::List`].
    pub fn listed(upload: Box<Upload>, versions: Vec<VersionId>) -> Self {
        Self::Remove(upload, versions)
    }

    /// After [`Step::Remove`].
    pub fn removed(upload: Box<Upload>, versions: usize) -> Self {
        let start = upload.links_walked.clone();
        Self::ListLinks(upload, Walk { versions, start, ..Walk::default() })
    }

    /// After [`Step::ListLinks`].
    pub fn links_listed(upload: Box<Upload>, walk: Walk, page: Page<LinkId>) -> Self {
        Self::EndLinks(upload, walk, page)
    }

    /// After [`Step::EndLinks`].
    pub fn links_ended(upload: Box<Upload>, walk: &Walk, page: Page<LinkId>) -> Self {
        let (versions, links, pages) = (walk.versions, walk.links + page.items.len(), walk.pages + 1);
        match page.next {
            None => Self::Finish(upload, Removal::Done { versions, links }),
            Some(next) if pages >= PAGES_AT_ONCE => {
                Self::PutOff(upload, next, Removal::Partly { versions, links })
            }
            start => Self::ListLinks(upload, Walk { versions, links, pages, start }),
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
    let (Ports { store, objects }, key) = (ports, ObjectKey::of(id));
    let revoked = Revoked { at: now, because: RevokedBecause::UploadDeleted };
    let mut step = Step::Look;
    loop {
        step = match step {
            Step::Look => Step::looked(store.upload(id).await?),
            Step::List(upload) => Step::listed(upload, objects.versions(key).await?),
            Step::Remove(upload, versions) => {
                few::all(versions.iter().map(|version| objects.remove(key, version))).await?;
                Step::removed(upload, versions.len())
            }
            Step::ListLinks(upload, walk) => {
                let page = store.live_links(LinksOf::Upload(id), walk.start.as_ref()).await?;
                Step::links_listed(upload, walk, page)
            }
            Step::EndLinks(upload, walk, page) => {
                few::all(page.items.iter().map(|link| store.end_link(link, revoked))).await?;
                Step::links_ended(upload, &walk, page)
            }
            Step::PutOff(upload, to, removal) => {
                store.note_links_walked(&upload, &to).await?;
                Step::Done(removal)
            }
            Step::Finish(upload, removal) => {
                store.finish_deletion(&upload, now).await?;
                Step::Done(removal)
            }
            Step::Done(removal) => return Ok(removal),
        };
    }
}

/// Ends the links of a removed upload that the index had not shown yet; how many there were. They
/// were the newest, so that they stand on the first page.
///
/// # Errors
/// If the table did not answer; the attempt must be repeated.
pub async fn end_late_links<S: RecordStore, O>(
    ports: &Ports<S, O>,
    now: Timestamp,
    upload: &Upload,
) -> Result<usize, Unavailable> {
    let (store, id) = (&ports.store, upload.upload_id);
    let revoked = Revoked { at: now, because: RevokedBecause::UploadDeleted };
    let (mut late, mut start) = (0, upload.links_walked.clone());
    for _ in 0..PAGES_AT_ONCE {
        let page = store.live_links(LinksOf::Upload(id), start.as_ref()).await?;
        few::all(page.items.iter().map(|link| store.end_link(link, revoked))).await?;
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
