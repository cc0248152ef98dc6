//! What an answer advises can be done, and helps.

use serde_json::{Value, json};

use super::tests::{World, available, caller, parsed, settings, world};
use super::*;
use crate::http::Problem;
use crate::ports::{RecordStore as _, StoredPart, UploadReader as _};
use crate::testing::samples::{at, condemn as rejected, pin, version};
use crate::upload::{MAX_CONDEMNED, Upload};
use crate::value::id::UploadId;

const SESSION_ENDS: &str = "2026-11-24T11:00:00Z";

fn png(size_bytes: u64) -> Vec<u8> {
    json!({ "filename": "a.png", "content_type": "image/png", "size_bytes": size_bytes }).to_string().into()
}

async fn in_parts(world: &World, by: &Caller) -> Owned<Upload> {
    let reply = multipart::begin(world, &settings(), by, None, &png(9)).await.unwrap();
    owned_upload(world, by, parsed(&reply)["upload_id"].as_str().unwrap()).await.unwrap()
}

async fn form(world: &World, by: &Caller) -> UploadId {
    let reply = uploads::create(world, &settings(), by, &png(9)).await.unwrap();
    parsed(&reply)["upload_id"].as_str().unwrap().parse().unwrap()
}

fn body(problem: &Problem) -> Value {
    parsed(&problem.reply("r"))
}

