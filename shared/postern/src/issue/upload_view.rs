//! An upload as the API shows it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Owned;
use crate::upload::scan::ScanStatus;
use crate::upload::{RejectionReason, Upload, UploadState};
use crate::value::checksum::ChecksumSha256;
use crate::value::id::{TransitionId, UploadId};
use crate::value::relative_path::RelativePath;
use s3_presigned::Timestamp;

/// An upload as the API shows it to its owner.
#[derive(Debug, Serialize)]
pub(super) struct UploadView {
    upload_id: UploadId,
    state: UploadState,
    filename: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<RelativePath>,
    content_type: String,
    min_size_bytes: u64,
    max_size_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    checksum_sha256: Option<ChecksumSha256>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<String, String>,
    created_at: Timestamp,
    expires_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded: Option<RecordedView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rejection: Option<RejectionView>,
    /// The scan that failed, while the version waits for another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    scan_failed: Option<ScanFailedView>,
    /// The label of the upload token that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    /// Versions that arrived beside the pinned one and were removed.
    surplus_versions: usize,
    /// Versions that were rejected and removed.
    rejected_versions: usize,
    transition_id: TransitionId,
}

#[derive(Debug, Serialize)]
struct RecordedView {
    size_bytes: u64,
    sniffed_type: String,
    etag: String,
    version_id: String,
    recorded_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    vanished_at: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
struct RejectionView {
    reason: RejectionReason,
    detail: String,
    rejected_at: Timestamp,
}

#[derive(Debug, Serialize)]
struct ScanFailedView {
    status: ScanStatus,
    version_id: String,
    at: Timestamp,
}

impl UploadView {
    pub(super) fn of(upload: Owned<Upload>) -> Self {
        let upload = upload.into_inner();
        let scan_failed = upload.open_scan_failure().map(|failure| ScanFailedView {
            status: failure.status,
            version_id: failure.version_id.to_string(),
            at: failure.at,
        });
        Self {
            upload_id: upload.upload_id,
            state: upload.state,
            filename: upload.filename.into(),
            path: upload.path,
            content_type: upload.content_type.into(),
            min_size_bytes: upload.min_size_bytes,
            max_size_bytes: upload.max_size_bytes,
            checksum_sha256: upload.checksum_sha256,
            metadata: upload.metadata,
            created_at: upload.uploaded_at,
            expires_at: upload.policy_expires_at,
            scan_failed,
            recorded: upload.recorded.map(|recorded| RecordedView {
                size_bytes: recorded.size_bytes,
                sniffed_type: recorded.sniffed_type.into(),
                etag: recorded.etag,
                version_id: recorded.version_id.into(),
                recorded_at: recorded.recorded_at,
                vanished_at: recorded.vanished_at,
            }),
            rejection: upload.rejection.map(|rejection| RejectionView {
                reason: rejection.reason,
                detail: rejection.detail,
                rejected_at: rejection.rejected_at,
            }),
            label: upload.token.and_then(|token| token.label),
            surplus_versions: upload.surplus.len(),
            rejected_versions: upload.condemned.len(),
            transition_id: upload.transition_id,
        }
    }
}
