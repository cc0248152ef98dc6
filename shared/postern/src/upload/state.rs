//! The states of an upload.

use serde::{Deserialize, Serialize};

/// The number of condemned versions after which `rejected` is final.
pub const MAX_CONDEMNED: usize = 20;

/// The state of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UploadState {
    /// The form was issued; no valid file has arrived.
    Pending,
    /// A version is pinned: links lead to it.
    Available,
    /// A file broke a rule; a valid one may still arrive.
    Rejected,
    /// The form expired and no file arrived; a late event may still bring a valid version.
    Expired,
    /// The owner deletes the upload; the recorder removes its versions.
    Deleting,
    /// Everything is removed except this tombstone.
    Deleted,
}

impl UploadState {
    /// The state as the table, the API and events write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Available => "available",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Deleting => "deleting",
            Self::Deleted => "deleted",
        }
    }
}
