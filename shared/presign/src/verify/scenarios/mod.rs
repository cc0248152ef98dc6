//! Sixty forms and S3's answer to each, to test an S3 server or another verifier.
//!
//! Each scenario differs in one thing from a form that S3 accepts. Sign the form with
//! [`signed_fields`](Scenario::signed_fields), post it, and compare the answer with
//! [`expected`](Scenario::expected).
//!
//! ```
//! use std::time::SystemTime;
//!
//! use s3_presigned::verify::Verifier;
//! use s3_presigned::verify::scenarios::{Setup, scenarios};
//! use s3_presigned::{BucketEndpoint, SigningCredentials};
//!
//! let bucket = BucketEndpoint::at("http://127.0.0.1:9000", "my-bucket", "eu-central-1");
//! let credentials = SigningCredentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
//! let now = SystemTime::now();
//! let setup = Setup::new(&bucket, &credentials, now);
//! for scenario in scenarios(&setup) {
//!     let answer = Verifier::new(&bucket, &credentials).verify(&scenario.parts(&setup), now);
//!     assert_eq!(answer.map(|_| ()).map_err(|refusal| refusal.code), scenario.expected, "{}", scenario.name);
//! }
//! ```

use serde_json::{Value, json};

use super::{Part, RefusalCode};
use crate::post_policy::SignedDocument;
use crate::signature::{ALGORITHM, credential};
use crate::{BucketEndpoint, SigningCredentials, Timestamp};

mod accepted;
mod refused;

/// How the form sends the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileName {
    /// With this file name.
    Given(&'static str),
    /// Without a file name.
    Nameless,
    /// The form has no file.
    NoFile,
}

/// A change to the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tampering {
    None,
    /// Digits of the signature are replaced.
    Signature,
    /// The access key id is unknown.
    AccessKey,
    /// This field of the signature is missing.
    Without(&'static str),
    /// The policy and all fields of the signature are missing.
    Anonymous,
    /// The policy is there, and no field of the signature.
    PolicyOnly,
    /// The last two characters of the policy are missing.
    CutPolicy,
}

/// A form, and S3's answer to it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Scenario {
    /// How the form differs from one that S3 accepts; unique among the scenarios.
    pub name: &'static str,
    /// How the form sends the file.
    pub filename: FileName,
    /// The bytes of the file.
    pub content: Vec<u8>,
    /// The fields after the file.
    pub after: Vec<(String, String)>,
    /// S3's answer: `Ok` if S3 accepts the form, or the error code.
    pub expected: Result<(), RefusalCode>,
    document: String,
    /// The fields before the file, without those of the signature.
    fields: Vec<(String, String)>,
    tampering: Tampering,
}

/// The bucket, the credentials and the time for which scenarios are made.
#[derive(Debug, Clone, Copy)]
pub struct Setup<'a> {
    bucket: &'a str,
    region: &'a str,
    credentials: &'a SigningCredentials,
    now: Timestamp,
}

/// Makes all scenarios.
pub fn scenarios(setup: &Setup<'_>) -> Vec<Scenario> {
    let mut all = accepted::scenarios(setup);
    all.extend(refused::scenarios(setup));
    all
}

impl<'a> Setup<'a> {
    /// Makes a setup: the forms are posted to `bucket`, signed with `credentials` at `now`.
    pub fn new(
        bucket: &'a BucketEndpoint,
        credentials: &'a SigningCredentials,
        now: impl Into<Timestamp>,
    ) -> Self {
        Self { bucket: &bucket.bucket, region: &bucket.region, credentials, now: now.into() }
    }

    /// A form that is accepted: the key begins with `foo`, the file has at most 1,024 bytes.
    fn plain(&self, name: &'static str) -> Scenario {
        Scenario {
            name,
            document: self.policy(&[]),
            fields: vec![("key".to_owned(), "foo.txt".to_owned())],
            filename: FileName::Given("bar.txt"),
            content: b"bar".to_vec(),
            after: Vec::new(),
            tampering: Tampering::None,
            expected: Ok(()),
        }
    }

    /// A policy with these conditions and those that every form here needs.
    fn policy(&self, more: &[Value]) -> String {
        let base = [
            json!({ "bucket": self.bucket }),
            json!(["starts-with", "$key", "foo"]),
            json!(["content-length-range", 0, 1024]),
        ];
        self.document(&[&base, more].concat())
    }

    /// A policy with these conditions and those of the signature.
    fn document(&self, conditions: &[Value]) -> String {
        let conditions = [conditions, &self.of_the_signature()].concat();
        json!({ "expiration": self.in_an_hour(), "conditions": conditions }).to_string()
    }

