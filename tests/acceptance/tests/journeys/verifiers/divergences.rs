//! Lists the scenarios that a server answers differently from S3, each with the AWS page that says what S3
//! answers.
//!
//! With the page `ERRORS`, only the code differs, and both refuse the form. If a server *accepts* a form that
//! S3 refuses, this server cannot show that a policy fixes the field.

use s3_presigned::verify::scenarios::Scenario;

/// The conditions of a policy.
const POLICY: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html";
/// The form and its fields.
const POST_OBJECT: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html";
/// The limits of a form: 20 KB before the file; fields after the file are ignored.
const FORMS: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html";
/// User metadata, at most 2 KB.
const METADATA: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html";
/// S3's error codes.
const ERRORS: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html";
/// The signature of a form.
const SIGNATURE: &str = "https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html";

/// A server that gets the scenarios.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// The emulator of the local stack.
    Ministack,
    /// `s3s-fs`, an S3 server in Rust.
    S3s,
}

/// The name of a scenario, the server's answer (`accepted` or an error code), and the AWS page on S3's
/// answer.
type Row = (&'static str, &'static str, &'static str);

/// The emulator of the local stack, 1.5.33.
const MINISTACK: &[Row] = &[
    ("names of conditions and operators in any case", "InvalidPolicyDocument", POLICY),
    ("a field after the file", "AccessDenied", FORMS),
    ("an escaped dollar sign", "InvalidPolicyDocument", POLICY),
    ("a doubled field", "accepted", POLICY),
    ("a range with one end", "InvalidPolicyDocument", POLICY),
    ("a range with a negative end", "InvalidPolicyDocument", POLICY),
    ("an unknown operator", "InvalidPolicyDocument", POLICY),
    ("a field name without its dollar sign", "InvalidPolicyDocument", POLICY),
    ("a condition of two fields", "AccessDenied", POLICY),
    ("metadata of more than 2 KB", "accepted", METADATA),
    ("fields of more than 20 KB", "accepted", FORMS),
    ("the key after the file", "accepted", FORMS),
    ("no file", "InvalidArgument", ERRORS),
    ("no credential", "AccessDenied", SIGNATURE),
];

/// `s3s-fs` 0.14.
const S3S: &[Row] = &[
    ("an escaped dollar sign", "InvalidPolicyDocument", POLICY),
    ("another exact value", "InvalidPolicyDocument", ERRORS),
    ("an exact value in another case", "InvalidPolicyDocument", ERRORS),
    ("an exact value that should be empty", "InvalidPolicyDocument", ERRORS),
    ("a field left out that has an exact value", "InvalidPolicyDocument", ERRORS),
    ("a field left out that may have any value", "accepted", POLICY),
    ("another prefix of the key", "InvalidPolicyDocument", ERRORS),
    ("another prefix of the content type", "InvalidPolicyDocument", ERRORS),
    ("a list of content types, one without the prefix", "accepted", POLICY),
    ("one of two conditions on one field", "InvalidPolicyDocument", ERRORS),
    ("a doubled field", "accepted", POLICY),
    ("encryption without a condition", "accepted", POLICY),
    ("no condition for the bucket", "accepted", POLICY),
    ("another bucket", "InvalidPolicyDocument", ERRORS),
    ("a range with one end", "InvalidPolicyDocument", POLICY),
    ("a range with a negative end", "InvalidPolicyDocument", POLICY),
    ("an unknown operator", "InvalidPolicyDocument", POLICY),
    ("a field name without its dollar sign", "accepted", POLICY),
    ("metadata of more than 2 KB", "accepted", METADATA),
    ("fields of more than 20 KB", "accepted", FORMS),
    ("no key", "InvalidPolicyDocument", POST_OBJECT),
    ("an empty key", "InvalidPolicyDocument", POST_OBJECT),
    ("the key after the file", "InvalidPolicyDocument", FORMS),
    ("no file", "MalformedPOSTRequest", ERRORS),
    ("an unknown access key", "InvalidPolicyDocument", ERRORS),
    ("no signature", "AccessDenied", SIGNATURE),
    ("no credential", "InvalidRequest", SIGNATURE),
    ("no date", "InvalidRequest", SIGNATURE),
    ("no algorithm", "InvalidRequest", SIGNATURE),
    ("no policy", "InvalidRequest", SIGNATURE),
    ("a policy with no condition", "InvalidPolicyDocument", POLICY),
    ("a policy cut by two characters", "InvalidRequest", SIGNATURE),
    ("a key and a policy only", "InvalidPolicyDocument", SIGNATURE),
];

impl Server {
    fn divergences(self) -> &'static [Row] {
        match self {
            Self::Ministack => MINISTACK,
            Self::S3s => S3S,
        }
    }

    /// Returns the expected answer to a scenario: `accepted` or an error code.
    pub fn answer_to(self, scenario: &Scenario) -> &'static str {
        let listed = self.divergences().iter().find(|(name, ..)| *name == scenario.name);
        match (listed, scenario.expected) {
            (Some((_, answer, _)), _) => answer,
            (None, Ok(())) => "accepted",
            (None, Err(code)) => code.as_str(),
        }
    }

    /// Asserts that every divergence names a scenario and an AWS page.
    pub fn check_names(self, scenarios: &[Scenario]) {
        for (listed, _, page) in self.divergences() {
            assert!(
                scenarios.iter().any(|scenario| scenario.name == *listed),
                "{listed:?} is not a scenario"
            );
            assert!(page.starts_with("https://docs.aws.amazon.com/"), "{listed:?}");
        }
    }
}
