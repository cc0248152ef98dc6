//! S3's multipart uploads.

use super::Unavailable;
use crate::upload::Upload;
use crate::value::checksum::ChecksumCrc64Nvme;
use crate::value::id::{ObjectKey, S3UploadId};
use s3_presigned::SigningCredentials;
use std::future::Future;

/// A part of a multipart upload, as S3 lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPart {
    /// 1 to 10,000.
    pub number: u16,
    /// As S3 wrote it, with its quotes.
    pub etag: String,
    /// Its size.
    pub size_bytes: u64,
}

/// The result of completing a multipart upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completed {
    /// The object exists.
    Done,
    /// S3 has no such multipart upload (any more).
    Unknown,
    /// An object existed before (`If-None-Match: *`).
    ObjectExists,
    /// S3 refuses to make an object of these parts; its message.
    Refused(String),
    /// S3 computed another checksum of these parts, and keeps them.
    ChecksumMismatch,
    /// S3 has not answered in time, or its answer does not say what it did: the object may exist now, later
    /// or never.
    Underway,
}

/// Multipart uploads, as the API uses them. Every call acts as the upload signer.
pub trait PartStore: Send + Sync {
    /// Begins a multipart upload with the headers that its object will have.
    fn begin_parts(
        &self,
        signer: &SigningCredentials,
        upload: &Upload,
        files_key_arn: &str,
    ) -> impl Future<Output = Result<S3UploadId, Unavailable>> + Send;
    /// All parts of all pages; `None` if S3 has no such multipart upload.
    fn list_parts(
        &self,
        signer: &SigningCredentials,
        key: ObjectKey,
        id: &S3UploadId,
    ) -> impl Future<Output = Result<Option<Vec<StoredPart>>, Unavailable>> + Send;
    /// Makes the object of these parts, unless one exists or its checksum is not `checksum`.
    fn complete_parts(
        &self,
        signer: &SigningCredentials,
        key: ObjectKey,
        id: &S3UploadId,
        parts: &[StoredPart],
        checksum: Option<ChecksumCrc64Nvme>,
    ) -> impl Future<Output = Result<Completed, Unavailable>> + Send;
    /// Drops all parts; a repetition changes nothing.
    fn abort_parts(
        &self,
        signer: &SigningCredentials,
        key: ObjectKey,
        id: &S3UploadId,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
