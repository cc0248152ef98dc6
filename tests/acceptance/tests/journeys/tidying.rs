//! The hourly run. It does work that no event starts, and finds versions that others have removed from the
//! bucket.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use acceptance::{App, PNG, shared, skipped};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_lambda::primitives::Blob;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stack::{Coordinates, Description, Keys};

/// Calls the recorder as the schedule does.
pub async fn tidy(stack: &Coordinates) -> Value {
    let input = Description::load().unwrap().events.schedule.input;
    let lambda = aws_sdk_lambda::Client::new(&stack.sdk_config(&Keys::root()));
    let invoke = lambda.invoke().function_name(format!("{}-record-upload", stack.name));
    let output = invoke.payload(Blob::new(input.to_string())).send().await.unwrap();
    assert_eq!(output.function_error(), None, "{output:?}");
    serde_json::from_slice(output.payload().unwrap().as_ref()).unwrap()
}

#[tokio::test]
async fn the_hourly_run_expires_an_upload_without_a_file() {
    if shared().local.is_none() {
        return skipped("the schedule", "only a local stack lets a test change a record");
    }
    let app = App::user();
    let form = app.issue_for("photo.png", "image/png", PNG).await;
    assert_eq!(tidy(app.stack).await, json!({ "batchItemFailures": [] }));
    assert_eq!(app.show(&form.upload_id).await["state"], "pending", "the upload is not old enough to expire");

    let old = "SET policy_expires_at = :old, unfinished_since = :old";
    let pk = format!("UPLOAD#{}", form.upload_id);
    update(app.stack, &pk, old, &[(":old", "2020-01-01T00:00:00.000Z")]).await;
    tidy(app.stack).await;
    assert_eq!(app.show(&form.upload_id).await["state"], "expired");

    assert_eq!(form.post(PNG).await.status, 201, "S3 still accepts the form");
    let late = app.until(&form.upload_id, |upload| upload["state"] != "expired").await;
    assert_eq!(late["state"], "available", "{late}");
}

/// Makes an upload, and removes its pinned version as the account's root. Returns the upload's id, and its
/// record after the event of the removal has marked it.
async fn upload_that_somebody_else_removes(app: &App) -> (String, Value) {
    let upload_id = app.upload("photo.png", "image/png", PNG).await;
    let version = app.show(&upload_id).await["recorded"]["version_id"].as_str().unwrap().to_owned();
    let sdk = app.stack.sdk_config(&Keys::root());
    let s3 = aws_sdk_s3::config::Builder::from(&sdk).force_path_style(true).build();
    let delete = aws_sdk_s3::Client::from_conf(s3).delete_object().bucket(&app.stack.bucket);
    delete.key(format!("uploads/{upload_id}")).version_id(version).send().await.unwrap();
    let upload = app.until(&upload_id, |upload| upload["recorded"]["vanished_at"].is_string()).await;
    (upload_id, upload)
}

