//! The verifier: tells what S3 would answer to a form, without S3.
//!
//! ```text
//!  parts ─▶ fields before the file ─▶ complete? signed? ─▶ policy read ─▶ alive? ─▶ every condition
//!           names folded, doubles joined,                      ─▶ every field covered ─▶ Accepted
//!           ${filename} expanded
//! ```
//!
//! It serves tests, pages that explain a refusal, and diagnosis. It is no access control:
//! it compares signatures as text, and S3 alone decides. Where AWS does not document S3's answer, it
//! takes the stricter reading: S3 may accept a form that the verifier refuses.
//!
//! Sources: [POST policy](https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html),
//! [POST Object](https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::post_policy::{
    Condition, MAX_FORM_BYTES, MAX_METADATA_BYTES, MAX_POST_BYTES, METADATA_PREFIX, metadata_bytes,
};
use crate::signature::{ALGORITHM, scope, signature as sign};
use crate::{SigningCredentials, Timestamp};

mod condition;
mod document;
mod refusal;
pub mod scenarios;
#[cfg(test)]
mod tests;

use document::Entry;
pub use document::PolicyDocument;
pub use refusal::{FailedCondition, Refusal, RefusalCode};

/// The fields of which a signature consists. A form with none of them is anonymous.
const SIGNATURE_FIELDS: [&str; 4] = ["x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"];

/// A part of a form, in the order in which it was posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A field with its name and value.
    Field(String, String),
    /// The file.
    File {
        /// The name that the client gave it, which `${filename}` stands for. Where it gave none, S3
        /// leaves `${filename}` as it is.
        filename: Option<String>,
        /// Its size.
        size_bytes: u64,
    },
}

/// What S3 stores of a form that it accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The bucket.
    pub bucket: String,
    /// The object's key.
    pub key: String,
    /// The object's size.
    pub size_bytes: u64,
    /// Every field that has a meaning, by its name in lower case.
    pub fields: BTreeMap<String, String>,
}

/// Who judges: a bucket, and the one signer that it knows.
#[derive(Debug, Clone, Copy)]
pub struct Verifier<'a> {
    /// The bucket that the form is posted to.
    pub bucket: &'a str,
    /// The bucket's region.
    pub region: &'a str,
    /// The signer.
    pub credentials: &'a SigningCredentials,
}

impl Verifier<'_> {
    /// What S3 says at `now` to a form of these parts: signature, policy and all.
    ///
    /// # Errors
    /// S3's refusal.
    pub fn judge(&self, parts: &[Part], now: Timestamp) -> Result<Accepted, Refusal> {
        let form = Form::read(parts)?;
        let policy = self.authenticate(&form)?;
        form.evaluate(&PolicyDocument::parse(&policy)?, self.bucket, now)
    }

    /// The policy's document, if this signer signed it.
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
        if credential_scope != scope(signed_at, self.region) {
            return Err(malformed());
        }
        if form.field("x-amz-security-token") != self.credentials.session_token.as_deref() {
            return Err(Refusal::new(
                C::InvalidToken,
                "The provided token is malformed or otherwise invalid.",
            ));
        }
        // What is signed is the text as it was posted, so the signature comes before the Base64.
        let secret = &self.credentials.secret_access_key;
        if sign(secret, self.region, signed_at, policy.as_bytes()) != signature {
            let message = "The request signature we calculated does not match the signature you provided. Check your key and signing method.";
            return Err(Refusal::new(C::SignatureDoesNotMatch, message));
        }
        STANDARD.decode(policy).map_err(|_| Refusal::policy("Invalid JSON."))
    }
}

/// What S3 says at `now` to a form whose signature is not in question.
///
/// ```
/// use s3_presigned::verify::{Part, PolicyDocument, RefusalCode, evaluate};
///
/// let policy = PolicyDocument::parse(
///     br#"{"expiration":"2026-11-24T10:15:00Z","conditions":[{"bucket":"files"},["starts-with","$key","user/"]]}"#,
/// )?;
/// let form = [
///     Part::Field("key".into(), "other/a.png".into()),
///     Part::File { filename: Some("a.png".into()), size_bytes: 10 },
/// ];
/// let refusal = evaluate(&policy, "files", &form, "2026-11-24T10:00:00Z".parse()?).unwrap_err();
/// assert_eq!(refusal.code, RefusalCode::AccessDenied);
/// assert_eq!(
///     refusal.message,
///     r#"Invalid according to Policy: Policy Condition failed: ["starts-with", "$key", "user/"]"#,
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// S3's refusal.
pub fn evaluate(
    policy: &PolicyDocument,
    bucket: &str,
    parts: &[Part],
    now: Timestamp,
) -> Result<Accepted, Refusal> {
    Form::read(parts)?.evaluate(policy, bucket, now)
}

/// The fields that count, folded as S3 folds them, and the file.
struct Form {
    fields: BTreeMap<String, String>,
    size_bytes: u64,
}

