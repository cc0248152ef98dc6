//! The record of an upload, as the table keeps it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::rejection::Rejection;
use super::reservation::Reserved;
use super::scan::ScanFailure;
use super::state::UploadState;
use super::token::UploadTokenId;
use crate::media::ContentType;
use crate::paging::PageStart;
use crate::value::app_event::Announcement;
use crate::value::checksum::ChecksumSha256;
use crate::value::filename::Filename;
use crate::value::id::{Owner, S3UploadId, TransitionId, UploadId, VersionId};
use crate::value::relative_path::{self, RelativePath};
use s3_presigned::Timestamp;

/// The most surplus versions that the record names. Further ones are removed too.
pub const MAX_SURPLUS: usize = 100;

/// One upload, as the table keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// The id, which is also in the object's key.
    pub upload_id: UploadId,
    /// The owner.
    pub owner: Owner,
    /// The state.
    pub state: UploadState,
    /// The file's name.
    pub filename: Filename,
    /// Where the file was in the folder that was chosen.
    #[serde(
        default,
        rename = "told_path",
        with = "relative_path::as_told",
        skip_serializing_if = "Option::is_none"
    )]
    pub path: Option<RelativePath>,
    /// The media type that was declared and pinned.
    pub content_type: ContentType,
    /// The fewest bytes that are valid.
    pub min_size_bytes: u64,
    /// The most bytes that are valid.
    pub max_size_bytes: u64,
    /// The digest that was declared and pinned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum_sha256: Option<ChecksumSha256>,
    /// User metadata that was declared and pinned; names without `x-amz-meta-`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// When the upload was made. The range key of the owner's index.
    pub uploaded_at: Timestamp,
    /// When the form expires.
    pub policy_expires_at: Timestamp,
    /// A digest of the request whose idempotency key made the upload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_hash: Option<ChecksumSha256>,
    /// The upload token with which it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<UsedToken>,
    /// S3's id of the multipart upload, if the file comes in parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s3_upload_id: Option<S3UploadId>,
    /// Versions whose rejection is final.
    #[serde(default, with = "serde_dynamo::string_set", skip_serializing_if = "BTreeSet::is_empty")]
    pub condemned: BTreeSet<VersionId>,
    /// Versions that arrived beside the pinned one. At most [`MAX_SURPLUS`] are named.
    #[serde(default, with = "serde_dynamo::string_set", skip_serializing_if = "BTreeSet::is_empty")]
    pub surplus: BTreeSet<VersionId>,
    /// The pinned version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Recorded>,
    /// The last rejection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejection: Option<Rejection>,
    /// The last scan that failed; see [`Upload::open_scan_failure`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan_failed: Option<ScanFailure>,
    /// The id of the last change of state.
    pub transition_id: TransitionId,
    /// The event of that change for the app, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announces: Option<Announcement>,
    /// The reservation of its owner's bytes of a day, if these are limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved: Option<Reserved>,
    /// When DynamoDB may delete the record, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u64>,
    /// How far a deletion has read the links, if one run was not enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub links_walked: Option<PageStart>,
}

/// The upload token that made an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedToken {
    /// The token.
    pub token_id: UploadTokenId,
    /// The token's label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// The pinned version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// The version to which every link leads.
    pub version_id: VersionId,
    /// Its size.
    pub size_bytes: u64,
    /// The `ETag`, without quotes. With KMS it is not an MD5 digest.
    pub etag: String,
    /// The served type: the found type, or the declared one if it is more specific.
    pub sniffed_type: ContentType,
    /// The found type, if `sniffed_type` is more specific: `application/zip` of a document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried_by: Option<ContentType>,
    /// Whether it is plain text under another type, such as `text/csv`: a link may show it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reads_as_text: bool,
    /// Whether it is text in an unknown encoding, such as Windows-1252.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_unknown_encoding: bool,
    /// When it was pinned.
    pub recorded_at: Timestamp,
    /// When it was found missing from the bucket although its owner did not delete it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vanished_at: Option<Timestamp>,
}
