//! Uploads that are given up: what the record says afterwards, and what is refused.

use http::StatusCode;
use serde_json::json;

use super::parts_tests::{SESSION_ENDS, begun, code, counted, is_alive, record};
use super::tests::{World, caller, held, holder, parsed, settings, world};
use super::*;
use crate::http::{Problem, Reply};
use crate::ports::RecordStore;
use crate::testing::memory::Loss;
use crate::testing::samples::{condemn, pin};
use crate::upload::reservation::Reserved;
use crate::upload::{Upload, UploadState};

const BYTES: u64 = 10;

fn body() -> Vec<u8> {
    json!({ "filename": "a.png", "content_type": "image/png", "size_bytes": BYTES }).to_string().into_bytes()
}

/// An upload of `ann` by a form, with this idempotency key.
async fn form(world: &World, settings: &Settings, key: Option<&str>) -> Owned<Upload> {
    let ann = caller("ann", key, 1);
    let made = parsed(&uploads::create(world, settings, &ann, &body()).await.unwrap());
    owned_upload(world, &ann, made["upload_id"].as_str().unwrap()).await.unwrap()
}

async fn give_up(world: &World, upload: &Owned<Upload>) -> Result<Reply, Problem> {
    uploads::give_up(world, caller("ann", None, 0).now, upload).await
}

async fn state(world: &World, upload: &Upload) -> UploadState {
    record(world, upload).await.state
}

#[tokio::test]
async fn a_form_is_given_up_by_one_write_and_a_repetition_changes_nothing() {
    let world = world(SESSION_ENDS);
    let upload = form(&world, &counted(), Some("k")).await;
    let calls = world.store.calls();
    assert_eq!(give_up(&world, &upload).await.unwrap().status, StatusCode::NO_CONTENT);
    assert_eq!(world.store.calls() - calls, 1);
    let given_up = record(&world, &upload).await;
    assert_eq!(given_up.state, UploadState::Expired);
    let reserved = Some(Reserved { bytes: BYTES, arrived: 0 });
    assert_eq!(given_up.reserved, reserved, "S3 still accepts the form");
    let again = owned_upload(&world, &caller("ann", None, 2), &upload.upload_id.to_string()).await.unwrap();
    for read in [&upload, &again] {
        assert_eq!(give_up(&world, read).await.unwrap().status, StatusCode::NO_CONTENT);
    }
    assert_eq!(record(&world, &upload).await, given_up);
    let spent = uploads::create(&world, &counted(), &caller("ann", Some("k"), 3), &body()).await;
    assert_eq!(code(spent), "idempotency_key_spent", "no client is told to send the file again");
}

#[tokio::test]
async fn a_file_that_arrives_after_its_form_was_given_up_is_recorded() {
    for (verdict, state) in [(pin("v1"), UploadState::Available), (condemn("v1"), UploadState::Rejected)] {
        let world = world(SESSION_ENDS);
        let upload = form(&world, &settings(), None).await;
        give_up(&world, &upload).await.unwrap();
        world.store.settle(upload.upload_id, &verdict, None).await.unwrap();
        assert_eq!(record(&world, &upload).await.state, state);
    }
}

/// Also if the verdict is written between the request's read and its write.
#[tokio::test]
async fn a_file_that_has_a_verdict_is_not_given_up() {
    for verdict in [pin("v1"), condemn("v1")] {
        for in_parts in [false, true] {
            let world = world(SESSION_ENDS);
            let before = match in_parts {
                true => begun(&world, &settings(), BYTES).await,
                false => form(&world, &settings(), None).await,
            };
            world.store.settle(before.upload_id, &verdict, None).await.unwrap();
            let settled = record(&world, &before).await;
            let ann = caller("ann", None, 0);
            let after = owned_upload(&world, &ann, &before.upload_id.to_string()).await.unwrap();
            for read in [&before, &after] {
                let refused = give_up(&world, read).await.unwrap_err();
                assert_eq!((refused.code(), refused.status()), ("upload_has_file", StatusCode::CONFLICT));
                assert_eq!(record(&world, &before).await, settled, "nothing has changed");
            }
        }
    }
}

#[tokio::test]
async fn a_lost_answer_of_giving_up_changes_nothing() {
    let world = world(SESSION_ENDS);
    let upload = form(&world, &settings(), None).await;
    world.store.lose_answer("give_up", Loss::Retried);
    give_up(&world, &upload).await.unwrap();
    let other = form(&world, &settings(), Some("k")).await;
    world.store.lose_answer("give_up", Loss::Whole);
    assert_eq!(code(give_up(&world, &other).await), "unavailable");
    give_up(&world, &other).await.unwrap();
    for upload in [upload, other] {
        assert_eq!(state(&world, &upload).await, UploadState::Expired);
    }
}

#[tokio::test]
async fn a_deleted_upload_stays_deleted() {
    let world = world(SESSION_ENDS);
    let upload = form(&world, &settings(), None).await;
    uploads::remove(&world, &caller("ann", None, 0), &upload.upload_id.to_string()).await.unwrap();
    give_up(&world, &upload).await.unwrap();
    assert_eq!(state(&world, &upload).await, UploadState::Deleting);
}

/// No pending record names parts that are gone.
#[tokio::test]
async fn parts_stay_while_the_record_could_not_be_written() {
    let world = world(SESSION_ENDS);
    let upload = begun(&world, &counted(), BYTES).await;
    let given_back = upload.unused_at(upload.policy_expires_at).unwrap();
    world.store.give_back(&upload, &given_back).await.unwrap();
    assert_eq!(code(give_up(&world, &upload).await), "unavailable");
    assert_eq!((state(&world, &upload).await, is_alive(&world, &upload)), (UploadState::Pending, true));
    let read = owned_upload(&world, &caller("ann", None, 0), &upload.upload_id.to_string()).await.unwrap();
    give_up(&world, &read).await.unwrap();
    assert_eq!((state(&world, &upload).await, is_alive(&world, &upload)), (UploadState::Expired, false));
}

#[tokio::test]
async fn the_use_of_a_form_that_is_given_up_does_not_come_back() {
    let world = world(SESSION_ENDS);
    let (token, first) = held(&world, 1).await;
    let made = parsed(&uploads::create_with_token(&world, &settings(), &first, &body()).await.unwrap());
    let used_up = holder(&world, &token).await;
    let upload = used_up.upload(&world, made["upload_id"].as_str().unwrap()).await.unwrap();
    assert_eq!(give_up(&world, &upload).await.unwrap().status, StatusCode::NO_CONTENT);
    assert_eq!(state(&world, &upload).await, UploadState::Expired);
    let next = uploads::create_with_token(&world, &settings(), &used_up, &body()).await;
    assert_eq!(code(next), "upload_token_used_up");
}
