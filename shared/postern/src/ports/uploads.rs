//! The table, as the API uses it for uploads.

use super::Unavailable;
use crate::paging::{Page, PageStart};
use crate::upload::Upload;
use crate::upload::reservation::Charge;
use crate::value::id::{Owner, UploadId};
use std::future::Future;

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

/// Whether something of the owner's was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It was, and it stands as wished now.
    Yes,
    /// There is no such record, or it is another owner's.
    No,
}

/// Reads the record of an upload.
pub trait UploadReader: Send + Sync {
    /// The record as it stands now (a consistent read).
    fn upload(&self, id: UploadId) -> impl Future<Output = Result<Option<Upload>, Unavailable>> + Send;
}

/// Uploads as `issue` needs them.
pub trait UploadStore: UploadReader {
    /// Writes a new record unless one stands under its id: one conditional put.
    fn create(&self, upload: &Upload) -> impl Future<Output = Result<Created<Upload>, Unavailable>> + Send;
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
