//! The S3 POST policy: permission to post one form to a bucket.
//!
//! ```text
//!  PostPolicy ── conditions ──▶ policy document ── base64 = string to sign ── HMAC ──▶ signature
//!      └──────── exact fields ─────────────────────────────────────────────────────▶ form fields
//! ```
//!
//! The document's conditions and the form's fields come from one list: [`PostPolicy::field`] adds
//! both, so a form cannot lack a condition, and a condition cannot lack its field. What S3 would
//! refuse later is refused here, when the form is built. The other direction is the verifier (feature
//! `verify`), which tells what S3 answers to a form, and why.
//!
//! # Only presigned POST
//!
//! This module needs nothing else of the crate: no feature, no client, no `async`. Give it
//! credentials (a user's, or a role's session with its token and its end) and hand `fields` to
//! whoever uploads; the file goes last, under the name `file`.
//!
//! ```
//! use std::time::{Duration, SystemTime};
//!
//! use s3_presigned::post_policy::{PostPolicy, SignPolicyError};
//! use s3_presigned::{BucketEndpoint, SigningCredentials, Timestamp};
//!
//! # let (access_key_id, secret_access_key) = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
//! # let (session_token, session_end) = ("token", SystemTime::now() + Duration::from_secs(3600));
//! let credentials = SigningCredentials {
//!     access_key_id: access_key_id.to_owned(),
//!     secret_access_key: secret_access_key.to_owned(),
//!     session_token: Some(session_token.to_owned()),
//!     expires_at: Some(session_end.into()),
//! };
//! let bucket = BucketEndpoint::regional("my-bucket", "eu-central-1");
//! let now = Timestamp::from(SystemTime::now());
//! let policy = PostPolicy::new(&bucket.bucket, credentials.clamp(now + Duration::from_secs(900)))
//!     .field("key", "avatars/ann.png")
//!     .field("content-type", "image/png")
//!     .field("success_action_status", "201")
//!     .starts_with("x-amz-meta-comment", "") // filled in by whoever posts
//!     .size_bytes(1, 1_048_576);
//! let form = policy.sign(&credentials, &bucket.region, now)?;
//!
//! println!("curl {} \\", bucket.url);
//! for (name, value) in &form.fields {
//!     println!("  -F '{name}={value}' \\");
//! }
//! println!("  -F 'x-amz-meta-comment=hello' -F file=@ann.png");
//!
//! // What S3 would refuse is refused here, with a reason, before anybody waits for it.
//! let without_a_size = PostPolicy::new("my-bucket", now + Duration::from_secs(60)).field("key", "a");
//! assert_eq!(without_a_size.sign(&credentials, "eu-central-1", now), Err(SignPolicyError::NoSizeRange));
//! # Ok::<(), SignPolicyError>(())
//! ```
//!
//! If S3 refuses a form and does not say why, give the form as it was posted to the verifier (feature
//! `verify`): it names the condition, the field and the value.
//!
//! Sources: [POST policy](https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html),
//! [its signature](https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html),
//! [POST Object](https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::signature::{ALGORITHM, credential, signature};
use crate::{SigningCredentials, Timestamp};

pub(crate) mod condition;

pub use condition::Condition;
use condition::write_text;

/// The largest object that one POST brings: 5 GB, which S3 counts as 5 × 1024³ bytes.
pub const MAX_POST_BYTES: u64 = 5 * 1024 * 1024 * 1024;

/// The largest form without its file, in bytes.
pub(crate) const MAX_FORM_BYTES: usize = 20 * 1024;

/// What multipart encoding adds to a field, generously: boundary, header, line ends.
const FIELD_OVERHEAD_BYTES: usize = 160;

/// The largest user metadata, in bytes as [`metadata_bytes`] counts them
/// ([AWS](https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#UserMetadata): 2 KB).
pub const MAX_METADATA_BYTES: usize = 2 * 1024;

/// The prefix of user metadata, in fields and in headers.
pub const METADATA_PREFIX: &str = "x-amz-meta-";

/// What one entry of user metadata counts; `name` is without [`METADATA_PREFIX`].
///
/// AWS does not say whether the prefix counts. It counts here, so that S3 takes what is below the limit.
#[must_use]
pub const fn metadata_bytes(name: &str, value: &str) -> usize {
    METADATA_PREFIX.len() + name.len() + value.len()
}

