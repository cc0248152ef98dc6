//! The table, as the API and `serve-link` use it for links.

use super::{Found, Unavailable};
use crate::link::token::LinkId;
use crate::link::{Attempt, Link, Nonce, Opening, Outcome, Revoked, RevokedBecause};
use crate::paging::{Page, PageStart};
use crate::value::app_event::Announcement;
use crate::value::id::{Owner, UploadId};
use std::future::Future;

/// The result of creating a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Linked {
    /// The link was created.
    New,
    /// The link existed; nothing was written.
    Exists(Box<Link>),
    /// The upload is no longer available; nothing was written.
    NotAvailable,
}

/// The result of replacing a link, or of leading it to another upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaced {
    /// The link is replaced, or leads to the other upload.
    Done,
    /// The link has changed or ended meanwhile, or the new one exists; nothing was written.
    Changed,
    /// The upload is no longer available; nothing was written.
    NotAvailable,
}

/// A set of links.
#[derive(Debug, Clone, Copy)]
pub enum LinksOf<'a> {
    /// The links to an upload.
    Upload(UploadId),
    /// The links that an owner made.
    Owner(&'a Owner),
}

impl LinksOf<'_> {
    /// Whether this is one of them.
    pub fn includes(self, link: &Link) -> bool {
        match self {
            Self::Upload(id) => link.upload_id == id,
            Self::Owner(owner) => link.owner == *owner,
        }
    }
}

/// Lists links that are not revoked.
pub trait LinkIndex: Send + Sync {
    /// Links that are not revoked, newest first; a new link may be missing for a moment. Revoked links are
    /// left out. Every call reads a bounded number of links, so a page may be empty although more follow.
    fn live_links(
        &self,
        of: LinksOf<'_>,
        start: Option<&PageStart>,
    ) -> impl Future<Output = Result<Page<LinkId>, Unavailable>> + Send;
}

/// The result of a counting write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counted {
    /// The condition held: this is the link now.
    Granted(Box<Link>),
    /// The condition failed: this is the existing link, and nothing was written.
    Refused(Option<Box<Link>>),
}

/// The result of a revocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revocation {
    /// The link has ended, as it is now.
    Ended(Box<Link>),
    /// A rotation had ended the link before: another link has replaced it.
    Rotated,
    /// The link does not exist, or is another owner's.
    NotFound,
}

impl Revocation {
    /// The result for a link that had ended, by its reason.
    pub fn of(link: Link) -> Self {
        match link.revoked.map(|revoked| revoked.because) {
            Some(RevokedBecause::Rotated) => Self::Rotated,
            _ => Self::Ended(Box::new(link)),
        }
    }
}

/// Reads a link.
pub trait LinkReader: Send + Sync {
    /// Reads the link consistently.
    fn link(&self, id: &LinkId) -> impl Future<Output = Result<Option<Link>, Unavailable>> + Send;
}

/// Links, as the API uses them.
pub trait LinkStore: LinkIndex + LinkReader {
    /// Creates a link on condition that its upload is available with this version, and of the same owner:
    /// one transaction.
    fn create_link(&self, link: &Link) -> impl Future<Output = Result<Linked, Unavailable>> + Send;
    /// Links, newest first; new ones may be missing for a moment.
    fn links(
        &self,
        of: LinksOf<'_>,
        start: Option<&PageStart>,
        limit: u8,
    ) -> impl Future<Output = Result<Page<Link>, Unavailable>> + Send;
    /// Revokes a link if it is `owner`'s; a repetition changes nothing.
    fn revoke(
        &self,
        id: &LinkId,
        owner: &Owner,
        revoked: Revoked,
    ) -> impl Future<Output = Result<Revocation, Unavailable>> + Send;
    /// Revokes a link if it is `owner`'s and leads to `upload`. For a moment, the index of an upload's links
    /// still shows a link that leads elsewhere by now.
    fn revoke_of_upload(
        &self,
        id: &LinkId,
        owner: &Owner,
        upload: UploadId,
        revoked: Revoked,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// Writes what `after` ([`Link::retargeted`]) copies of another upload, on the condition of
    /// [`Self::change_link`] for the link and of [`Self::create_link`] for the upload: one transaction.
    fn retarget_link(
        &self,
        before: &Link,
        after: &Link,
    ) -> impl Future<Output = Result<Replaced, Unavailable>> + Send;
    /// Writes the terms and the expiry of `after` on condition that the owner's settings of the link are
    /// still those of `before`, and that it is not revoked: one conditional write.
    fn change_link(
        &self,
        before: &Link,
        after: &Link,
    ) -> impl Future<Output = Result<Found, Unavailable>> + Send;
    /// Revokes `old`, on the condition of [`Self::change_link`], and creates `new`, on the condition of
    /// [`Self::create_link`]: one transaction. It does not fail if openings were counted on `old` since it
    /// was read: [`Self::carry_openings`] adds them.
    fn replace_link(
        &self,
        old: &Link,
        new: &Link,
        revoked: Revoked,
    ) -> impl Future<Output = Result<Replaced, Unavailable>> + Send;
    /// Writes the counts of `after` and the times of its first and last opening ([`Link::carrying`]), on condition
    /// that the counts of the link are still `before`'s: one conditional write.
    fn carry_openings(
        &self,
        before: &Link,
        after: &Link,
    ) -> impl Future<Output = Result<Found, Unavailable>> + Send;
}

/// Openings of links, and attempts at their passwords, as `serve-link` counts them.
pub trait OpeningStore: LinkReader {
    /// Counts an opening if the link grants it ([`Link::opened`]): one conditional write. An opening that was
    /// counted before ([`Link::counted_at`]) is granted and not counted again.
    fn count_opening(
        &self,
        id: &LinkId,
        opening: &Opening,
    ) -> impl Future<Output = Result<Counted, Unavailable>> + Send;
    /// Counts an attempt at the password before the password is checked ([`Link::attempted`]): one
    /// conditional write. An attempt that was counted before is granted.
    fn count_attempt(
        &self,
        id: &LinkId,
        attempt: &Attempt,
    ) -> impl Future<Output = Result<Counted, Unavailable>> + Send;
    /// Writes the outcome of an attempt ([`Attempts::settled`](crate::link::Attempts::settled)), if the link
    /// still has the attempt.
    fn settle_attempt(
        &self,
        id: &LinkId,
        nonce: &Nonce,
        outcome: Outcome,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// Announces that the link is used up or locked, unless it was announced before
    /// ([`Link::announced`](crate::link::Link::announced)).
    fn announce(
        &self,
        id: &LinkId,
        news: Announcement,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
