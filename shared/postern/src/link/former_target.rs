//! The uploads to which a link led before.

use serde::{Deserialize, Serialize};

use crate::value::id::{TransitionId, UploadId};
use s3_presigned::Timestamp;

/// How many former targets a link remembers.
pub const MAX_TARGETS: usize = 20;

/// An upload to which a link led.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormerTarget {
    /// The upload.
    pub upload_id: UploadId,
    /// When the link was led to the next one.
    pub until: Timestamp,
    /// The change that led it there.
    pub by: TransitionId,
}
