//! The API against the world in memory.

use http::StatusCode;
use serde_json::{Value, json};

use super::*;
use crate::memory::{FixedSigner, MemoryWorld};
use crate::ports::{RecordStore, UploadStore};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::sign::SigningCredentials;
use crate::sign::tests::example_credentials;
use crate::upload::tests::{at, pin};

type World = Ports<MemoryWorld, FixedSigner>;

fn world(session_ends: &str) -> World {
    let credentials = SigningCredentials { expires_at: Some(at(session_ends)), ..example_credentials() };
    let keys = crate::token::tests::keys(&[1]);
    Ports { store: MemoryWorld::default(), signer: FixedSigner(credentials), keys }
}

pub(super) fn terms() -> Terms {
    Terms {
        endpoint: BucketEndpoint::regional("files", "eu-central-1"),
        files_key_arn: "arn:aws:kms:eu-central-1:111122223333:key/files".to_owned(),
        form_ttl: Duration::from_mins(15),
        max_size_bytes: 1_000_000,
        link_base_url: "https://files.example/".to_owned(),
        limits: OwnerLimits::default(),
    }
}

fn caller(name: &str, key: Option<&str>, entropy: u8) -> Caller {
    Caller {
        now: at("2026-11-24T10:00:00Z"),
        owner: format!("https://issuer.test#{name}").parse().unwrap(),
        idempotency_key: key.map(|key| key.parse().unwrap()),
        entropy: [entropy; 16],
    }
}

fn body() -> Vec<u8> {
    json!({ "filename": "photo.png", "content_type": "image/png", "size_bytes": 10, "metadata": { "album": "7" } })
        .to_string()
        .into_bytes()
}

fn parsed(reply: &Reply) -> Value {
    serde_json::from_str(&reply.body).unwrap()
}

async fn issued(world: &World, caller: &Caller) -> Value {
    let reply = uploads::create(world, &terms(), caller, &body()).await.unwrap();
    assert_eq!(reply.status, StatusCode::CREATED);
    parsed(&reply)
}

async fn available(world: &World, caller: &Caller) -> String {
    let id = issued(world, caller).await["upload_id"].as_str().unwrap().to_owned();
    world.store.settle(id.parse().unwrap(), &pin("v1")).await.unwrap();
    id
}

#[tokio::test]
async fn a_form_has_what_was_declared_and_nothing_else() {
    let form = issued(&world("2026-11-24T11:00:00Z"), &caller("ann", None, 1)).await;
    let names: Vec<_> = form["fields"].as_object().unwrap().keys().cloned().collect();
    insta::assert_snapshot!(names.join(" "), @"content-type key policy success_action_status x-amz-algorithm x-amz-credential x-amz-date x-amz-meta-album x-amz-server-side-encryption x-amz-server-side-encryption-aws-kms-key-id x-amz-signature");
    assert_eq!(form["method"], "POST");
    assert_eq!(form["url"], "https://files.s3.eu-central-1.amazonaws.com/");
    assert_eq!(form["expires_at"], "2026-11-24T10:15:00.000Z");
    assert_eq!(form["max_size_bytes"], 10);
}

#[tokio::test]
async fn the_effective_expiry_is_told_when_the_session_ends_earlier() {
    let form = issued(&world("2026-11-24T10:05:00.5Z"), &caller("ann", None, 1)).await;
    assert_eq!(form["expires_at"], "2026-11-24T10:05:00.000Z");
}

#[tokio::test]
async fn issuing_costs_one_waiting_call() {
    let world = world("2026-11-24T11:00:00Z");
    issued(&world, &caller("ann", None, 1)).await;
    assert_eq!(world.store.calls(), 1);
}

#[tokio::test]
async fn a_refused_request_leaves_nothing_behind() {
    let world = world("2026-11-24T11:00:00Z");
    let bad = json!({ "filename": "../x", "content_type": "image/png" }).to_string();
    let refused = uploads::create(&world, &terms(), &caller("ann", None, 1), bad.as_bytes()).await;
    assert!(matches!(refused, Err(Problem::InvalidFields(_))));
    assert_eq!(world.store.calls(), 0);
}

#[tokio::test]
async fn a_repeated_request_gets_the_same_upload_and_another_request_does_not() {
    let world = world("2026-11-24T11:00:00Z");
    let first = issued(&world, &caller("ann", Some("k"), 1)).await;
    let later = Caller { now: at("2026-11-24T10:05:00Z"), ..caller("ann", Some("k"), 2) };
    let again = issued(&world, &later).await;
    assert_eq!(first["upload_id"], again["upload_id"]);
    assert_eq!(first["expires_at"], again["expires_at"], "the first form's end is the upload's end");

    assert_ne!(first["upload_id"], issued(&world, &caller("bob", Some("k"), 3)).await["upload_id"]);
    let other = json!({ "filename": "other.png", "content_type": "image/png" }).to_string();
    let reused = uploads::create(&world, &terms(), &caller("ann", Some("k"), 4), other.as_bytes()).await;
    assert!(matches!(reused, Err(Problem::IdempotencyKeyReused)));
    let expired = Caller { now: at("2026-11-24T10:15:00Z"), ..caller("ann", Some("k"), 5) };
    let spent = uploads::create(&world, &terms(), &expired, &body()).await;
    assert!(matches!(spent, Err(Problem::IdempotencyKeySpent)));
}

