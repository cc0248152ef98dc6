//! Presigned POST: a form with which a browser uploads one file directly to S3.
//!
//! ```text
//!  PostPolicy ── conditions ──▶ policy document ── base64 = string to sign ── HMAC ──▶ signature
//!      └──────── exact fields ─────────────────────────────────────────────────────▶ form fields
//! ```
//!
//! The conditions of the policy and the fields of the form come from one list: [`PostPolicy::field`] adds
//! both, so they cannot differ. Limits of S3 are checked when the form is signed, see [`SignPolicyError`].
//!
//! This module needs no feature of the crate.
//!
//! ```
//! use std::time::{Duration, SystemTime};
//!
//! use s3_presigned::post_policy::{PostPolicy, SignPolicyError};
//! use s3_presigned::{BucketEndpoint, SigningCredentials};
//!
//! # let (access_key_id, secret_access_key) = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
//! # let (session_token, session_end) = ("token", SystemTime::now() + Duration::from_secs(3600));
//! let credentials = SigningCredentials::new(access_key_id, secret_access_key)
//!     .with_session_token(session_token)
//!     .with_expiry(session_end);
//! let bucket = BucketEndpoint::regional("my-bucket", "eu-central-1");
//! let now = SystemTime::now();
//! let form = PostPolicy::new(credentials.clamp(now + Duration::from_secs(900)))
//!     .field("key", "avatars/ann.png")
//!     .field("content-type", "image/png")
//!     .field("success_action_status", "201")
//!     .starts_with("x-amz-meta-comment", "") // the client chooses the value
//!     .size_bytes(1, 1_048_576)
//!     .sign(&bucket, &credentials, now)?;
//!
//! println!("curl '{}' \\", form.url);
//! for (name, value) in &form.fields {
//!     println!("  -F '{name}={value}' \\");
//! }
//! println!("  -F 'x-amz-meta-comment=hello' -F file=@ann.png"); // the file is last, in the field `file`
//!
//! // Errors that S3 would report at upload time are reported here.
//! let without_a_size = PostPolicy::new(now + Duration::from_secs(60)).field("key", "a");
//! assert_eq!(without_a_size.sign(&bucket, &credentials, now), Err(SignPolicyError::NoSizeRange));
//! # Ok::<(), SignPolicyError>(())
//! ```
#![cfg_attr(
    feature = "verify",
    doc = "\nIf S3 refuses a form and does not say why, give the posted form to the [verifier](crate::verify): it names the condition, the field and the value."
)]
//!
//! Sources: [POST policy](https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html),
//! [its signature](https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html),
//! [POST Object](https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::signature::{ALGORITHM, credential, signature};
use crate::{BucketEndpoint, SigningCredentials, Timestamp};

mod check;
pub(crate) mod condition;
mod error;
pub(crate) mod limits;
#[cfg(test)]
mod tests;

pub use condition::Condition;
use condition::write_text;
pub use error::SignPolicyError;
pub use limits::{MAX_METADATA_BYTES, MAX_POST_BYTES, METADATA_PREFIX, metadata_bytes};

/// Builds a POST policy and its form.
///
/// ```
/// # use std::time::{Duration, SystemTime};
/// # use s3_presigned::{BucketEndpoint, SigningCredentials};
/// use s3_presigned::post_policy::PostPolicy;
///
/// # let bucket = BucketEndpoint::regional("my-bucket", "eu-central-1");
/// # let credentials = SigningCredentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
/// let now = SystemTime::now();
/// let form = PostPolicy::new(now + Duration::from_secs(900))
///     .field("key", "uploads/photo.png")
///     .field("content-type", "image/png")
///     .size_bytes(1, 1_048_576)
///     .sign(&bucket, &credentials, now)?;
/// assert_eq!(form.fields[0], ("key".to_owned(), "uploads/photo.png".to_owned()));
/// # Ok::<(), s3_presigned::post_policy::SignPolicyError>(())
/// ```
#[derive(Debug, Clone)]
pub struct PostPolicy {
    expires_at: Timestamp,
    conditions: Vec<Condition>,
}

/// A signed form: post `fields` and then the file, in the field `file`, to `url` as `multipart/form-data`.
///
/// `Debug` shows the names of the fields and not their values, because anyone who has the values can upload.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PostForm {
    /// The URL of the bucket, to which the form is posted.
    pub url: String,
    /// Names (in lower case) and values, in the order in which they are posted.
    pub fields: Vec<(String, String)>,
    /// When the form expires: S3 refuses it from then on.
    pub expires_at: Timestamp,
}

