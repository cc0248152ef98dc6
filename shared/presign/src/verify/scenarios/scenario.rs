//! A form, and S3's answer to it.

use super::setup::Setup;
use crate::post_policy::SignedDocument;
use crate::verify::{Part, RefusalCode};

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
pub(super) enum Tampering {
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
    pub(super) document: String,
    /// The fields before the file, without those of the signature.
    pub(super) fields: Vec<(String, String)>,
    pub(super) tampering: Tampering,
}

impl Setup<'_> {
    /// A form that is accepted: the key begins with `foo`, the file has at most 1,024 bytes.
    pub(super) fn plain(&self, name: &'static str) -> Scenario {
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

    /// Signs the form, and returns all parts for the [`Verifier`](crate::verify::Verifier).
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

    pub(super) fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn fields(self, fields: &[(&str, &str)]) -> Self {
        let none = Self { fields: Vec::new(), ..self };
        fields.iter().fold(none, |scenario, (name, value)| scenario.field(name, value))
    }

    pub(super) fn document(self, document: impl Into<String>) -> Self {
        Self { document: document.into(), ..self }
    }

    pub(super) fn refused(self, code: RefusalCode) -> Self {
        Self { expected: Err(code), ..self }
    }
}

/// The name of a signature's field, as [`Tampering::Without`] has it.
fn signature_field(name: &str) -> &'static str {
    let own = ["policy", "x-amz-signature", "x-amz-credential", "x-amz-date", "x-amz-algorithm"];
    own.into_iter().find(|own| *own == name).unwrap_or("")
}