#[tokio::test]
async fn a_removed_pinned_version_is_marked() {
    if shared().local.is_none() {
        return skipped("removal from outside", "only a local stack lets a test remove versions");
    }
    let (_, upload) = upload_that_somebody_else_removes(&App::user()).await;
    assert_eq!(upload["state"], "available", "{upload}");
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// Sets and removes attributes of an item, as the account's root.
async fn update(stack: &Coordinates, pk: &str, expression: &str, values: &[(&str, &str)]) {
    let dynamodb = aws_sdk_dynamodb::Client::new(&stack.sdk_config(&Keys::root()));
    let update = dynamodb.update_item().table_name(&stack.table).key("pk", text(pk));
    let update = update.update_expression(expression);
    let names = [("#s", "state"), ("#o", "owner")].into_iter().filter(|(name, _)| expression.contains(name));
    let names: HashMap<_, _> = names.map(|(name, of)| (name.to_owned(), of.to_owned())).collect();
    let update = update.set_expression_attribute_names(Some(names).filter(|names| !names.is_empty()));
    let values =
        values.iter().map(|(name, value)| ((*name).to_owned(), text(value))).collect::<HashMap<_, _>>();
    let values = Some(values).filter(|values| !values.is_empty());
    update.set_expression_attribute_values(values).send().await.unwrap();
}

/// Makes the next hourly runs compare the whole bucket, from its beginning.
async fn compare_everything(stack: &Coordinates) {
    update(stack, "LISTING#progress", "REMOVE slices_listed", &[]).await;
    #[expect(clippy::disallowed_methods, reason = "the recorder uses the real clock")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let slices = (now / 3600 + 1) * 256 / 24 - 256;
    let dynamodb = aws_sdk_dynamodb::Client::new(&stack.sdk_config(&Keys::root()));
    let update = dynamodb.update_item().table_name(&stack.table).key("pk", text("LISTING#progress"));
    let update = update.update_expression("SET slices_listed = :slices");
    let slices = AttributeValue::N(slices.to_string());
    update.expression_attribute_values(":slices", slices).send().await.unwrap();
}

#[tokio::test]
#[ignore = "takes half a minute: cargo test --test journeys -- --ignored"]
async fn the_hourly_run_finds_a_missing_pinned_version_without_an_event() {
    if shared().local.is_none() {
        return skipped("removal from outside", "only a local stack lets a test remove versions");
    }
    let app = App::user();
    let (upload_id, _) = upload_that_somebody_else_removes(&app).await;
    // The record is as before, as if the event had been lost.
    let pk = format!("UPLOAD#{upload_id}");
    let shard = format!("pinned-{}", &upload_id[..3]);
    let before = "SET unfinished = :shard, unfinished_since = :since REMOVE recorded.vanished_at";
    let values = [(":shard", shard.as_str()), (":since", "2026-01-01T00:00:00.000Z")];
    update(app.stack, &pk, before, &values).await;
    let mut upload = Value::Null;
    // A run may end before the last slice, and it may skip the comparison if a run of another test is doing
    // it.
    for run in 0..6 {
        if run % 3 == 0 {
            compare_everything(app.stack).await;
        }
        tidy(app.stack).await;
        upload = app.show(&upload_id).await;
        if upload["recorded"]["vanished_at"].is_string() {
            break;
        }
    }
    assert!(upload["recorded"]["vanished_at"].is_string(), "six hourly runs did not notice: {upload}");
    assert_eq!(upload["state"], "available", "{upload}");
}

/// An attacker who has taken over serve-link may write any attribute of an item whose key begins with
/// `LINK#`.
#[tokio::test]
async fn what_a_links_item_says_of_an_upload_is_not_believed() {
    if shared().local.is_none() {
        return skipped("items of serve-link", "only a local stack lets a test write into a table");
    }
    let app = App::user();
    let due = app.issue_for("photo.png", "image/png", PNG).await;
    let upload_id = app.upload("photo.png", "image/png", PNG).await;
    let link = app.link(&upload_id, json!({})).await;
    let dynamodb = aws_sdk_dynamodb::Client::new(&app.stack.sdk_config(&Keys::root()));
    let get =
        dynamodb.get_item().table_name(&app.stack.table).key("pk", text(&format!("UPLOAD#{upload_id}")));
    let owner = get.send().await.unwrap().item.unwrap()["owner"].as_s().unwrap().to_owned();
    let shard = |id: &str| id[..1].to_owned();
    let long_ago = "2020-01-01T00:00:00.000Z";

    // Items of links with attributes of uploads: one in the index of uploads that are due, one that says that
    // an available upload was deleted, and one in the list of the owner's uploads.
    let set = "SET unfinished = :shard, unfinished_since = :at";
    update(app.stack, "LINK#junk", set, &[(":shard", &shard(&due.upload_id)), (":at", long_ago)]).await;
    update(
        app.stack,
        "LINK#tombstone",
        "SET unfinished = :shard, unfinished_since = :at, upload_id = :id, #s = :state",
        &[(":shard", &shard(&upload_id)), (":at", long_ago), (":id", &upload_id), (":state", "deleted")],
    )
    .await;
    let set = "SET #o = :owner, uploaded_at = :at, linked_at = :at";
    update(app.stack, "LINK#listed", set, &[(":owner", &owner), (":at", "2099-01-01T00:00:00.000Z")]).await;

    let old = "SET policy_expires_at = :at, unfinished_since = :at";
    update(app.stack, &format!("UPLOAD#{}", due.upload_id), old, &[(":at", long_ago)]).await;
    tidy(app.stack).await;
    assert_eq!(app.show(&due.upload_id).await["state"], "expired", "the hourly run skips the item");
    let opened = app.open(Method::GET, link["url"].as_str().unwrap()).await;
    assert_eq!(opened.status(), StatusCode::FOUND, "the upload is still available");
    let (status, listed) = app.get("/uploads?limit=1").await;
    assert_eq!((status, listed["items"].as_array().unwrap().len()), (StatusCode::OK, 1), "{listed}");
    // An item that is not a valid link makes a page of the list shorter, and the cursor leads to the next
    // page. Links of other journeys may come first.
    let mut path = "/links".to_owned();
    loop {
        let (status, listed) = app.get(&path).await;
        assert_eq!(status, StatusCode::OK, "{}", listed["code"]);
        if listed["items"].as_array().unwrap().iter().any(|item| item["upload_id"] == upload_id) {
            break;
        }
        path = format!("/links?limit=100&cursor={}", listed["next_cursor"].as_str().unwrap());
    }
    for junk in ["LINK#junk", "LINK#tombstone", "LINK#listed"] {
        dynamodb.delete_item().table_name(&app.stack.table).key("pk", text(junk)).send().await.unwrap();
    }
}
