//! AWS's own example stage by stage, and the rules of the builder.

use serde_json::{Value, json};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::tests::example_credentials;

/// [Examples: browser-based upload using HTTP POST](https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html).
/// The page shows the document with line ends of one character; the published base64 has CR LF.
const AWS_EXAMPLE: &str = r#"{ "expiration": "2015-12-30T12:00:00.000Z",
  "conditions": [
    {"bucket": "sigv4examplebucket"},
    ["starts-with", "$key", "user/user1/"],
    {"acl": "public-read"},
    {"success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},
    ["starts-with", "$Content-Type", "image/"],
    {"x-amz-meta-uuid": "14365123651274"},
    {"x-amz-server-side-encryption": "AES256"},
    ["starts-with", "$x-amz-meta-tag", ""],

    {"x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"},
    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},
    {"x-amz-date": "20151229T000000Z" }
  ]
}"#;

const AWS_STRING_TO_SIGN: &str = "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9";

const AWS_SIGNATURE: &str = "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn the_example_of_aws_is_reproduced_stage_by_stage() {
    let document = AWS_EXAMPLE.replace('\n', "\r\n");
    let now = at("2015-12-29T00:00:00Z");
    let signed = SignedDocument::new(document.as_bytes(), &example_credentials(), "us-east-1", now);
    assert_eq!(signed.string_to_sign, AWS_STRING_TO_SIGN);
    assert_eq!(STANDARD.decode(AWS_STRING_TO_SIGN).unwrap(), document.as_bytes());
    assert_eq!(signed.signature, AWS_SIGNATURE);
}

#[test]
fn the_builder_makes_the_conditions_of_the_example() {
    let bucket = BucketEndpoint::regional("sigv4examplebucket", "us-east-1");
    let policy = PostPolicy::new(at("2015-12-30T12:00:00Z"))
        .starts_with("key", "user/user1/")
        .field("acl", "public-read")
        .field("success_action_redirect", "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html")
        .starts_with("content-type", "image/")
        .field("x-amz-meta-uuid", "14365123651274")
        .field("x-amz-server-side-encryption", "AES256")
        .starts_with("x-amz-meta-tag", "");
    let form =
        policy.size_bytes(0, 10).sign(&bucket, &example_credentials(), at("2015-12-29T00:00:00Z")).unwrap();
    let document = decoded(&form);
    let sorted = |document: &Value| {
        let conditions = document["conditions"].as_array().unwrap().iter();
        let mut texts: Vec<_> = conditions.map(|c| c.to_string().to_lowercase()).collect();
        texts.retain(|text| !text.contains("content-length-range"));
        texts.sort();
        texts
    };
    let example: Value = serde_json::from_str(AWS_EXAMPLE).unwrap();
    assert_eq!(sorted(&document), sorted(&example));
    assert_eq!(document["expiration"], example["expiration"]);
}

fn decoded(form: &PostForm) -> Value {
    let (_, policy) = form.fields.iter().find(|(name, _)| name == "policy").unwrap();
    serde_json::from_slice(&STANDARD.decode(policy).unwrap()).unwrap()
}

fn bucket() -> BucketEndpoint {
    BucketEndpoint::regional("files", "eu-central-1")
}

fn policy() -> PostPolicy {
    PostPolicy::new(at("2026-11-24T10:15:00Z")).field("key", "uploads/x").size_bytes(1, 10)
}

fn sign(policy: PostPolicy) -> Result<PostForm, SignPolicyError> {
    policy.sign(&bucket(), &example_credentials(), at("2026-11-24T10:00:00.700Z"))
}

