//! Files in parts, asked for by an app or by Companion's client: what is signed, what becomes of the
//! parts, and what a completion or an abort leaves.

use http::StatusCode;
use serde_json::{Value, json};

use super::part_plan::MIN_PART_BYTES;
use super::parts::MULTIPART_LIFE;
use super::tests::{World, caller, holder, parsed, settings, world};
use super::tokens::Holder;
use super::*;
use crate::http::{Problem, Reply};
use crate::ports::{RecordStore, StoredPart, UploadReader, UploadStore};
use crate::testing::memory::Loss;
use crate::testing::samples::{condemn, pin};
use crate::upload::reservation::Reserved;
use crate::upload::{Upload, UploadState};

pub(super) const SESSION_ENDS: &str = "2026-11-24T11:00:00Z";
const LARGE: u64 = 3 * MIN_PART_BYTES;

fn large() -> Settings {
    Settings { max_size_bytes: LARGE, ..settings() }
}

/// The same, where each owner has so many bytes a day.
pub(super) fn counted() -> Settings {
    Settings { limits: OwnerLimits { pending_uploads: None, bytes_per_day: Some(10 * LARGE) }, ..large() }
}

/// An upload of `ann` in parts, with the exact size.
pub(super) async fn begun(world: &World, settings: &Settings, size_bytes: u64) -> Owned<Upload> {
    let ann = caller("ann", None, u8::try_from(world.store.calls()).unwrap());
    let body = json!({ "filename": "a.png", "content_type": "image/png", "size_bytes": size_bytes });
    let body = body.to_string();
    let made = multipart::begin(world, settings, &ann, None, body.as_bytes()).await.unwrap();
    owned_upload(world, &ann, parsed(&made)["upload_id"].as_str().unwrap()).await.unwrap()
}

pub(super) fn put(world: &World, upload: &Upload, number: u16, size_bytes: u64) {
    let part = StoredPart { number, etag: format!("\"{number}\""), size_bytes };
    world.store.put_part(upload.s3_upload_id.as_ref().unwrap(), part);
}

pub(super) async fn record(world: &World, upload: &Upload) -> Upload {
    world.store.upload(upload.upload_id).await.unwrap().unwrap()
}

pub(super) fn is_alive(world: &World, upload: &Upload) -> bool {
    world.store.has_parts(upload.s3_upload_id.as_ref().unwrap())
}

pub(super) fn code(answer: Result<Reply, Problem>) -> &'static str {
    answer.unwrap_err().code()
}

pub(super) fn field(answer: Result<Reply, Problem>) -> String {
    let Err(Problem::InvalidFields(fields)) = answer else { panic!("{answer:?}") };
    fields[0].field.clone()
}

async fn complete(world: &World, upload: &Owned<Upload>) -> Result<Reply, Problem> {
    multipart::complete(world, caller("ann", None, 0).now, upload, b"").await
}

pub(super) async fn abort(world: &World, upload: &Owned<Upload>) -> Result<Reply, Problem> {
    uploads::give_up(world, caller("ann", None, 0).now, upload).await
}

#[tokio::test]
async fn a_type_that_the_stack_does_not_take_begins_nothing_at_s3() {
    let world = world(SESSION_ENDS);
    let settings = Settings { allowed_types: "text/*".parse().unwrap(), ..settings() };
    let body = br#"{"filename":"a.png","content_type":"image/png","size_bytes":10}"#;
    let refused = multipart::begin(&world, &settings, &caller("ann", None, 1), None, body).await;
    assert_eq!((field(refused).as_str(), world.store.calls()), ("content_type", 0));
}

