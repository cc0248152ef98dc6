//! The bytes that an upload reserves of its owner's bytes of a day, and what of them is given back.
//!
//! A form or a token allows a largest file, and so many bytes are reserved when it is issued: more cannot
//! arrive. When it is certain how many bytes were used, the rest is given back.
//!
//! | what happens | stays reserved |
//! |---|---|
//! | a version is pinned | what arrived |
//! | a file is rejected, and the upload can still take another | all of it |
//! | a file in parts is rejected, its parts are given up, or a form has died, given up or not | what arrived |
//! | the upload is removed before anything of that, and more may arrive or has arrived uncounted | all of it |
//!
//! The record has the reservation. Each change of it ([`Charge`]) is written together with the owner's
//! counter, on condition that the reservation is as it was read. So a repeated or concurrent change takes
//! effect once.

use serde::{Deserialize, Serialize};

use super::state::{MAX_CONDEMNED, UploadState};
use crate::value::id::Owner;
use s3_presigned::Timestamp;

/// The reservation of an upload, from its owner's bytes of the day on which it was issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reserved {
    /// Bytes that count.
    pub bytes: u64,
    /// Bytes that have arrived, rejected ones included.
    pub arrived: u64,
}

/// A change of a reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The owner.
    pub owner: Owner,
    /// When the bytes were reserved: the day whose counter changes.
    pub reserved_at: Timestamp,
    /// The reservation before the change.
    pub before: Reserved,
    /// The reservation after the change.
    pub after: Reserved,
}

impl Charge {
    /// How the owner's counter changes; `None` if it stays.
    pub fn change(&self) -> Option<i128> {
        let change = i128::from(self.after.bytes) - i128::from(self.before.bytes);
        (change != 0).then_some(change)
    }
}

/// What has arrived for an upload.
#[derive(Debug, Clone, Copy)]
pub struct History {
    /// Versions that were rejected.
    pub condemned: usize,
    /// Whether its file comes in parts, which become one object, once.
    pub comes_in_parts: bool,
    /// Whether a version was pinned.
    pub is_recorded: bool,
}

/// Whether S3 still accepts a file by the upload's form. After a wrong file the right one may follow, and a form
/// that was given up stays valid. A deleted upload has a form too, and S3 stores what it brings until the
/// recorder removes it.
pub fn takes_files(state: UploadState, history: History) -> bool {
    let form_is_open = !history.comes_in_parts && history.condemned < MAX_CONDEMNED;
    match state {
        UploadState::Pending => true,
        UploadState::Rejected | UploadState::Expired => form_is_open,
        UploadState::Deleting | UploadState::Deleted => form_is_open && !history.is_recorded,
        UploadState::Available => false,
    }
}
