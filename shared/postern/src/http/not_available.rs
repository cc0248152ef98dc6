//! Why no link can be made to an upload.

use crate::upload::{Upload, UploadState};
use s3_presigned::Timestamp;

/// Why an upload has no file that a link could show, and whether it may still get one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAvailable {
    state: UploadState,
    may_take_a_file: bool,
    in_parts: bool,
}

impl NotAvailable {
    /// Why there is no link to `upload` at `now`.
    pub fn of(upload: &Upload, now: Timestamp) -> Self {
        let may_take_a_file = now < upload.policy_expires_at && upload.takes_files();
        Self { state: upload.state, may_take_a_file, in_parts: upload.s3_upload_id.is_some() }
    }

    /// The reason for an upload that its owner is deleting.
    pub const REMOVED: Self = Self { state: UploadState::Deleting, may_take_a_file: false, in_parts: false };

    pub(super) fn state(self) -> &'static str {
        self.state.as_str()
    }

    pub(super) fn advice(self) -> &'static str {
        match (self.state, self.may_take_a_file) {
            (UploadState::Deleting | UploadState::Deleted, _) => {
                "it was deleted, which is final. Make a new upload."
            }
            (UploadState::Expired, _) if self.in_parts => {
                "its parts expired or were given up. Make a new upload."
            }
            (UploadState::Expired, _) => {
                "its form expired or it was given up before a file arrived. Make a new upload."
            }
            (UploadState::Rejected, true) => {
                "`rejection` of GET /uploads/{id} says why. Post a valid file by the same form, or make a new upload."
            }
            (UploadState::Rejected, false) => {
                "`rejection` of GET /uploads/{id} says why. It accepts no further file: make a new upload."
            }
            (_, true) => "a link can be made once it is available. Ask GET /uploads/{id} until it is.",
            (_, false) => {
                "it accepts no file any more. If its file was sent in time, ask GET /uploads/{id} again in a minute; otherwise make a new upload."
            }
        }
    }
}
