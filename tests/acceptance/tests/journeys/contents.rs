//! The recorder rejects and removes files whose bytes are not of the declared type.

use acceptance::{App, PNG, Posted};
use serde_json::json;

async fn rejected(request: serde_json::Value, bytes: &[u8], reason: &str) {
    let app = App::user();
    let form = app.issue(request).await;
    assert_eq!(form.post(bytes).await, Posted::stored());
    let upload = app.settled(&form.upload_id).await;
    assert_eq!(upload["state"], "rejected", "{upload}");
    assert_eq!(upload["rejection"]["reason"], reason, "{upload}");
    assert!(upload["rejection"]["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{upload}");
    assert_eq!(app.until_versions(&form.upload_id, 0).await, [""; 0]);
}

#[tokio::test]
async fn a_png_declared_as_text_is_rejected() {
    let request = json!({ "filename": "a.txt", "content_type": "text/plain" });
    rejected(request, PNG, "content_type_mismatch").await;
}

#[tokio::test]
async fn html_declared_as_png_is_rejected() {
    let request = json!({ "filename": "a.png", "content_type": "image/png" });
    rejected(request, b"<!DOCTYPE html><script>alert(1)</script>", "content_type_mismatch").await;
}

#[tokio::test]
async fn html_declared_as_text_is_rejected() {
    let request = json!({ "filename": "a.txt", "content_type": "text/plain" });
    rejected(request, b"\n <script>alert(1)</script>", "content_type_mismatch").await;
}

#[tokio::test]
async fn a_rejected_upload_can_be_retried_with_the_same_form() {
    let app = App::user();
    let form = app.issue(json!({ "filename": "a.png", "content_type": "image/png" })).await;
    assert_eq!(form.post(b"no picture").await.status, 201);
    assert_eq!(app.settled(&form.upload_id).await["state"], "rejected");
    assert_eq!(form.post(PNG).await.status, 201);
    let upload = app.until(&form.upload_id, |upload| upload["state"] == "available").await;
    assert_eq!((&upload["rejected_versions"], &upload["rejection"]), (&json!(1), &json!(null)));
}

#[tokio::test]
async fn an_empty_file_with_metadata_and_a_checksum_is_available() {
    let app = App::user();
    let checksum = postern::value::checksum::ChecksumSha256::of(b"");
    let request = json!({
        "filename": "empty.txt", "content_type": "text/plain", "size_bytes": 0,
        "checksum_sha256": checksum, "metadata": { "album": "summer 2026", "shot": "7" },
    });
    let form = app.issue(request).await;
    assert_eq!(form.fields["x-amz-meta-album"], "summer 2026");
    assert_eq!(form.post(b"").await, Posted::stored());
    let upload = app.settled(&form.upload_id).await;
    assert_eq!(upload["state"], "available", "{upload}");
    assert_eq!(upload["recorded"]["size_bytes"], 0);
    assert_eq!(upload["metadata"], json!({ "album": "summer 2026", "shot": "7" }));
}
