//! A stack whose files must pass a scan for malware. No scanner runs here: the test writes the scanner's tag
//! and sends the scanner's event.

use std::time::Duration;

use acceptance::{App, PNG, chain, configure, shared, skipped};
use aws_sdk_s3::types::{Tag, Tagging};
use postern::upload::scan::SCAN_TAG;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stack::{Coordinates, Keys, Options, Stack};

use crate::app_events::{assert_keeps_its_schema, events};

/// The time after which an event is redelivered, if it arrived before the tag.
const VISIBILITY_S: u32 = 4;

/// Starts a separate stack whose recorder requires scans.
async fn gated() -> &'static Coordinates {
    let options = Options { visibility_timeout_s: Some(VISIBILITY_S), ..Options::default() };
    let stack = Stack::start(options).await.unwrap_or_else(|error| panic!("{}", chain(&error)));
    // The leaked stack ends with this process.
    let stack: &'static Stack = Box::leak(Box::new(stack));
    let coordinates = stack.coordinates();
    let required = ("POSTERN_CONTENT_SCAN".to_owned(), "required".to_owned());
    configure(coordinates, "record-upload", [required]).await;
    coordinates
}

/// Writes the scanner's tag on a version.
async fn tag(stack: &Coordinates, upload_id: &str, version: &str, status: &str) {
    let sdk = stack.sdk_config(&Keys::root());
    let config = aws_sdk_s3::config::Builder::from(&sdk).force_path_style(true).build();
    let tag = Tag::builder().key(SCAN_TAG).value(status).build().unwrap();
    aws_sdk_s3::Client::from_conf(config)
        .put_object_tagging()
        .bucket(&stack.bucket)
        .key(format!("uploads/{upload_id}"))
        .version_id(version)
        .tagging(Tagging::builder().tag_set(tag).build().unwrap())
        .send()
        .await
        .unwrap();
}

/// Puts the scanner's event into the queue, as EventBridge does.
async fn tell(stack: &Coordinates, upload_id: &str, version: &str, status: &str) {
    let body = json!({
        "version": "0", "id": uuid::Uuid::new_v4(), "source": "aws.guardduty",
        "detail-type": "GuardDuty Malware Protection Object Scan Result",
        "account": "000000000000", "time": "2026-11-24T10:00:01Z", "region": stack.region,
        "resources": ["arn:aws:guardduty:us-east-1:000000000000:malware-protection-plan/b4c7f464ab3a4EXAMPLE"],
        "detail": {
            "schemaVersion": "1.0", "scanStatus": "COMPLETED", "resourceType": "S3_OBJECT",
            "s3ObjectDetails": {
                "bucketName": stack.bucket, "objectKey": format!("uploads/{upload_id}"),
                "eTag": "ASIAI44QH8DHBEXAMPLE", "versionId": version, "s3Throttled": false,
            },
            "scanResultDetails": { "scanResultStatus": status, "threats": null },
        },
    });
    let sqs = aws_sdk_sqs::Client::new(&stack.sdk_config(&Keys::root()));
    sqs.send_message().queue_url(&stack.queue_url).message_body(body.to_string()).send().await.unwrap();
}

