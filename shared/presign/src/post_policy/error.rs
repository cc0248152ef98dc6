//! Why a form cannot be signed.

use super::limits::{MAX_FORM_BYTES, MAX_METADATA_BYTES, MAX_POST_BYTES};
use crate::Timestamp;

/// Why a form cannot be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignPolicyError {
    /// The policy would expire after the credentials, from when on S3 answers `ExpiredToken`. See
    /// [`SigningCredentials::clamp`](crate::SigningCredentials::clamp).
    #[error("policy expires after its credentials, which expire at {0}")]
    OutlivesCredentials(Timestamp),
    /// The policy's expiration is not in the future.
    #[error("policy has already expired, at {0}")]
    Expired(Timestamp),
    /// The field is one that the signature, the bucket or the file sets, or one that S3 ignores (`x-ignore-`).
    #[error("reserved field {0:?}")]
    ReservedField(String),
    /// The policy has two conditions for one field. S3 joins the values of fields with the same name, so no exact
    /// value could match.
    #[error("duplicate field {0:?}")]
    DuplicateField(String),
    /// The name of a field is empty, or has other characters than those that are listed.
    #[error("invalid field name {0:?}: use a-z, 0-9, '-', '_' and '.'")]
    FieldName(String),
    /// The value contains `${filename}`, which S3 replaces with the name of the file before it checks the conditions.
    #[error("value of field {0:?} contains ${{filename}}, which S3 replaces before it checks the conditions")]
    FilenameVariable(String),
    /// The smallest size of the file is larger than its largest.
    #[error("size range is empty: {0} to {1} bytes")]
    EmptySizeRange(u64, u64),
    /// The largest size of the file is larger than what one POST can upload.
    #[error("size range ends at {0} bytes; the maximum is {MAX_POST_BYTES}")]
    SizeRangeTooLarge(u64),
    /// The policy has no size range, so a client could post 5 GiB.
    #[error("missing size range")]
    NoSizeRange,
    /// The policy has no condition for `key`.
    #[error("missing key")]
    NoKey,
    /// User metadata is larger than S3 allows.
    #[error("user metadata has {0} bytes; the maximum is {MAX_METADATA_BYTES}")]
    MetadataTooLarge(usize),
    /// The form without its file may be larger than S3 allows. The size includes an upper bound for the boundaries and headers
    /// of multipart encoding.
    #[error("form has up to {0} bytes without its file; the maximum is {MAX_FORM_BYTES}")]
    FormTooLarge(usize),
}
