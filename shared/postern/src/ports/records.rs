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

/// So long after its tombstone an upload's links are listed once more: far longer than an index
/// takes to catch up.
pub const LINKS_SETTLE: Duration = Duration::from_hours(1);

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
pub trait RecordStore: LinkIndex + UploadReader {
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
    /// Writes `deleted` if the upload is `deleting`, and gives back what it has reserved and not used. The
    /// sweeper looks at it once more after [`LINKS_SETTLE`], when the index of links has caught up.
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
    /// Ends a link of any owner; a link that had ended before does not change.
    fn end_link(&self, id: &LinkId, revoked: Revoked)
    -> impl Future<Output = Result<(), Unavailable>> + Send;
}
