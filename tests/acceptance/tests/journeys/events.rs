//! Events that are delivered more than once, that fail once, or that always fail, and messages that are not
//! events of the bucket.

use std::time::Duration;

use acceptance::{App, PNG, shared, skipped};
use serde_json::{Value, json};
use stack::{Coordinates, Keys, Options, Stack};

/// Returns the event that S3 would send for a version.
fn event(stack: &Coordinates, upload_id: &str, version_id: &str) -> String {
    json!({ "Records": [{
        "eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Post",
        "s3": {
            "bucket": { "name": stack.bucket },
            "object": { "key": format!("uploads%2F{upload_id}"), "versionId": version_id, "sequencer": "0055" },
        },
    }]})
    .to_string()
}

async fn send(stack: &Coordinates, body: &str) {
    let sqs = aws_sdk_sqs::Client::new(&stack.sdk_config(&Keys::root()));
    sqs.send_message().queue_url(&stack.queue_url).message_body(body).send().await.unwrap();
}

/// Returns the recorder's log lines that contain this text.
async fn lines(stack: &Coordinates, text: &str) -> Vec<Value> {
    let lines = stack.function_logs("record-upload").await.unwrap();
    let lines = lines.iter().flat_map(|lines| lines.lines()).filter(|line| line.contains(text));
    lines.filter_map(|line| serde_json::from_str(line).ok()).collect()
}

async fn until_logged(stack: &Coordinates, text: &str, wished: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    for _ in 0..400 {
        let found = lines(stack, text).await;
        if wished(&found) {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the recorder did not log {text}: {:?}", lines(stack, text).await);
}

#[tokio::test]
async fn the_same_event_delivered_three_times_changes_nothing() {
    if shared().local.is_none() {
        return skipped("repeated events", "only a local stack lets a test send them");
    }
    let app = App::user();
    let upload_id = app.upload("photo.png", "image/png", PNG).await;
    let before = app.show(&upload_id).await;
    let version = before["recorded"]["version_id"].as_str().unwrap();
    for _ in 0..3 {
        send(app.stack, &event(app.stack, &upload_id, version)).await;
    }
    let duplicates = |lines: &[Value]| lines.iter().filter(|line| line["verdict"] == "duplicate").count();
    until_logged(app.stack, &upload_id, |lines| duplicates(lines) >= 3).await;
    assert_eq!(app.show(&upload_id).await, before);
    assert_eq!(app.versions(&upload_id).await, [version]);
}

#[tokio::test]
async fn what_is_no_event_of_ours_is_acknowledged() {
    if shared().local.is_none() {
        return skipped("other messages of the queue", "only a local stack lets a test send them");
    }
    let app = App::user();
    let stack = app.stack;
    let mark = uuid::Uuid::new_v4().to_string();
    let foreign = event(stack, "x", &mark);
    let other_bucket =
        event(&Coordinates { bucket: "another-bucket".to_owned(), ..stack.clone() }, &mark, "v");
    let known = lines(stack, "ignored").await.len();
    for body in
        ["not json", "{}", r#"{"Service":"Amazon S3","Event":"s3:TestEvent"}"#, &foreign, &other_bucket]
    {
        send(stack, body).await;
    }
    let ignored = until_logged(stack, "ignored", |lines| lines.len() >= known + 5).await;
    let reasons: Vec<_> = ignored.iter().map(|line| line["reason"].as_str().unwrap_or_default()).collect();
    for reason in ["unknown_shape", "test_event", "foreign_key", "foreign_bucket"] {
        assert!(reasons.contains(&reason), "{reason} in {reasons:?}");
    }
}

#[tokio::test]
async fn an_event_of_another_major_version_is_acknowledged_and_counted() {
    if shared().local.is_none() {
        return skipped("other messages of the queue", "only a local stack lets a test send them");
    }
    let stack = App::user().stack;
    let newer = event(stack, &uuid::Uuid::new_v4().to_string(), "v").replace("\"2.1\"", "\"3.0\"");
    send(stack, &newer).await;
    until_logged(stack, "UnknownEventVersions", |lines| !lines.is_empty()).await;
}

#[tokio::test]
async fn a_record_that_fails_keeps_none_behind_it_from_being_tried() {
    if shared().local.is_none() {
        return skipped("events that fail", "only a local stack lets a test deny a permission");
    }
    let app = App::user();
    let upload_id = app.upload("photo.png", "image/png", PNG).await;
    let version = app.show(&upload_id).await["recorded"]["version_id"].as_str().unwrap().to_owned();
    let failing = app.issue_for("photo.png", "image/png", PNG).await;
    let key = format!("arn:aws:s3:::{}/uploads/{}", app.stack.bucket, failing.upload_id);
    deny_recorder(app.stack, Some(&key)).await;
    assert_eq!(failing.post(PNG).await.status, 201);
    let first = app.versions(&failing.upload_id).await.remove(0);
    let [mut both, second] = [(&failing.upload_id, &first), (&upload_id, &version)]
        .map(|(id, version)| serde_json::from_str::<Value>(&event(app.stack, id, version)).unwrap());
    both["Records"].as_array_mut().unwrap().push(second["Records"][0].clone());
    send(app.stack, &both.to_string()).await;
    let is_tried = |lines: &[Value]| lines.iter().any(|line| line["verdict"] == "duplicate");
    until_logged(app.stack, &upload_id, is_tried).await;
    deny_recorder(app.stack, None).await;
    assert_eq!(app.settled(&failing.upload_id).await["state"], "available");
}

/// Starts a separate stack. A journey can make its recorder fail without effect on other journeys.
async fn stack_with_denials() -> &'static Stack {
    let options = Options { visibility_timeout_s: Some(2), ..Options::default() };
    let stack = Stack::start(options).await.unwrap_or_else(|error| panic!("{}", acceptance::chain(&error)));
    // The leaked stack ends with this process.
    Box::leak(Box::new(stack))
}

/// Denies the recorder to read versions of a resource. `None` ends the denial.
async fn deny_recorder(stack: &Coordinates, resource: Option<&str>) {
    let iam = aws_sdk_iam::Client::new(&stack.sdk_config(&Keys::root()));
    let roles = iam.list_roles().send().await.unwrap().roles;
    let recorder = roles
        .iter()
        .map(aws_sdk_iam::types::Role::role_name)
        .find(|name| name.contains("record-upload"))
        .unwrap();
    let document = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Deny", "Action": "s3:GetObjectVersion", "Resource": resource },
    ]});
    if resource.is_some() {
        let put = iam.put_role_policy().role_name(recorder).policy_name("hindered");
        put.policy_document(document.to_string()).send().await.unwrap();
    } else {
        iam.delete_role_policy().role_name(recorder).policy_name("hindered").send().await.unwrap();
    }
}

