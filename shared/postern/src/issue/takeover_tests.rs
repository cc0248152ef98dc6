//! What somebody can do who has taken over `serve-link`, and so holds the keys of link tokens; and
//! what an older version of this API made under those keys, which lives on.

use serde_json::{Value, json};

use super::idempotent::{link_secret, rotated_secret};
use super::tests::{World, available, caller, keys, parsed, settings, world};
use super::*;
use crate::http::Problem;
use crate::link::{Link, Revoked, RevokedBecause};
use crate::ports::{LinkStore, QuotaStore, UploadReader};
use crate::testing::samples::{at, token};
use crate::upload::token::{TokenScope, UploadToken, UploadTokenId, seal_by_link_key};

const SESSION_ENDS: &str = "2026-11-24T11:00:00Z";

/// A token of `eve` that an older version made: its record, and the secret that only she knows.
async fn older_token(world: &World) -> [u8; 16] {
    let secret = [7; 16];
    let owner = caller("eve", None, 0).owner;
    let token_id = UploadTokenId::of_secret(&secret);
    let older = UploadToken { token_id, owner, has_own_key: false, ..token(2) };
    world.store.create_token(&older).await.unwrap();
    secret
}

/// The token under this secret as whoever holds the link keys seals it for `ann`.
fn forged(secret: [u8; 16]) -> String {
    let scope =
        TokenScope { owner: caller("ann", None, 0).owner, max_size_bytes: 999_999, ..token(9).scope() };
    seal_by_link_key(&keys().links, secret, &scope).unwrap()
}

async fn held(world: &World, text: &str) -> Result<tokens::Holder, Problem> {
    tokens::holder(world, text, at("2026-11-24T10:00:00Z"), [5; 16]).await
}

fn token_body() -> Vec<u8> {
    let body =
        json!({ "content_types": ["image/*"], "max_size_bytes": 1000, "uses": 2, "expires_in_s": 600 });
    body.to_string().into_bytes()
}

async fn made(world: &World, key: Option<&str>) -> Value {
    let reply = tokens::create(world, &settings(), &caller("eve", key, 8), &token_body()).await;
    parsed(&reply.unwrap())
}

#[tokio::test]
async fn a_token_that_was_sealed_again_for_another_owner_acts_for_its_own_alone() {
    let world = world(SESSION_ENDS);
    let holder = held(&world, &forged(older_token(&world).await)).await.unwrap();
    assert_eq!(holder.caller.owner, caller("eve", None, 0).owner);
    assert_eq!(holder.scope.max_size_bytes, token(2).max_size_bytes);
    let body = json!({ "filename": "a.png", "content_type": "image/png" }).to_string();
    let made = uploads::create_with_token(&world, &settings(), &holder, body.as_bytes()).await.unwrap();
    let id = parsed(&made)["upload_id"].as_str().unwrap().parse().unwrap();
    let upload = world.store.upload(id).await.unwrap().unwrap();
    assert_eq!(upload.owner, caller("eve", None, 0).owner);
}

#[tokio::test]
async fn with_the_link_keys_no_token_is_made() {
    let world = world(SESSION_ENDS);
    // `made` takes the caller's entropy as its secret, which eve knows.
    made(&world, None).await;
    for secret in [[8; 16], [6; 16]] {
        let refused = held(&world, &forged(secret)).await;
        assert!(matches!(refused, Err(Problem::UploadTokenUnknown)), "{secret:?} {refused:?}");
    }
}

#[tokio::test]
async fn a_token_of_an_older_version_lives_on_until_its_owner_ends_it() {
    let world = world(SESSION_ENDS);
    let secret = older_token(&world).await;
    let text = seal_by_link_key(&keys().links, secret, &token(2).scope()).unwrap();
    assert!(held(&world, &text).await.unwrap().is_open(&world.store).await.is_ok());
    let late = tokens::holder(&world, &text, at("2026-11-24T11:00:00Z"), [5; 16]).await;
    assert_eq!(late.unwrap_err().code(), "upload_token_expired");
    let id = UploadTokenId::of_secret(&secret).to_string();
    tokens::revoke(&world, &caller("eve", None, 1), &id).await.unwrap();
    let ended = held(&world, &text).await.unwrap().is_open(&world.store).await;
    assert_eq!(ended.unwrap_err().code(), "upload_token_revoked");
}

