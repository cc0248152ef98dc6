//! The verifier: computes what S3 answers to a form, without a request to S3.
//!
//! ```text
//!  parts ─▶ fields before the file ─▶ complete? signed? ─▶ policy read ─▶ expired? ─▶ every condition
//!           names in lower case,                           ─▶ every field covered ─▶ Accepted
//!           doubles joined, ${filename} expanded
//! ```
//!
//! Use it in tests, to explain a refusal to a user, and to diagnose a 403. It does not replace the check of S3: it
//! knows one set of credentials, and compares signatures in variable time. Where AWS does not document S3's answer,
//! the verifier takes the stricter reading, so S3 may accept a form that the verifier refuses.
//!
//! ```
//! use std::time::{Duration, SystemTime};
//!
//! use s3_presigned::post_policy::PostPolicy;
//! use s3_presigned::verify::{Part, RefusalCode, Verifier};
//! use s3_presigned::{BucketEndpoint, SigningCredentials};
//!
//! # let credentials = SigningCredentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
//! let bucket = BucketEndpoint::regional("my-bucket", "eu-central-1");
//! let now = SystemTime::now();
//! let form = PostPolicy::new(now + Duration::from_secs(900))
//!     .field("key", "uploads/photo.png")
//!     .size_bytes(1, 1_048_576)
//!     .sign(&bucket, &credentials, now)?;
//!
//! let verifier = Verifier::new(&bucket, &credentials);
//! let post = |size_bytes| {
//!     let fields = form.fields.iter().map(|(name, value)| Part::field(name, value));
//!     fields.chain([Part::file("photo.png", size_bytes)]).collect::<Vec<_>>()
//! };
//! assert_eq!(verifier.verify(&post(52_341), now)?.key, "uploads/photo.png");
//! assert_eq!(verifier.verify(&post(2_000_000), now).unwrap_err().code, RefusalCode::EntityTooLarge);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Sources: [POST policy](https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html),
//! [POST Object](https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::signature::{ALGORITHM, scope, signature as sign};
use crate::{BucketEndpoint, SigningCredentials, Timestamp};

mod accepted;
mod condition;
mod document;
mod form;
mod part;
mod refusal;
#[cfg(any(test, feature = "scenarios"))]
pub mod scenarios;
#[cfg(test)]
mod tests;

pub use accepted::Accepted;
pub use document::PolicyDocument;
use form::Form;
pub use part::Part;
pub use refusal::{FailedCondition, Refusal, RefusalCode};

/// The fields of a signature. A form with none of them is anonymous.
const SIGNATURE_FIELDS: [&str; 4] = ["x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"];

/// Checks forms that were signed with one set of credentials for one bucket.
#[derive(Debug, Clone, Copy)]
pub struct Verifier<'a> {
    bucket: &'a BucketEndpoint,
    credentials: &'a SigningCredentials,
}

impl<'a> Verifier<'a> {
    /// Makes a verifier for forms that are posted to `bucket` and signed with `credentials`.
    pub fn new(bucket: &'a BucketEndpoint, credentials: &'a SigningCredentials) -> Self {
        Self { bucket, credentials }
    }

    /// Checks the signature, the policy and every part of a form that is posted at `now`. `parts` are in the order of
    /// the form.
    ///
    /// # Errors
    /// With S3's refusal.
    pub fn verify(&self, parts: &[Part], now: impl Into<Timestamp>) -> Result<Accepted, Refusal> {
        let form = Form::read(parts)?;
        let policy = self.authenticate(&form)?;
        form.evaluate(&PolicyDocument::parse(&policy)?, &self.bucket.bucket, now.into())
    }

