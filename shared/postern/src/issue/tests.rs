//! The API against the world in memory.

use http::StatusCode;
use serde_json::{Value, json};

use super::*;
use crate::http::{Problem, Reply};
use crate::ports::{LinkStore, LinksOf, RecordStore, StoredPart, UploadStore};
use crate::testing::memory::{FixedSigner, MemoryWorld};
use crate::testing::samples::{at, example_credentials, pin};

pub(super) type World = Ports<MemoryWorld, FixedSigner, MemoryWorld>;

pub(super) fn world(session_ends: &str) -> World {
    let credentials = example_credentials().with_expiry(at(session_ends));
    let keys = keys();
    let world = MemoryWorld::default();
    Ports { store: world.clone(), parts: world, signer: FixedSigner(credentials), keys }
}

/// Each kind of token has keys of its own.
pub(super) fn keys() -> Keys {
    let upload_tokens = crate::testing::samples::upload_token_keys(&[2]);
    Keys { links: crate::testing::samples::keys(&[1]), upload_tokens }
}

pub(super) fn settings() -> Settings {
    Settings {
        endpoint: BucketEndpoint::regional("files", "eu-central-1"),
        files_key_arn: "arn:aws:kms:eu-central-1:111122223333:key/files".to_owned(),
        form_ttl: Duration::from_mins(15),
        max_size_bytes: 1_000_000,
        link_base_url: "https://files.example/".to_owned(),
        url_life: UrlLife::new(60, 900).unwrap(),
        limits: OwnerLimits::default(),
        redirect_origins: "https://app.example".parse().unwrap(),
        track_links: false,
        brand: Brand::default(),
        allowed_types: AllowedTypes::all(),
    }
}

#[tokio::test]
async fn a_type_that_the_stack_does_not_take_is_refused_before_anything_is_asked() {
    let world = world("2026-11-24T11:00:00Z");
    let settings = Settings { allowed_types: "text/*, application/pdf".parse().unwrap(), ..settings() };
    let refused = uploads::create(&world, &settings, &caller("ann", None, 1), &body()).await.unwrap_err();
    let told = parsed(&refused.reply("id"));
    assert_eq!(told["errors"][0]["field"], "content_type", "{told}");
    assert_eq!(told["errors"][0]["rule"], "this stack allows only text/*, application/pdf", "{told}");
    assert_eq!(world.store.calls(), 0);
    let text = json!({ "filename": "a.txt", "content_type": "text/plain; charset=utf-8" }).to_string();
    let granted = uploads::create(&world, &settings, &caller("ann", None, 2), text.as_bytes()).await.unwrap();
    assert_eq!(granted.status, StatusCode::CREATED);
}

