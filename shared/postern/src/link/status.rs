//! The status of a link, and its end.

use serde::{Deserialize, Serialize};

use s3_presigned::Timestamp;

/// The end of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoked {
    /// When it was written.
    pub at: Timestamp,
    /// Why.
    pub because: RevokedBecause,
}

/// Why a link was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevokedBecause {
    /// The owner revoked it.
    Revoked,
    /// The owner deleted the upload.
    UploadDeleted,
    /// The owner rotated it: another link has replaced it.
    Rotated,
}

/// The status of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkStatus {
    /// It opens.
    Open,
    /// It was revoked.
    Revoked,
    /// It has expired.
    Expired,
    /// It has no openings left.
    UsedUp,
}
