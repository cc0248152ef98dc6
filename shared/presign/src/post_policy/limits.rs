//! The limits of S3 for a form.

/// The largest file that one POST can upload: 5 GB, which S3 counts as 5 × 1024³ bytes.
pub const MAX_POST_BYTES: u64 = 5 * 1024 * 1024 * 1024;

/// The largest form without its file, in bytes.
pub(crate) const MAX_FORM_BYTES: usize = 20 * 1024;

/// The largest user metadata, in bytes as [`metadata_bytes`] counts them
/// ([AWS](https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#UserMetadata): 2 KB).
pub const MAX_METADATA_BYTES: usize = 2 * 1024;

/// The prefix of user metadata, in fields and in headers.
pub const METADATA_PREFIX: &str = "x-amz-meta-";

/// Returns how many bytes one entry of user metadata counts; `name` is without [`METADATA_PREFIX`].
///
/// AWS does not document whether the prefix counts. It counts here, so S3 accepts every form within the limit.
#[must_use]
pub const fn metadata_bytes(name: &str, value: &str) -> usize {
    METADATA_PREFIX.len() + name.len() + value.len()
}
