//! Forms that S3 refuses, each with its code.

use serde_json::{Value, json};

use super::scenario::{FileName, Scenario, Tampering};
use super::setup::Setup;
use crate::verify::RefusalCode as C;

/// Each has one fault.
pub(super) fn scenarios(setup: &Setup<'_>) -> Vec<Scenario> {
    [conditions(setup), documents(setup), sizes(setup), forms(setup), signatures(setup)].concat()
}

/// The policy is valid, and the form does not fulfill it.
fn conditions(setup: &Setup<'_>) -> Vec<Scenario> {
    let with = |name, more: &[Value]| setup.plain(name).document(setup.policy(more)).refused(C::AccessDenied);
    let without_key = [json!({ "bucket": setup.bucket }), json!(["content-length-range", 0, 1024])];
    let without_bucket = [json!(["starts-with", "$key", "foo"]), json!(["content-length-range", 0, 1024])];
    let meta = json!(["eq", "$x-amz-meta-foo", "bar"]);
    let image = json!(["starts-with", "$content-type", "image/"]);
    vec![
        with("another exact value", std::slice::from_ref(&meta)).field("x-amz-meta-foo", "barclamp"),
        with("an exact value in another case", std::slice::from_ref(&meta)).field("x-amz-meta-foo", "BAR"),
        with("an exact value that should be empty", &[json!(["eq", "$x-amz-meta-foo", ""])])
            .field("x-amz-meta-foo", "bar"),
        with("a field left out that has an exact value", std::slice::from_ref(&meta)),
        with("a field left out that may have any value", &[json!(["starts-with", "$x-amz-meta-foo", ""])]),
        with("another prefix of the key", &[]).fields(&[("key", "bar.txt")]),
        with("another prefix of the content type", std::slice::from_ref(&image))
            .field("content-type", "text/html"),
        with("a list of content types, one without the prefix", &[image])
            .field("content-type", "image/png,text/html"),
        with("one of two conditions on one field", &[json!(["starts-with", "$key", "food"])]),
        with("a doubled field", &[meta]).field("x-amz-meta-foo", "bar").field("x-amz-meta-foo", "bar"),
        with("metadata without a condition", &[]).field("x-amz-meta-foo", "bar"),
        with("an ACL without a condition", &[]).field("acl", "public-read"),
        with("a redirect without a condition", &[]).field("success_action_redirect", "https://example.com/"),
        with("encryption without a condition", &[]).field("x-amz-server-side-encryption", "AES256"),
        with("a checksum without a condition", &[])
            .field("x-amz-checksum-sha256", "/N4rLtula/QIYB+3If6bXDONEO5CnqBPrlURto+/j7k="),
        with("tags without a condition", &[]).field("tagging", "<Tagging><TagSet/></Tagging>"),
        setup
            .plain("no condition for the key")
            .document(setup.document(&without_key))
            .refused(C::AccessDenied),
        setup
            .plain("no condition for the bucket")
            .document(setup.document(&without_bucket))
            .refused(C::AccessDenied),
        with("another bucket", &[json!({ "bucket": "another-bucket" })]),
        with("a range with one end", &[json!(["content-length-range", 0])]),
        with("a range with a negative end", &[json!(["content-length-range", -1, 10])]),
        with("an unknown operator", &[json!(["ends-with", "$key", ".txt"])]),
        with("a field name without its dollar sign", &[json!(["starts-with", "key", "foo"])]),
    ]
}