#[test]
fn every_field_but_policy_and_signature_has_its_condition() {
    let credentials = example_credentials().with_session_token("token");
    let form = policy()
        .field("content-type", "image/png")
        .field("x-amz-meta-album", "7")
        .sign(&bucket(), &credentials, at("2026-11-24T10:00:00Z"))
        .unwrap();
    let document = decoded(&form);
    let conditions = document["conditions"].as_array().unwrap();
    for (name, value) in &form.fields {
        if !matches!(name.as_str(), "policy" | "x-amz-signature") {
            assert!(conditions.contains(&json!({ name: value })), "{name}");
        }
    }
    // The bucket and the size range have conditions and no field.
    assert_eq!(conditions.len(), form.fields.len() - 2 + 2);
    insta::assert_snapshot!(document.to_string(), @r#"{"conditions":[{"bucket":"files"},{"key":"uploads/x"},["content-length-range",1,10],{"content-type":"image/png"},{"x-amz-meta-album":"7"},{"x-amz-algorithm":"AWS4-HMAC-SHA256"},{"x-amz-credential":"AKIAIOSFODNN7EXAMPLE/20261124/eu-central-1/s3/aws4_request"},{"x-amz-date":"20261124T100000Z"},{"x-amz-security-token":"token"}],"expiration":"2026-11-24T10:15:00.000Z"}"#);
}

#[test]
fn what_s3_would_refuse_is_an_error_when_the_form_is_signed() {
    use SignPolicyError as E;
    let large = "x".repeat(2049);
    for (policy, error) in [
        (policy().field("file", "x"), E::ReservedField("file".into())),
        (policy().field("x-amz-signature", "x"), E::ReservedField("x-amz-signature".into())),
        (policy().field("x-ignore-me", "x"), E::ReservedField("x-ignore-me".into())),
        (policy().field("key", "again"), E::DuplicateField("key".into())),
        (policy().field("Content-Type", "x"), E::FieldName("Content-Type".into())),
        (policy().field("x-amz-meta-name", "${filename}"), E::FilenameVariable("x-amz-meta-name".into())),
        (policy().field("", "x"), E::FieldName(String::new())),
        (policy().size_bytes(2, 1), E::EmptySizeRange(2, 1)),
        (policy().size_bytes(2, 1).size_bytes(1, 2), E::EmptySizeRange(2, 1)),
        (policy().size_bytes(0, MAX_POST_BYTES + 1), E::SizeRangeTooLarge(MAX_POST_BYTES + 1)),
        (policy().field("x-amz-meta-a", &large[..2048]), E::MetadataTooLarge(2060)),
        (PostPolicy::new(at("2026-11-24T11:00:00Z")).size_bytes(0, 1), E::NoKey),
        (PostPolicy::new(at("2026-11-24T11:00:00Z")).field("key", "x"), E::NoSizeRange),
        (
            PostPolicy::new(at("2026-11-24T10:00:00.9Z")).field("key", "x"),
            E::Expired(at("2026-11-24T10:00:00Z")),
        ),
    ] {
        assert_eq!(sign(policy).unwrap_err(), error);
    }
    let long = (0..40).fold(policy(), |policy, n| policy.field(format!("x-long-{n}"), "y".repeat(400)));
    assert!(matches!(sign(long).unwrap_err(), E::FormTooLarge(_)));
    assert!(sign(policy().field("x-amz-meta-a", &large[..2036])).is_ok(), "2,048 bytes with the name");
    assert!(sign(policy().size_bytes(10, 10)).is_ok(), "one size");
    let expired = PostPolicy::new(at("2026-11-24T10:00:00Z")).field("key", "x").size_bytes(0, 1);
    let at_its_end = expired.sign(&bucket(), &example_credentials(), at("2026-11-24T10:00:00Z"));
    assert_eq!(at_its_end.unwrap_err(), E::Expired(at("2026-11-24T10:00:00Z")));
    let long = (0..15).fold(policy(), |policy, n| policy.field(format!("x-long-{n}"), "y".repeat(400)));
    assert!(sign(long).is_ok(), "a form of 16 kB");
    assert!(sign(policy().size_bytes(0, MAX_POST_BYTES)).is_ok());
}

#[test]
fn a_form_may_have_20_kib_and_no_more() {
    // 1 byte for the name, and 160 for boundary and headers.
    let fields = |value_bytes: usize| [("x".to_owned(), "y".repeat(value_bytes))];
    let room = limits::MAX_FORM_BYTES - 161;
    assert_eq!(check::check_form(&fields(room)), Ok(()));
    let larger = check::check_form(&fields(room + 1));
    assert_eq!(larger, Err(SignPolicyError::FormTooLarge(limits::MAX_FORM_BYTES + 1)));
}

#[test]
fn a_form_may_have_many_short_fields() {
    let many = ('a'..='z').fold(policy(), |policy, name| policy.field(name, ""));
    assert_eq!(sign(many).unwrap().fields.len(), 1 + 26 + 5);
}

#[test]
fn a_policy_never_outlives_its_credentials() {
    let end = at("2026-11-24T10:14:59Z");
    let credentials = example_credentials().with_expiry(end);
    let signed = policy().sign(&bucket(), &credentials, at("2026-11-24T10:00:00Z"));
    assert_eq!(signed.unwrap_err(), SignPolicyError::OutlivesCredentials(end));
    let clamped =
        PostPolicy::new(credentials.clamp(at("2026-11-24T10:15:00Z"))).field("key", "x").size_bytes(1, 10);
    let form = clamped.sign(&bucket(), &credentials, at("2026-11-24T10:00:00Z")).unwrap();
    assert_eq!((form.expires_at, form.url), (end, bucket().url));
}

#[test]
fn a_form_shows_names_and_no_values() {
    let shown = format!("{:?}", sign(policy()).unwrap());
    assert!(shown.contains("x-amz-signature") && !shown.contains("AKIA"), "{shown}");
}

#[test]
fn the_time_may_be_a_system_time() {
    let (now, expires_at) = (at("2026-11-24T10:00:00Z"), at("2026-11-24T10:15:00Z"));
    let form = PostPolicy::new(expires_at.system_time())
        .field("key", "uploads/x")
        .size_bytes(1, 10)
        .sign(&bucket(), &example_credentials(), now.system_time())
        .unwrap();
    assert_eq!(form, policy().sign(&bucket(), &example_credentials(), now).unwrap());
}

#[test]
fn errors_read_well_when_a_library_prints_them() {
    use SignPolicyError as E;
    let texts = [
        E::OutlivesCredentials(at("2026-11-24T10:15:00Z")),
        E::Expired(at("2026-11-24T10:15:00Z")),
        E::ReservedField("policy".into()),
        E::DuplicateField("key".into()),
        E::FieldName("Key".into()),
        E::FilenameVariable("key".into()),
        E::EmptySizeRange(2, 1),
        E::SizeRangeTooLarge(MAX_POST_BYTES + 1),
        E::NoSizeRange,
        E::NoKey,
        E::MetadataTooLarge(2049),
        E::FormTooLarge(20_481),
    ]
    .map(|error| error.to_string());
    insta::assert_snapshot!(texts.join("\n"), @r#"
    policy expires after its credentials, which expire at 2026-11-24T10:15:00.000Z
    policy has already expired, at 2026-11-24T10:15:00.000Z
    reserved field "policy"
    duplicate field "key"
    invalid field name "Key": use a-z, 0-9, '-', '_' and '.'
    value of field "key" contains ${filename}, which S3 replaces before it checks the conditions
    size range is empty: 2 to 1 bytes
    size range ends at 5368709121 bytes; the maximum is 5368709120
    missing size range
    missing key
    user metadata has 2049 bytes; the maximum is 2048
    form has up to 20481 bytes without its file; the maximum is 20480
    "#);
}
