//! Batches: all of their uploads are checked, written, counted and repeated together.

use serde_json::{Value, json};

use super::tests::{World, caller, held, parsed, settings, world};
use super::*;
use crate::http::{Problem, Reply};
use crate::ports::{MAX_BATCH, QuotaStore, RecordStore, UploadReader};
use crate::testing::memory::Loss;
use crate::testing::samples::{at, condemn, pin};

const SESSION_ENDS: &str = "2026-11-24T11:00:00Z";

fn file(n: usize) -> Value {
    json!({ "filename": format!("{n}.png"), "path": format!("photos/{n}.png"), "content_type": "image/png", "size_bytes": 10 })
}

fn files(n: usize) -> Vec<u8> {
    batch_of(&(0..n).map(file).collect::<Vec<_>>())
}

fn batch_of(uploads: &[Value]) -> Vec<u8> {
    json!({ "uploads": uploads }).to_string().into_bytes()
}

async fn create(world: &World, key: Option<&str>, entropy: u8, body: &[u8]) -> Result<Reply, Problem> {
    batch::create(world, &settings(), &caller("ann", key, entropy), body).await
}

/// A repetition, at this time.
async fn repeat(world: &World, time: &str, body: &[u8]) -> Result<Reply, Problem> {
    let ann = Caller { now: at(&format!("2026-11-24T{time}Z")), ..caller("ann", Some("k"), 2) };
    batch::create(world, &settings(), &ann, body).await
}

fn ids(reply: &Reply) -> Vec<String> {
    let uploads = parsed(reply)["uploads"].as_array().unwrap().clone();
    uploads.iter().map(|upload| upload["upload_id"].as_str().unwrap().to_owned()).collect()
}

fn told(refused: Result<Reply, Problem>) -> Value {
    parsed(&refused.unwrap_err().reply("request"))
}

#[tokio::test]
async fn a_batch_costs_one_waiting_call_and_each_form_is_its_own() {
    let world = world(SESSION_ENDS);
    let reply = create(&world, None, 1, &files(MAX_BATCH)).await.unwrap();
    assert_eq!((reply.status.as_u16(), world.store.calls()), (201, 1));
    let answer = parsed(&reply);
    for (n, id) in ids(&reply).iter().enumerate() {
        let upload = owned_upload(&world, &caller("ann", None, 9), id).await.unwrap();
        assert_eq!(
            (upload.filename.as_str(), upload.path.as_ref().unwrap().as_str()),
            (format!("{n}.png").as_str(), format!("photos/{n}.png").as_str(),)
        );
        let form = &answer["uploads"][n];
        assert_eq!(
            (&form["fields"]["key"], &form["method"]),
            (&json!(format!("uploads/{id}")), &json!("POST"))
        );
    }
    let distinct: std::collections::BTreeSet<_> = ids(&reply).into_iter().collect();
    assert_eq!(distinct.len(), MAX_BATCH);
}