/// The policy cannot be read, or has expired.
fn documents(setup: &Setup<'_>) -> Vec<Scenario> {
    let policy = setup.policy(&[]);
    let parsed: Value = serde_json::from_str(&policy).unwrap_or_default();
    let (expiration, conditions) = (parsed.get("expiration"), parsed.get("conditions"));
    let over = "2011-01-01T00:00:00.000Z";
    let bad = |name, document: String| setup.plain(name).document(document).refused(C::InvalidPolicyDocument);
    let with = |name, more: Value| bad(name, setup.policy(&[more]));
    vec![
        setup
            .plain("an expired policy")
            .document(json!({ "expiration": over, "conditions": conditions }).to_string())
            .refused(C::AccessDenied),
        bad("a policy without an expiration", json!({ "conditions": conditions }).to_string()),
        bad("a policy without conditions", json!({ "expiration": expiration }).to_string()),
        bad("a policy with no condition", json!({ "expiration": expiration, "conditions": [] }).to_string())
            .refused(C::AccessDenied),
        bad(
            "an expiration in upper case",
            json!({ "EXPIRATION": expiration, "conditions": conditions }).to_string(),
        ),
        bad(
            "conditions in upper case",
            json!({ "expiration": expiration, "CONDITIONS": conditions }).to_string(),
        ),
        bad(
            "an expiration that is not a date",
            json!({ "expiration": "2099-01-01 00:00:00", "conditions": conditions }).to_string(),
        ),
        bad("a policy that is not JSON", policy.replacen('{', "", 1)),
        with("an empty condition", json!({})),
        with("a condition of two fields", json!({ "x-amz-meta-a": "1", "x-amz-meta-b": "2" })),
        with("a condition whose value is a number", json!({ "x-amz-meta-a": 1 })),
    ]
}

fn sizes(setup: &Setup<'_>) -> Vec<Scenario> {
    let large = "x".repeat(2100);
    let any = |n: usize| json!(["starts-with", format!("$x-amz-meta-{n}"), ""]);
    let many = (0..11).fold(setup.plain("fields of more than 20 KB"), |scenario, n| {
        scenario.field(&format!("x-ignore-{n}"), &"y".repeat(2000))
    });
    let least = setup.document(&[
        json!({ "bucket": setup.bucket }),
        json!(["starts-with", "$key", "foo"]),
        json!(["content-length-range", 512, 1024]),
    ]);
    vec![
        Scenario { content: vec![b'x'; 1025], ..setup.plain("a file of one byte too many") }
            .refused(C::EntityTooLarge),
        Scenario { content: vec![b'x'; 511], ..setup.plain("a file of one byte too few") }
            .document(least)
            .refused(C::EntityTooSmall),
        setup
            .plain("metadata of more than 2 KB")
            .document(setup.policy(&[any(1)]))
            .field("x-amz-meta-1", &large)
            .refused(C::MetadataTooLarge),
        many.refused(C::MaxPostPreDataLengthExceeded),
    ]
}

/// The form lacks a required part.
fn forms(setup: &Setup<'_>) -> Vec<Scenario> {
    let after = vec![("key".to_owned(), "foo.txt".to_owned())];
    vec![
        setup.plain("no key").fields(&[]).refused(C::InvalidArgument),
        setup.plain("an empty key").fields(&[("key", "")]).refused(C::InvalidArgument),
        Scenario { after, ..setup.plain("the key after the file").fields(&[]) }.refused(C::InvalidArgument),
        Scenario { filename: FileName::NoFile, ..setup.plain("no file") }
            .refused(C::IncorrectNumberOfFilesInPostRequest),
    ]
}

fn signatures(setup: &Setup<'_>) -> Vec<Scenario> {
    let tampered = |name, tampering, code| Scenario { tampering, ..setup.plain(name).refused(code) };
    vec![
        tampered("another signature", Tampering::Signature, C::SignatureDoesNotMatch),
        tampered("an unknown access key", Tampering::AccessKey, C::InvalidAccessKeyId),
        tampered("no signature", Tampering::Without("x-amz-signature"), C::InvalidArgument),
        tampered("no credential", Tampering::Without("x-amz-credential"), C::InvalidArgument),
        tampered("no date", Tampering::Without("x-amz-date"), C::InvalidArgument),
        tampered("no algorithm", Tampering::Without("x-amz-algorithm"), C::InvalidArgument),
        tampered("no policy", Tampering::Without("policy"), C::InvalidArgument),
        tampered("a policy cut by two characters", Tampering::CutPolicy, C::SignatureDoesNotMatch),
        tampered("a key and a policy only", Tampering::PolicyOnly, C::AccessDenied),
        tampered("an anonymous form", Tampering::Anonymous, C::AccessDenied),
    ]
}
