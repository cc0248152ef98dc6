//! Removing what an owner asked to remove: versions, then links, then a tombstone.
//!
//! The API has written `deleting`; the table's stream brings the upload here. Each step can be
//! repeated, and the tombstone is written last, so that a run that dies half way is taken up by
//! the next. The steps are data, as in [`super::run`]. Until the links are marked, an opening may
//! lead to S3's refusal, never to the file.
//!
//! A link is made in a transaction that demands an `available` upload, so none is made after
//! `deleting` was written. But the index that lists an upload's links is a moment behind the table,
//! and a link that was made just before may be missing from the list. So the sweeper lists them once
//! more, [`LINKS_SETTLE`] after the tombstone ([`end_late_links`]).

use std::time::Duration;

use futures::future::try_join_all;

use crate::id::{ObjectKey, UploadId, VersionId};
use crate::link::{Revoked, RevokedBecause};
use crate::ports::{ObjectStore, RecordStore, Unavailable};
use crate::time::Timestamp;
use crate::token::LinkId;
use crate::upload::{Upload, UploadState};

use super::Ports;

/// So long after its tombstone an upload's links are listed once more: far longer than an index
/// takes to catch up.
pub const LINKS_SETTLE: Duration = Duration::from_hours(1);

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

/// What is to be done next. Every step may be done twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Read the record (consistently); then [`Step::looked`].
    Look,
    /// List the versions; then [`Step::listed`].
    List(Box<Upload>),
    /// Remove these versions, in any order; then [`Step::removed`].
    Remove(Box<Upload>, Vec<VersionId>),
    /// List the links; then [`Step::links_listed`].
    ListLinks(Box<Upload>, usize),
    /// End these links, in any order; then [`Step::links_ended`].
    EndLinks(Box<Upload>, usize, Vec<LinkId>),
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
        Self::ListLinks(upload, versions)
    }

    /// After [`Step::ListLinks`].
    pub fn links_listed(upload: Box<Upload>, versions: usize, links: Vec<LinkId>) -> Self {
        Self::EndLinks(upload, versions, links)
    }

    /// After [`Step::EndLinks`].
    pub fn links_ended(upload: Box<Upload>, versions: usize, links: usize) -> Self {
        Self::Finish(upload, Removal::Done { versions, links })
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
                try_join_all(versions.iter().map(|version| objects.remove(key, version))).await?;
                Step::removed(upload, versions.len())
            }
            Step::ListLinks(upload, versions) => {
                let links = store.all_links_to(id).await?.into_iter().map(|link| link.link_id).collect();
                Step::links_listed(upload, versions, links)
            }
            Step::EndLinks(upload, versions, links) => {
                try_join_all(links.iter().map(|link| store.end_link(link, revoked))).await?;
                Step::links_ended(upload, versions, links.len())
            }
            Step::Finish(upload, removal) => {
                store.finish_deletion(&upload, now).await?;
                Step::Done(removal)
            }
            Step::Done(removal) => return Ok(removal),
        };
    }
}

/// Ends the links of a removed upload that the index had not shown yet; how many there were.
///
/// # Errors
/// If the table did not answer; the attempt must be repeated.
pub async fn end_late_links<S: RecordStore, O>(
    ports: &Ports<S, O>,
    now: Timestamp,
    id: UploadId,
) -> Result<usize, Unavailable> {
    let revoked = Revoked { at: now, because: RevokedBecause::UploadDeleted };
    let links = ports.store.all_links_to(id).await?;
    let late: Vec<_> = links.iter().filter(|link| link.revoked.is_none()).collect();
    try_join_all(late.iter().map(|link| ports.store.end_link(&link.link_id, revoked))).await?;
    ports.store.close_deletion(id).await?;
    Ok(late.len())
}
