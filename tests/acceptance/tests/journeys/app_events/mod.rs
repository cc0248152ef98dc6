//! The app's events. Every event conforms to its documented schema. The example consumer applies each event
//! once, although events are delivered more than once and in any order.

mod pipe;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;

use acceptance::clock::avoid_the_end_of_a_quarter;
use acceptance::{App, PNG, send, shared, skipped};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stack::{Coordinates, Keys};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use pipe::Pipe;

/// The detail types, each with the schema of its detail.
const SCHEMAS: &[(&str, &str)] = &[
    ("Upload Available", include_str!("../../../../../docs/events/upload-available.schema.json")),
    ("Upload Rejected", include_str!("../../../../../docs/events/upload-rejected.schema.json")),
    ("Upload Scan Failed", include_str!("../../../../../docs/events/upload-scan-failed.schema.json")),
    ("Upload Deleted", include_str!("../../../../../docs/events/upload-deleted.schema.json")),
    ("Link Revoked", include_str!("../../../../../docs/events/link-revoked.schema.json")),
    ("Link Opened", include_str!("../../../../../docs/events/link-opened.schema.json")),
    ("Link Retargeted", include_str!("../../../../../docs/events/link-retargeted.schema.json")),
    ("Link Used Up", include_str!("../../../../../docs/events/link-used-up.schema.json")),
    ("Link Locked", include_str!("../../../../../docs/events/link-locked.schema.json")),
];

/// Runs the emulator's Python with the credentials of the stack's root user, and returns its output.
async fn python(stack: &Coordinates, arguments: &[&str], table: &str, input: &str) -> String {
    let root = env!("CARGO_MANIFEST_DIR");
    let mut child = Command::new(stack::python().unwrap())
        .current_dir(format!("{root}/../.."))
        .args(arguments)
        .env("AWS_ENDPOINT_URL", stack.endpoint.as_deref().unwrap())
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_DEFAULT_REGION", &stack.region)
        .env("TABLE", table)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).await.unwrap();
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Returns the events of these uploads that the pipe would make of the table's stream so far.
pub async fn events(stack: &Coordinates, uploads: &[&str]) -> Vec<Value> {
    let script = "tests/acceptance/tests/journeys/app_events/stream.py";
    let records = python(stack, &[script, &stack.table], "", "").await;
    let pipe = Pipe::rendered();
    let records = records.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let events = records.filter_map(|record| pipe.event(&record));
    events.filter(|event| uploads.contains(&event["detail"]["upload_id"].as_str().unwrap())).collect()
}

/// Checks that the schema has every field of the event, and that the event is valid.
pub fn assert_keeps_its_schema(event: &Value) {
    let name = event["detail-type"].as_str().unwrap();
    let (_, schema) = SCHEMAS.iter().find(|(of, _)| *of == name).unwrap_or_else(|| panic!("{event}"));
    let schema: Value = serde_json::from_str(schema).unwrap();
    assert_eq!(schema["title"], name);
    let validator = jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap();
    let broken: Vec<_> = validator.iter_errors(&event["detail"]).map(|error| error.to_string()).collect();
    assert!(broken.is_empty(), "{event}: {broken:?}");
    for field in event["detail"].as_object().unwrap().keys() {
        assert!(schema["properties"].get(field).is_some(), "the schema of {name} lacks {field}");
    }
}