#[tokio::test]
async fn a_stranger_sees_nothing() {
    let world = world("2026-11-24T11:00:00Z");
    let (ann, bob) = (caller("ann", None, 1), caller("bob", None, 2));
    let id = available(&world, &ann).await;
    let link = parsed(&links::create(&world, &terms(), &ann, &id, b"").await.unwrap());
    let link_id = link["link_id"].as_str().unwrap();
    assert!(matches!(uploads::show(&world, &bob, &id).await, Err(Problem::UploadNotFound)));
    assert!(matches!(uploads::remove(&world, &bob, &id).await, Err(Problem::UploadNotFound)));
    assert!(matches!(links::create(&world, &terms(), &bob, &id, b"").await, Err(Problem::UploadNotFound)));
    assert!(matches!(links::list(&world, &bob, &id, None, None).await, Err(Problem::UploadNotFound)));
    assert!(matches!(revocation::revoke(&world, &bob, link_id).await, Err(Problem::LinkNotFound)));
    assert_eq!(parsed(&uploads::list(&world, &bob, None, None).await.unwrap())["items"], json!([]));
    assert_eq!(uploads::show(&world, &ann, &id).await.unwrap().status, StatusCode::OK);
}

#[tokio::test]
async fn uploads_are_listed_newest_first_page_by_page() {
    let world = world("2026-11-24T11:00:00Z");
    for second in 0..5u8 {
        let now = at(&format!("2026-11-24T10:00:0{second}Z"));
        issued(&world, &Caller { now, ..caller("ann", None, second) }).await;
    }
    let ann = caller("ann", None, 9);
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = parsed(&uploads::list(&world, &ann, Some("2"), cursor.as_deref()).await.unwrap());
        let items = page["items"].as_array().unwrap().iter();
        seen.extend(items.map(|item| item["created_at"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    let expected: Vec<_> = (0..5).rev().map(|s| format!("2026-11-24T10:00:0{s}.000Z")).collect();
    assert_eq!(seen, expected);
    for (limit, cursor) in [(Some("0"), None), (Some("101"), None), (Some("x"), None), (None, Some("x"))] {
        assert!(matches!(uploads::list(&world, &ann, limit, cursor).await, Err(Problem::InvalidFields(_))));
    }
}

#[tokio::test]
async fn a_link_is_made_only_for_what_is_available() {
    let world = world("2026-11-24T11:00:00Z");
    let ann = caller("ann", None, 1);
    let id = issued(&world, &ann).await["upload_id"].as_str().unwrap().to_owned();
    let early = links::create(&world, &terms(), &ann, &id, b"").await;
    assert!(matches!(early, Err(Problem::UploadNotAvailable(_))));
    world.store.settle(id.parse().unwrap(), &pin("v1")).await.unwrap();
    let link = parsed(&links::create(&world, &terms(), &ann, &id, b"").await.unwrap());
    let (token, url) = (link["token"].as_str().unwrap(), link["url"].as_str().unwrap());
    assert_eq!(url, format!("https://files.example/l/{token}"));
    let listed = links::list(&world, &ann, &id, None, None).await.unwrap();
    assert!(!listed.body.contains(token), "a token is shown once");
    world.store.begin_deletion(id.parse().unwrap(), &ann.owner).await.unwrap();
    let late = links::create(&world, &terms(), &ann, &id, b"").await;
    assert!(matches!(late, Err(Problem::UploadNotAvailable(_))));
}

#[tokio::test]
async fn a_repeated_request_for_a_link_shows_the_same_token() {
    let world = world("2026-11-24T11:00:00Z");
    let id = available(&world, &caller("ann", None, 1)).await;
    let make = async |key: Option<&str>, entropy: u8, body: &[u8]| {
        links::create(&world, &terms(), &caller("ann", key, entropy), &id, body)
            .await
            .map(|reply| parsed(&reply))
    };
    let first = make(Some("k"), 1, b"").await.unwrap();
    assert_eq!(first, make(Some("k"), 2, b"").await.unwrap());
    assert_ne!(first["token"], make(Some("l"), 3, b"").await.unwrap()["token"]);
    assert_ne!(first["token"], make(None, 4, b"").await.unwrap()["token"]);
    let other = make(Some("k"), 5, br#"{"expires_in_s":60}"#).await;
    assert!(matches!(other, Err(Problem::IdempotencyKeyReused)));
    revocation::revoke(&world, &caller("ann", None, 6), first["link_id"].as_str().unwrap()).await.unwrap();
    assert!(matches!(make(Some("k"), 7, b"").await, Err(Problem::IdempotencyKeySpent)));
}

async fn linked(world: &World, caller: &Caller, upload: &str, body: Value) -> Value {
    let reply = links::create(world, &terms(), caller, upload, body.to_string().as_bytes()).await.unwrap();
    assert_eq!(reply.status, StatusCode::CREATED);
    parsed(&reply)
}

fn id(link: &Value) -> &str {
    link["link_id"].as_str().unwrap()
}

#[tokio::test]
async fn a_links_terms_are_laid_down_shown_and_changed() {
    let (world, ann) = (world("2026-11-24T11:00:00Z"), caller("ann", None, 1));
    let upload = available(&world, &ann).await;
    let terms = json!({ "max_opens": 3, "password": "open sesame", "label": "draft", "recipient": "Zo\u{eb}",
        "filename": "b.png", "disposition": "attachment", "expires_in_s": 60 });
    let link = linked(&world, &ann, &upload, terms).await;
    assert!(!link.to_string().contains("sesame") && !link.to_string().contains("argon2"), "{link}");
    let other = |entropy| caller("ann", None, entropy);
    let body = json!({ "max_opens": null, "expires_in_s": null, "label": "final" }).to_string();
    let changed = parsed(&links::change(&world, &other(2), id(&link), body.as_bytes()).await.unwrap());
    let shown = parsed(&links::show(&world, &ann, id(&link)).await.unwrap());
    assert_eq!(changed, shown);
    for (field, value) in [
        ("max_opens", Value::Null),
        ("expires_at", Value::Null),
        ("label", json!("final")),
        ("recipient", json!("Zo\u{eb}")),
        ("has_password", json!(true)),
        ("filename", json!("b.png")),
        ("disposition", json!("attachment")),
        ("opens", json!(0)),
    ] {
        assert_eq!(shown[field], value, "{field}");
    }
    assert!(!shown.to_string().contains(link["token"].as_str().unwrap()), "a token is shown once");
    let stranger = caller("bob", None, 3);
    assert!(matches!(links::change(&world, &stranger, id(&link), b"{}").await, Err(Problem::LinkNotFound)));
    assert!(matches!(links::show(&world, &stranger, id(&link)).await, Err(Problem::LinkNotFound)));
    revocation::revoke(&world, &ann, id(&link)).await.unwrap();
    assert!(matches!(links::change(&world, &other(4), id(&link), b"{}").await, Err(Problem::LinkEnded)));
}

#[tokio::test]
async fn a_rotation_ends_the_old_token_and_keeps_what_stands() {
    let (world, ann) = (world("2026-11-24T11:00:00Z"), caller("ann", None, 1));
    let upload = available(&world, &ann).await;
    let link = linked(&world, &ann, &upload, json!({ "max_opens": 3, "label": "x" })).await;
    let key = caller("ann", Some("k"), 2);
    let stranger = links::rotate(&world, &terms(), &caller("bob", None, 3), id(&link)).await;
    assert!(matches!(stranger, Err(Problem::LinkNotFound)));
    let new = parsed(&links::rotate(&world, &terms(), &key, id(&link)).await.unwrap());
    assert_ne!((id(&new), &new["token"]), (id(&link), &link["token"]));
    assert_eq!((&new["max_opens"], &new["label"], &new["state"]), (&json!(3), &json!("x"), &json!("open")));
    assert_eq!(parsed(&links::show(&world, &ann, id(&link)).await.unwrap())["state"], "revoked");
    let again = parsed(&links::rotate(&world, &terms(), &key, id(&link)).await.unwrap());
    assert_eq!(again, new, "a repetition gives the same token");
    let other = links::rotate(&world, &terms(), &caller("ann", Some("l"), 4), id(&link)).await;
    assert!(matches!(other, Err(Problem::LinkEnded)));
}

#[tokio::test]
async fn all_links_of_an_upload_or_an_owner_end_at_once() {
    let (world, ann, bob) = (world("2026-11-24T11:00:00Z"), caller("ann", None, 1), caller("bob", None, 2));
    let (first, second, other) = (
        available(&world, &ann).await,
        available(&world, &caller("ann", None, 9)).await,
        available(&world, &bob).await,
    );
    for n in 10..15 {
        linked(&world, &caller("ann", None, n), &first, json!({})).await;
        linked(&world, &caller("ann", None, n + 50), &second, json!({})).await;
        linked(&world, &caller("bob", None, n + 100), &other, json!({})).await;
    }
    let stranger = revocation::revoke_all_to(&world, &bob, &first).await;
    assert!(matches!(stranger, Err(Problem::UploadNotFound)));
    let open = async |caller: &Caller| {
        let all = parsed(&links::list_all(&world, caller, Some("100"), None).await.unwrap());
        all["items"].as_array().unwrap().iter().filter(|link| link["state"] == "open").count()
    };
    assert_eq!(
        parsed(&revocation::revoke_all_to(&world, &ann, &first).await.unwrap()),
        json!({ "revoked": 5, "more": false })
    );
    assert_eq!((open(&ann).await, open(&bob).await), (5, 5));
    assert_eq!(
        parsed(&revocation::revoke_all(&world, &ann).await.unwrap()),
        json!({ "revoked": 5, "more": false })
    );
    assert_eq!((open(&ann).await, open(&bob).await), (0, 5));
    assert_eq!(
        parsed(&revocation::revoke_all(&world, &ann).await.unwrap()),
        json!({ "revoked": 0, "more": false })
    );
}