    fn of_the_signature(&self) -> Vec<Value> {
        let own = self.signature_fields();
        own.iter().map(|(name, value)| json!({ name: value })).collect()
    }

    fn signature_fields(&self) -> Vec<(String, String)> {
        let credential = credential(self.credentials, self.now, self.region);
        let mut fields = vec![
            ("x-amz-algorithm".to_owned(), ALGORITHM.to_owned()),
            ("x-amz-credential".to_owned(), credential),
            ("x-amz-date".to_owned(), self.now.basic()),
        ];
        let token = self.credentials.session_token.iter();
        fields.extend(token.map(|token| ("x-amz-security-token".to_owned(), token.clone())));
        fields
    }

    fn in_an_hour(&self) -> String {
        (self.now + std::time::Duration::from_hours(1)).to_string()
    }
}

impl Scenario {
    /// Signs the form, and returns the fields before the file.
    pub fn signed_fields(&self, setup: &Setup<'_>) -> Vec<(String, String)> {
        let mut fields = self.fields.clone();
        if self.tampering == Tampering::Anonymous {
            return fields;
        }
        let signed =
            SignedDocument::new(self.document.as_bytes(), setup.credentials, setup.region, setup.now);
        fields.extend(setup.signature_fields());
        fields.push(("policy".to_owned(), signed.string_to_sign));
        fields.push(("x-amz-signature".to_owned(), signed.signature));
        for (name, value) in &mut fields {
            match (self.tampering, name.as_str()) {
                (Tampering::Signature, "x-amz-signature") => {
                    *value = value.chars().map(|c| if c == 'a' { 'b' } else { 'a' }).collect();
                }
                (Tampering::CutPolicy, "policy") => value.truncate(value.len().saturating_sub(2)),
                (Tampering::AccessKey, "x-amz-credential") => *value = format!("AKIAUNKNOWN{value}"),
                _ => {}
            }
        }
        if self.tampering == Tampering::PolicyOnly {
            fields.retain(|(name, _)| matches!(name.as_str(), "key" | "policy"));
        }
        fields.retain(|(name, _)| self.tampering != Tampering::Without(signature_field(name)));
        fields
    }

    /// Signs the form, and returns all parts for the [`Verifier`](super::Verifier).
    pub fn parts(&self, setup: &Setup<'_>) -> Vec<Part> {
        let field = |(name, value): (String, String)| Part::field(name, value);
        let mut parts: Vec<_> = self.signed_fields(setup).into_iter().map(field).collect();
        let size_bytes = self.content.len() as u64;
        parts.extend(match self.filename {
            FileName::Given(name) => Some(Part::file(name, size_bytes)),
            FileName::Nameless => Some(Part::unnamed_file(size_bytes)),
            FileName::NoFile => None,
        });
        parts.extend(self.after.iter().cloned().map(field));
        parts
    }

    fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    fn fields(self, fields: &[(&str, &str)]) -> Self {
        let none = Self { fields: Vec::new(), ..self };
        fields.iter().fold(none, |scenario, (name, value)| scenario.field(name, value))
    }

    fn document(self, document: impl Into<String>) -> Self {
        Self { document: document.into(), ..self }
    }

    fn refused(self, code: RefusalCode) -> Self {
        Self { expected: Err(code), ..self }
    }
}

/// The name of a signature's field, as [`Tampering::Without`] has it.
fn signature_field(name: &str) -> &'static str {
    let own = ["policy", "x-amz-signature", "x-amz-credential", "x-amz-date", "x-amz-algorithm"];
    own.into_iter().find(|own| *own == name).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::example_credentials;
    use crate::verify::Verifier;

    #[test]
    fn the_verifier_answers_as_s3_does() {
        let credentials = example_credentials();
        let now = "2026-11-24T10:00:00Z".parse::<Timestamp>().unwrap();
        let bucket = BucketEndpoint::regional("files", "eu-central-1");
        let setup = Setup::new(&bucket, &credentials, now.system_time());
        let verifier = Verifier::new(&bucket, &credentials);
        let all = scenarios(&setup);
        for scenario in &all {
            let verified = verifier.verify(&scenario.parts(&setup), now);
            let answer = verified.as_ref().map(|_| ()).map_err(|refusal| refusal.code);
            assert_eq!(answer, scenario.expected, "{}: {verified:?}", scenario.name);
        }
        let mut names: Vec<_> = all.iter().map(|scenario| scenario.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all.len(), "two scenarios have one name");
        assert!(all.len() >= 60, "{}", all.len());
    }
}
