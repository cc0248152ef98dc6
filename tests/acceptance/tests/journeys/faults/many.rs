//! Many uploads at once, an upload that always fails among others, and very large uploads.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use acceptance::{App, PNG, shared, skipped};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_s3::types::ServerSideEncryption;
use postern::ports::UploadReader as _;
use serde_json::{Value, json};
use stack::{Coordinates, Keys};

use super::{LONG_VISIBILITY_S, number, proxied};

/// Returns the event of a version as a message of the queue with this id.
fn message(stack: &Coordinates, id: usize, upload_id: &str, version: &str) -> Value {
    let body = json!({ "Records": [{
        "eventVersion": "2.1", "eventName": "ObjectCreated:Post",
        "s3": {
            "bucket": { "name": stack.bucket },
            "object": { "key": format!("uploads/{upload_id}"), "versionId": version },
        },
    }]});
    json!({
        "messageId": id.to_string(), "eventSource": "aws:sqs", "body": body.to_string(),
        "attributes": {}, "messageAttributes": {},
    })
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn of_a_batch_of_ten_with_one_failure_only_the_failed_message_is_redelivered() {
    if shared().local.is_none() {
        return skipped("a batch with a failure", "only a local stack lets a test put a proxy before AWS");
    }
    let (stack, proxy) = proxied(LONG_VISIBILITY_S).await;
    let app = App::new(stack, Some(stack.jwt.clone()));
    let mut messages = Vec::new();
    let mut ids = Vec::new();
    for n in 0..10 {
        let upload_id = app.upload("photo.png", "image/png", PNG).await;
        proxy.know(&upload_id, n);
        messages.push(message(stack, n, &upload_id, "another-version"));
        ids.push(upload_id);
    }
    proxy.poison(7);
    proxy.hold_reads(Duration::from_secs(1));
    let lambda = aws_sdk_lambda::Client::new(&stack.sdk_config(&Keys::root()));
    let payload = Blob::new(json!({ "Records": messages }).to_string());
    let invoke = lambda.invoke().function_name(format!("{}-record-upload", stack.name)).payload(payload);
    let output = invoke.send().await.unwrap();
    assert_eq!(output.function_error(), None, "{output:?}");
    let answer: Value = serde_json::from_slice(output.payload().unwrap().as_ref()).unwrap();
    assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": "7" }] }));
    assert_eq!(proxy.most_at_once(), 9, "the other objects are read concurrently");
    for n in (0..10).filter(|n| *n != 7) {
        assert_eq!(proxy.calls(n).get("GetObject"), Some(&1), "{:?}", proxy.calls(n));
    }
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn each_of_many_uploads_is_recorded_exactly_once() {
    if shared().local.is_none() {
        return skipped("many uploads", "only a local stack lets a test write its records");
    }
    let uploads = usize::try_from(number("POSTERN_MANY_UPLOADS", 100)).unwrap();
    let (stack, proxy) = proxied(LONG_VISIBILITY_S).await;
    let app = App::new(stack, Some(stack.jwt.clone()));
    let form = app.issue(json!({ "filename": "photo.png", "content_type": "image/png" })).await;

    let sdk = stack.sdk_config(&Keys::root());
    let table = postern_aws::Table::new(&sdk, &stack.table);
    let config = aws_sdk_s3::config::Builder::from(&sdk).force_path_style(true).build();
    let s3 = aws_sdk_s3::Client::from_conf(config);
    let id = form.upload_id.parse().unwrap();
    let pattern = table.upload(id).await.unwrap().unwrap();
    let mut waiting = HashSet::new();
    for n in 0..uploads {
        let upload_id = postern::value::id::UploadId::random(*uuid::Uuid::new_v4().as_bytes());
        let upload = postern::upload::Upload { upload_id, ..pattern.clone() };
        postern::ports::UploadStore::create(&table, &upload).await.unwrap();
        proxy.know(&upload_id.to_string(), n);
        waiting.insert((n, upload_id.to_string()));
    }
    let begin = Instant::now();
    for (_, upload_id) in &waiting {
        s3.put_object()
            .bucket(&stack.bucket)
            .key(format!("uploads/{upload_id}"))
            .content_type("image/png")
            .server_side_encryption(ServerSideEncryption::AwsKms)
            .ssekms_key_id(&stack.files_key_arn)
            .body(PNG.to_vec().into())
            .send()
            .await
            .unwrap();
    }
    let writes = |n| proxy.calls(n).get("UpdateItem").copied().unwrap_or_default();
    let patience = Duration::from_secs(60) + Duration::from_millis(150) * u32::try_from(uploads).unwrap();
    while waiting.iter().any(|(n, _)| writes(*n) == 0) && begin.elapsed() < patience {
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    let peak = proxy.peak_rss_kib();
    eprintln!("{uploads} uploads recorded in {:?}, {peak} KiB at most", begin.elapsed());
    assert!(peak > 0 && peak < 64 * 1024, "{peak} KiB");
    for (n, upload_id) in waiting {
        let upload = table.upload(upload_id.parse().unwrap()).await.unwrap().unwrap();
        assert_eq!(upload.state, postern::upload::UploadState::Available, "{upload:?}");
        assert_eq!(writes(n), 1, "{upload_id} was written {} times", writes(n));
    }
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn the_recorder_needs_no_more_memory_for_a_large_object() {
    if shared().local.is_none() {
        return skipped("the recorder's memory", "only a local stack lets a test look at a process");
    }
    let (stack, proxy) = proxied(LONG_VISIBILITY_S).await;
    let app = App::new(stack, Some(stack.jwt.clone()));
    app.upload("small.png", "image/png", PNG).await;
    let small = proxy.peak_rss_kib();
    let mut large = PNG.to_vec();
    large.resize(200 * 1024 * 1024, 0);
    app.upload("large.png", "image/png", &large).await;
    let peak = proxy.peak_rss_kib();
    eprintln!("{small} KiB after a small object, {peak} KiB after one of 200 MiB");
    assert!(small > 0 && peak < 64 * 1024, "{small} KiB, then {peak} KiB");
}

/// The largest file that S3 accepts in one request.
const SIZE_BYTES: u64 = 5 * 1024 * 1024 * 1024;

/// The emulator cannot store 5 GiB. So the proxy lengthens a small object with zeros to this size, and sends
/// them until the recorder closes the connection.
#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn five_gibibytes_are_recorded_without_being_read() {
    if shared().local.is_none() {
        return skipped("the recorder's memory", "only a local stack lets a test put a proxy before AWS");
    }
    let (stack, proxy) = proxied(LONG_VISIBILITY_S).await;
    let app = App::new(stack, Some(stack.jwt.clone()));
    let request =
        json!({ "filename": "film.png", "content_type": "image/png", "max_size_bytes": SIZE_BYTES });
    let form = app.issue(request).await;
    proxy.know(&form.upload_id, 0);
    proxy.lengthen(0, SIZE_BYTES);
    assert_eq!(form.post(PNG).await.status, 201);
    let upload = app.settled(&form.upload_id).await;
    assert_eq!(
        (&upload["state"], &upload["recorded"]["size_bytes"]),
        (&json!("available"), &json!(SIZE_BYTES))
    );
    let (peak, sent) = (proxy.peak_rss_kib(), proxy.sent_bytes());
    eprintln!("{peak} KiB at most, {} KiB of the object were sent", sent / 1024);
    assert!(peak > 0 && peak < 64 * 1024, "{peak} KiB");
    // The recorder reads 64 KiB. The rest is in the buffers of the connection.
    assert!(sent < 64 * 1024 * 1024, "{sent} bytes were sent");
}