/// A POST policy in the making.
///
/// ```
/// use s3_presigned::post_policy::PostPolicy;
/// use s3_presigned::{SigningCredentials, Timestamp};
///
/// # let credentials = SigningCredentials {
/// #     access_key_id: "AKIAIOSFODNN7EXAMPLE".into(),
/// #     secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
/// #     session_token: None,
/// #     expires_at: None,
/// # };
/// let now: Timestamp = "2026-11-24T10:00:00Z".parse()?;
/// let form = PostPolicy::new("my-bucket", "2026-11-24T10:15:00Z".parse()?)
///     .field("key", "uploads/photo.png")
///     .field("content-type", "image/png")
///     .size_bytes(1, 1_048_576)
///     .sign(&credentials, "eu-central-1", now)?;
/// assert_eq!(form.fields[0], ("key".to_owned(), "uploads/photo.png".to_owned()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct PostPolicy {
    bucket: String,
    expires_at: Timestamp,
    conditions: Vec<Condition>,
}

/// The fields of a form, in the order in which they are posted; the file comes last.
///
/// `Debug` shows the names of the fields, never their values: anyone who has the values can upload.
#[derive(Clone, PartialEq, Eq)]
pub struct PostForm {
    /// Names (lower case) and values.
    pub fields: Vec<(String, String)>,
    /// From when on S3 refuses the form.
    pub expires_at: Timestamp,
}

/// Why no form can be made of a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignPolicyError {
    /// Signed by a session that ends earlier, it would die before its time.
    #[error("policy expires after its credentials, which end at {0}")]
    OutlivesCredentials(Timestamp),
    /// It would be dead at once.
    #[error("policy has already expired")]
    Expired,
    /// The signature's own fields, and the file, are not the caller's to give.
    #[error("field {0:?} is set by the signature or by the file")]
    ReservedField(String),
    /// S3 joins fields of one name, so that no exact value could match.
    #[error("two conditions for the field {0:?}")]
    DuplicateField(String),
    /// Names are written in lower case, without spaces.
    #[error("field name {0:?} has other characters than a-z, 0-9, - _ and .")]
    FieldName(String),
    /// S3 would put the file's name there, before the conditions are checked.
    #[error(
        "value of the field {0:?} contains ${{filename}}, which S3 replaces before it checks the conditions"
    )]
    FilenameVariable(String),
    /// The range is empty, or beyond what a POST can bring.
    #[error("size range of {0} to {1} bytes is empty or ends beyond {MAX_POST_BYTES}")]
    SizeRange(u64, u64),
    /// There is no size range, so 5 GiB could be posted.
    #[error("missing size range")]
    NoSizeRange,
    /// There is no key.
    #[error("missing key")]
    NoKey,
    /// User metadata is larger than S3 takes.
    #[error("user metadata has {0} bytes, of at most {MAX_METADATA_BYTES}")]
    MetadataTooLarge(usize),
    /// The form is larger than S3 takes.
    #[error("form has {0} bytes without its file, of at most {MAX_FORM_BYTES}")]
    FormTooLarge(usize),
}

impl PostPolicy {
    /// A policy for forms that are posted to `bucket` until `expires_at`.
    pub fn new(bucket: impl Into<String>, expires_at: Timestamp) -> Self {
        Self { bucket: bucket.into(), expires_at: expires_at.floor_s(), conditions: Vec::with_capacity(16) }
    }

    /// A field with exactly this value: the condition and the form's field.
    #[must_use]
    pub fn field(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.conditions.push(Condition::Equals(name.into(), value.into()));
        self
    }

    /// A field that the client fills in, beginning with `prefix`; empty for any value.
    #[must_use]
    pub fn starts_with(mut self, name: impl Into<String>, prefix: impl Into<String>) -> Self {
        self.conditions.push(Condition::StartsWith(name.into(), prefix.into()));
        self
    }

    /// How many bytes the file may have, both ends included.
    #[must_use]
    pub fn size_bytes(mut self, min: u64, max: u64) -> Self {
        self.conditions.push(Condition::ContentLengthRange(min, max));
        self
    }

