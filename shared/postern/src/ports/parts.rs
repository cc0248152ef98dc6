//! S3's multipart uploads.

use super::Unavailable;
use crate::upload::Upload;
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

/// What an end to a multipart upload found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completed {
    /// The object is there.
    Done,
    /// S3 knows no such multipart upload (any more).
    Unknown,
    /// An object was there before (`If-None-Match: *`).
    ObjectExists,
    /// S3 takes these parts for no object; what it says.
    Refused(String),
    /// S3 has not answered in time, or has not said what it did: the object may be made now, later or
    /// never.
    Underway,
}

/// Multipart uploads as `issue` needs them: every call acts as the upload signer.
pub trait PartStore: Send + Sync {
    /// Begins a multipart upload with all that its object is to have.
    fn begin_parts(
        &self,
        signer: &SigningCredentials,
        upload: &Upload,
        files_key_arn: &str,
    ) -> impl Future<Output = Result<S3UploadId, Unavailable>> + Send;
    /// All parts, every page; `None` if S3 knows no such multipart upload.
    fn list_parts(
        &self,
        signer: &SigningCredentials,
        key: ObjectKey,
        id: &S3UploadId,
    ) -> impl Future<Output = Result<Option<Vec<StoredPart>>, Unavailable>> + Send;
    /// Makes the object of these parts, unless there is one.
    fn complete_parts(
        &self,
        signer: &SigningCredentials,
        key: ObjectKey,
        id: &S3UploadId,
        parts: &[StoredPart],
    ) -> impl Future<Output = Result<Completed, Unavailable>> + Send;
    /// Drops all parts; what is gone stays gone.
    fn abort_parts(
        &self,
        signer: &SigningCredentials,
        key: ObjectKey,
        id: &S3UploadId,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;
}