/// Waits until the recorder has logged this verdict on the upload.
async fn until_verdict(stack: &Coordinates, upload_id: &str, verdict: &str) {
    for _ in 0..400 {
        let lines = stack.function_logs("record-upload").await.unwrap();
        let lines = lines.iter().flat_map(|lines| lines.lines()).filter(|line| line.contains(upload_id));
        let mut lines = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
        if lines.any(|line| line["verdict"] == verdict) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the recorder did not log the verdict {verdict} on {upload_id}");
}

/// Makes an upload whose only version waits for its scan.
async fn waiting(app: &App) -> (String, String) {
    let form = app.issue_for("photo.png", "image/png", PNG).await;
    assert_eq!(form.post(PNG).await.status, 201);
    let version = app.until_versions(&form.upload_id, 1).await.remove(0);
    until_verdict(app.stack, &form.upload_id, "waiting").await;
    (form.upload_id, version)
}

/// Asserts that one event told of the failed scan, before the upload became available.
async fn assert_told_of_the_failed_scan(stack: &Coordinates, upload_id: &str, version: &str) {
    let events = events(stack, &[upload_id]).await;
    events.iter().for_each(assert_keeps_its_schema);
    let told: Vec<_> = events.iter().map(|event| event["detail-type"].as_str().unwrap()).collect();
    assert_eq!(told, ["Upload Scan Failed", "Upload Available"]);
    let detail = &events[0]["detail"];
    assert_eq!(
        (&detail["state"], &detail["scan_version_id"], &detail["scan_status"]),
        (&json!("pending"), &json!(version), &json!("UNSUPPORTED"))
    );
}

#[tokio::test]
async fn a_file_is_available_only_after_its_scan_has_cleared_it() {
    if shared().local.is_none() {
        return skipped("scans", "only a local stack lets a test act as the scanner");
    }
    let stack = gated().await;
    let app = App::new(stack, Some(stack.jwt.clone()));

    let (clean, version) = waiting(&app).await;
    assert_eq!(app.show(&clean).await["state"], "pending");
    let (status, _) = app.call(Method::POST, &format!("/uploads/{clean}/links"), Some(json!({}))).await;
    assert_eq!(status, StatusCode::CONFLICT, "a file without a scan gets no link");
    // The event does not make the upload available. It is redelivered until the tag is there.
    tell(stack, &clean, &version, "NO_THREATS_FOUND").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(app.show(&clean).await["state"], "pending");
    tag(stack, &clean, &version, "NO_THREATS_FOUND").await;
    let upload = app.until(&clean, |upload| upload["state"] != "pending").await;
    assert_eq!((&upload["state"], &upload["recorded"]["version_id"]), (&json!("available"), &json!(version)));
    for _ in 0..2 {
        tell(stack, &clean, &version, "NO_THREATS_FOUND").await;
    }
    until_verdict(stack, &clean, "duplicate").await;
    assert_eq!(app.show(&clean).await, upload);

    let (bad, version) = waiting(&app).await;
    tag(stack, &bad, &version, "THREATS_FOUND").await;
    tell(stack, &bad, &version, "THREATS_FOUND").await;
    let upload = app.until(&bad, |upload| upload["state"] != "pending").await;
    assert_eq!(
        (&upload["state"], &upload["rejection"]["reason"]),
        (&json!("rejected"), &json!("threat_found"))
    );
    assert_eq!(app.until_versions(&bad, 0).await, [""; 0]);

    let (unclear, version) = waiting(&app).await;
    tell(stack, &unclear, &version, "UNSUPPORTED").await;
    let upload = app.until(&unclear, |upload| upload["scan_failed"].is_object()).await;
    assert_eq!(
        (&upload["state"], &upload["scan_failed"]["status"]),
        (&json!("pending"), &json!("UNSUPPORTED"))
    );
    assert_eq!(app.versions(&unclear).await, [version.as_str()]);
    tell(stack, &unclear, &version, "UNSUPPORTED").await;
    tag(stack, &unclear, &version, "NO_THREATS_FOUND").await;
    tell(stack, &unclear, &version, "NO_THREATS_FOUND").await;
    let upload = app.until(&unclear, |upload| upload["state"] == "available").await;
    assert_eq!(upload["scan_failed"], json!(null));
    assert_told_of_the_failed_scan(stack, &unclear, &version).await;

    // Events of an unknown version and of an unknown upload change nothing.
    tell(stack, &clean, "another-version", "NO_THREATS_FOUND").await;
    let stranger = uuid::Uuid::new_v4().to_string();
    tell(stack, &stranger, "v", "NO_THREATS_FOUND").await;
    until_verdict(stack, &stranger, "gone").await;
}
