//! What the core needs of the world, in the few meanings that it needs.
//!
//! Adapters to AWS implement these traits under the feature `aws`; `memory` implements
//! them for tests. One contract suite (`contract`, both under the feature `testing`) runs against both.

use std::error::Error;
use std::future::Future;
use std::sync::Arc;

use crate::checksum::ChecksumSha256;
use crate::id::{ObjectKey, Owner, S3UploadId, UploadId, VersionId};
use crate::limits::OwnerLimits;
use crate::link::{Attempt, Link, Nonce, Opening, Outcome, Revoked};
use crate::record::content::ByteRange;
use crate::reservation::Charge;
use crate::scan::{ScanFailure, ScanStatus};
use crate::sign::SigningCredentials;
use crate::time::Timestamp;
use crate::token::LinkId;
use crate::upload::{Settlement, Upload, UploadState};
use crate::upload_token::{TokenStanding, UploadToken, UploadTokenId};

/// The world did not answer, or not in a way that decides anything: try again.
#[derive(Debug, thiserror::Error)]
#[error("failed to {operation}")]
pub struct Unavailable {
    operation: &'static str,
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

impl Unavailable {
    /// `operation` completes the sentence "failed to …".
    pub fn new(operation: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { operation, source: source.into() }
    }
}

/// A page of a list, and where the next one begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// The last item's place, if there may be more.
    pub next: Option<PageStart>,
}

/// After which item a page begins. It names no owner: the owner is always the asker's.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PageStart {
    /// The item's place in time.
    pub at: Timestamp,
    /// The item's id.
    pub id: String,
}

/// What a write found when it was to make something new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created<T> {
    /// It was made.
    New,
    /// It was there; nothing was written.
    Exists(Box<T>),
}

impl<T: PartialEq> Created<T> {
    /// The rule for lost answers: an existing item that equals what was sent is the request's own. The
    /// write took effect, its answer was lost, and the condition of its retry failed on it.
    #[must_use]
    pub fn or_own(self, sent: &T) -> Self {
        match self {
            Self::Exists(existing) if *existing == *sent => Self::New,
            other => other,
        }
    }
}

/// What a conditional write found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// The condition held; this stands now.
    Applied,
    /// It did not; this stands, and nothing was written.
    Refused(Option<Box<Upload>>),
}

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

/// Whether something of the owner's was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It was, and it stands as wished now.
    Yes,
    /// There is no such thing, or it is somebody else's.
    No,
}

/// Uploads as `issue` needs them.
pub trait UploadStore: Send + Sync {
    /// Writes a new record unless one stands under its id: one conditional put.
    fn create(&self, upload: &Upload) -> impl Future<Output = Result<Created<Upload>, Unavailable>> + Send;
    /// The record as it stands now (a consistent read).
    fn upload(&self, id: UploadId) -> impl Future<Output = Result<Option<Upload>, Unavailable>> + Send;
    /// An owner's uploads, newest first; new ones may be missing for a moment.
    fn uploads_of(
        &self,
        owner: &Owner,
        start: Option<&PageStart>,
        limit: u8,
    ) -> impl Future<Output = Result<Page<Upload>, Unavailable>> + Send;
    /// Writes `expired` if the upload is pending: its parts are given up ([`Upload::given_up`]), and
    /// what was reserved for them changes by `charge`, if any, in the same write. A repetition changes
    /// nothing.
    fn give_up(
        &self,
        upload: &Upload,
        charge: Option<&Charge>,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// Writes `deleting` if the upload is `owner`'s; a repetition changes nothing.
    fn begin_deletion(
        &self,
        id: UploadId,
        owner: &Owner,
    ) -> impl Future<Output = Result<Found, Unavailable>> + Send;
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

/// Where a page of what is due begins. What is due is kept in [`DueCursor::SHARDS`] shards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueCursor {
    /// The shard.
    pub shard: u8,
    /// Range and key of the last item of the page before; none at the shard's beginning.
    pub after: Option<(String, String)>,
}

impl DueCursor {
    /// How many shards there are: the first hexadecimal digit of an upload's id.
    pub const SHARDS: u8 = 16;

    /// The beginning of a shard.
    pub fn shard(shard: u8) -> Self {
        Self { shard, after: None }
    }
}

/// A page of what waits for the sweeper.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DuePage {
    /// Uploads with the state in which the index shows them. The sweeper reads the record before it
    /// acts.
    pub uploads: Vec<(UploadId, UploadState)>,
    /// Items of the index that are no uploads. None of our functions writes such an item there.
    pub unreadable: usize,
    /// Where the next page of this shard begins.
    pub next: Option<DueCursor>,
}

