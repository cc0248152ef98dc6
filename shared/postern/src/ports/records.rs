//! The table, as the recorder uses it.

use super::{LinkIndex, Unavailable, UploadReader, Written};
use crate::link::Revoked;
use crate::link::token::LinkId;
use crate::paging::PageStart;
use crate::upload::reservation::Charge;
use crate::upload::scan::ScanFailure;
use crate::upload::{Settlement, Upload, UploadState};
use crate::value::id::{UploadId, VersionId};
use s3_presigned::Timestamp;
use std::future::Future;
use std::time::Duration;

/// How long after its tombstone an upload's links are listed once more: far longer than an index needs to
/// catch up.
pub const LINKS_SETTLE: Duration = Duration::from_hours(1);

/// Where a page of due uploads begins. The index has [`DueCursor::SHARDS`] shards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueCursor {
    /// The shard.
    pub shard: u8,
    /// Range and key of the last item of the previous page; none at the beginning of the shard.
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

/// A page of due uploads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DuePage {
    /// Uploads with the state that the index shows. The hourly run reads the record before it acts.
    pub uploads: Vec<(UploadId, UploadState)>,
    /// Items of the index that are not uploads. No function of Postern writes such an item there.
    pub unreadable: usize,
    /// Where the next page of this shard begins.
    pub next: Option<DueCursor>,
}

/// The item after which a page of pinned versions begins: its range and key.
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

/// Uploads, as the recorder uses them.
pub trait RecordStore: LinkIndex + UploadReader {
    /// Writes the settlement if the version's fate is open: one conditional write. The same write changes the
    /// reservation by `charge`, if any. If the reservation has changed since it was read, nothing is written.
    fn settle(
        &self,
        id: UploadId,
        settlement: &Settlement,
        charge: Option<&Charge>,
    ) -> impl Future<Output = Result<Written, Unavailable>> + Send;
    /// Adds a version to the surplus ones; a repetition changes nothing.
    fn count_surplus(
        &self,
        id: UploadId,
        version: &VersionId,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// Writes that the pinned version is missing if it is `version`; a repetition changes nothing.
    fn mark_vanished(
        &self,
        id: UploadId,
        version: &VersionId,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// Writes that a scan failed if the version's fate is open, as [`Upload::scan_failed()`] says.
    fn mark_scan_failed(
        &self,
        id: UploadId,
        failure: &ScanFailure,
    ) -> impl Future<Output = Result<Written, Unavailable>> + Send;
    /// A page of due uploads: pending ones that are due at `now`, deleting ones, and those that were deleted
    /// a while ago. A new one may be missing for a moment, and the state may have changed since.
    fn due(
        &self,
        now: Timestamp,
        from: &DueCursor,
    ) -> impl Future<Output = Result<DuePage, Unavailable>> + Send;
    /// Writes `expired` if the upload is due; a repetition changes nothing.
    fn expire(&self, upload: &Upload, now: Timestamp)
    -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// Gives back the reservation that an upload cannot use any more, if the record is as it was read
    /// ([`Upload::given_back`]); a repetition changes nothing.
    fn give_back(
        &self,
        upload: &Upload,
        charge: &Charge,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// Writes `deleted` if the upload is `deleting`, and gives back its unused reservation. The hourly run
    /// looks at it once more after [`LINKS_SETTLE`], when the index of links has caught up.
    fn finish_deletion(
        &self,
        upload: &Upload,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// Removes an upload that is `deleted` from the index of due work.
    fn close_deletion(&self, id: UploadId) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// Writes how far the links of an upload that is being deleted, or is deleted, were read, if the record
    /// is as it was read ([`Upload::links_walked()`]). During a deletion this write starts the next run
    /// through the stream.
    fn note_links_walked(
        &self,
        upload: &Upload,
        to: &PageStart,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// A page of the pinned versions of the available uploads whose id begins with these three hexadecimal
    /// digits. A new one may be missing for a moment. A version that is known to have vanished is left out.
    fn pinned_below(
        &self,
        digits: &str,
        start: Option<&PinnedCursor>,
    ) -> impl Future<Output = Result<PinnedPage, Unavailable>> + Send;
    /// Adds an upload to [`Self::pinned_below`] if this version of it is pinned. Older versions of Postern
    /// kept no such list.
    fn list_pinned(
        &self,
        id: UploadId,
        version: &VersionId,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// How many slices of the bucket have been listed, counted from 1970; none if that was never written.
    fn slices_listed(&self) -> impl Future<Output = Result<Option<u64>, Unavailable>> + Send;
    /// Writes that so many slices have been listed; the number never falls.
    fn note_slices_listed(&self, slices: u64) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// Revokes a link of any owner, if it leads to `upload`; a link that has ended does not change. For a
    /// moment, the index still shows a link that leads elsewhere by now.
    fn end_link(
        &self,
        id: &LinkId,
        upload: UploadId,
        revoked: Revoked,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