#[tokio::test]
async fn one_to_a_thousand_parts_are_signed_in_one_answer() {
    let world = world(SESSION_ENDS);
    let upload = begun(&world, &settings(), 10).await;
    let now = caller("ann", None, 0).now;
    let settings = settings();
    let sign = async |numbers: Vec<u64>| {
        let body = json!({ "part_numbers": numbers }).to_string();
        multipart::sign(&world, &settings, now, &upload, body.as_bytes()).await
    };
    for count in [0, 1001] {
        assert_eq!(field(sign(vec![1; count]).await), "part_numbers", "{count}");
    }
    for count in [1, 1000] {
        let signed = parsed(&sign(vec![1; count]).await.unwrap());
        assert_eq!(signed["parts"].as_array().unwrap().len(), count);
        assert_eq!(signed["expires_at"], "2026-11-24T10:15:00.000Z");
    }
    for number in [0, 2, 70_000] {
        assert_eq!(field(sign(vec![number]).await), "part_numbers", "{number}");
    }
}

/// Parts of 8 MiB where the size is declared; else the least parts that S3 takes, of 5 MiB.
#[tokio::test]
async fn the_highest_part_follows_from_what_is_known_of_the_size() {
    let world = world(SESSION_ENDS);
    let holder = holder(&world, &large_token(&world).await).await;
    let (of_any_size, _) = companions(&world, &holder).await;
    let uploads =
        [(begun(&world, &large(), 0).await, 1), (begun(&world, &large(), LARGE).await, 2), (of_any_size, 3)];
    for (upload, last) in uploads {
        let sign = async |number: u64| {
            parts::sign(&world, &large(), holder.caller.now, &upload, &[number]).await.is_ok()
        };
        assert!(sign(last).await && !sign(last + 1).await, "{last}");
    }
}

#[tokio::test]
async fn parts_are_signed_until_the_upload_ends_or_has_its_file() {
    let world = world("2026-11-26T00:00:00Z");
    let upload = begun(&world, &settings(), 10).await;
    let ends = caller("ann", None, 0).now + MULTIPART_LIFE;
    let before = "2026-11-25T09:59:59Z".parse().unwrap();
    assert!(parts::sign(&world, &settings(), before, &upload, &[1]).await.is_ok());
    let late = parts::sign(&world, &settings(), ends, &upload, &[1]).await;
    assert!(matches!(late, Err(Problem::MultipartNotFound)), "{late:?}");
    world.store.settle(upload.upload_id, &pin("v1"), None).await.unwrap();
    let ann = caller("ann", None, 0);
    let pinned = owned_upload(&world, &ann, &upload.upload_id.to_string()).await.unwrap();
    let done = parts::sign(&world, &settings(), before, &pinned, &[1]).await;
    assert!(matches!(done, Err(Problem::MultipartNotFound)), "{done:?}");
}

#[tokio::test]
async fn a_client_is_told_which_parts_have_arrived_until_they_are_given_up() {
    let world = world(SESSION_ENDS);
    let upload = begun(&world, &settings(), 10).await;
    put(&world, &upload, 1, 10);
    let now = caller("ann", None, 0).now;
    let list = async || multipart::list(&world, now, &upload).await;
    let part = json!({ "part_number": 1, "size_bytes": 10, "etag": "\"1\"" });
    assert_eq!(parsed(&list().await.unwrap()), json!({ "parts": [part] }));
    abort(&world, &upload).await.unwrap();
    assert_eq!(code(list().await), "multipart_not_found");
}

/// The record stays pending for some hours after that, and S3 still has the parts.
#[tokio::test]
async fn parts_are_listed_only_while_the_upload_accepts_more() {
    let world = world("2026-11-26T00:00:00Z");
    let upload = begun(&world, &settings(), 10).await;
    put(&world, &upload, 1, 5);
    let ends = caller("ann", None, 0).now + MULTIPART_LIFE;
    let before = "2026-11-25T09:59:59Z".parse().unwrap();
    assert!(multipart::list(&world, before, &upload).await.is_ok());
    assert_eq!(code(multipart::list(&world, ends, &upload).await), "multipart_not_found");
    assert!(is_alive(&world, &upload));
    assert_eq!(record(&world, &upload).await.state, UploadState::Pending);
}

