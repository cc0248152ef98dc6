//! The table, as the API uses it for uploads.

use super::Unavailable;
use crate::paging::{Page, PageStart};
use crate::upload::Upload;
use crate::upload::reservation::Charge;
use crate::value::id::{Owner, UploadId};
use std::future::Future;

/// The result of a write that creates an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created<T> {
    /// The item was created.
    New,
    /// An item with this key existed; nothing was written.
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

/// The result of a conditional write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// The condition held, and the item was written.
    Applied,
    /// The condition failed, and nothing was written. The existing record, if there is one.
    ConditionFailed(Option<Box<Upload>>),
}

/// Whether the owner has such a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// The record exists and has the requested state now.
    Yes,
    /// The record does not exist, or is another owner's.
    No,
}

/// Reads the record of an upload.
pub trait UploadReader: Send + Sync {
    /// Reads the record consistently.
    fn upload(&self, id: UploadId) -> impl Future<Output = Result<Option<Upload>, Unavailable>> + Send;
}

/// Uploads, as the API uses them.
pub trait UploadStore: UploadReader {
    /// Creates a record unless one with its id exists: one conditional put.
    fn create(&self, upload: &Upload) -> impl Future<Output = Result<Created<Upload>, Unavailable>> + Send;
    /// An owner's uploads, newest first; new ones may be missing for a moment.
    fn uploads_of(
        &self,
        owner: &Owner,
        start: Option<&PageStart>,
        limit: u8,
    ) -> impl Future<Output = Result<Page<Upload>, Unavailable>> + Send;
    /// Writes `expired` if the upload is pending: it is given up ([`Upload::given_up`]). The same write changes
    /// the reservation by `charge`, if any. A repetition changes nothing.
    fn give_up(
        &self,
        upload: &Upload,
        charge: Option<&Charge>,
    ) -> impl Future<Output = Result<Written, Unavailable>> + Send;
    /// Writes `deleting` if the upload is `owner`'s; a repetition changes nothing.
    fn begin_deletion(
        &self,
        id: UploadId,
        owner: &Owner,
    ) -> impl Future<Output = Result<Found, Unavailable>> + Send;
}
