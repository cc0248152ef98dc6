//! The table, as the API and the public function use it for links.

use super::{Found, Unavailable};
use crate::link::token::LinkId;
use crate::link::{Attempt, Link, Nonce, Opening, Outcome, Revoked, RevokedBecause};
use crate::paging::{Page, PageStart};
use crate::value::id::{Owner, UploadId};
use std::future::Future;

/// What a link's creation found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Linked {
    /// It was made.
    New,
    /// It was there; nothing was written.
    Exists(Box<Link>),
    /// The upload is no longer available; nothing was written.
    NotAvailable,
}

/// What taking a link's place found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaced {
    /// The old link is dead and the new one lives.
    Done,
    /// The old one has changed or ended meanwhile, or the new one is there; nothing was written.
    Changed,
    /// The upload is no longer available; nothing was written.
    NotAvailable,
}

/// Whose links are meant.
#[derive(Debug, Clone, Copy)]
pub enum LinksOf<'a> {
    /// All to an upload.
    Upload(UploadId),
    /// All that an owner made.
    Owner(&'a Owner),
}

/// Links by whom or what they belong to.
pub trait LinkIndex: Send + Sync {
    /// Those that live, newest first; new ones may be missing for a moment. Dead ones are passed
    /// over, and however many there are, a call comes to an end: a page may be empty with more
    /// behind it.
    fn live_links(
        &self,
        of: LinksOf<'_>,
        start: Option<&PageStart>,
    ) -> impl Future<Output = Result<Page<LinkId>, Unavailable>> + Send;
}

/// What a counting write found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counted {
    /// It was granted; this stands now.
    Granted(Box<Link>),
    /// It was not; this stands, and nothing was written.
    Refused(Option<Box<Link>>),
}

/// What a revocation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// The link has ended.
    Ended,
    /// It had ended before by a rotation: another link lives in its place.
    Rotated,
    /// There is no such link, or it is another owner's.
    NotFound,
}

impl Revocation {
    /// By the end that the link has.
    pub fn of(revoked: Option<Revoked>) -> Self {
        match revoked.map(|revoked| revoked.because) {
            Some(RevokedBecause::Rotated) => Self::Rotated,
            _ => Self::Ended,
        }
    }
}

/// Reads a link.
pub trait LinkReader: Send + Sync {
    /// The link as it stands now (a consistent read).
    fn link(&self, id: &LinkId) -> impl Future<Output = Result<Option<Link>, Unavailable>> + Send;
}

/// Links as `issue` needs them.
pub trait LinkStore: LinkIndex + LinkReader {
    /// Writes a link on condition that its upload is available with that very version: one
    /// transaction.
    fn create_link(&self, link: &Link) -> impl Future<Output = Result<Linked, Unavailable>> + Send;
    /// An upload's links, newest first.
    fn links_to(
        &self,
        upload: UploadId,
        start: Option<&PageStart>,
        limit: u8,
    ) -> impl Future<Output = Result<Page<Link>, Unavailable>> + Send;
    /// Ends a link if it is `owner`'s; a repetition changes nothing.
    fn revoke(
        &self,
        id: &LinkId,
        owner: &Owner,
        revoked: Revoked,
    ) -> impl Future<Output = Result<Revocation, Unavailable>> + Send;
    /// An owner's links, newest first; new ones may be missing for a moment.
    fn links_of(
        &self,
        owner: &Owner,
        start: Option<&PageStart>,
        limit: u8,
    ) -> impl Future<Output = Result<Page<Link>, Unavailable>> + Send;
    /// Writes the terms and the end of `after` on condition that the link is still `before` in
    /// all that its owner laid down, and alive: one conditional write.
    fn change_link(
        &self,
        before: &Link,
        after: &Link,
    ) -> impl Future<Output = Result<Found, Unavailable>> + Send;
    /// Ends `old`, on the condition of [`Self::change_link`], and writes `new`, on that of
    /// [`Self::create_link`]: one transaction. Openings that were counted on `old` since it was
    /// read do not make it fail: [`Self::carry_openings`] adds them.
    fn replace_link(
        &self,
        old: &Link,
        new: &Link,
        revoked: Revoked,
    ) -> impl Future<Output = Result<Replaced, Unavailable>> + Send;
    /// Writes the counts of `after` ([`Link::carrying`]) on condition that those of the link are
    /// still `before`'s: one conditional write.
    fn carry_openings(
        &self,
        before: &Link,
        after: &Link,
    ) -> impl Future<Output = Result<Found, Unavailable>> + Send;
}

/// Openings of links, and attempts at their passwords, as `serve` counts them.
pub trait OpeningStore: LinkReader {
    /// Counts an opening if the link grants it ([`Link::opened`]): one conditional write decides.
    /// An opening that was counted before ([`Link::counted_at`]) is granted and not counted again.
    fn count_opening(
        &self,
        id: &LinkId,
        opening: &Opening,
    ) -> impl Future<Output = Result<Counted, Unavailable>> + Send;
    /// Counts an attempt at the password before it is made ([`Link::attempted`]): one conditional
    /// write decides. An attempt that was counted before is granted.
    fn count_attempt(
        &self,
        id: &LinkId,
        attempt: &Attempt,
    ) -> impl Future<Output = Result<Counted, Unavailable>> + Send;
    /// Writes what came of an attempt ([`Attempts::settled`](crate::link::Attempts::settled)), if
    /// it is still there.
    fn settle_attempt(
        &self,
        id: &LinkId,
        nonce: &Nonce,
        outcome: Outcome,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