/// A refused completion can be mended by another part, unless there are too many bytes already.
#[tokio::test]
async fn only_too_many_bytes_end_an_upload_whose_completion_is_refused() {
    for (number, size_bytes, ends) in [(1, LARGE + 1, true), (2, LARGE, false), (2, 10, false)] {
        let world = world(SESSION_ENDS);
        let upload = begun(&world, &counted(), LARGE).await;
        put(&world, &upload, number, size_bytes);
        assert_eq!(code(complete(&world, &upload).await), "parts_refused");
        assert_eq!(is_alive(&world, &upload), !ends, "{number} {size_bytes}");
        let record = record(&world, &upload).await;
        let state = if ends { UploadState::Expired } else { UploadState::Pending };
        assert_eq!(record.state, state, "{number} {size_bytes}");
        let arrived = if ends { size_bytes } else { 0 };
        assert_eq!(record.reserved, Some(Reserved { bytes: LARGE, arrived }));
    }
}

#[tokio::test]
async fn parts_that_are_given_up_cost_what_arrived_of_them() {
    let world = world(SESSION_ENDS);
    let upload = begun(&world, &counted(), LARGE).await;
    put(&world, &upload, 1, 7);
    assert_eq!(abort(&world, &upload).await.unwrap().status, StatusCode::NO_CONTENT);
    assert!(!is_alive(&world, &upload));
    let ended = record(&world, &upload).await;
    assert_eq!(
        (ended.state, ended.reserved),
        (UploadState::Expired, Some(Reserved { bytes: 7, arrived: 7 }))
    );
}

#[tokio::test]
async fn s3_is_asked_for_the_parts_only_where_bytes_are_counted() {
    let world = world(SESSION_ENDS);
    let uncounted = begun(&world, &large(), LARGE).await;
    let calls = world.store.calls();
    abort(&world, &uncounted).await.unwrap();
    assert_eq!(world.store.calls() - calls, 2, "the record ends, and S3 drops the parts");
    let upload = begun(&world, &counted(), LARGE).await;
    abort(&world, &upload).await.unwrap();
    let ann = caller("ann", None, 0);
    let ended = owned_upload(&world, &ann, &upload.upload_id.to_string()).await.unwrap();
    let calls = world.store.calls();
    abort(&world, &ended).await.unwrap();
    assert_eq!(world.store.calls() - calls, 2, "a repetition");
}

/// A client whose completion lost its answer sends it again with what it knew before.
#[tokio::test]
async fn a_repeated_completion_ends_as_the_record_says() {
    for verdict in [Some(pin("v1")), Some(condemn("v1")), None] {
        for is_underway in [false, true] {
            let world = world(SESSION_ENDS);
            let upload = begun(&world, &settings(), 10).await;
            put(&world, &upload, 1, 10);
            match is_underway {
                true => world.store.lose_answer("complete_parts", Loss::Whole),
                false => assert_eq!(complete(&world, &upload).await.unwrap().status, StatusCode::OK),
            }
            if let Some(verdict) = &verdict {
                world.store.settle(upload.upload_id, verdict, None).await.unwrap();
            }
            let again = complete(&world, &upload).await;
            let expected = (is_underway && verdict.is_none()).then_some("completing");
            assert_eq!(again.err().map(|problem| problem.code()), expected, "{verdict:?} {is_underway}");
        }
    }
}

#[tokio::test]
async fn a_repeated_completion_of_a_removed_upload_finds_nothing() {
    let world = world(SESSION_ENDS);
    let upload = begun(&world, &settings(), 10).await;
    put(&world, &upload, 1, 10);
    complete(&world, &upload).await.unwrap();
    world.store.begin_deletion(upload.upload_id, &upload.owner).await.unwrap();
    assert_eq!(code(complete(&world, &upload).await), "multipart_not_found");
}

/// A token of `ann` for large images and for files without a type.
async fn large_token(world: &World) -> Value {
    let types = ["image/*", "application/octet-stream"];
    let body = json!({ "content_types": types, "max_size_bytes": LARGE, "uses": 9, "expires_in_s": 600 });
    let body = body.to_string();
    let made = tokens::create(world, &large(), &caller("ann", None, 9), body.as_bytes()).await;
    parsed(&made.unwrap())
}