impl PostPolicy {
    /// Makes a policy that expires at `expires_at`, rounded down to a second.
    pub fn new(expires_at: impl Into<Timestamp>) -> Self {
        Self { expires_at: expires_at.into().floor_s(), conditions: Vec::with_capacity(16) }
    }

    /// Adds a field to the form, and the condition that it has exactly this value. The name is in lower case.
    #[must_use]
    pub fn field(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.conditions.push(Condition::Equals(name.into(), value.into()));
        self
    }

    /// Adds the condition that a field begins with `prefix`. The client adds this field to the form; if `prefix` is
    /// empty, the field may have any value.
    #[must_use]
    pub fn starts_with(mut self, name: impl Into<String>, prefix: impl Into<String>) -> Self {
        self.conditions.push(Condition::StartsWith(name.into(), prefix.into()));
        self
    }

    /// Adds the condition that the file has `min` to `max` bytes, both included. Every policy needs one.
    #[must_use]
    pub fn size_bytes(mut self, min: u64, max: u64) -> Self {
        self.conditions.push(Condition::ContentLengthRange(min, max));
        self
    }

    /// Signs the policy at `now`, for posts to `bucket`.
    ///
    /// # Errors
    /// If S3 would refuse every post of this form, or if the policy has no size range; see [`SignPolicyError`].
    pub fn sign(
        mut self,
        bucket: &BucketEndpoint,
        credentials: &SigningCredentials,
        now: impl Into<Timestamp>,
    ) -> Result<PostForm, SignPolicyError> {
        let (now, region) = (now.into(), &bucket.region);
        check::check(self.expires_at, &self.conditions, credentials, now)?;
        self.conditions.reserve(4);
        self = self
            .field("x-amz-algorithm", ALGORITHM)
            .field("x-amz-credential", credential(credentials, now, region))
            .field("x-amz-date", now.basic());
        if let Some(token) = &credentials.session_token {
            self = self.field("x-amz-security-token", token);
        }
        let signed = SignedDocument::new(&self.document(&bucket.bucket), credentials, region, now);
        let expires_at = self.expires_at;
        let mut fields = self.into_fields();
        fields.push(("policy".to_owned(), signed.string_to_sign));
        fields.push(("x-amz-signature".to_owned(), signed.signature));
        check::check_form(&fields)?;
        Ok(PostForm { url: bucket.url.clone(), fields, expires_at })
    }

    /// The policy's JSON. The bytes that are written here are the bytes that are signed.
    fn document(&self, bucket: &str) -> Vec<u8> {
        let texts = self.conditions.iter().map(Condition::text_bytes).sum::<usize>();
        let mut json = Vec::with_capacity(128 + texts + 16 * self.conditions.len());
        json.extend(br#"{"expiration":"#);
        write_text(&mut json, &self.expires_at.to_string());
        json.extend(br#","conditions":[{"bucket":"#);
        write_text(&mut json, bucket);
        json.push(b'}');
        for condition in &self.conditions {
            json.push(b',');
            condition.write_json(&mut json);
        }
        json.extend(b"]}");
        json
    }

    fn into_fields(self) -> Vec<(String, String)> {
        let exact = |condition: Condition| match condition {
            Condition::Equals(name, value) => Some((name, value)),
            Condition::StartsWith(..) | Condition::ContentLengthRange(..) => None,
        };
        let mut fields = Vec::with_capacity(self.conditions.len() + 2);
        fields.extend(self.conditions.into_iter().filter_map(exact));
        fields
    }
}

/// A policy document with its signature. The fields have AWS's names for the stages.
pub(crate) struct SignedDocument {
    /// The document in base64; the field `policy`.
    pub(crate) string_to_sign: String,
    /// The field `x-amz-signature`.
    pub(crate) signature: String,
}

impl SignedDocument {
    pub(crate) fn new(
        document: &[u8],
        credentials: &SigningCredentials,
        region: &str,
        now: Timestamp,
    ) -> Self {
        let string_to_sign = STANDARD.encode(document);
        let secret = &credentials.secret_access_key;
        let signature = signature(secret, region, now, string_to_sign.as_bytes());
        Self { string_to_sign, signature }
    }
}

impl fmt::Debug for PostForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.fields.iter().map(|(name, _)| name).collect();
        f.debug_struct("PostForm")
            .field("url", &self.url)
            .field("fields", &names)
            .field("expires_at", &self.expires_at)
            .finish()
    }
}