/// What the link keys derive from everything that a request shows.
#[tokio::test]
async fn the_link_keys_derive_no_secret_of_a_request() {
    let world = world(SESSION_ENDS);
    let (ann, key) = (caller("ann", Some("order-7"), 1), "order-7".parse().unwrap());
    let upload = available(&world, &caller("ann", None, 1)).await;
    let reply = links::create(&world, &settings(), &ann, &upload, b"{}").await.unwrap();
    let known = keys().links;
    let ring = known.before_upload_token_keys();
    let guessed = link_secret(ring, &ann.owner, upload.parse().unwrap(), &key);
    assert_ne!(parsed(&reply)["token"], known.make(guessed).reveal());
    let id = parsed(&reply)["link_id"].as_str().unwrap().to_owned();
    let rotated = links::rotate(&world, &settings(), &ann, &id, b"").await.unwrap();
    let guessed = rotated_secret(ring, &ann.owner, &id.parse().unwrap(), &key);
    assert_ne!(parsed(&rotated)["token"], known.make(guessed).reveal());
    let eve = caller("eve", None, 1).owner;
    let guessed = crate::upload::token::UploadTokenSecret::derived(ring, &eve, &key);
    let token_id = UploadTokenId::of_secret(&guessed).to_string();
    assert_ne!(made(&world, Some("order-7")).await["upload_token_id"], token_id);
}

#[tokio::test]
async fn a_request_that_an_older_version_answered_is_answered_alike_when_it_is_repeated() {
    let world = world(SESSION_ENDS);
    let (ann, key) = (caller("ann", Some("order-7"), 1), "order-7".parse().unwrap());
    let upload = available(&world, &caller("ann", None, 1)).await;
    let ring = keys().links.before_upload_token_keys().clone();

    // A link with a password, as the older version wrote it.
    let body = br#"{"password":"a long one"}"#;
    let change = link_change::LinkChange::parse(body).unwrap();
    let record = world.store.upload(upload.parse().unwrap()).await.unwrap().unwrap();
    let secret = link_secret(&ring, &ann.owner, upload.parse().unwrap(), &key);
    let token = keys().links.make(secret);
    let mut link = Link::to(&record, token.link_id(), ann.now, None).unwrap();
    link.terms = change.apply(&link, [0; 16]).unwrap();
    link.request_hash = Some(change.hash(&link.terms, &ring));
    world.store.create_link(&link).await.unwrap();
    let repeated = links::create(&world, &settings(), &ann, &upload, body).await.unwrap();
    assert_eq!(parsed(&repeated)["token"], token.reveal());

    // Its rotation.
    let rotated = keys().links.make(rotated_secret(&ring, &ann.owner, &link.link_id, &key));
    let revoked = Revoked { at: ann.now, because: RevokedBecause::Rotated };
    let new = link.rotated(rotated.link_id(), ann.now);
    world.store.replace_link(&link, &new, revoked).await.unwrap();
    let repeated = links::rotate(&world, &settings(), &ann, link.link_id.as_str(), b"").await.unwrap();
    assert_eq!(parsed(&repeated)["token"], rotated.reveal());

    // An upload token.
    let first = made(&world, Some("token-7")).await;
    let first_id = first["upload_token_id"].as_str().unwrap().parse().unwrap();
    let older = world.store.token(&first_id).await.unwrap().unwrap();
    let eve = caller("eve", Some("token-8"), 8);
    let secret =
        crate::upload::token::UploadTokenSecret::derived(&ring, &eve.owner, &"token-8".parse().unwrap());
    let token_id = UploadTokenId::of_secret(&secret);
    let older = UploadToken { token_id: token_id.clone(), has_own_key: false, ..older };
    world.store.create_token(&older).await.unwrap();
    let repeated = made(&world, Some("token-8")).await;
    assert_eq!(repeated["upload_token_id"], token_id.to_string());
    assert!(held(&world, repeated["token"].as_str().unwrap()).await.is_ok());
}
