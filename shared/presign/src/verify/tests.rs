//! The limits of what S3 accepts, and what it stores and answers.

use serde_json::{Value, json};

use super::*;
use crate::post_policy::limits::MAX_FORM_BYTES;
use crate::post_policy::{MAX_METADATA_BYTES, MAX_POST_BYTES, metadata_bytes};
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

fn verified(policy: &[u8], more: &[(&str, &str)], size_bytes: u64) -> Result<Accepted, RefusalCode> {
    let policy = PolicyDocument::parse(policy).map_err(|refusal| refusal.code)?;
    let fields = [("key", "foo/${filename}")].iter().chain(more);
    let mut parts: Vec<_> = fields.map(|(n, v)| Part::field(*n, *v)).collect();
    parts.push(Part::file("a.txt", size_bytes));
    evaluate(&policy, "files", &parts, at(NOW)).map_err(|refusal| refusal.code)
}

fn form(more: &[(&str, &str)], size_bytes: u64) -> Result<Accepted, RefusalCode> {
    let metadata = json!(["starts-with", "$x-amz-meta-a", ""]);
    let metadata = more.iter().any(|(name, _)| *name == "x-amz-meta-a").then_some(metadata);
    verified(&document("2026-11-24T11:00:00Z", metadata.as_slice()), more, size_bytes)
}

#[test]
fn the_stored_key_has_the_name_of_the_file() {
    assert_eq!(form(&[], 1).unwrap().key, "foo/a.txt");
}

#[test]
fn a_field_may_name_the_bucket_and_no_other() {
    assert!(form(&[("bucket", "files")], 1).is_ok());
    assert_eq!(form(&[("bucket", "others")], 1), Err(RefusalCode::AccessDenied));
}

#[test]
fn a_policy_expires_at_its_time_which_is_in_utc() {
    for (expiration, expected) in [
        ("2026-11-24T10:00:00.001Z", None),
        (NOW, Some(RefusalCode::AccessDenied)),
        ("2026-11-24T11:00:00+00:00", Some(RefusalCode::InvalidPolicyDocument)),
    ] {
        assert_eq!(verified(&document(expiration, &[]), &[], 1).err(), expected, "{expiration}");
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
fn a_condition_whose_value_is_not_a_string_is_reported() {
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

#[test]
fn a_refusal_reads_well_and_its_debug_text_keeps_the_value_out() {
    let condition = json!(["eq", "$acl", "private"]);
    let policy = PolicyDocument::parse(&document("2026-11-24T11:00:00Z", &[condition])).unwrap();
    let parts = [Part::field("key", "foo/a"), Part::field("acl", "the-value"), Part::unnamed_file(1)];
    let refusal = evaluate(&policy, "files", &parts, at(NOW).system_time()).unwrap_err();
    insta::assert_snapshot!(refusal.to_string(), @r#"S3 refuses the form with AccessDenied: Invalid according to Policy: Policy Condition failed: ["eq", "$acl", "private"]"#);
    let failed = refusal.failed.as_ref().unwrap();
    assert_eq!((failed.field.as_deref(), failed.value.as_deref()), (Some("acl"), Some("the-value")));
    assert!(!format!("{refusal:?}").contains("the-value"), "{refusal:?}");
}

#[test]
fn the_date_of_a_signature_has_one_format() {
    assert_eq!(instant("20261124T100000Z"), Some(at(NOW)));
    for other in ["20261124X100000Z", "20261124T100000X", "20261124T100000ZZ", "2026112aT100000Z", "", NOW] {
        assert_eq!(instant(other), None, "{other}");
    }
}