#[test]
fn each_schema_is_valid_and_refuses_an_empty_detail() {
    for (name, schema) in SCHEMAS {
        let schema: Value = serde_json::from_str(schema).unwrap();
        jsonschema::draft202012::meta::validate(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        assert!(!validator.is_valid(&json!({})), "{name}");
        for field in schema["required"].as_array().unwrap() {
            assert!(schema["properties"].get(field.as_str().unwrap()).is_some(), "{name}: {field}");
        }
    }
}

async fn delete(app: &App, path: &str) {
    let (status, answer) = app.call(Method::DELETE, path, None).await;
    assert!(status.is_success(), "{answer}");
}

/// Causes every kind of event, and returns the ids of the four uploads.
async fn live(app: &App) -> [String; 4] {
    let kept = app.upload("kept.png", "image/png", PNG).await;
    let revoked = app.link(&kept, json!({})).await;
    delete(app, &format!("/links/{}", revoked["link_id"].as_str().unwrap())).await;
    let rotated = app.link(&kept, json!({})).await;
    let path = format!("/links/{}/rotate", rotated["link_id"].as_str().unwrap());
    let (status, answer) = app.call(Method::POST, &path, Some(json!({}))).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    open_links(app, &kept).await;

    let former = app.upload("former.png", "image/png", PNG).await;
    let led = app.link(&former, json!({})).await;
    let path = format!("/links/{}/target", led["link_id"].as_str().unwrap());
    let (status, answer) = app.call(Method::PUT, &path, Some(json!({ "upload_id": kept }))).await;
    assert_eq!(status, StatusCode::OK, "{answer}");

    let gone = app.upload("gone.png", "image/png", PNG).await;
    app.link(&gone, json!({})).await;
    delete(app, &format!("/uploads/{gone}")).await;

    let retried = app.issue(json!({ "filename": "a.png", "path": PATH, "content_type": "image/png" })).await;
    assert_eq!(retried.post(b"no picture").await.status, 201);
    app.until(&retried.upload_id, |upload| upload["state"] == "rejected").await;
    assert_eq!(retried.post(PNG).await.status, 201);
    app.until(&retried.upload_id, |upload| upload["state"] == "available").await;

    let refused = app.issue(json!({ "filename": "b.png", "content_type": "image/png" })).await;
    assert_eq!(refused.post(b"no picture").await.status, 201);
    app.until(&refused.upload_id, |upload| upload["state"] == "rejected").await;
    delete(app, &format!("/uploads/{}", refused.upload_id)).await;
    for deleted in [&gone, &refused.upload_id] {
        app.until(deleted, |upload| upload["state"] == "deleted").await;
    }
    [kept, gone, retried.upload_id, refused.upload_id]
}

/// Opens a link that tracks, opens a link that is used up then, and tries wrong passwords until a link is
/// locked.
async fn open_links(app: &App, upload: &str) {
    let tracked = app.link(upload, json!({ "track": true, "recipient": RECIPIENT })).await;
    let single = app.link(upload, json!({ "max_opens": 1, "recipient": RECIPIENT })).await;
    for link in [&tracked, &single] {
        let opened = app.open(Method::GET, link["url"].as_str().unwrap()).await;
        assert_eq!(opened.status(), StatusCode::FOUND);
    }
    avoid_the_end_of_a_quarter().await;
    let closed = app.link(upload, json!({ "password": "open sesame" })).await;
    for _ in 0..10 {
        let form = stack::http().post(closed["url"].as_str().unwrap()).body("password=wrong");
        send(form.header("content-type", "application/x-www-form-urlencoded")).await;
    }
}

/// A path that would make an event invalid JSON if it were not encoded.
const PATH: &str = r#"5 % "off"/a.png"#;

/// A text that would make an event invalid JSON if it were not encoded, because Pipes does not escape text.
const RECIPIENT: &str = r#"Ada "5 %" Lovelace", "owner": "x"#;

/// Counts the events by upload and kind. An event with the same `transition_id` counts once.
fn told(events: &[Value]) -> BTreeMap<(String, String), usize> {
    let mut ids = BTreeSet::new();
    let mut told = BTreeMap::new();
    for event in events {
        let detail = &event["detail"];
        if ids.insert(detail["transition_id"].as_str().unwrap()) {
            let upload = detail["upload_id"].as_str().unwrap().to_owned();
            let because = detail["revoked_because"].as_str().unwrap_or_default();
            let name = format!("{} {because}", event["detail-type"].as_str().unwrap());
            *told.entry((upload, name.trim_end().to_owned())).or_default() += 1;
        }
    }
    told
}

#[tokio::test]
#[ignore = "takes half a minute: cargo test --test journeys -- --ignored"]
async fn every_change_is_told_in_its_schema_and_the_example_consumer_takes_each_once() {
    if shared().local.is_none() {
        return skipped("the app's events", "only a local stack lets a test read its table's stream");
    }
    let app = App::user();
    let uploads = live(&app).await;
    let [kept, gone, retried, refused] = &uploads;
    let known: Vec<&str> = uploads.iter().map(String::as_str).collect();
    let events = events(app.stack, &known).await;
    events.iter().for_each(assert_keeps_its_schema);
    let expected = [
        (kept, "Upload Available"),
        (kept, "Link Revoked revoked"),
        (kept, "Link Revoked rotated"),
        (kept, "Link Opened"),
        (kept, "Link Used Up"),
        (kept, "Link Locked"),
        (kept, "Link Retargeted"),
        (gone, "Upload Available"),
        (gone, "Link Revoked upload_deleted"),
        (gone, "Upload Deleted"),
        (retried, "Upload Rejected"),
        (retried, "Upload Available"),
        (refused, "Upload Rejected"),
        (refused, "Upload Deleted"),
    ];
    let expected: BTreeMap<_, _> =
        expected.iter().map(|(upload, name)| (((*upload).clone(), (*name).to_owned()), 1)).collect();
    assert_eq!(told(&events), expected);
    assert_names_the_recipient_of_a_tracked_link(&events);
    assert_has_the_path_of_the_upload_that_was_given_one(&events, retried);
    consume(app.stack, &events, &uploads).await;
}

fn assert_names_the_recipient_of_a_tracked_link(events: &[Value]) {
    let of = |name: &str| &events.iter().find(|event| event["detail-type"] == name).unwrap()["detail"];
    let opened = of("Link Opened");
    assert_eq!((&opened["opens"], &opened["client"]), (&json!("1"), &json!("program")), "{opened}");
    let recipient = opened["recipient"].as_str().unwrap();
    assert!(!recipient.contains(['"', '\\']), "Pipes would not escape this: {recipient}");
    assert_eq!(percent_encoding::percent_decode_str(recipient).decode_utf8().unwrap(), RECIPIENT);
    assert_eq!(of("Link Used Up")["recipient"], json!(null), "a link that does not track");
}

fn assert_has_the_path_of_the_upload_that_was_given_one(events: &[Value], upload: &str) {
    for event in events.iter().filter(|event| event["detail-type"].as_str().unwrap().starts_with("Upload")) {
        let path = event["detail"]["path"].as_str();
        let path = path.map(|path| percent_encoding::percent_decode_str(path).decode_utf8().unwrap());
        let expected = (event["detail"]["upload_id"] == upload).then_some(PATH);
        assert_eq!(path.as_deref(), expected, "{event}");
    }
}

/// Gives the example consumer every event three times, in random order, and checks the consumer's table.
async fn consume(stack: &Coordinates, events: &[Value], [kept, gone, retried, refused]: &[String; 4]) {
    let table = format!("consumer-{}", fastrand::u32(..));
    let dynamodb = aws_sdk_dynamodb::Client::new(&stack.sdk_config(&Keys::root()));
    make_table(&dynamodb, &table).await;
    let mut all: Vec<&Value> = events.iter().cycle().take(3 * events.len()).collect();
    let seed = fastrand::u64(..);
    fastrand::Rng::with_seed(seed).shuffle(&mut all);
    let lines: Vec<String> = all.iter().map(ToString::to_string).collect();
    let answers = python(stack, &["docs/events/consumer.py"], &table, &lines.join("\n")).await;

    for (upload, expected) in [(kept, "shown"), (gone, "gone"), (retried, "shown"), (refused, "gone")] {
        let pk = aws_sdk_dynamodb::types::AttributeValue::S(format!("FILE#{upload}"));
        let item = dynamodb.get_item().table_name(&table).key("pk", pk).send().await.unwrap().item.unwrap();
        assert_eq!(item["state"].as_s().unwrap(), expected, "seed {seed}: {item:?}\n{answers}");
    }
    let acted = |word: &str| answers.lines().filter(|line| *line == word).count();
    assert_eq!((acted("gone"), acted("shown") <= 3), (2, true), "seed {seed}: {answers}");
}

async fn make_table(dynamodb: &aws_sdk_dynamodb::Client, name: &str) {
    use aws_sdk_dynamodb::types::{
        AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    };
    let key = KeySchemaElement::builder().attribute_name("pk").key_type(KeyType::Hash).build().unwrap();
    let text = AttributeDefinition::builder().attribute_name("pk");
    dynamodb
        .create_table()
        .table_name(name)
        .key_schema(key)
        .attribute_definitions(text.attribute_type(ScalarAttributeType::S).build().unwrap())
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await
        .unwrap();
}
