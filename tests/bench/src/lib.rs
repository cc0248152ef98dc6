//! The work that is measured: one form and one URL, signed by a role's session.

#![expect(clippy::unwrap_used, reason = "this is a measurement's support")]

use std::time::Duration;

use s3_presigned::post_policy::{PostForm, PostPolicy};
use s3_presigned::presigned_url::{ObjectRequest, PresignedUrl};
use s3_presigned::{BucketEndpoint, SigningCredentials, Timestamp};

/// The bucket of every measurement.
pub const BUCKET: &str = "files";
/// Its region.
pub const REGION: &str = "eu-central-1";
/// The key of the object.
pub const KEY: &str = "uploads/07070707-0707-4707-8707-070707070707";
/// The KMS key.
pub const KMS_KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-4000-8000-000000000000";

/// A session as STS gives it: its token is about this long.
pub fn session() -> SigningCredentials {
    SigningCredentials::new("ASIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        .with_session_token("t".repeat(700))
}

/// The form.
///
/// # Panics
/// If the policy is not valid.
pub fn form(endpoint: &BucketEndpoint, credentials: &SigningCredentials, now: Timestamp) -> PostForm {
    PostPolicy::new(now + Duration::from_mins(15))
        .field("key", KEY)
        .field("content-type", "image/png")
        .field("success_action_status", "201")
        .field("x-amz-server-side-encryption", "aws:kms")
        .field("x-amz-server-side-encryption-aws-kms-key-id", KMS_KEY)
        .size_bytes(1, 1_048_576)
        .sign(endpoint, credentials, now)
        .unwrap()
}

/// The URL of one version, as a link leads to it.
///
/// # Panics
/// If the URL cannot be signed.
pub fn url(endpoint: &BucketEndpoint, credentials: &SigningCredentials, now: Timestamp) -> PresignedUrl {
    ObjectRequest::get(KEY, now + Duration::from_mins(1))
        .query("versionId", "3/L4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY")
        .query("response-content-type", "image/png")
        .query("response-content-disposition", "inline; filename=\"photo.png\"")
        .sign(endpoint, credentials, now)
        .unwrap()
}