    /// Signs the policy at `now` and gives the form.
    ///
    /// # Errors
    /// For everything that S3 would refuse when the form is posted; see [`SignPolicyError`].
    pub fn sign(
        mut self,
        credentials: &SigningCredentials,
        region: &str,
        now: Timestamp,
    ) -> Result<PostForm, SignPolicyError> {
        self.check(credentials, now)?;
        self.conditions.reserve(4);
        self = self
            .field("x-amz-algorithm", ALGORITHM)
            .field("x-amz-credential", credential(credentials, now, region))
            .field("x-amz-date", now.basic());
        if let Some(token) = &credentials.session_token {
            self = self.field("x-amz-security-token", token);
        }
        let signed = SignedDocument::new(&self.document(), credentials, region, now);
        let expires_at = self.expires_at;
        let mut fields = self.into_fields();
        fields.push(("policy".to_owned(), signed.string_to_sign));
        fields.push(("x-amz-signature".to_owned(), signed.signature));
        let form_bytes = fields.iter().map(|(n, v)| n.len() + v.len() + FIELD_OVERHEAD_BYTES).sum();
        if form_bytes > MAX_FORM_BYTES {
            return Err(SignPolicyError::FormTooLarge(form_bytes));
        }
        Ok(PostForm { fields, expires_at })
    }

    /// The policy's JSON, written in one go: what is signed has no other form in between.
    fn document(&self) -> Vec<u8> {
        let texts = self.conditions.iter().map(Condition::text_bytes).sum::<usize>();
        let mut json = Vec::with_capacity(128 + texts + 16 * self.conditions.len());
        json.extend(br#"{"expiration":"#);
        write_text(&mut json, &self.expires_at.to_string());
        json.extend(br#","conditions":[{"bucket":"#);
        write_text(&mut json, &self.bucket);
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

    fn check(&self, credentials: &SigningCredentials, now: Timestamp) -> Result<(), SignPolicyError> {
        use SignPolicyError as E;
        if self.expires_at <= now {
            return Err(E::Expired);
        }
        if let Some(end) = credentials.expires_at.filter(|end| self.expires_at > *end) {
            return Err(E::OutlivesCredentials(end));
        }
        let mut names = Vec::with_capacity(self.conditions.len());
        let (mut size_range, mut total_metadata_bytes) = (None, 0);
        for condition in &self.conditions {
            match condition {
                Condition::Equals(name, value) | Condition::StartsWith(name, value) => {
                    check_field(name, value, &names)?;
                    names.push(name.as_str());
                    if let Some(key) = name.strip_prefix(METADATA_PREFIX) {
                        total_metadata_bytes += metadata_bytes(key, value);
                    }
                }
                Condition::ContentLengthRange(min, max) => size_range = Some((*min, *max)),
            }
        }
        match size_range {
            None => return Err(E::NoSizeRange),
            Some((min, max)) if min > max || max > MAX_POST_BYTES => return Err(E::SizeRange(min, max)),
            Some(_) => {}
        }
        if !names.contains(&"key") {
            return Err(E::NoKey);
        }
        if total_metadata_bytes > MAX_METADATA_BYTES {
            return Err(E::MetadataTooLarge(total_metadata_bytes));
        }
        Ok(())
    }
}

/// Names that belong to the signature, to the file, or to no condition at all.
fn is_reserved(name: &str) -> bool {
    let own = [
        "bucket",
        "file",
        "policy",
        "x-amz-algorithm",
        "x-amz-credential",
        "x-amz-date",
        "x-amz-security-token",
        "x-amz-signature",
    ];
    own.contains(&name) || name.starts_with("x-ignore-")
}

fn check_field(name: &str, value: &str, earlier: &[&str]) -> Result<(), SignPolicyError> {
    use SignPolicyError as E;
    let lower_case = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.');
    if name.is_empty() || !name.bytes().all(lower_case) {
        return Err(E::FieldName(name.to_owned()));
    }
    if is_reserved(name) {
        return Err(E::ReservedField(name.to_owned()));
    }
    if earlier.contains(&name) {
        return Err(E::DuplicateField(name.to_owned()));
    }
    if value.contains("${filename}") {
        return Err(E::FilenameVariable(name.to_owned()));
    }
    Ok(())
}

/// A policy document with its signature, each stage by the name that AWS gives it.
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
        f.debug_struct("PostForm").field("fields", &names).field("expires_at", &self.expires_at).finish()
    }
}

#[cfg(test)]
mod tests;