#[tokio::test]
async fn every_file_of_a_batch_is_checked_before_anything_is_written() {
    let world = world(SESSION_ENDS);
    let mut uploads: Vec<_> = (0..5).map(file).collect();
    uploads[1]["filename"] = json!("../1.png");
    uploads[3]["size_bytes"] = json!(1_000_001);
    uploads[3]["metadata"] = json!({ "A": "x" });
    uploads[4]["success_action_redirect"] = json!("https://evil.example/");
    let refused = told(create(&world, None, 1, &batch_of(&uploads)).await);
    let fields: Vec<_> = refused["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
    assert_eq!(
        fields,
        [
            "uploads[1].filename",
            "uploads[3].size_bytes",
            "uploads[3].metadata.A",
            "uploads[4].success_action_redirect",
        ]
    );
    let all_wrong = told(create(&world, None, 1, &batch_of(&vec![json!({}); 50])).await);
    assert_eq!(all_wrong["errors"].as_array().unwrap().len(), 20);
    let images = Settings { allowed_types: "text/plain".parse().unwrap(), ..settings() };
    let refused = told(batch::create(&world, &images, &caller("ann", None, 1), &files(2)).await);
    assert_eq!(refused["errors"][1]["field"], "uploads[1].content_type");
    let holder = held(&world, 5).await.1;
    let calls = world.store.calls();
    let mut uploads: Vec<_> = (0..2).map(file).collect();
    uploads[1]["content_type"] = json!("text/plain");
    let refused = told(batch::create_with_token(&world, &settings(), &holder, &batch_of(&uploads)).await);
    assert_eq!(refused["errors"][0]["field"], "uploads[1].content_type");
    assert_eq!(world.store.calls(), calls);
}

#[tokio::test]
async fn a_body_that_is_no_batch_is_refused_by_name() {
    let world = world(SESSION_ENDS);
    for (body, field) in [
        (files(0), "uploads"),
        (files(51), "uploads"),
        (b"{}".to_vec(), "uploads"),
        (br#"{"uploads":{}}"#.to_vec(), "uploads"),
        (br#"{"uploads":null}"#.to_vec(), "uploads"),
        (br#"{"uploads":[7]}"#.to_vec(), "uploads[0]"),
        (br#"{"uploads":[{"siez":1}]}"#.to_vec(), "uploads[0].siez"),
        (br#"{"uploads":[],"upload":[]}"#.to_vec(), "upload"),
    ] {
        let refused = told(create(&world, None, 1, &body).await);
        assert_eq!(refused["errors"][0]["field"], field, "{refused}");
    }
    let millions = format!(r#"{{"uploads":[{}{{}}]}}"#, "{},".repeat(200_000)).into_bytes();
    let refused = told(create(&world, None, 1, &millions).await);
    assert!(refused["errors"][0]["rule"].as_str().unwrap().contains("has at most 524288 bytes"), "{refused}");
    for body in [&b"[]"[..], b"", b"7", &files(2)[1..]] {
        assert_eq!(told(create(&world, None, 1, body).await)["code"], "malformed_body");
    }
    assert_eq!(world.store.calls(), 0);
}

#[tokio::test]
async fn a_batch_beyond_a_limit_is_refused_with_what_is_left_and_takes_nothing() {
    let world = world(SESSION_ENDS);
    let limits = OwnerLimits { pending_uploads: Some(4), bytes_per_day: None };
    let limited = Settings { limits, ..settings() };
    let create = |entropy, n| {
        let (world, limited) = (&world, &limited);
        async move { batch::create(world, limited, &caller("ann", None, entropy), &files(n)).await }
    };
    create(1, 1).await.unwrap();
    let refused = told(create(2, 4).await);
    assert_eq!((&refused["status"], &refused["code"]), (&json!(429), &json!("too_many_pending_uploads")));
    let detail = refused["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("You may have 3 more pending uploads (4 in all), and this batch needs 4"),
        "{detail}"
    );
    let larger = told(create(2, 5).await);
    let rule = "a batch has 1 to 4 uploads, and this one has 5";
    assert_eq!(larger["errors"], json!([{ "field": "uploads", "rule": rule }]), "no wait makes room");
    create(3, 3).await.unwrap();

    let limits = OwnerLimits { pending_uploads: None, bytes_per_day: Some(45) };
    let limited = Settings { limits, ..settings() };
    batch::create(&world, &limited, &caller("bob", None, 4), &files(2)).await.unwrap();
    let refused = told(batch::create(&world, &limited, &caller("bob", None, 5), &files(3)).await);
    assert_eq!(refused["code"], "too_many_bytes_today");
    let detail = refused["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("This request needs 30 bytes, and 25 of your 45 bytes a day (UTC) are left"),
        "{detail}"
    );
    batch::create(&world, &limited, &caller("bob", None, 6), &files(2)).await.unwrap();
}

#[tokio::test]
async fn a_batch_uses_a_token_once_for_each_upload() {
    let world = world(SESSION_ENDS);
    let holder = held(&world, 6).await.1;
    let create = |entropy, n| {
        let (world, caller) = (&world, Caller { entropy: [entropy; 16], ..holder.caller.clone() });
        let holder = tokens::Holder { token: holder.token.clone(), scope: holder.scope.clone(), caller };
        async move { batch::create_with_token(world, &settings(), &holder, &files(n)).await }
    };
    let reply = create(11, 3).await.unwrap();
    let upload = world.store.upload(ids(&reply)[2].parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(upload.token.as_ref(), Some(&holder.token));
    let refused = told(create(12, 5).await);
    assert_eq!((&refused["status"], &refused["code"]), (&json!(409), &json!("upload_token_too_few_uses")));
    let detail = refused["detail"].as_str().unwrap();
    assert!(detail.starts_with("The upload token has 3 uses left and this batch needs 5"), "{detail}");
    assert_eq!(world.store.token(&holder.token.token_id).await.unwrap().unwrap().uses_left, 3);
    create(13, 3).await.unwrap();
    assert_eq!(told(create(14, 1).await)["code"], "upload_token_used_up");
}

#[tokio::test]
async fn a_repeated_batch_gets_the_same_forms_and_another_batch_does_not() {
    let world = world(SESSION_ENDS);
    let first = create(&world, Some("k"), 1, &files(3)).await.unwrap();
    let again = repeat(&world, "10:05:00", &files(3)).await.unwrap();
    assert_eq!(ids(&first), ids(&again));
    assert_eq!(parsed(&first)["uploads"][2]["expires_at"], parsed(&again)["uploads"][2]["expires_at"]);
    let mut moved: Vec<_> = (0..3).map(file).collect();
    moved[2]["path"] = json!("other/2.png");
    let turned = batch_of(&(0..3).rev().map(file).collect::<Vec<_>>());
    for other in [files(2), files(4), turned, batch_of(&moved)] {
        assert_eq!(told(create(&world, Some("k"), 3, &other).await)["code"], "idempotency_key_reused");
    }
    for other in [ids(&create(&world, Some("l"), 4, &files(3)).await.unwrap()), {
        let bob = caller("bob", Some("k"), 5);
        ids(&batch::create(&world, &settings(), &bob, &files(3)).await.unwrap())
    }] {
        assert!(ids(&first).iter().all(|id| !other.contains(id)));
    }
}

#[tokio::test]
async fn a_batch_and_a_single_upload_share_no_key() {
    let world = world(SESSION_ENDS);
    let ann = caller("ann", Some("k"), 1);
    let body = file(0).to_string();
    let single = uploads::create(&world, &settings(), &ann, body.as_bytes()).await.unwrap();
    let batch = create(&world, Some("k"), 1, &files(1)).await.unwrap();
    assert_ne!(parsed(&single)["upload_id"], json!(ids(&batch)[0]));
    let mut holder = held(&world, 3).await.1;
    holder.caller.idempotency_key = ann.idempotency_key;
    let by_token = batch::create_with_token(&world, &settings(), &holder, &files(1)).await.unwrap();
    assert_ne!(ids(&by_token), ids(&batch));
    let again = batch::create_with_token(&world, &settings(), &holder, &files(1)).await.unwrap();
    assert_eq!(ids(&again), ids(&by_token));
    assert_eq!(world.store.token(&holder.token.token_id).await.unwrap().unwrap().uses_left, 2);
}

#[tokio::test]
async fn a_batch_whose_write_is_retried_gets_what_it_made() {
    for key in [None, Some("k")] {
        let world = world(SESSION_ENDS);
        world.store.lose_answer("grant", Loss::Retried);
        let reply = create(&world, key, 1, &files(3)).await.unwrap();
        assert!(parsed(&reply)["uploads"].as_array().unwrap().iter().all(|form| form["url"].is_string()));
        assert_eq!(world.store.calls(), 2, "the write and its retry");
    }
}

/// Another write may be under way on some of the records, so that the transaction does not report them.
#[tokio::test]
async fn records_that_a_repetition_does_not_report_are_read() {
    let world = world(SESSION_ENDS);
    let first = create(&world, Some("k"), 1, &files(3)).await.unwrap();
    world.store.report_existing(1);
    let calls = world.store.calls();
    let again = repeat(&world, "10:05:00", &files(3)).await.unwrap();
    assert_eq!((ids(&again), world.store.calls() - calls), (ids(&first), 3));
    assert_eq!(told(create(&world, Some("k"), 3, &files(4)).await)["code"], "idempotency_key_reused");
}

#[tokio::test]
async fn a_repetition_has_the_forms_of_what_is_still_to_be_sent_and_the_state_of_the_rest() {
    let world = world(SESSION_ENDS);
    let first = ids(&create(&world, Some("k"), 1, &files(4)).await.unwrap());
    let id = |n: usize| first[n].parse().unwrap();
    world.store.settle(id(0), &pin("v1"), None).await.unwrap();
    world.store.settle(id(1), &condemn("v2"), None).await.unwrap();
    uploads::remove(&world, &caller("ann", None, 2), &first[2]).await.unwrap();
    let again = parsed(&create(&world, Some("k"), 3, &files(4)).await.unwrap());
    assert_eq!(again["uploads"][0], json!({ "upload_id": first[0], "state": "available" }));
    assert_eq!(again["uploads"][2], json!({ "upload_id": first[2], "state": "deleting" }));
    for open in [1, 3] {
        assert_eq!(again["uploads"][open]["fields"]["key"], format!("uploads/{}", first[open]));
    }
    let late = parsed(&repeat(&world, "10:15:00", &files(4)).await.unwrap());
    assert_eq!(
        late["uploads"][3],
        json!({ "upload_id": first[3], "state": "pending" }),
        "its form has expired"
    );
}
