//! Dead letters: shown with their cause, and sent again.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use acceptance::{PNG, skipped};
use serde_json::{Value, json};
use stack::Keys;

use super::program::Program;
use super::{app_of, is_local, operator, own_stack};

/// Puts an event of S3 about an upload into the dead-letter queue, and the line of its failure into the recorder's log.
/// Returns the message's id.
async fn dead_message(upload_id: &str, version: &str) -> String {
    let stack = own_stack().coordinates();
    let sdk = stack.sdk_config(&Keys::root());
    let event = json!({ "Records": [{
        "eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Post", "eventTime": "2026-11-24T10:00:00.000Z",
        "s3": { "bucket": { "name": stack.bucket }, "object": { "key": format!("uploads/{upload_id}"), "versionId": version, "size": 1 } },
    }] });
    let send = aws_sdk_sqs::Client::new(&sdk).send_message().queue_url(&stack.dead_letter_queue_url);
    let id = send.message_body(event.to_string()).send().await.unwrap().message_id.unwrap();
    let line = json!({ "level": "ERROR", "message": "failed, and will be redelivered", "request_id": id,
        "cause": "failed to read an upload: the key is disabled" });
    #[expect(clippy::disallowed_methods, reason = "a line of a log has a time")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    stack
        .write_log("record-upload", i64::try_from(now.as_millis()).unwrap(), &line.to_string())
        .await
        .unwrap();
    id
}

fn of<'a>(shown: &'a Value, id: &str) -> Option<&'a Value> {
    shown["waiting"].as_array().unwrap().iter().find(|waiting| waiting["message_id"] == id)
}

/// Each queue that the local stack has was looked at.
fn nothing_waits(shown: &Value) {
    assert_eq!((&shown["waiting"], &shown["hidden"]), (&json!([]), &json!([])), "{shown}");
    let name = &own_stack().coordinates().name;
    for end in ["uploads-dead", "removals-dead"] {
        assert!(shown["queues"].as_array().unwrap().contains(&json!(format!("{name}-{end}"))), "{shown}");
    }
}

async fn a_message_that_somebody_reads_is_named(postern: &Program, upload: &str, version: &str) {
    let stack = own_stack().coordinates();
    dead_message(upload, version).await;
    let sqs = aws_sdk_sqs::Client::new(&stack.sdk_config(&Keys::root()));
    let url = &stack.dead_letter_queue_url;
    let read = sqs.receive_message().queue_url(url).visibility_timeout(600).send().await.unwrap();
    let read = read.messages.unwrap();
    assert_eq!(read.len(), 1);
    for command in [&["show"][..], &["redrive", "uploads", "--dry-run"], &["redrive", "uploads"]] {
        let said = postern.run(&[&["dead-letters"], command].concat()).await;
        assert!(said.shown.contains("hidden"), "{}", said.shown);
        said.ended(1);
    }
    let remove = sqs.delete_message().queue_url(url).receipt_handle(read[0].receipt_handle.as_ref().unwrap());
    remove.send().await.unwrap();
    nothing_waits(&postern.run(&["dead-letters", "show"]).await.ended(0));
}

#[tokio::test]
async fn dead_letters_are_shown_with_their_cause_and_sent_again() {
    if !is_local() {
        return skipped("an operator's commands", "only a local stack lets a test make roles");
    }
    let (app, _) = app_of("dead-letters");
    let postern = operator().await;
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let version = app.show(&upload).await["recorded"]["version_id"].as_str().unwrap().to_owned();
    nothing_waits(&postern.run(&["dead-letters", "show"]).await.ended(0));
    let ids = [dead_message(&upload, &version).await, dead_message(&upload, &version).await];

    // Twice: showing a message leaves it where it is, and visible.
    for _ in 0..2 {
        let shown = postern.run(&["dead-letters", "show"]).await.ended(1);
        for id in &ids {
            let waiting = of(&shown, id).unwrap_or_else(|| panic!("{id} is not shown: {shown}"));
            assert_eq!(waiting["queue"], "uploads", "{waiting}");
            assert_eq!(waiting["what"], format!("upload {upload} version {version}"), "{waiting}");
            assert_eq!(waiting["cause"], "failed to read an upload: the key is disabled", "{waiting}");
        }
    }
    let dry = postern.run(&["dead-letters", "redrive", "uploads", "--dry-run"]).await.ended(0);
    assert_eq!(dry["would_redrive"], 2, "{dry}");
    for redriven in [2, 0] {
        let done = postern.run(&["dead-letters", "redrive", "uploads"]).await.ended(0);
        assert_eq!(done["redriven"], redriven, "{done}");
    }
    nothing_waits(&postern.run(&["dead-letters", "show"]).await.ended(0));
    a_message_that_somebody_reads_is_named(&postern, &upload, &version).await;
    // The recorder takes the events, and acknowledges them as duplicates.
    for _ in 0..100 {
        let lines = own_stack().coordinates().function_logs("record-upload").await.unwrap();
        let is_duplicate =
            |line: &&String| line.contains("\"verdict\":\"duplicate\"") && line.contains(&upload);
        if lines.iter().filter(is_duplicate).count() >= 2 {
            assert_eq!(app.show(&upload).await["state"], "available");
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("the recorder did not take the events again");
}