    /// Returns the policy's document if these credentials signed it.
    fn authenticate(&self, form: &Form) -> Result<Vec<u8>, Refusal> {
        use RefusalCode as C;
        let is_signed = SIGNATURE_FIELDS.iter().any(|name| form.field(name).is_some());
        let is_anonymous = form.field("policy").is_none() && form.field("x-amz-signature").is_none();
        if is_anonymous || !is_signed {
            return Err(Refusal::new(C::AccessDenied, "Access Denied"));
        }
        let policy = form.required("policy", "Policy")?;
        let algorithm = form.required("x-amz-algorithm", "X-Amz-Algorithm")?;
        let credential = form.required("x-amz-credential", "X-Amz-Credential")?;
        let date = form.required("x-amz-date", "X-Amz-Date")?;
        let signature = form.required("x-amz-signature", "X-Amz-Signature")?;
        if algorithm != ALGORITHM {
            return Err(Refusal::new(
                C::InvalidArgument,
                "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"",
            ));
        }
        let malformed = || Refusal::new(C::InvalidArgument, "Error parsing the X-Amz-Credential parameter");
        let (access_key_id, credential_scope) = credential.split_once('/').ok_or_else(malformed)?;
        if access_key_id != self.credentials.access_key_id {
            let message = "The AWS Access Key Id you provided does not exist in our records.";
            return Err(Refusal::new(C::InvalidAccessKeyId, message));
        }
        let signed_at = instant(date).ok_or_else(malformed)?;
        if credential_scope != scope(signed_at, &self.bucket.region) {
            return Err(malformed());
        }
        if form.field("x-amz-security-token") != self.credentials.session_token.as_deref() {
            return Err(Refusal::new(
                C::InvalidToken,
                "The provided token is malformed or otherwise invalid.",
            ));
        }
        // The signature is over the posted text, so it is checked before the Base64 is decoded.
        let secret = &self.credentials.secret_access_key;
        if sign(secret, &self.bucket.region, signed_at, policy.as_bytes()) != signature {
            let message = "The request signature we calculated does not match the signature you provided. Check your key and signing method.";
            return Err(Refusal::new(C::SignatureDoesNotMatch, message));
        }
        STANDARD.decode(policy).map_err(|_| Refusal::policy("Invalid JSON."))
    }
}

/// Checks a form that is posted at `now` against a policy, without a signature.
///
/// ```
/// use s3_presigned::Timestamp;
/// use s3_presigned::verify::{Part, PolicyDocument, RefusalCode, evaluate};
///
/// let policy = PolicyDocument::parse(
///     br#"{"expiration":"2026-11-24T10:15:00Z","conditions":[{"bucket":"files"},["starts-with","$key","user/"]]}"#,
/// )?;
/// let form = [
///     Part::field("key", "other/a.png"),
///     Part::file("a.png", 10),
/// ];
/// let now: Timestamp = "2026-11-24T10:00:00Z".parse()?;
/// let refusal = evaluate(&policy, "files", &form, now).unwrap_err();
/// assert_eq!(refusal.code, RefusalCode::AccessDenied);
/// assert_eq!(
///     refusal.message,
///     r#"Invalid according to Policy: Policy Condition failed: ["starts-with", "$key", "user/"]"#,
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// With S3's refusal.
pub fn evaluate(
    policy: &PolicyDocument,
    bucket: &str,
    parts: &[Part],
    now: impl Into<Timestamp>,
) -> Result<Accepted, Refusal> {
    Form::read(parts)?.evaluate(policy, bucket, now.into())
}

/// Parses `20151229T000000Z`.
fn instant(basic: &str) -> Option<Timestamp> {
    let bytes = basic.as_bytes();
    let shaped = bytes.len() == 16 && bytes.get(8) == Some(&b'T') && bytes.last() == Some(&b'Z');
    let digits = |range| basic.get(range).filter(|part: &&str| part.bytes().all(|b| b.is_ascii_digit()));
    let (year, month, day) = (digits(0..4)?, digits(4..6)?, digits(6..8)?);
    let (hour, minute, second) = (digits(9..11)?, digits(11..13)?, digits(13..15)?);
    let extended = format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z");
    if shaped { extended.parse().ok() } else { None }
}