/// After which item a page of pinned versions begins: its range and key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinnedCursor {
    /// The range.
    pub since: String,
    /// The key.
    pub pk: String,
}

/// A page of pinned versions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PinnedPage {
    /// Uploads and their pinned versions.
    pub versions: Vec<(UploadId, VersionId)>,
    /// Where the next page begins.
    pub next: Option<PinnedCursor>,
}

/// Uploads as `record` needs them.
pub trait RecordStore: LinkIndex {
    /// The record as it stands now (a consistent read).
    fn upload(&self, id: UploadId) -> impl Future<Output = Result<Option<Upload>, Unavailable>> + Send;
    /// Writes the verdict if the version's fate is open: one conditional write. What the upload has
    /// reserved changes by `charge`, if any, in the same write; if that has changed since it was read,
    /// nothing is written.
    fn settle(
        &self,
        id: UploadId,
        settlement: &Settlement,
        charge: Option<&Charge>,
    ) -> impl Future<Output = Result<Written, Unavailable>> + Send;
    /// Names a version that came beside the pinned one; a repetition changes nothing.
    fn count_surplus(
        &self,
        id: UploadId,
        version: &VersionId,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// Notes that the pinned version is missing if it is `version`; a repetition changes nothing.
    fn mark_vanished(
        &self,
        id: UploadId,
        version: &VersionId,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// Notes a scan that failed if its version's fate is open, as [`Upload::scan_failed()`] says.
    fn mark_scan_failed(
        &self,
        id: UploadId,
        failure: &ScanFailure,
    ) -> impl Future<Output = Result<Written, Unavailable>> + Send;
    /// A page of the uploads that wait for the sweeper: pending ones that are due at `now`, deleting
    /// ones, and those that were deleted a while ago. New ones may be missing for a moment, and
    /// what is shown may have changed since.
    fn due(
        &self,
        now: Timestamp,
        from: &DueCursor,
    ) -> impl Future<Output = Result<DuePage, Unavailable>> + Send;
    /// Writes `expired` if the upload is due; a repetition changes nothing.
    fn expire(&self, upload: &Upload, now: Timestamp)
    -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// Gives back what an upload has reserved and cannot use any more, if it is as it was read
    /// ([`Upload::given_back`]); a repetition changes nothing.
    fn give_back(
        &self,
        upload: &Upload,
        charge: &Charge,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// Writes `deleted` if the upload is `deleting`, and gives back what it has reserved and not used. It waits for the sweeper once more, until the
    /// index of links has surely caught up ([`crate::record::removal::LINKS_SETTLE`]).
    fn finish_deletion(
        &self,
        upload: &Upload,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// Takes an upload that is `deleted` off the sweeper's list.
    fn close_deletion(&self, id: UploadId) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// Notes how far the links of an upload that goes, or is gone, were walked, if it stands as it
    /// was read ([`Upload::links_walked()`]). While it goes, the table's stream brings it back.
    fn note_links_walked(
        &self,
        upload: &Upload,
        to: &PageStart,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// A page of the pinned versions of the available uploads whose id begins with these three
    /// hexadecimal digits. New ones may be missing for a moment. One that is known to have vanished
    /// is left out.
    fn pinned_below(
        &self,
        digits: &str,
        start: Option<&PinnedCursor>,
    ) -> impl Future<Output = Result<PinnedPage, Unavailable>> + Send;
    /// Lets [`Self::pinned_below`] show an upload if this version of it is pinned. Versions of this
    /// software that knew no such list have left uploads out of it.
    fn list_pinned(
        &self,
        id: UploadId,
        version: &VersionId,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// How many slices of the bucket have been listed, counted from 1970; none if that was never
    /// noted.
    fn slices_listed(&self) -> impl Future<Output = Result<Option<u64>, Unavailable>> + Send;
    /// Notes that so many slices have been listed; never fewer than before.
    fn note_slices_listed(&self, slices: u64) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// Ends a link whoever owns it; one that had ended stays as it was.
    fn end_link(&self, id: &LinkId, revoked: Revoked)
    -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// What a counting write found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counted {
    /// It was granted; this stands now.
    Granted(Box<Link>),
    /// It was not; this stands, and nothing was written.
    Refused(Option<Box<Link>>),
}

/// Links as `issue` needs them.
pub trait LinkStore: LinkIndex {
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
    ) -> impl Future<Output = Result<Found, Unavailable>> + Send;
    /// The link as it stands now (a consistent read).
    fn standing_link(&self, id: &LinkId) -> impl Future<Output = Result<Option<Link>, Unavailable>> + Send;
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

/// Links as `serve` needs them.
pub trait LinkReader: Send + Sync {
    /// The link as it stands now (a consistent read).
    fn link(&self, id: &LinkId) -> impl Future<Output = Result<Option<Link>, Unavailable>> + Send;
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

/// Versions as `serve` may be asked to look at them before it signs.
pub trait VersionCheck: Send + Sync {
    /// Whether S3 has this version and gives it to the download signer.
    fn is_there(
        &self,
        now: Timestamp,
        key: ObjectKey,
        version: &VersionId,
    ) -> impl Future<Output = Result<bool, Unavailable>> + Send;
    /// Whether S3 is asked at all.
    fn looks(&self) -> bool {
        true
    }
}

/// Nobody is asked: the record is the check.
impl<V: VersionCheck> VersionCheck for Option<V> {
    async fn is_there(
        &self,
        now: Timestamp,
        key: ObjectKey,
        version: &VersionId,
    ) -> Result<bool, Unavailable> {
        match self {
            Some(versions) => versions.is_there(now, key, version).await,
            None => Ok(true),
        }
    }

    fn looks(&self) -> bool {
        self.is_some()
    }
}

/// A version as a listing of the bucket shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedVersion {
    /// Its key.
    pub key: ObjectKey,
    /// The version.
    pub version: VersionId,
    /// When it came.
    pub came_at: Timestamp,
}

/// After which version a page of a listing begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionCursor {
    /// Its key.
    pub key: String,
    /// The version.
    pub version: Option<String>,
}

/// A page of a listing of the bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VersionPage {
    /// The versions, in the order of their keys.
    pub versions: Vec<ListedVersion>,
    /// Where the next page begins.
    pub next: Option<VersionCursor>,
}

/// Objects as `record` needs them. Every call names a version.
pub trait ObjectStore: Send + Sync {
    /// What stands under this version now: one ranged read of its first bytes.
    fn observe(
        &self,
        key: ObjectKey,
        version: &VersionId,
    ) -> impl Future<Output = Result<Observation, Unavailable>> + Send;
    /// The SHA-256 that S3 stores for the whole version, if it does.
    fn stored_checksum(
        &self,
        key: ObjectKey,
        version: &VersionId,
    ) -> impl Future<Output = Result<Option<ChecksumSha256>, Unavailable>> + Send;
    /// A part of a version beyond its first bytes; fewer where the version ends, and never more than is
    /// asked for.
    fn read_part(
        &self,
        key: ObjectKey,
        version: &VersionId,
        range: ByteRange,
    ) -> impl Future<Output = Result<Vec<u8>, Unavailable>> + Send;
    /// Every version and delete marker of a key.
    fn versions(&self, key: ObjectKey) -> impl Future<Output = Result<Vec<VersionId>, Unavailable>> + Send;
    /// A page of the versions of the uploads whose id begins with these hexadecimal digits; no
    /// delete markers.
    fn versions_below(
        &self,
        digits: &str,
        start: Option<&VersionCursor>,
    ) -> impl Future<Output = Result<VersionPage, Unavailable>> + Send;
    /// Aborts a multipart upload until S3 knows no part of it; one that is gone stays gone.
    fn drop_parts(
        &self,
        key: ObjectKey,
        id: &S3UploadId,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// Removes one version for good; one that is gone stays gone.
    fn remove(
        &self,
        key: ObjectKey,
        version: &VersionId,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// What S3 says of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observation {
    /// It is there.
    Object(Box<ObservedObject>),
    /// There is no such version (404).
    Missing,
    /// It is a delete marker (405).
    DeleteMarker,
}

/// An object's version, as far as one ranged read shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct ObservedObject {
    /// The whole object's size.
    pub size_bytes: u64,
    /// Without quotes.
    pub etag: String,
    /// The stored media type.
    pub content_type: Option<String>,
    /// What a browser would undo before it shows or saves the bytes: a `Content-Encoding`, which no
    /// client was asked for and no signature of a PUT forbids.
    pub content_encoding: Option<String>,
    /// The ARN of the KMS key, if it is encrypted under one.
    pub kms_key_arn: Option<String>,
    /// User metadata; names without `x-amz-meta-`.
    pub metadata: std::collections::BTreeMap<String, String>,
    /// The first bytes, at most [`crate::sniff::HEAD_BYTES`].
    pub head: Vec<u8>,
    /// What a scan has said of it, where the stack asks for one and it is through.
    pub scan: Option<ScanStatus>,
}

impl std::fmt::Debug for ObservedObject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ObservedObject").field("size_bytes", &self.size_bytes).finish_non_exhaustive()
    }
}

/// A signer role's session.
pub trait Signer: Send + Sync {
    /// Credentials that live for `needed_s` more seconds if the role allows it. Without I/O
    /// unless the session at hand is too short.
    fn credentials(
        &self,
        now: Timestamp,
        needed_s: u64,
    ) -> impl Future<Output = Result<Arc<SigningCredentials>, Unavailable>> + Send;
}

/// What a new upload is counted against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// When it is asked for.
    pub now: Timestamp,
    /// The upload token that allows it.
    pub token: Option<UploadTokenId>,
    /// What its owner may do.
    pub limits: OwnerLimits,
}

/// What a counted write found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Granted {
    /// The record was made, and counted.
    New,
    /// It was there; nothing was written.
    Exists(Box<Upload>),
    /// The token is used up, or over; nothing was written. One that the table has forgotten has
    /// expired.
    TokenEnded(TokenStanding),
    /// The owner has as many pending uploads as are allowed, the first until then.
    TooManyPending(Timestamp),
    /// The owner's bytes of this day are used up, until then.
    TooManyBytes(Timestamp),
}

/// Upload tokens, and uploads that are counted.
pub trait GrantStore: Send + Sync {
    /// Writes a new token unless one stands under its id: one conditional put.
    fn create_token(
        &self,
        token: &UploadToken,
    ) -> impl Future<Output = Result<Created<UploadToken>, Unavailable>> + Send;
    /// The token as it stands now (a consistent read).
    fn token(
        &self,
        id: &UploadTokenId,
    ) -> impl Future<Output = Result<Option<UploadToken>, Unavailable>> + Send;
    /// Ends a token if it is `owner`'s; a repetition changes nothing.
    fn revoke_token(
        &self,
        id: &UploadTokenId,
        owner: &Owner,
        now: Timestamp,
    ) -> impl Future<Output = Result<Found, Unavailable>> + Send;
    /// Writes a new record and counts it, all in one transaction, or writes nothing. A conflict
    /// with another transaction is no limit: it is tried again, and is [`Unavailable`] at last.
    fn grant(
        &self,
        upload: &Upload,
        count: &Count,
    ) -> impl Future<Output = Result<Granted, Unavailable>> + Send;
}

/// A part of a multipart upload, as S3 lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPart {
    /// 1 to 10,000.
    pub number: u16,
    /// As S3 wrote it, with its quotes.
    pub etag: String,
    /// Its size.
    pub size_bytes: u64,
}