#[tokio::test]
#[ignore = "takes half a minute: cargo test --test journeys -- --ignored"]
async fn an_event_that_fails_comes_back_and_one_that_always_fails_ends_in_the_dead_letter_queue() {
    if shared().local.is_none() {
        return skipped("events that fail", "only a local stack lets a test deny a permission");
    }
    let stack = stack_with_denials().await.coordinates();
    let app = App::new(stack, Some(stack.jwt.clone()));

    deny_recorder(stack, Some("*")).await;
    let form = app.issue_for("photo.png", "image/png", PNG).await;
    assert_eq!(form.post(PNG).await.status, 201);
    until_logged(stack, "will be redelivered", |lines| !lines.is_empty()).await;
    assert_eq!(app.show(&form.upload_id).await["state"], "pending");
    deny_recorder(stack, None).await;
    assert_eq!(app.settled(&form.upload_id).await["state"], "available");

    let lost = app.issue_for("photo.png", "image/png", PNG).await;
    deny_recorder(stack, Some("*")).await;
    assert_eq!(lost.post(PNG).await.status, 201);
    let sqs = aws_sdk_sqs::Client::new(&stack.sdk_config(&stack.observer));
    let mut dead = Vec::new();
    for _ in 0..60 {
        let received =
            sqs.receive_message().queue_url(&stack.dead_letter_queue_url).wait_time_seconds(1).send().await;
        dead.extend(received.unwrap().messages.unwrap_or_default());
        if !dead.is_empty() {
            break;
        }
    }
    assert!(dead[0].body().unwrap().contains(&lost.upload_id), "{dead:?}");
    assert_eq!(app.show(&lost.upload_id).await["state"], "pending");
    assert_eq!(app.versions(&lost.upload_id).await.len(), 1, "a version without a verdict is not removed");
}
