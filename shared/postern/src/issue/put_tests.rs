//! A presigned PUT: what is signed into it, and what it is issued for.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::tests::{caller, parsed, settings, world};
use super::*;
use crate::http::Problem;
use crate::testing::samples::example_credentials;
use crate::value::checksum::ChecksumSha256;
use s3_presigned::post_policy::MAX_POST_BYTES;

const SESSION_ENDS: &str = "2026-11-24T11:00:00Z";

async fn asked(settings: &Settings, body: Value) -> Result<Value, Problem> {
    let world = world(SESSION_ENDS);
    let answer =
        uploads::create_put(&world, settings, &caller("ann", None, 1), body.to_string().as_bytes()).await;
    let made = answer.map(|reply| parsed(&reply));
    assert_eq!(world.store.calls(), usize::from(made.is_ok()), "one call, or none where it is refused");
    made
}

/// A header that is not signed can be left out or changed: S3 would store what was never asked for.
#[tokio::test]
async fn every_header_of_a_put_is_signed_and_its_length_too() {
    let body = json!({
        "filename": "a.png", "content_type": "image/png", "size_bytes": 10,
        "metadata": { "album": "7", "place": "Oslo" }, "checksum_sha256": ChecksumSha256::of(b"x"),
    });
    let put = asked(&settings(), body).await.unwrap();
    let query = put["url"].as_str().unwrap().split_once('?').unwrap().1;
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let (_, signed) = pairs.find(|(name, _)| name == "X-Amz-SignedHeaders").unwrap();
    let signed: BTreeSet<_> = signed.split(';').map(str::to_owned).collect();
    let headers = put["headers"].as_object().unwrap();
    let own = ["host".to_owned(), "content-length".to_owned()];
    assert_eq!(signed, headers.keys().cloned().chain(own).collect());
    insta::assert_snapshot!(serde_json::to_string_pretty(headers).unwrap(), @r#"
    {
      "content-type": "image/png",
      "if-none-match": "*",
      "x-amz-checksum-sha256": "LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=",
      "x-amz-meta-album": "7",
      "x-amz-meta-place": "Oslo",
      "x-amz-server-side-encryption": "aws:kms",
      "x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:eu-central-1:111122223333:key/files"
    }
    "#);
    assert_eq!((&put["method"], &put["size_bytes"]), (&json!("PUT"), &json!(10)));
    assert_eq!(put["expires_at"], "2026-11-24T10:15:00.000Z");
}

#[tokio::test]
async fn a_put_is_issued_for_an_exact_size_within_the_stacks_and_s3s() {
    let sized = |size: Value| json!({ "filename": "a", "content_type": "image/png", "size_bytes": size });
    for size in [0, 1, 1_000_000] {
        assert_eq!(asked(&settings(), sized(json!(size))).await.unwrap()["size_bytes"], size);
    }
    let large = Settings { max_size_bytes: 2 * MAX_POST_BYTES, ..settings() };
    assert!(asked(&large, sized(json!(MAX_POST_BYTES))).await.is_ok());
    let unsized_file = json!({ "filename": "a", "content_type": "image/png" });
    let range = json!({ "filename": "a", "content_type": "image/png", "max_size_bytes": 9 });
    for (settings, body) in [
        (settings(), sized(json!(1_000_001))),
        (large, sized(json!(MAX_POST_BYTES + 1))),
        (settings(), unsized_file),
        (settings(), range),
    ] {
        let Err(Problem::InvalidFields(fields)) = asked(&settings, body.clone()).await else {
            panic!("{body}")
        };
        assert_eq!((fields.len(), fields[0].field.as_str()), (1, "size_bytes"), "{body}");
    }
}

#[tokio::test]
async fn a_form_is_issued_for_no_more_than_s3_takes_in_one_request() {
    let large = Settings { max_size_bytes: 2 * MAX_POST_BYTES, ..settings() };
    let (world, ann) = (world(SESSION_ENDS), caller("ann", None, 1));
    let body =
        |size: Value| json!({ "filename": "a", "content_type": "image/png", "size_bytes": size }).to_string();
    let refused = uploads::create(&world, &large, &ann, body(json!(MAX_POST_BYTES + 1)).as_bytes()).await;
    let Err(Problem::InvalidFields(fields)) = refused else { panic!("{refused:?}") };
    assert_eq!(fields[0].field, "size_bytes");
    let unsized_file = br#"{"filename":"a","content_type":"image/png"}"#;
    let form = parsed(&uploads::create(&world, &large, &ann, unsized_file).await.unwrap());
    assert_eq!(form["max_size_bytes"], MAX_POST_BYTES);

    // A record for a larger file, which comes in parts.
    let upload = owned_upload(&world, &ann, form["upload_id"].as_str().unwrap()).await.unwrap();
    let upload = upload.with(|upload| upload.max_size_bytes = 2 * MAX_POST_BYTES);
    let form = form::sign_form(&large, &example_credentials(), ann.now, &upload, None).unwrap();
    assert_eq!(form.max_size_bytes, MAX_POST_BYTES);
    let (_, policy) = form.fields.fields.iter().find(|(name, _)| name == "policy").unwrap();
    let policy = String::from_utf8(STANDARD.decode(policy).unwrap()).unwrap();
    assert!(policy.contains(&format!("[\"content-length-range\",1,{MAX_POST_BYTES}]")), "{policy}");
}