/// What Companion's client begins, and the answer.
async fn companions(world: &World, holder: &Holder) -> (Owned<Upload>, Value) {
    let body = br#"{"filename":"a.png","type":"image/png"}"#;
    let begun = companion::begin(world, &large(), holder, body).await.unwrap();
    let begun = parsed(&begun);
    let (id, key) = (begun["uploadId"].as_str().unwrap(), begun["key"].as_str());
    (companion::upload(world, holder, id, key).await.unwrap(), begun)
}

#[tokio::test]
async fn companions_client_completes_the_parts_that_it_put_in_any_order() {
    let world = world(SESSION_ENDS);
    let holder = holder(&world, &large_token(&world).await).await;
    let settings = large();
    let complete = async |upload: &Owned<Upload>, body: &str| {
        companion::complete(&world, &settings, &holder, upload, body.as_bytes()).await
    };
    let (upload, begun) = companions(&world, &holder).await;
    put(&world, &upload, 1, MIN_PART_BYTES);
    put(&world, &upload, 2, 1);
    let listed = companion::list(&world, &holder, &upload).await.unwrap();
    let parts = json!([
        { "PartNumber": 1, "ETag": "\"1\"", "Size": MIN_PART_BYTES },
        { "PartNumber": 2, "ETag": "\"2\"", "Size": 1 },
    ]);
    assert_eq!(parsed(&listed), parts);
    let one_of_two = json!({ "parts": [{ "PartNumber": 1, "ETag": "x" }] }).to_string();
    assert_eq!(code(complete(&upload, &one_of_two).await), "parts_refused");
    let both = json!({ "parts": [{ "PartNumber": 2, "ETag": "x" }, { "PartNumber": 1, "ETag": "y" }] });
    let done = parsed(&complete(&upload, &both.to_string()).await.unwrap());
    assert_eq!((&done["key"], &done["bucket"]), (&begun["key"], &json!("files")));
    let location = format!("https://files.s3.eu-central-1.amazonaws.com/{}", begun["key"].as_str().unwrap());
    assert_eq!(done["location"], location);
    assert!(!is_alive(&world, &upload));
}

#[tokio::test]
async fn companions_client_may_name_no_parts_when_it_completes() {
    for body in ["", " \n"] {
        let world = world(SESSION_ENDS);
        let holder = holder(&world, &large_token(&world).await).await;
        let (upload, _) = companions(&world, &holder).await;
        put(&world, &upload, 1, 1);
        let done = companion::complete(&world, &large(), &holder, &upload, body.as_bytes()).await;
        assert_eq!(done.unwrap().status, StatusCode::OK);
        assert!(!is_alive(&world, &upload));
    }
}

#[tokio::test]
async fn companions_client_gives_its_parts_up() {
    let world = world(SESSION_ENDS);
    let holder = holder(&world, &large_token(&world).await).await;
    let (upload, _) = companions(&world, &holder).await;
    let answer = companion::abort(&world, &holder, &upload).await.unwrap();
    assert_eq!((answer.status, parsed(&answer)), (StatusCode::OK, json!({})));
    assert!(!is_alive(&world, &upload));
    assert_eq!(record(&world, &upload).await.state, UploadState::Expired);
}

#[tokio::test]
async fn companions_client_aborts_an_upload_with_a_verdict_and_changes_nothing() {
    for verdict in [pin("v1"), condemn("v1")] {
        let world = world(SESSION_ENDS);
        let holder = holder(&world, &large_token(&world).await).await;
        let (before, begun) = companions(&world, &holder).await;
        world.store.settle(before.upload_id, &verdict, None).await.unwrap();
        let settled = record(&world, &before).await;
        let (id, key) = (begun["uploadId"].as_str().unwrap(), begun["key"].as_str());
        let after = companion::upload(&world, &holder, id, key).await.unwrap();
        // The verdict may also be written between the request's read and its write.
        for read in [&before, &after] {
            let answer = companion::abort(&world, &holder, read).await.unwrap();
            assert_eq!((answer.status, parsed(&answer)), (StatusCode::OK, json!({})));
            assert_eq!(record(&world, &before).await, settled);
        }
    }
}

