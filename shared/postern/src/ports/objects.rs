//! The bucket: versions of objects, read and removed.

use super::Unavailable;
use crate::upload::scan::ScanStatus;
use crate::value::checksum::ChecksumSha256;
use crate::value::id::{ObjectKey, S3UploadId, VersionId};
use s3_presigned::Timestamp;
use std::collections::BTreeMap;
use std::future::Future;

/// How many bytes at the beginning of an object are read.
pub const HEAD_BYTES: usize = 64 * 1024;

/// A range of an object's bytes that is read in addition to the first [`HEAD_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteRange {
    /// The offset of the first byte.
    pub from: u64,
    /// The number of bytes, at most [`HEAD_BYTES`].
    pub length: usize,
}

impl ByteRange {
    /// The last bytes of an object.
    pub fn end_of(size_bytes: u64) -> Self {
        Self { from: size_bytes.saturating_sub(HEAD_BYTES as u64), length: HEAD_BYTES }
    }

    /// The bytes from an offset on, if the object has any there.
    pub fn at(from: u64, size_bytes: u64) -> Option<Self> {
        (from < size_bytes).then_some(Self { from, length: HEAD_BYTES })
    }
}

/// Versions, as `serve-link` may check them before it signs.
pub trait VersionCheck: Send + Sync {
    /// Whether S3 has this version and lets the download signer read it.
    fn is_there(
        &self,
        now: Timestamp,
        key: ObjectKey,
        version: &VersionId,
    ) -> impl Future<Output = Result<bool, Unavailable>> + Send;
    /// Whether S3 is asked at all.
    fn looks(&self) -> bool {
        true
    }
}

/// S3 is not asked, and every version counts as present.
impl<V: VersionCheck> VersionCheck for Option<V> {
    async fn is_there(
        &self,
        now: Timestamp,
        key: ObjectKey,
        version: &VersionId,
    ) -> Result<bool, Unavailable> {
        match self {
            Some(versions) => versions.is_there(now, key, version).await,
            None => Ok(true),
        }
    }

    fn looks(&self) -> bool {
        self.is_some()
    }
}

/// A version in a listing of the bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedVersion {
    /// Its key.
    pub key: ObjectKey,
    /// The version.
    pub version: VersionId,
    /// When it was created.
    pub came_at: Timestamp,
}

/// The version after which a page of a listing begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionCursor {
    /// Its key.
    pub key: String,
    /// The version.
    pub version: Option<String>,
}

/// A page of a listing of the bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VersionPage {
    /// The versions, in the order of their keys.
    pub versions: Vec<ListedVersion>,
    /// Where the next page begins.
    pub next: Option<VersionCursor>,
}

/// Objects, as the recorder uses them. Every call names a version.
pub trait ObjectStore: Send + Sync {
    /// The version as it is now: one ranged read of its first bytes.
    fn observe(
        &self,
        key: ObjectKey,
        version: &VersionId,
    ) -> impl Future<Output = Result<Observation, Unavailable>> + Send;
    /// The SHA-256 that S3 stores for the whole version, if it does.
    fn stored_checksum(
        &self,
        key: ObjectKey,
        version: &VersionId,
    ) -> impl Future<Output = Result<Option<ChecksumSha256>, Unavailable>> + Send;
    /// A part of a version beyond its first bytes. It is shorter if the version ends earlier, and never
    /// longer than asked for.
    fn read_part(
        &self,
        key: ObjectKey,
        version: &VersionId,
        range: ByteRange,
    ) -> impl Future<Output = Result<Vec<u8>, Unavailable>> + Send;
    /// Every version and delete marker of a key.
    fn versions(&self, key: ObjectKey) -> impl Future<Output = Result<Vec<VersionId>, Unavailable>> + Send;
    /// A page of the versions of the uploads whose id begins with these hexadecimal digits; no
    /// delete markers.
    fn versions_below(
        &self,
        digits: &str,
        start: Option<&VersionCursor>,
    ) -> impl Future<Output = Result<VersionPage, Unavailable>> + Send;
    /// Aborts a multipart upload until S3 has no part of it; a repetition changes nothing.
    fn drop_parts(
        &self,
        key: ObjectKey,
        id: &S3UploadId,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
    /// Removes one version permanently; a repetition changes nothing.
    fn remove(
        &self,
        key: ObjectKey,
        version: &VersionId,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// S3's answer about a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observation {
    /// The version exists.
    Object(Box<ObservedObject>),
    /// The version does not exist (404).
    Missing,
    /// The version is a delete marker (405).
    DeleteMarker,
}

/// A version of an object, as one ranged read shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct ObservedObject {
    /// The whole object's size.
    pub size_bytes: u64,
    /// Without quotes.
    pub etag: String,
    /// The stored media type.
    pub content_type: Option<String>,
    /// The `Content-Encoding`, which a browser would undo. No client needs it, and the signature of a PUT
    /// cannot forbid it.
    pub content_encoding: Option<String>,
    /// The ARN of the KMS key that encrypts it, if any.
    pub kms_key_arn: Option<String>,
    /// User metadata; names without `x-amz-meta-`.
    pub metadata: BTreeMap<String, String>,
    /// The first bytes, at most [`crate::ports::HEAD_BYTES`].
    pub head: Vec<u8>,
    /// The result of a scan, if the stack asks for scans and one has ended.
    pub scan: Option<ScanStatus>,
}

impl std::fmt::Debug for ObservedObject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ObservedObject").field("size_bytes", &self.size_bytes).finish_non_exhaustive()
    }
}
