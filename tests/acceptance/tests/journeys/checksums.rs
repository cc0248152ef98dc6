//! Forms with a `checksum_sha256`. S3 checks the checksum and stores it, and the recorder reads it from S3.
//!
//! On a local stack, the emulator does not check the checksum of a POST. The proxy in front of it does
//! (`tests/stack/src/proxy`).

use acceptance::{App, Form, Posted};
use aws_sdk_s3::types::ChecksumMode;
use postern::value::checksum::ChecksumSha256;
use serde_json::json;

/// More bytes than the recorder reads. So it cannot compute the checksum, and must read it from S3.
const SIZE: usize = 1024 * 1024;

fn text() -> Vec<u8> {
    b"words and words\n".iter().copied().cycle().take(SIZE).collect()
}

async fn issue(app: &App, bytes: &[u8]) -> Form {
    app.issue(json!({
        "filename": "words.txt", "content_type": "text/plain", "size_bytes": bytes.len(),
        "checksum_sha256": ChecksumSha256::of(bytes),
    }))
    .await
}

fn refused(status: u16, code: &str) -> Posted {
    let cause = match code {
        "BadDigest" => "checksum_mismatch",
        _ => "condition_failed x-amz-checksum-sha256",
    };
    Posted::refused(status, code, cause)
}

#[tokio::test]
async fn a_file_with_its_checksum_is_available_and_the_record_has_it() {
    let (app, bytes) = (App::user(), text());
    let form = issue(&app, &bytes).await;
    assert_eq!(form.post(&bytes).await, Posted::stored());
    let upload = app.settled(&form.upload_id).await;
    assert_eq!(upload["state"], "available", "{upload}");
    let checksum = json!(ChecksumSha256::of(&bytes));
    assert_eq!(upload["checksum_sha256"], checksum, "{upload}");

    let sdk = app.stack.sdk_config(&app.stack.observer);
    let path_style = app.stack.endpoint.is_some();
    let config = aws_sdk_s3::config::Builder::from(&sdk).force_path_style(path_style).build();
    let head = aws_sdk_s3::Client::from_conf(config).head_object().bucket(&app.stack.bucket);
    let head = head.key(format!("uploads/{}", form.upload_id)).checksum_mode(ChecksumMode::Enabled);
    let head = head.send().await.unwrap();
    assert_eq!((json!(head.checksum_sha256()), head.content_length()), (checksum, Some(1_048_576)));
}

#[tokio::test]
async fn other_bytes_than_the_checksum_are_refused_and_the_form_can_be_used_again() {
    let (app, bytes) = (App::user(), text());
    let form = issue(&app, &bytes).await;
    let mut other = bytes.clone();
    other[SIZE - 1] = b'!';
    for _ in 0..2 {
        assert_eq!(form.post(&other).await, refused(400, "BadDigest"));
    }
    app.assert_untouched(&form.upload_id).await;
    assert_eq!(form.post(&bytes).await.status, 201);
    assert_eq!(app.settled(&form.upload_id).await["state"], "available");
}

/// The policy contains the checksum, so a client cannot change the checksum to match other bytes.
#[tokio::test]
async fn a_checksum_that_is_not_the_forms_is_refused_by_the_policy() {
    let (app, bytes) = (App::user(), text());
    let form = issue(&app, &bytes).await;
    let mut other = bytes.clone();
    other[0] = b'!';
    let adapted = ChecksumSha256::of(&other).to_string();
    let changed = form.clone().with("x-amz-checksum-sha256", &adapted);
    assert_eq!(changed.post(&other).await, refused(403, "AccessDenied"));
    assert_eq!(changed.post(&bytes).await, refused(403, "AccessDenied"));
    assert_eq!(
        form.clone().without("x-amz-checksum-sha256").post(&other).await,
        refused(403, "AccessDenied")
    );
    app.assert_untouched(&form.upload_id).await;
}