/// What an end to a multipart upload found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completed {
    /// The object is there.
    Done,
    /// S3 knows no such multipart upload (any more).
    Unknown,
    /// An object was there before (`If-None-Match: *`).
    ObjectExists,
    /// S3 takes these parts for no object; what it says.
    Refused(String),
    /// S3 has not answered in time, or has not said what it did: the object may be made now, later or
    /// never.
    Underway,
}

/// Multipart uploads as `issue` needs them: every call acts as the upload signer.
pub trait PartStore: Send + Sync {
    /// Begins a multipart upload with all that its object is to have.
    fn begin_parts(
        &self,
        signer: &SigningCredentials,
        upload: &Upload,
        files_key_arn: &str,
    ) -> impl Future<Output = Result<S3UploadId, Unavailable>> + Send;
    /// All parts, every page; `None` if S3 knows no such multipart upload.
    fn list_parts(
        &self,
        signer: &SigningCredentials,
        key: ObjectKey,
        id: &S3UploadId,
    ) -> impl Future<Output = Result<Option<Vec<StoredPart>>, Unavailable>> + Send;
    /// Makes the object of these parts, unless there is one.
    fn complete_parts(
        &self,
        signer: &SigningCredentials,
        key: ObjectKey,
        id: &S3UploadId,
        parts: &[StoredPart],
    ) -> impl Future<Output = Result<Completed, Unavailable>> + Send;
    /// Drops all parts; what is gone stays gone.
    fn abort_parts(
        &self,
        signer: &SigningCredentials,
        key: ObjectKey,
        id: &S3UploadId,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// Lets a moment pass before something is asked again.
    fn pause(&self) -> impl Future<Output = ()> + Send;
}