pub(super) fn caller(name: &str, key: Option<&str>, entropy: u8) -> Caller {
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

pub(super) fn parsed(reply: &Reply) -> Value {
    serde_json::from_str(&reply.body).unwrap()
}

async fn issued(world: &World, caller: &Caller) -> Value {
    let reply = uploads::create(world, &settings(), caller, &body()).await.unwrap();
    assert_eq!(reply.status, StatusCode::CREATED);
    parsed(&reply)
}

pub(super) async fn available(world: &World, caller: &Caller) -> String {
    let id = issued(world, caller).await["upload_id"].as_str().unwrap().to_owned();
    world.store.settle(id.parse().unwrap(), &pin("v1"), None).await.unwrap();
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
    let refused = uploads::create(&world, &settings(), &caller("ann", None, 1), bad.as_bytes()).await;
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
    let reused = uploads::create(&world, &settings(), &caller("ann", Some("k"), 4), other.as_bytes()).await;
    assert!(matches!(reused, Err(Problem::IdempotencyKeyReused)));
    // The same body in another way has another life and another URL.
    let sized = json!({ "filename": "film.png", "content_type": "image/png", "size_bytes": 9 }).to_string();
    let (body_of, by) = (sized.as_bytes(), caller("ann", Some("parts"), 6));
    multipart::begin(&world, &settings(), &by, None, body_of).await.unwrap();
    let form = uploads::create(&world, &settings(), &by, body_of).await;
    let put = uploads::create_put(&world, &settings(), &by, body_of).await;
    let by = caller("ann", Some("form"), 7);
    uploads::create(&world, &settings(), &by, body_of).await.unwrap();
    let put_after_form = uploads::create_put(&world, &settings(), &by, body_of).await;
    let by = caller("ann", Some("put"), 8);
    uploads::create_put(&world, &settings(), &by, body_of).await.unwrap();
    let form_after_put = uploads::create(&world, &settings(), &by, body_of).await;
    for other in [form, put, put_after_form, form_after_put] {
        assert!(matches!(other, Err(Problem::IdempotencyKeyReused)));
    }
    let expired = Caller { now: at("2026-11-24T10:15:00Z"), ..caller("ann", Some("k"), 5) };
    let spent = uploads::create(&world, &settings(), &expired, &body()).await;
    assert!(matches!(spent, Err(Problem::IdempotencyKeySpent)));
}

#[tokio::test]
async fn a_repetition_under_an_older_session_ends_with_that_session() {
    let long = world("2026-11-24T11:00:00Z");
    let key = caller("ann", Some("k"), 1);
    let first = issued(&long, &key).await;
    let put = uploads::create_put(&long, &settings(), &caller("ann", Some("p"), 2), &plain()).await.unwrap();
    let in_parts = async |world: &World, entropy| {
        let ann = caller("ann", Some("m"), entropy);
        parsed(&multipart::begin(world, &settings(), &ann, None, &plain()).await.unwrap())
    };
    let begun = in_parts(&long, 3).await;

    // Another environment's session, which ends before the first answer's form does.
    let session = example_credentials().with_expiry(at("2026-11-24T10:05:00Z"));
    let (store, parts, keys) = (long.store.clone(), long.parts.clone(), long.keys.clone());
    let short = Ports { store, parts, signer: FixedSigner(session), keys };
    let again = issued(&short, &key).await;
    assert_eq!(
        (&first["upload_id"], &first["expires_at"]),
        (&again["upload_id"], &json!("2026-11-24T10:15:00.000Z"))
    );
    assert_eq!(again["expires_at"], "2026-11-24T10:05:00.000Z", "the effective end is told");
    let put_again =
        uploads::create_put(&short, &settings(), &caller("ann", Some("p"), 4), &plain()).await.unwrap();
    let (put, put_again) = (parsed(&put), parsed(&put_again));
    assert_eq!(put["upload_id"], put_again["upload_id"]);
    assert_eq!(put_again["expires_at"], "2026-11-24T10:05:00.000Z");
    assert!(put_again["url"].as_str().unwrap().contains("X-Amz-Expires=300"), "{put_again}");
    assert_eq!(in_parts(&short, 5).await["upload_id"], begun["upload_id"]);
}

fn plain() -> Vec<u8> {
    br#"{"filename":"photo.png","content_type":"image/png","size_bytes":10}"#.to_vec()
}

#[tokio::test]
async fn a_form_redirects_to_a_named_origin_alone() {
    let world = world("2026-11-24T11:00:00Z");
    let ask = |url: &str| {
        json!({ "filename": "a.png", "content_type": "image/png", "success_action_redirect": url })
            .to_string()
    };
    let (ann, to) = (caller("ann", None, 1), "https://app.example/done?from=form");
    let form = parsed(&uploads::create(&world, &settings(), &ann, ask(to).as_bytes()).await.unwrap());
    assert_eq!(form["fields"]["success_action_redirect"], to);
    assert_eq!(form["fields"]["success_action_status"], Value::Null, "S3 takes one of them");
    let elsewhere = ask("https://evil.example/done");
    let body = ask(to);
    let other = |body: String| {
        let world = &world;
        async move { uploads::create(world, &settings(), &caller("ann", None, 2), body.as_bytes()).await }
    };
    let put = uploads::create_put(&world, &settings(), &ann, body.as_bytes()).await;
    for refused in [other(elsewhere).await, put] {
        let Err(Problem::InvalidFields(fields)) = refused else { panic!("{refused:?}") };
        assert_eq!(fields[0].field, "success_action_redirect", "{fields:?}");
    }
}

/// A token of `ann` for images of up to 1,000 bytes, and its holder.
pub(super) async fn held(world: &World, uses: u32) -> (Value, tokens::Holder) {
    held_with(world, uses, 9).await
}

/// The same, with other random bytes.
async fn held_with(world: &World, uses: u32, entropy: u8) -> (Value, tokens::Holder) {
    let body =
        json!({ "content_types": ["image/*"], "max_size_bytes": 1000, "uses": uses, "expires_in_s": 600 });
    let made =
        tokens::create(world, &settings(), &caller("ann", None, entropy), body.to_string().as_bytes()).await;
    let token = parsed(&made.unwrap());
    let holder = holder(world, &token).await;
    (token, holder)
}

pub(super) async fn holder(world: &World, token: &Value) -> tokens::Holder {
    let text = token["token"].as_str().unwrap();
    let entropy = [u8::try_from(world.store.calls()).unwrap(); 16];
    tokens::holder(world, text, at("2026-11-24T10:00:00Z"), entropy).await.unwrap()
}

#[tokio::test]
async fn a_form_by_token_costs_one_waiting_call() {
    let world = world("2026-11-24T11:00:00Z");
    let (token, first) = held(&world, 2).await;
    let before = world.store.calls();
    uploads::create_with_token(&world, &settings(), &first, &plain()).await.unwrap();
    assert_eq!(world.store.calls() - before, 1);
    let query = [("filename", "a.png"), ("type", "image/png")];
    let params =
        companion::params(&world, &settings(), &holder(&world, &token).await, query.into_iter()).await;
    assert_eq!(params.unwrap().status, StatusCode::OK);
    assert_eq!(world.store.calls() - before, 2);

    let over = uploads::create_with_token(&world, &settings(), &holder(&world, &token).await, &plain()).await;
    assert_eq!(over.unwrap_err().code(), "upload_token_used_up");
    assert_eq!(world.store.calls() - before, 3, "why it is refused is told by the refused write");
    let forged = tokens::holder(&world, &"A".repeat(200), first.caller.now, [0; 16]).await;
    assert!(matches!(forged, Err(Problem::UploadTokenUnknown)));
    assert_eq!(world.store.calls() - before, 3, "a forged token asks nobody");
}

#[tokio::test]
async fn a_token_reaches_only_the_uploads_that_were_made_with_it() {
    let world = world("2026-11-24T11:00:00Z");
    let (_, holder) = held(&world, 9).await;
    let (_, other) = held_with(&world, 9, 10).await;
    let mine = parsed(&uploads::create_with_token(&world, &settings(), &holder, &plain()).await.unwrap());
    let others = parsed(&uploads::create_with_token(&world, &settings(), &other, &plain()).await.unwrap());
    let without_token = issued(&world, &caller("ann", None, 40)).await;
    let see = async |made: &Value| {
        uploads::show_to_holder(&world, &holder, made["upload_id"].as_str().unwrap()).await
    };
    assert!(see(&mine).await.is_ok());
    for foreign in [others, without_token] {
        assert!(matches!(see(&foreign).await, Err(Problem::UploadNotFound)), "{foreign}");
    }
}

/// S3 takes at most 5 GiB in one request; a larger file comes in parts.
#[tokio::test]
async fn a_token_for_larger_files_issues_no_form_and_no_put_that_s3_must_refuse() {
    const GIB: u64 = 1024 * 1024 * 1024;
    let world = world("2026-11-24T11:00:00Z");
    let large = Settings { max_size_bytes: 10 * GIB, ..settings() };
    let body =
        json!({ "content_types": ["image/*"], "max_size_bytes": 6 * GIB, "uses": 9, "expires_in_s": 600 });
    let made = tokens::create(&world, &large, &caller("ann", None, 9), body.to_string().as_bytes()).await;
    let token = parsed(&made.unwrap());
    let first = holder(&world, &token).await;
    let calls = world.store.calls();

    let sized =
        json!({ "filename": "a.png", "content_type": "image/png", "size_bytes": 6 * GIB }).to_string();
    let form = uploads::create_with_token(&world, &large, &first, sized.as_bytes()).await;
    let blob = json!({ "blob": {
        "filename": "a.png", "content_type": "image/png", "byte_size": 6 * GIB, "checksum": "1B2M2Y8AsgTpgAmY7PhCfg==",
    }});
    let put = direct_upload::create(&world, &large, &first, blob.to_string().as_bytes()).await;
    for (refused, field) in [(form, "size_bytes"), (put, "blob.byte_size")] {
        let Err(Problem::InvalidFields(fields)) = refused else { panic!("{refused:?}") };
        assert_eq!(fields[0].field, field, "{fields:?}");
    }
    assert_eq!(world.store.calls(), calls, "no use of the token is spent");

    let unsized_file = json!({ "filename": "a.png", "content_type": "image/png" }).to_string();
    let form = uploads::create_with_token(&world, &large, &first, unsized_file.as_bytes()).await.unwrap();
    assert_eq!(parsed(&form)["max_size_bytes"], 5 * GIB);
    let query = [("filename", "a.png"), ("type", "image/png")];
    let next = holder(&world, &token).await;
    assert!(companion::params(&world, &large, &next, query.into_iter()).await.is_ok());
    let holder = holder(&world, &token).await;
    let parts = multipart::begin(&world, &large, &holder.caller, Some(&holder), sized.as_bytes());
    assert_eq!(parts.await.unwrap().status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_revoked_token_opens_nothing_from_then_on() {
    let world = world("2026-11-24T11:00:00Z");
    let (token, first) = held(&world, 9).await;
    let made = parsed(&uploads::create_with_token(&world, &settings(), &first, &plain()).await.unwrap());
    let id = made["upload_id"].as_str().unwrap();
    assert!(uploads::show_to_holder(&world, &holder(&world, &token).await, id).await.is_ok());
    let token_id = token["upload_token_id"].as_str().unwrap();
    tokens::revoke(&world, &caller("ann", None, 1), token_id).await.unwrap();
    let ports = (&world, settings());
    let holder = holder(&world, &token).await;
    let form = uploads::create_with_token(ports.0, &ports.1, &holder, &plain()).await;
    let parts = multipart::begin(&world, &settings(), &holder.caller, Some(&holder), &plain()).await;
    let shown = uploads::show_to_holder(&world, &holder, id).await;
    for refused in [form, parts, shown] {
        assert_eq!(refused.unwrap_err().code(), "upload_token_revoked");
    }
    let later =
        tokens::holder(&world, token["token"].as_str().unwrap(), at("2026-11-24T10:10:00Z"), [0; 16]).await;
    assert_eq!(later.unwrap_err().code(), "upload_token_expired");
}

#[tokio::test]
async fn terms_that_no_token_carries_name_the_field() {
    let types: Vec<_> = (0..50).map(|n| format!("application/{}{n}", "x".repeat(60))).collect();
    let body =
        json!({ "content_types": types, "max_size_bytes": 1, "uses": 1, "expires_in_s": 60 }).to_string();
    let world = world("2026-11-24T11:00:00Z");
    let refused = tokens::create(&world, &settings(), &caller("ann", None, 1), body.as_bytes()).await;
    let Err(Problem::InvalidFields(fields)) = refused else { panic!("{refused:?}") };
    assert_eq!(fields[0].field, "content_types");
    assert_eq!(world.store.calls(), 0);
}

#[tokio::test]
async fn a_reached_limit_says_which_and_when_it_frees_up() {
    let world = world("2026-11-24T11:00:00Z");
    let with = |pending_uploads, bytes_per_day| Settings {
        limits: OwnerLimits { pending_uploads, bytes_per_day },
        ..settings()
    };
    issued(&world, &caller("ann", None, 1)).await;
    for (limits, code, seconds, entropy) in [
        (with(Some(1), None), "too_many_pending_uploads", "901", 10),
        (with(None, Some(15)), "too_many_bytes_today", "50401", 20),
    ] {
        uploads::create(&world, &limits, &caller("ann", None, entropy), &plain()).await.unwrap();
        let full = uploads::create(&world, &limits, &caller("ann", None, entropy + 1), &plain()).await;
        let reply = full.unwrap_err().reply("request");
        assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(reply.header("retry-after"), Some(seconds));
        assert!(reply.body.contains(code) && reply.body.contains("wait"), "{}", reply.body);
    }
}

#[tokio::test]
async fn six_gibibytes_come_in_parts_and_not_a_byte_more() {
    const MIB: u64 = 1024 * 1024;
    let (size, part_size) = (6 * 1024 * MIB, 8 * MIB);
    let settings = Settings { max_size_bytes: 10 * 1024 * MIB, ..settings() };
    let body = json!({ "filename": "film.mp4", "content_type": "video/mp4", "size_bytes": size }).to_string();
    let world = world("2026-11-24T11:00:00Z");
    for (wrong, entropy) in [(0, 1), (1, 2)] {
        let ann = caller("ann", None, entropy);
        let begun = multipart::begin(&world, &settings, &ann, None, body.as_bytes()).await.unwrap();
        let begun = parsed(&begun);
        assert_eq!((&begun["part_size_bytes"], &begun["part_count"]), (&json!(part_size), &json!(768)));
        let upload = owned_upload(&world, &ann, begun["upload_id"].as_str().unwrap()).await.unwrap();
        let (urls, _) = parts::sign(&world, &settings, ann.now, &upload, &[1, 768]).await.unwrap();
        assert!(urls.iter().all(|part| part.size_bytes == Some(part_size)));
        let beyond = parts::sign(&world, &settings, ann.now, &upload, &[769]).await;
        assert_eq!(beyond.unwrap_err().code(), "invalid_fields");
        for number in 1..=768u16 {
            let size_bytes = part_size + if number == 768 { wrong } else { 0 };
            let part = StoredPart { number, etag: "\"e\"".to_owned(), size_bytes };
            world.store.put_part(upload.s3_upload_id.as_ref().unwrap(), part);
        }
        let done = parts::complete(&world, ann.now, &upload, None, None).await;
        assert_eq!(done.err().map(|problem| problem.code()), (wrong > 0).then_some("parts_refused"));
    }
}

#[tokio::test]
async fn a_stranger_sees_nothing() {
    let world = world("2026-11-24T11:00:00Z");
    let (ann, bob) = (caller("ann", None, 1), caller("bob", None, 2));
    let id = available(&world, &ann).await;
    let link = parsed(&links::create(&world, &settings(), &ann, &id, b"").await.unwrap());
    let link_id = link["link_id"].as_str().unwrap();
    assert!(matches!(uploads::show(&world, &bob, &id).await, Err(Problem::UploadNotFound)));
    assert!(matches!(uploads::remove(&world, &bob, &id).await, Err(Problem::UploadNotFound)));
    assert!(matches!(links::create(&world, &settings(), &bob, &id, b"").await, Err(Problem::UploadNotFound)));
    assert!(matches!(
        links::list(&world, &settings(), &bob, &id, None, None).await,
        Err(Problem::UploadNotFound)
    ));
    assert!(matches!(
        revocation::revoke(&world, &settings(), &bob, link_id).await,
        Err(Problem::LinkNotFound)
    ));
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
    let early = links::create(&world, &settings(), &ann, &id, b"").await;
    assert!(matches!(early, Err(Problem::UploadNotAvailable(_))));
    world.store.settle(id.parse().unwrap(), &pin("v1"), None).await.unwrap();
    let link = parsed(&links::create(&world, &settings(), &ann, &id, b"").await.unwrap());
    let (token, url) = (link["token"].as_str().unwrap(), link["url"].as_str().unwrap());
    assert_eq!(url, format!("https://files.example/l/{token}"));
    let listed = links::list(&world, &settings(), &ann, &id, None, None).await.unwrap();
    assert!(!listed.body.contains(token), "a token is shown once");
    world.store.begin_deletion(id.parse().unwrap(), &ann.owner).await.unwrap();
    let late = links::create(&world, &settings(), &ann, &id, b"").await;
    assert!(matches!(late, Err(Problem::UploadNotAvailable(_))));
}

#[tokio::test]
async fn a_repeated_request_for_a_link_shows_the_same_token() {
    let world = world("2026-11-24T11:00:00Z");
    let id = available(&world, &caller("ann", None, 1)).await;
    let make = async |key: Option<&str>, entropy: u8, body: &[u8]| {
        links::create(&world, &settings(), &caller("ann", key, entropy), &id, body)
            .await
            .map(|reply| parsed(&reply))
    };
    let first = make(Some("k"), 1, b"").await.unwrap();
    assert_eq!(first, make(Some("k"), 2, b"").await.unwrap());
    assert_ne!(first["token"], make(Some("l"), 3, b"").await.unwrap()["token"]);
    assert_ne!(first["token"], make(None, 4, b"").await.unwrap()["token"]);
    let other = make(Some("k"), 5, br#"{"expires_in_s":60}"#).await;
    assert!(matches!(other, Err(Problem::IdempotencyKeyReused)));
    revocation::revoke(&world, &settings(), &caller("ann", None, 6), first["link_id"].as_str().unwrap())
        .await
        .unwrap();
    assert!(matches!(make(Some("k"), 7, b"").await, Err(Problem::IdempotencyKeySpent)));
}

async fn linked(world: &World, caller: &Caller, upload: &str, body: Value) -> Value {
    let reply = links::create(world, &settings(), caller, upload, body.to_string().as_bytes()).await.unwrap();
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
    let changed =
        parsed(&links::change(&world, &settings(), &other(2), id(&link), body.as_bytes()).await.unwrap());
    let shown = parsed(&links::show(&world, &settings(), &ann, id(&link)).await.unwrap());
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
    assert!(matches!(
        links::change(&world, &settings(), &stranger, id(&link), b"{}").await,
        Err(Problem::LinkNotFound)
    ));
    assert!(matches!(
        links::show(&world, &settings(), &stranger, id(&link)).await,
        Err(Problem::LinkNotFound)
    ));
    revocation::revoke(&world, &settings(), &ann, id(&link)).await.unwrap();
    assert!(matches!(
        links::change(&world, &settings(), &other(4), id(&link), b"{}").await,
        Err(Problem::LinkEnded)
    ));
}

#[tokio::test]
async fn a_rotation_ends_the_old_token_and_keeps_what_stands() {
    let (world, ann) = (world("2026-11-24T11:00:00Z"), caller("ann", None, 1));
    let upload = available(&world, &ann).await;
    let link = linked(&world, &ann, &upload, json!({ "max_opens": 3, "label": "x" })).await;
    let key = caller("ann", Some("k"), 2);
    let stranger = links::rotate(&world, &settings(), &caller("bob", None, 3), id(&link), b"").await;
    assert!(matches!(stranger, Err(Problem::LinkNotFound)));
    let new = parsed(&links::rotate(&world, &settings(), &key, id(&link), b"").await.unwrap());
    assert_ne!((id(&new), &new["token"]), (id(&link), &link["token"]));
    assert_eq!((&new["max_opens"], &new["label"], &new["state"]), (&json!(3), &json!("x"), &json!("open")));
    assert_eq!(parsed(&links::show(&world, &settings(), &ann, id(&link)).await.unwrap())["state"], "revoked");
    let again = parsed(&links::rotate(&world, &settings(), &key, id(&link), b"").await.unwrap());
    assert_eq!(again, new, "a repetition gives the same token");
    let other = links::rotate(&world, &settings(), &caller("ann", Some("l"), 4), id(&link), b"").await;
    assert!(matches!(other, Err(Problem::LinkRotated)));
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
    let stranger = revocation::revoke_all_to(&world, &settings(), &bob, &first, None).await;
    assert!(matches!(stranger, Err(Problem::UploadNotFound)));
    let open = async |caller: &Caller| {
        let all = parsed(&links::list_all(&world, &settings(), caller, Some("100"), None).await.unwrap());
        all["items"].as_array().unwrap().iter().filter(|link| link["state"] == "open").count()
    };
    assert_eq!(
        parsed(&revocation::revoke_all_to(&world, &settings(), &ann, &first, None).await.unwrap()),
        json!({ "revoked": 5, "more": false, "dead_within_s": 900, "next_cursor": null })
    );
    assert_eq!((open(&ann).await, open(&bob).await), (5, 5));
    assert_eq!(
        parsed(&revocation::revoke_all(&world, &settings(), &ann, None).await.unwrap()),
        json!({ "revoked": 5, "more": false, "dead_within_s": 900, "next_cursor": null })
    );
    assert_eq!((open(&ann).await, open(&bob).await), (0, 5));
    assert_eq!(
        parsed(&revocation::revoke_all(&world, &settings(), &ann, None).await.unwrap()),
        json!({ "revoked": 0, "more": false, "dead_within_s": 900, "next_cursor": null })
    );
}

#[tokio::test]
async fn a_link_behind_any_number_of_dead_ones_ends_if_the_request_is_repeated() {
    let (world, ann) = (world("2026-11-24T11:00:00Z"), caller("ann", None, 1));
    let upload = available(&world, &ann).await;
    for n in 10..=210 {
        linked(&world, &caller("ann", None, n), &upload, json!({})).await;
    }
    let links = world.store.links(LinksOf::Owner(&ann.owner), None, u8::MAX).await.unwrap().items;
    let (oldest, newer) = links.split_last().unwrap();
    for link in newer {
        revocation::revoke(&world, &settings(), &ann, &link.link_id.to_string()).await.unwrap();
    }
    world.store.read_links_at_once(1);
    // 201 links at 60 a request.
    let mut cursor = None;
    for expected in [(0, true), (0, true), (0, true), (1, false)] {
        let before = world.store.calls();
        let answer =
            parsed(&revocation::revoke_all(&world, &settings(), &ann, cursor.as_deref()).await.unwrap());
        assert!(world.store.calls() - before <= 61, "a request comes to its end");
        assert_eq!((&answer["revoked"], &answer["more"]), (&json!(expected.0), &json!(expected.1)));
        assert_eq!(answer["next_cursor"].is_string(), expected.1);
        cursor = answer["next_cursor"].as_str().map(str::to_owned);
    }
    let shown = parsed(&links::show(&world, &settings(), &ann, &oldest.link_id.to_string()).await.unwrap());
    assert_eq!(shown["state"], "revoked");

    world.store.read_links_at_once(200);
    let answer = parsed(&revocation::revoke_all_to(&world, &settings(), &ann, &upload, None).await.unwrap());
    assert_eq!(answer, json!({ "revoked": 0, "more": false, "dead_within_s": 900, "next_cursor": null }));
    let refused = revocation::revoke_all_to(&world, &settings(), &ann, &upload, Some("x")).await;
    assert!(matches!(refused, Err(Problem::InvalidFields(_))), "{refused:?}");
}