/// The paths of Companion's routes have the key and S3's id, and both must be of one upload of the token.
#[tokio::test]
async fn companions_routes_reach_only_what_their_token_began() {
    let world = world(SESSION_ENDS);
    let token = large_token(&world).await;
    let first = holder(&world, &token).await;
    let (_, begun) = companions(&world, &first).await;
    let (id, key) = (begun["uploadId"].as_str().unwrap(), begun["key"].as_str());
    let foreign = self::begun(&world, &large(), 10).await;
    let (foreign_id, foreign_key) = (foreign.s3_upload_id.clone().unwrap(), foreign.object_key().to_string());
    let next = holder(&world, &token).await;
    let plain = br#"{"filename":"a.png","content_type":"image/png"}"#;
    let form = uploads::create_with_token(&world, &large(), &next, plain).await.unwrap();
    let form_key = parsed(&form)["fields"]["key"].as_str().unwrap().to_owned();
    for (id, key) in [
        ("another", key),
        (id, None),
        (id, Some("x")),
        (foreign_id.as_str(), Some(foreign_key.as_str())),
        (id, Some(foreign_key.as_str())),
        (id, Some(form_key.as_str())),
    ] {
        let found = companion::upload(&world, &first, id, key).await;
        assert!(matches!(found, Err(Problem::MultipartNotFound)), "{id} {key:?} {found:?}");
    }
}

#[tokio::test]
async fn a_revoked_token_begins_nothing_at_s3() {
    let world = world(SESSION_ENDS);
    let token = large_token(&world).await;
    let holder = holder(&world, &token).await;
    let ann = caller("ann", None, 1);
    tokens::revoke(&world, &ann, token["upload_token_id"].as_str().unwrap()).await.unwrap();
    let calls = world.store.calls();
    let named = br#"{"filename":"a.png","type":"image/png"}"#;
    let refused = companion::begin(&world, &large(), &holder, named).await;
    assert_eq!(code(refused), "upload_token_revoked");
    let sized = br#"{"filename":"a.png","content_type":"image/png","size_bytes":10}"#;
    let refused = multipart::begin(&world, &large(), &holder.caller, Some(&holder), sized).await;
    assert_eq!(code(refused), "upload_token_revoked");
    assert_eq!(world.store.calls() - calls, 2, "each request reads the token");
}

#[tokio::test]
async fn a_direct_upload_is_a_put_with_the_clients_digest_signed_and_a_record() {
    const MD5: &str = "1B2M2Y8AsgTpgAmY7PhCfg==";
    let world = world(SESSION_ENDS);
    let holder = holder(&world, &large_token(&world).await).await;
    let blob = json!({ "blob": {
        "filename": "a.png", "content_type": "image/png", "byte_size": 10, "checksum": MD5,
    }});
    let made = direct_upload::create(&world, &large(), &holder, blob.to_string().as_bytes()).await;
    let made = parsed(&made.unwrap());
    let put = &made["direct_upload"];
    assert_eq!((&put["headers"]["content-md5"], &made["checksum"]), (&json!(MD5), &json!(MD5)));
    let url = put["url"].as_str().unwrap();
    assert!(url.contains("content-md5") && url.contains("X-Amz-Expires=900"), "{url}");
    let id = made["id"].as_str().unwrap();
    assert_eq!(owned_upload(&world, &holder.caller, id).await.unwrap().max_size_bytes, 10);
}

/// A browser that does not know a file's type sends an empty one.
#[tokio::test]
async fn companions_file_with_an_empty_type_is_an_octet_stream() {
    let world = world(SESSION_ENDS);
    let holder = holder(&world, &large_token(&world).await).await;
    let asked = [("filename", "a"), ("type", "")];
    let form = companion::params(&world, &large(), &holder, asked.into_iter()).await.unwrap();
    assert_eq!(parsed(&form)["fields"]["content-type"], "application/octet-stream");
}