impl Form {
    fn read(parts: &[Part]) -> Result<Self, Refusal> {
        let mut fields = BTreeMap::<String, String>::new();
        let mut form_bytes = 0;
        for part in parts {
            match part {
                // Names are ASCII; a letter beyond it is another name, not another case.
                Part::Field(name, value) => {
                    form_bytes += name.len() + value.len();
                    let folded = fields.entry(name.to_ascii_lowercase());
                    folded
                        .and_modify(|joined| *joined = format!("{joined},{value}"))
                        .or_insert_with(|| value.clone());
                }
                Part::File { filename, size_bytes } => {
                    if form_bytes > MAX_FORM_BYTES {
                        let message = "Your POST request fields preceding the upload file were too large.";
                        return Err(Refusal::new(RefusalCode::MaxPostPreDataLengthExceeded, message));
                    }
                    let signed = |name: &str| matches!(name, "policy" | "x-amz-signature");
                    for (_, value) in fields.iter_mut().filter(|(name, _)| !signed(name)) {
                        if let Some(filename) = filename {
                            *value = value.replace("${filename}", filename);
                        }
                    }
                    // What follows the file is ignored.
                    return Ok(Self { fields, size_bytes: *size_bytes });
                }
            }
        }
        let message = "POST requires exactly one file upload per request.";
        Err(Refusal::new(RefusalCode::IncorrectNumberOfFilesInPostRequest, message))
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    fn required(&self, name: &str, spelling: &str) -> Result<&str, Refusal> {
        self.field(name).ok_or_else(|| Refusal::missing(spelling))
    }

    fn evaluate(self, policy: &PolicyDocument, bucket: &str, now: Timestamp) -> Result<Accepted, Refusal> {
        let key = self.required("key", "key")?.to_owned();
        if key.is_empty() {
            let message = "User key must have a length greater than 0.";
            return Err(Refusal::new(RefusalCode::InvalidArgument, message));
        }
        if policy.expires_at <= now {
            return Err(Refusal::denied("Policy expired."));
        }
        for entry in &policy.conditions {
            self.check(entry, bucket)?;
        }
        self.check_covered(&policy.covered())?;
        self.check_sizes()?;
        let fields = self.fields.into_iter().filter(|(name, _)| !name.starts_with("x-ignore-")).collect();
        Ok(Accepted { bucket: bucket.to_owned(), key, size_bytes: self.size_bytes, fields })
    }

    fn check(&self, entry: &Entry, bucket: &str) -> Result<(), Refusal> {
        let condition = match entry {
            Entry::Condition(condition) => condition,
            Entry::NeverHolds(written) => return Err(Refusal::condition(written.clone(), None, None)),
        };
        let value = condition.field().and_then(|field| self.value(&field, bucket));
        let holds = match condition {
            Condition::ContentLengthRange(min, max) => return self.check_range(*min, *max),
            Condition::Equals(_, expected) => value.as_deref() == Some(expected),
            Condition::StartsWith(field, prefix) => {
                let is_list = field.eq_ignore_ascii_case("content-type");
                value.as_deref().is_some_and(|value| starts_with(value, prefix, is_list))
            }
        };
        match holds {
            true => Ok(()),
            false => Err(Refusal::condition(condition.to_string(), condition.field(), value)),
        }
    }

    /// The bucket is the one that the form was posted to; a field of that name must not say
    /// anything else.
    fn value(&self, field: &str, bucket: &str) -> Option<String> {
        match (field, self.field(field)) {
            ("bucket", None) => Some(bucket.to_owned()),
            ("bucket", Some(said)) if said == bucket => Some(bucket.to_owned()),
            ("bucket", Some(said)) => Some(format!("{bucket},{said}")),
            (_, value) => value.map(str::to_owned),
        }
    }

    fn check_range(&self, min: u64, max: u64) -> Result<(), Refusal> {
        if self.size_bytes > max {
            return Err(too_large());
        }
        if self.size_bytes < min {
            let message = "Your proposed upload is smaller than the minimum allowed size";
            return Err(Refusal::new(RefusalCode::EntityTooSmall, message));
        }
        Ok(())
    }

    /// Every field has its condition, the bucket (which is always a part of the request) too.
    fn check_covered(&self, covered: &[String]) -> Result<(), Refusal> {
        let bucket = "bucket".to_owned();
        let names = self.fields.keys().chain([&bucket]);
        let mut extra: Vec<_> = names.filter(|name| !is_exempt(name) && !covered.contains(name)).collect();
        extra.dedup();
        match extra.first() {
            None => Ok(()),
            Some(name) => Err(Refusal::denied(format_args!("Extra input fields: {name}"))),
        }
    }

    fn check_sizes(&self) -> Result<(), Refusal> {
        if self.size_bytes > MAX_POST_BYTES {
            return Err(too_large());
        }
        let metadata = self
            .fields
            .iter()
            .filter_map(|(name, value)| Some(metadata_bytes(name.strip_prefix(METADATA_PREFIX)?, value)));
        if metadata.sum::<usize>() > MAX_METADATA_BYTES {
            let message = "Your metadata headers exceed the maximum allowed metadata size.";
            return Err(Refusal::new(RefusalCode::MetadataTooLarge, message));
        }
        Ok(())
    }
}

fn too_large() -> Refusal {
    Refusal::new(RefusalCode::EntityTooLarge, "Your proposed upload exceeds the maximum allowed size")
}

/// A content type with commas is a list, each entry of which must begin so.
fn starts_with(value: &str, prefix: &str, is_list: bool) -> bool {
    match is_list {
        true => value.split(',').all(|entry| entry.trim_start().starts_with(prefix)),
        false => value.starts_with(prefix),
    }
}

fn is_exempt(name: &str) -> bool {
    matches!(name, "x-amz-signature" | "file" | "policy") || name.starts_with("x-ignore-")
}

/// `20151229T000000Z`
fn instant(basic: &str) -> Option<Timestamp> {
    let bytes = basic.as_bytes();
    let shaped = bytes.len() == 16 && bytes.get(8) == Some(&b'T') && bytes.last() == Some(&b'Z');
    let digits = |range| basic.get(range).filter(|part: &&str| part.bytes().all(|b| b.is_ascii_digit()));
    let (year, month, day) = (digits(0..4)?, digits(4..6)?, digits(6..8)?);
    let (hour, minute, second) = (digits(9..11)?, digits(11..13)?, digits(13..15)?);
    let extended = format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z");
    if shaped { extended.parse().ok() } else { None }
}
