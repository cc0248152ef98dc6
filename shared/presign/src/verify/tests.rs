//! The limits of what S3 accepts, and what it stores and answers.

use serde_json::{Value, json};

use super::*;
use crate::tests::at;

const NOW: &str = "2026-11-24T10:00:00Z";

fn document(expiration: &str, more: &[Value]) -> Vec<u8> {
    let mut conditions = vec![
        json!({ "bucket": "files" }),
        json!(["starts-with", "$key", "foo/"]),
        json!(["content-length-range", 0, 2 * MAX_POST_BYTES]),
    ];
    conditions.extend(more.iter().cloned());
    json!({ "expiration": expiration, "conditions": conditions }).to_string().into_bytes()
}

fn judged(policy: &[u8], more: &[(&str, &str)], size_bytes: u64) -> Result<Accepted, RefusalCode> {
    let policy = PolicyDocument::parse(policy).map_err(|refusal| refusal.code)?;
    let fields = [("key", "foo/${filename}")].iter().chain(more);
    let mut parts: Vec<_> = fields.map(|(n, v)| Part::Field((*n).to_owned(), (*v).to_owned())).collect();
    parts.push(Part::File { filename: Some("a.txt".to_owned()), size_bytes });
    evaluate(&policy, "files", &parts, at(NOW)).map_err(|refusal| refusal.code)
}

fn form(more: &[(&str, &str)], size_bytes: u64) -> Result<Accepted, RefusalCode> {
    let metadata = json!(["starts-with", "$x-amz-meta-a", ""]);
    let metadata = more.iter().any(|(name, _)| *name == "x-amz-meta-a").then_some(metadata);
    judged(&document("2026-11-24T11:00:00Z", metadata.as_slice()), more, size_bytes)
}

#[test]
fn the_files_name_stands_in_the_key_that_is_stored() {
    assert_eq!(form(&[], 1).unwrap().key, "foo/a.txt");
}

#[test]
fn a_field_may_name_the_bucket_and_no_other() {
    assert!(form(&[("bucket", "files")], 1).is_ok());
    assert_eq!(form(&[("bucket", "others")], 1), Err(RefusalCode::AccessDenied));
}

#[test]
fn a_policy_ends_at_its_instant_which_is_written_in_utc() {
    for (expiration, expected) in [
        ("2026-11-24T10:00:00.001Z", None),
        (NOW, Some(RefusalCode::AccessDenied)),
        ("2026-11-24T11:00:00+00:00", Some(RefusalCode::InvalidPolicyDocument)),
    ] {
        assert_eq!(judged(&document(expiration, &[]), &[], 1).err(), expected, "{expiration}");
    }
}

#[test]
fn each_size_is_accepted_up_to_its_limit_and_not_beyond() {
    assert!(form(&[], MAX_POST_BYTES).is_ok());
    assert_eq!(form(&[], MAX_POST_BYTES + 1), Err(RefusalCode::EntityTooLarge));
    let metadata = "x".repeat(MAX_METADATA_BYTES);
    let room = MAX_METADATA_BYTES - metadata_bytes("a", "");
    assert!(form(&[("x-amz-meta-a", &metadata[..room])], 1).is_ok());
    assert_eq!(form(&[("x-amz-meta-a", &metadata[..=room])], 1), Err(RefusalCode::MetadataTooLarge));
    let padding = "x".repeat(MAX_FORM_BYTES);
    let room = MAX_FORM_BYTES - "key".len() - "foo/${filename}".len() - "x-ignore-a".len();
    assert!(form(&[("x-ignore-a", &padding[..room])], 1).is_ok());
    let over = form(&[("x-ignore-a", &padding[..=room])], 1);
    assert_eq!(over, Err(RefusalCode::MaxPostPreDataLengthExceeded));
}

#[test]
fn a_condition_whose_value_is_no_text_is_named() {
    let refusal = PolicyDocument::parse(&document(NOW, &[json!({ "acl": 7 })])).unwrap_err();
    assert!(refusal.message.contains("value must be a string"), "{}", refusal.message);
}

#[test]
fn a_refusal_has_the_code_and_the_status_of_s3() {
    for (code, text, status) in [
        (RefusalCode::AccessDenied, "AccessDenied", 403),
        (RefusalCode::SignatureDoesNotMatch, "SignatureDoesNotMatch", 403),
        (RefusalCode::InvalidAccessKeyId, "InvalidAccessKeyId", 403),
        (RefusalCode::EntityTooLarge, "EntityTooLarge", 400),
        (RefusalCode::MaxPostPreDataLengthExceeded, "MaxPostPreDataLengthExceededError", 400),
    ] {
        assert_eq!((code.as_str(), code.status()), (text, status));
    }
}
