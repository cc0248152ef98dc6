//! What no event brings about, and what somebody else does to the bucket.

use acceptance::{App, PNG, shared, skipped};
use aws_sdk_lambda::primitives::Blob;
use serde_json::{Value, json};
use stack::{Coordinates, Description, Keys};

/// Calls the recorder as the schedule does.
async fn tidy(stack: &Coordinates) -> Value {
    let input = Description::load().unwrap().events.schedule.input;
    let lambda = aws_sdk_lambda::Client::new(&stack.sdk_config(&Keys::root()));
    let invoke = lambda.invoke().function_name(format!("{}-record-upload", stack.name));
    let output = invoke.payload(Blob::new(input.to_string())).send().await.unwrap();
    assert_eq!(output.function_error(), None, "{output:?}");
    serde_json::from_slice(output.payload().unwrap().as_ref()).unwrap()
}

#[tokio::test]
async fn the_schedule_expires_what_never_came() {
    if shared().local.is_none() {
        return skipped("the schedule", "only a local stack lets a test turn a record old");
    }
    let app = App::user();
    let form = app.issue_for("photo.png", "image/png", PNG).await;
    assert_eq!(tidy(app.stack).await, json!({ "batchItemFailures": [] }));
    assert_eq!(app.show(&form.upload_id).await["state"], "pending", "its day is not over");

    let dynamodb = aws_sdk_dynamodb::Client::new(&app.stack.sdk_config(&Keys::root()));
    let text = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
    dynamodb
        .update_item()
        .table_name(&app.stack.table)
        .key("pk", text(&format!("UPLOAD#{}", form.upload_id)))
        .update_expression("SET policy_expires_at = :old, unfinished_since = :old")
        .expression_attribute_values(":old", text("2020-01-01T00:00:00.000Z"))
        .send()
        .await
        .unwrap();
    tidy(app.stack).await;
    assert_eq!(app.show(&form.upload_id).await["state"], "expired");

    assert_eq!(form.post(PNG).await.status, 201, "the form itself is still valid");
    let late = app.until(&form.upload_id, |upload| upload["state"] != "expired").await;
    assert_eq!(late["state"], "available", "{late}");
}

#[tokio::test]
async fn a_pinned_version_that_somebody_else_removes_is_marked() {
    if shared().local.is_none() {
        return skipped("removal from outside", "only a local stack lets a test remove versions");
    }
    let app = App::user();
    let upload_id = app.upload("photo.png", "image/png", PNG).await;
    let version = app.show(&upload_id).await["recorded"]["version_id"].as_str().unwrap().to_owned();
    let sdk = app.stack.sdk_config(&Keys::root());
    let s3 = aws_sdk_s3::config::Builder::from(&sdk).force_path_style(true).build();
    let delete = aws_sdk_s3::Client::from_conf(s3).delete_object().bucket(&app.stack.bucket);
    delete.key(format!("uploads/{upload_id}")).version_id(version).send().await.unwrap();
    let upload = app.until(&upload_id, |upload| upload["recorded"]["vanished_at"].is_string()).await;
    assert_eq!(upload["state"], "available", "{upload}");
}