async fn told_of_no_link(world: &World, by: &Caller, id: UploadId) -> String {
    let refused = links::create(world, &settings(), by, &id.to_string(), b"").await.unwrap_err();
    assert_eq!(refused.code(), "upload_not_available");
    body(&refused)["detail"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_upload_without_a_file_is_waited_for_only_while_one_may_come() {
    let (world, ann) = (world(SESSION_ENDS), caller("ann", None, 1));
    let waiting = form(&world, &ann).await;
    assert!(told_of_no_link(&world, &ann, waiting).await.contains("Ask GET /uploads/{id} until it is."));
    let later = Caller { now: at("2026-11-24T10:15:00Z"), ..ann.clone() };
    assert!(told_of_no_link(&world, &later, waiting).await.contains("it accepts no file any more"));

    world.store.settle(waiting, &rejected("v0"), None).await.unwrap();
    assert!(told_of_no_link(&world, &ann, waiting).await.contains("by the same form"));
    assert!(told_of_no_link(&world, &later, waiting).await.contains("It accepts no further file"));
    for n in 1..MAX_CONDEMNED {
        world.store.settle(waiting, &rejected(&format!("v{n}")), None).await.unwrap();
    }
    assert!(told_of_no_link(&world, &ann, waiting).await.contains("It accepts no further file"));

    let parts = in_parts(&world, &caller("ann", None, 2)).await;
    world.store.settle(parts.upload_id, &rejected("p"), None).await.unwrap();
    assert!(told_of_no_link(&world, &ann, parts.upload_id).await.contains("It accepts no further file"));
    let parts = in_parts(&world, &caller("ann", None, 3)).await;
    uploads::give_up(&world, ann.now, &parts).await.unwrap();
    assert!(
        told_of_no_link(&world, &ann, parts.upload_id).await.contains("its parts expired or were given up")
    );
    let cancelled = form(&world, &caller("ann", None, 4)).await;
    let upload = owned_upload(&world, &ann, &cancelled.to_string()).await.unwrap();
    uploads::give_up(&world, ann.now, &upload).await.unwrap();
    assert!(told_of_no_link(&world, &ann, cancelled).await.contains("or it was given up"));
}

/// A job that begins again after a crash must find its file and not send it twice.
#[tokio::test]
async fn a_repeated_request_whose_file_has_arrived_names_its_upload() {
    let (world, ann) = (world(SESSION_ENDS), caller("ann", Some("k"), 1));
    let id = form(&world, &ann).await;
    world.store.settle(id, &pin("v1"), None).await.unwrap();
    let again = uploads::create(&world, &settings(), &ann, &png(9)).await.unwrap_err();
    let told = body(&again);
    assert_eq!((&told["code"], &told["upload_id"]), (&json!("idempotency_key_spent"), &json!(id)));
    let bob = caller("bob", Some("k"), 2);
    uploads::create(&world, &settings(), &bob, &png(9)).await.unwrap();
    let other = uploads::create(&world, &settings(), &ann, &png(8)).await.unwrap_err();
    assert!(body(&other).get("upload_id").is_none(), "another request learns nothing");
}

/// Whoever keeps the id that a link had before its rotation must not believe that he ended the link.
#[tokio::test]
async fn the_old_id_of_a_rotated_link_says_so() {
    let (world, ann) = (world(SESSION_ENDS), caller("ann", None, 1));
    let upload = available(&world, &ann).await;
    let link = parsed(&links::create(&world, &settings(), &ann, &upload, b"").await.unwrap());
    let old = link["link_id"].as_str().unwrap();
    let by = |entropy| caller("ann", None, entropy);
    let new = parsed(&links::rotate(&world, &settings(), &by(2), old, b"{}").await.unwrap());
    let ended = revocation::revoke(&world, &settings(), &ann, old).await.unwrap_err();
    let changed = links::change(&world, &settings(), &by(3), old, b"{}").await.unwrap_err();
    let rotated = links::rotate(&world, &settings(), &by(4), old, b"").await.unwrap_err();
    assert_eq!([ended, changed, rotated].map(|problem| problem.code()), ["link_rotated"; 3]);
    let strangers = revocation::revoke(&world, &settings(), &caller("bob", None, 5), old).await.unwrap_err();
    assert_eq!(strangers.code(), "link_not_found");
    let new = new["link_id"].as_str().unwrap();
    for _ in 0..2 {
        revocation::revoke(&world, &settings(), &ann, new).await.unwrap();
    }
    assert_eq!(
        links::change(&world, &settings(), &by(6), new, b"{}").await.unwrap_err().code(),
        "link_ended"
    );
}

#[tokio::test]
async fn a_rotation_takes_no_terms() {
    let (world, ann) = (world(SESSION_ENDS), caller("ann", None, 1));
    let upload = available(&world, &ann).await;
    let link = parsed(&links::create(&world, &settings(), &ann, &upload, b"").await.unwrap());
    let terms = br#"{"max_opens":9}"#;
    let refused = links::rotate(&world, &settings(), &ann, link["link_id"].as_str().unwrap(), terms).await;
    assert_eq!(body(&refused.unwrap_err())["errors"][0]["field"], "max_opens");
}

#[tokio::test]
async fn parts_that_are_a_file_cannot_be_given_up() {
    let (world, ann) = (world(SESSION_ENDS), caller("ann", None, 1));
    let upload = in_parts(&world, &ann).await;
    let part = StoredPart { number: 1, etag: "\"e\"".to_owned(), size_bytes: 9 };
    world.store.put_part(upload.s3_upload_id.as_ref().unwrap(), part);
    parts::complete(&world, ann.now, &upload, None, None).await.unwrap();
    world.store.settle(upload.upload_id, &pin("v1"), None).await.unwrap();
    let recorded = owned_upload(&world, &ann, &upload.upload_id.to_string()).await.unwrap();
    let late = uploads::give_up(&world, ann.now, &recorded).await.unwrap_err();
    assert_eq!(late.code(), "upload_has_file");
    assert_eq!(
        world.store.upload(upload.upload_id).await.unwrap().unwrap().recorded.unwrap().version_id,
        version("v1")
    );
}

#[tokio::test]
async fn a_part_beyond_the_plan_is_told_the_last_one() {
    let (world, ann) = (world(SESSION_ENDS), caller("ann", None, 1));
    let upload = in_parts(&world, &ann).await;
    let refused = multipart::sign(&world, &settings(), ann.now, &upload, br#"{"part_numbers":[2]}"#).await;
    let told = body(&refused.unwrap_err());
    assert_eq!(told["errors"], json!([{ "field": "part_numbers", "rule": "a part's number is 1 to 1" }]));
}

#[tokio::test]
async fn a_request_without_its_fields_names_all_of_them() {
    let (world, ann) = (world(SESSION_ENDS), caller("ann", None, 1));
    let fields = |problem: Problem| -> Vec<String> {
        let Problem::InvalidFields(fields) = problem else { panic!("{problem:?}") };
        fields.into_iter().map(|field| field.field).collect()
    };
    let upload = uploads::create(&world, &settings(), &ann, b"{}").await.unwrap_err();
    assert_eq!(fields(upload), ["filename", "content_type"]);
    let token = tokens::create(&world, &settings(), &ann, b"{}").await.unwrap_err();
    assert_eq!(fields(token), ["content_types", "max_size_bytes", "uses", "expires_in_s"]);
}

#[tokio::test]
async fn a_file_that_is_too_large_for_a_form_is_pointed_to_parts() {
    let (world, ann) = (world(SESSION_ENDS), caller("ann", None, 1));
    let large = Settings { max_size_bytes: 1 << 40, ..settings() };
    let refused = uploads::create(&world, &large, &ann, &png((5 << 30) + 1)).await.unwrap_err();
    assert!(body(&refused)["errors"][0]["rule"].as_str().unwrap().contains("POST /uploads/multipart"));
    // Where no file may be larger, parts help nobody.
    let as_large = Settings { max_size_bytes: 5 << 30, ..settings() };
    let refused = uploads::create(&world, &as_large, &ann, &png((5 << 30) + 1)).await.unwrap_err();
    assert!(!body(&refused)["errors"][0]["rule"].as_str().unwrap().contains("multipart"));
    let body_of = png((5 << 30) + 1);
    let refused = multipart::begin(&world, &as_large, &ann, None, &body_of).await.unwrap_err();
    assert!(!body(&refused)["errors"][0]["rule"].as_str().unwrap().contains("multipart"));
    let refused = uploads::create(&world, &settings(), &ann, &png(5 << 30)).await.unwrap_err();
    assert!(
        !body(&refused)["errors"][0]["rule"].as_str().unwrap().contains("multipart"),
        "no file is that large"
    );
}
