//! Sixty forms and S3's answer to each: one table for every verifier.
//!
//! Each scenario differs in one thing from a form that is accepted. The same table is put to
//! [`super::Verifier`] and, by the acceptance tests, to two S3 servers that nobody here wrote. Where
//! one of them answers otherwise, the scenario says so, with the page that decides.

use serde_json::{Value, json};

use super::{Part, RefusalCode};
use crate::post_policy::SignedDocument;
use crate::signature::{ALGORITHM, credential};
use crate::{SigningCredentials, Timestamp};

mod accepted;
mod divergences;
mod refused;

/// The construction of a policy.
pub const POLICY: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html";
/// The form and its fields.
pub const POST_OBJECT: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html";
/// The form's own limits: 20 KB before the file, nothing behind it.
pub const FORMS: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html";
/// User metadata, at most 2 KB.
pub const METADATA: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html";
/// S3's error codes.
pub const ERRORS: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html";
/// The signature of a form.
pub const SIGNATURE: &str =
    "https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html";

/// A server that is asked beside our own verifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// The emulator of the local stack.
    Ministack,
    /// `s3s-fs`, an S3 server in Rust.
    S3s,
}

/// Where a server answers otherwise than S3.
#[derive(Debug, Clone, Copy)]
pub struct Divergence {
    /// Which one.
    pub server: Server,
    /// What it says: `accepted`, or its error code.
    pub answer: &'static str,
    /// The page that decides for the scenario's own answer.
    pub decided_by: &'static str,
}

/// How the form's last part names the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileName {
    /// By this name.
    Given(&'static str),
    /// Not at all: the file is a field like the others.
    Nameless,
    /// There is no file.
    NoFile,
}

/// What is done to the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tampering {
    /// Nothing.
    None,
    /// One digit of the signature is another.
    Signature,
    /// The access key id is unknown.
    AccessKey,
    /// This field of the signature is left out.
    Without(&'static str),
    /// Policy and signature are left out, and all that belongs to them.
    Anonymous,
    /// The policy is there, and nothing that signs it.
    PolicyOnly,
    /// The last two characters of the policy are cut off.
    CutPolicy,
}

/// One form, and what S3 says to it.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// What is special about it.
    pub name: &'static str,
    /// The policy's document.
    pub document: String,
    /// The fields before the file, without the signature's own.
    pub fields: Vec<(String, String)>,
    /// The name of the file.
    pub filename: FileName,
    /// The file.
    pub content: Vec<u8>,
    /// The fields after the file.
    pub after: Vec<(String, String)>,
    /// What is done to the signature.
    pub tampering: Tampering,
    /// What S3 says.
    pub expected: Result<(), RefusalCode>,
    /// Who says something else.
    pub divergences: Vec<Divergence>,
}

/// Where and when scenarios are played, and who signs.
#[derive(Debug, Clone, Copy)]
pub struct Stage<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// Its region.
    pub region: &'a str,
    /// The signer.
    pub credentials: &'a SigningCredentials,
    /// The time.
    pub now: Timestamp,
}

/// All scenarios.
pub fn scenarios(stage: &Stage<'_>) -> Vec<Scenario> {
    let mut all = accepted::scenarios(stage);
    all.extend(refused::scenarios(stage));
    for scenario in &mut all {
        scenario.divergences = divergences::of(scenario.name);
    }
    all
}

impl Stage<'_> {
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
            divergences: Vec::new(),
        }
    }

    /// A policy with these conditions beside those that every form here needs.
    fn policy(&self, more: &[Value]) -> String {
        let base = [
            json!({ "bucket": self.bucket }),
            json!(["starts-with", "$key", "foo"]),
            json!(["content-length-range", 0, 1024]),
        ];
        self.document(&[&base, more].concat())
    }

    /// A policy with these conditions, and those of the signature.
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
    /// The form, signed for this stage: the fields before the file.
    pub fn signed_fields(&self, stage: &Stage<'_>) -> Vec<(String, String)> {
        let mut fields = self.fields.clone();
        if self.tampering == Tampering::Anonymous {
            return fields;
        }
        let signed =
            SignedDocument::new(self.document.as_bytes(), stage.credentials, stage.region, stage.now);
        fields.extend(stage.signature_fields());
        fields.push(("policy".to_owned(), signed.string_to_sign));
        fields.push(("x-amz-signature".to_owned(), signed.signature));
        for (name, value) in &mut fields {
            match (self.tampering, name.as_str()) {
                (Tampering::Signature, "x-amz-signature") => {
                    *value = value.chars().map(|c| if c == 'a' { 'b' } else { 'a' }).collect();
                }
                (Tampering::CutPolicy, "policy") => value.truncate(value.len().saturating_sub(2)),
                (Tampering::AccessKey, "x-amz-credential") => *value = format!("AKIANOBODY{value}"),
                _ => {}
            }
        }
        if self.tampering == Tampering::PolicyOnly {
            fields.retain(|(name, _)| matches!(name.as_str(), "key" | "policy"));
        }
        fields.retain(|(name, _)| self.tampering != Tampering::Without(leaked(name)));
        fields
    }

    /// The form as our own verifier reads it.
    pub fn parts(&self, stage: &Stage<'_>) -> Vec<Part> {
        let field = |(name, value): (String, String)| Part::Field(name, value);
        let mut parts: Vec<_> = self.signed_fields(stage).into_iter().map(field).collect();
        let size_bytes = self.content.len() as u64;
        parts.extend(match self.filename {
            FileName::Given(name) => Some(Part::File { filename: Some(name.to_owned()), size_bytes }),
            FileName::Nameless => Some(Part::File { filename: None, size_bytes }),
            FileName::NoFile => None,
        });
        parts.extend(self.after.iter().cloned().map(field));
        parts
    }

    /// What `server` is known to say: `accepted`, or an error code.
    pub fn answer_of(&self, server: Server) -> &'static str {
        let diverging = self.divergences.iter().find(|divergence| divergence.server == server);
        match (diverging, self.expected) {
            (Some(divergence), _) => divergence.answer,
            (None, Ok(())) => "accepted",
            (None, Err(code)) => code.as_str(),
        }
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

/// The signature's own names as they stand in [`Tampering::Without`].
fn leaked(name: &str) -> &'static str {
    let own = ["policy", "x-amz-signature", "x-amz-credential", "x-amz-date", "x-amz-algorithm"];
    own.into_iter().find(|own| *own == name).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::example_credentials;
    use crate::verify::Verifier;

    #[test]
    fn our_own_referee_says_what_s3_says() {
        let credentials = example_credentials();
        let now = "2026-11-24T10:00:00Z".parse().unwrap();
        let stage = Stage { bucket: "files", region: "eu-central-1", credentials: &credentials, now };
        let verifier = Verifier { bucket: "files", region: "eu-central-1", credentials: &credentials };
        let all = scenarios(&stage);
        for scenario in &all {
            let judged = verifier.judge(&scenario.parts(&stage), now);
            let said = judged.as_ref().map(|_| ()).map_err(|refusal| refusal.code);
            assert_eq!(said, scenario.expected, "{}: {judged:?}", scenario.name);
        }
        let mut names: Vec<_> = all.iter().map(|scenario| scenario.name).collect();
        names.sort_unstable();
        names.dedup();
        for listed in divergences::names() {
            assert!(names.contains(&listed), "{listed:?} is no scenario");
        }
        assert_eq!(names.len(), all.len(), "two scenarios have one name");
        assert!(all.len() >= 60, "{}", all.len());
    }
}
