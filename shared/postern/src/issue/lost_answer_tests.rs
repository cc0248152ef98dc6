//! Writes that take effect and lose their answer: what the caller is told, what the record names, and
//! what stays at S3.

use http::StatusCode;
use serde_json::{Value, json};

use super::tests::{World, caller, parsed, settings, world};
use super::*;
use crate::http::Problem;
use crate::ports::{PartStore, RecordStore, StoredPart};
use crate::testing::memory::Loss;
use crate::testing::samples::{condemn, example_credentials, pin};
use crate::upload::Upload;

const SESSION_ENDS: &str = "2026-11-24T11:00:00Z";

fn body() -> Vec<u8> {
    json!({ "filename": "photo.png", "content_type": "image/png", "size_bytes": 10 }).to_string().into_bytes()
}

/// No limits, and with one, which counts in a transaction: each with the name of its write.
fn both_settings() -> [(&'static str, Settings); 2] {
    let limited = OwnerLimits { pending_uploads: Some(2), bytes_per_day: None };
    [("create", settings()), ("grant", Settings { limits: limited, ..settings() })]
}

async fn record(world: &World, answer: &Value) -> Owned<Upload> {
    owned_upload(world, &caller("ann", None, 0), answer["upload_id"].as_str().unwrap()).await.unwrap()
}

/// Whether S3 still has the multipart upload that the record names.
async fn is_alive(world: &World, upload: &Owned<Upload>) -> bool {
    let id = upload.s3_upload_id.as_ref().unwrap();
    let listed = world.store.list_parts(&example_credentials(), upload.object_key(), id).await;
    listed.unwrap().is_some()
}

async fn begin(world: &World, settings: &Settings, caller: &Caller) -> Result<Value, Problem> {
    let begun = multipart::begin(world, settings, caller, None, &body()).await?;
    assert_eq!(begun.status, StatusCode::CREATED);
    Ok(parsed(&begun))
}

#[tokio::test]
async fn a_request_whose_write_is_retried_gets_what_it_made() {
    for (write, settings) in both_settings() {
        for key in [None, Some("order-7")] {
            let world = world(SESSION_ENDS);
            world.store.lose_answer(write, Loss::Retried);
            let by = caller("ann", key, 1);
            let form = uploads::create(&world, &settings, &by, &body()).await.unwrap();
            assert_eq!(form.status, StatusCode::CREATED, "{write} {key:?}");
            record(&world, &parsed(&form)).await;

            world.store.lose_answer(write, Loss::Retried);
            let by = caller("ann", key.map(|_| "order-8"), 2);
            let put = uploads::create_put(&world, &settings, &by, &body()).await.unwrap();
            assert_eq!(put.status, StatusCode::CREATED, "{write} {key:?}");
        }
    }
}

#[tokio::test]
async fn a_multipart_upload_that_its_record_names_is_never_aborted() {
    for (write, settings) in both_settings() {
        for key in [None, Some("order-7")] {
            let world = world(SESSION_ENDS);
            world.store.lose_answer(write, Loss::Retried);
            let begun = begin(&world, &settings, &caller("ann", key, 1)).await.unwrap();
            assert!(is_alive(&world, &record(&world, &begun).await).await, "{write} {key:?}");
        }
    }
}

#[tokio::test]
async fn a_multipart_upload_of_unknown_outcome_is_there_for_the_repetition() {
    for (write, settings) in both_settings() {
        let world = world(SESSION_ENDS);
        world.store.lose_answer(write, Loss::Whole);
        let ann = caller("ann", Some("order-7"), 1);
        let lost = begin(&world, &settings, &ann).await.unwrap_err();
        assert_eq!(lost.code(), "unavailable", "{write}");
        let again = begin(&world, &settings, &Caller { entropy: [2; 16], ..ann }).await.unwrap();
        assert!(is_alive(&world, &record(&world, &again).await).await, "{write}");
        assert_eq!(
            world.store.multipart_uploads(),
            1,
            "the second one is aborted: the record names the first"
        );
    }
}

#[tokio::test]
async fn what_s3_began_for_a_refused_request_is_aborted_and_a_silent_s3_does_not_fail_the_answer() {
    let [_, (_, limited)] = both_settings();
    let world = world(SESSION_ENDS);
    let mut begun = Vec::new();
    for n in 1..=2 {
        begun.push(begin(&world, &limited, &caller("ann", None, n)).await.unwrap());
    }
    let refused = begin(&world, &limited, &caller("ann", None, 3)).await.unwrap_err();
    assert_eq!(refused.code(), "too_many_pending_uploads");
    assert_eq!(world.store.multipart_uploads(), 2, "nobody pays for what is refused");
    world.store.fail_next("abort_parts");
    let refused = begin(&world, &limited, &caller("ann", None, 4)).await.unwrap_err();
    assert_eq!(refused.code(), "too_many_pending_uploads");
    for answer in &begun {
        assert!(is_alive(&world, &record(&world, answer).await).await);
    }
}

#[tokio::test]
async fn an_upload_token_whose_write_is_retried_is_shown() {
    let body =
        json!({ "content_types": ["image/*"], "max_size_bytes": 1000, "uses": 2, "expires_in_s": 600 });
    for key in [None, Some("order-7")] {
        let world = world(SESSION_ENDS);
        world.store.lose_answer("create_token", Loss::Retried);
        let made =
            tokens::create(&world, &settings(), &caller("ann", key, 1), body.to_string().as_bytes()).await;
        assert_eq!(made.unwrap().status, StatusCode::CREATED, "{key:?}");
    }
}

#[tokio::test]
async fn a_completion_of_unknown_outcome_is_told_to_come_again() {
    let world = world(SESSION_ENDS);
    let begun = begin(&world, &settings(), &caller("ann", None, 1)).await.unwrap();
    let upload = record(&world, &begun).await;
    put_file(&world, &upload);
    world.store.lose_answer("complete_parts", Loss::Whole);
    let now = upload.uploaded_at;
    let unknown = multipart::complete(&world, now, &upload, b"").await.unwrap_err();
    assert_eq!((unknown.code(), unknown.retry_after_s()), ("completing", Some(5)));
    world.store.lose_answer("complete_parts", Loss::Whole);
    let again = multipart::complete(&world, now, &upload, b"").await.unwrap_err();
    assert_eq!(again.code(), "completing");
    assert_eq!(multipart::complete(&world, now, &upload, b"").await.unwrap().status, StatusCode::OK);
}

#[tokio::test]
async fn parts_that_are_given_up_free_their_place_and_end_their_key() {
    let [_, (_, limited)] = both_settings();
    let world = world(SESSION_ENDS);
    let ann = caller("ann", Some("order-7"), 1);
    let first = record(&world, &begin(&world, &limited, &ann).await.unwrap()).await;
    begin(&world, &limited, &caller("ann", None, 2)).await.unwrap();
    assert!(begin(&world, &limited, &caller("ann", None, 3)).await.is_err(), "two may be pending");
    // S3 does not answer, so the client asks again.
    world.store.fail_next("abort_parts");
    assert!(uploads::give_up(&world, ann.now, &first).await.is_err());
    uploads::give_up(&world, ann.now, &first).await.unwrap();
    let ended = owned_upload(&world, &ann, &first.upload_id.to_string()).await.unwrap();
    begin(&world, &limited, &caller("ann", None, 3)).await.unwrap();
    let calls = world.store.calls();
    let late = multipart::complete(&world, ann.now, &ended, b"").await.unwrap_err();
    assert_eq!((late.code(), world.store.calls()), ("multipart_not_found", calls), "at once");
    assert_eq!(begin(&world, &limited, &ann).await.unwrap_err().code(), "idempotency_key_spent");
}

/// A part of a multipart upload that holds the whole file of [`body`].
fn put_file(world: &World, upload: &Owned<Upload>) {
    let part = StoredPart { number: 1, etag: "e".to_owned(), size_bytes: 10 };
    world.store.put_part(upload.s3_upload_id.as_ref().unwrap(), part);
}

/// The recorder may need minutes, with a scan: no repetition waits for it.
#[tokio::test]
async fn a_completed_upload_says_so_before_and_after_it_is_recorded() {
    let world = world(SESSION_ENDS);
    let ann = caller("ann", Some("order-7"), 1);
    let upload = record(&world, &begin(&world, &settings(), &ann).await.unwrap()).await;
    put_file(&world, &upload);
    let complete = async |upload: &Owned<Upload>| {
        parsed(&multipart::complete(&world, ann.now, upload, b"").await.unwrap())
    };
    let first = complete(&upload).await;
    for verdict in [None, Some(condemn("v1")), Some(pin("v2"))] {
        if let Some(verdict) = verdict {
            world.store.settle(upload.upload_id, &verdict, None).await.unwrap();
        }
        let upload = owned_upload(&world, &ann, &upload.upload_id.to_string()).await.unwrap();
        assert_eq!(complete(&upload).await, first);
        let listed = parsed(&multipart::list(&world, ann.now, &upload).await.unwrap());
        let part = json!({ "part_number": 1, "size_bytes": 10, "etag": null });
        assert_eq!(listed["parts"], json!([part]), "nothing is missing");
        assert_eq!(begin(&world, &settings(), &ann).await.unwrap_err().code(), "idempotency_key_spent");
    }
}

#[tokio::test]
async fn parts_that_ended_otherwise_are_not_taken_for_a_file() {
    let world = world(SESSION_ENDS);
    let ann = caller("ann", None, 1);
    let upload = record(&world, &begin(&world, &settings(), &ann).await.unwrap()).await;
    put_file(&world, &upload);
    uploads::give_up(&world, ann.now, &upload).await.unwrap();
    for now in [ann.now, upload.policy_expires_at] {
        // As a request that read the record before it was given up.
        let listed = multipart::list(&world, now, &upload).await.unwrap_err();
        let completed = multipart::complete(&world, now, &upload, b"").await.unwrap_err();
        assert_eq!((listed.code(), completed.code()), ("multipart_not_found", "multipart_not_found"));
    }
    // A day later the bucket's lifecycle has taken the parts of one that nobody gave up.
    let left = record(&world, &begin(&world, &settings(), &caller("ann", None, 2)).await.unwrap()).await;
    world
        .store
        .abort_parts(&example_credentials(), left.object_key(), left.s3_upload_id.as_ref().unwrap())
        .await
        .unwrap();
    let late = multipart::complete(&world, left.policy_expires_at, &left, b"").await.unwrap_err();
    assert_eq!(late.code(), "multipart_not_found");
}

#[tokio::test]
async fn a_form_that_can_take_no_file_is_not_shown_again() {
    let world = world(SESSION_ENDS);
    let ann = caller("ann", Some("order-7"), 1);
    let form = async || uploads::create(&world, &settings(), &ann, &body()).await.map(|reply| parsed(&reply));
    let id = form().await.unwrap()["upload_id"].as_str().unwrap().parse().unwrap();
    for n in 0..crate::upload::MAX_CONDEMNED {
        assert!(form().await.is_ok(), "the right file may come: {n}");
        world.store.settle(id, &condemn(&format!("v{n}")), None).await.unwrap();
    }
    assert_eq!(form().await.unwrap_err().code(), "idempotency_key_spent");
}
