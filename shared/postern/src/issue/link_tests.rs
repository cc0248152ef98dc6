//! Links that are made, changed and rotated again: with the same key, after a change, while others
//! open them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::tests::{World, available, caller, parsed, settings, world};
use super::*;
use crate::http::Problem;
use crate::link::{Admission, Link, Nonce, Opening, Revoked, RevokedBecause, Visitor};
use crate::ports::{LinkReader, LinkStore, OpeningStore, UploadStore};

const SESSION_ENDS: &str = "2026-11-24T11:00:00Z";

async fn create(world: &World, caller: &Caller, upload: &str, body: &Value) -> Result<Value, Problem> {
    let body = body.to_string();
    Ok(parsed(&links::create(world, &settings(), caller, upload, body.as_bytes()).await?))
}

async fn change(world: &World, caller: &Caller, link: &Value, body: &Value) -> Value {
    let body = body.to_string();
    parsed(&links::change(world, &settings(), caller, id(link), body.as_bytes()).await.unwrap())
}

async fn rotate(world: &World, caller: &Caller, link: &Value) -> Result<Value, Problem> {
    Ok(parsed(&links::rotate(world, &settings(), caller, id(link), b"").await?))
}

fn id(link: &Value) -> &str {
    link["link_id"].as_str().unwrap()
}

async fn existing(world: &World, link: &Value) -> Link {
    world.store.link(&id(link).parse().unwrap()).await.unwrap().unwrap()
}

async fn open(world: &World, link: &Link, nonce: u8) {
    let now = caller("ann", None, 1).now;
    let opening = Opening {
        now,
        nonce: Nonce::from([nonce; 8]),
        admission: Admission::Request,
        network: None,
        visitor: Visitor::default(),
    };
    world.store.count_opening(&link.link_id, &opening).await.unwrap();
}

fn is_spent(result: &Result<Value, Problem>) -> bool {
    matches!(result, Err(Problem::IdempotencyKeySpent))
}

#[tokio::test]
async fn a_key_gives_the_same_token_whatever_the_terms_have_become() {
    let (world, ann) = (world(SESSION_ENDS), caller("ann", None, 1));
    let upload = available(&world, &ann).await;
    for (asked, then) in [
        (json!({}), json!({ "max_opens": 3 })),
        (json!({ "max_opens": 3 }), json!({ "max_opens": null, "label": "x" })),
    ] {
        let (first, second) = (format!("k{asked}"), format!("r{asked}"));
        let key = |key: &str, entropy| caller("ann", Some(&key.replace(' ', "")), entropy);
        let link = create(&world, &key(&first, 2), &upload, &asked).await.unwrap();
        change(&world, &ann, &link, &then).await;
        let again = create(&world, &key(&first, 3), &upload, &asked).await.unwrap();
        assert_eq!((&again["token"], &again["max_opens"]), (&link["token"], &then["max_opens"]));

        let rotated = rotate(&world, &key(&second, 4), &link).await.unwrap();
        change(&world, &ann, &rotated, &asked).await;
        let again = rotate(&world, &key(&second, 5), &link).await.unwrap();
        assert_eq!(again["token"], rotated["token"]);
    }
}

#[tokio::test]
async fn a_key_whose_link_has_ended_is_spent() {
    let (world, ann) = (world(SESSION_ENDS), caller("ann", None, 1));
    let upload = available(&world, &ann).await;
    let (made, turned) = (caller("ann", Some("made"), 2), caller("ann", Some("turned"), 3));
    let link = create(&world, &made, &upload, &json!({})).await.unwrap();
    let rotated = rotate(&world, &turned, &link).await.unwrap();
    assert!(is_spent(&create(&world, &made, &upload, &json!({})).await), "it was rotated");
    rotate(&world, &caller("ann", None, 4), &rotated).await.unwrap();
    assert!(is_spent(&rotate(&world, &turned, &link).await), "it was rotated again");

    let link = create(&world, &caller("ann", Some("next"), 5), &upload, &json!({})).await.unwrap();
    let again = caller("ann", Some("again"), 6);
    let rotated = rotate(&world, &again, &link).await.unwrap();
    revocation::revoke(&world, &settings(), &ann, id(&rotated)).await.unwrap();
    assert!(is_spent(&rotate(&world, &again, &link).await), "it was revoked");

    let last = caller("ann", Some("last"), 7);
    create(&world, &last, &upload, &json!({})).await.unwrap();
    world.store.begin_deletion(upload.parse().unwrap(), &ann.owner).await.unwrap();
    assert!(is_spent(&create(&world, &last, &upload, &json!({})).await), "it went with its upload");
    let never = create(&world, &caller("ann", Some("never"), 8), &upload, &json!({})).await;
    assert!(matches!(never, Err(Problem::UploadNotAvailable(_))), "the key made none");
}

#[tokio::test]
async fn a_rotation_adds_what_was_counted_while_it_was_made() {
    let (world, ann) = (world(SESSION_ENDS), caller("ann", None, 1));
    let upload = available(&world, &ann).await;
    let link =
        create(&world, &ann, &upload, &json!({ "max_opens": 9, "max_opens_per_hour": 5 })).await.unwrap();
    let read = existing(&world, &link).await;
    open(&world, &read, 1).await;
    // The function was ended between its transaction and its second write.
    let key = caller("ann", Some("k"), 2);
    let secret = idempotent::of_rotation(&world, &key, &read.link_id).await.unwrap().bytes;
    let new = read.rotated(world.keys.links.make(secret).link_id(), key.now);
    let revoked = Revoked { at: key.now, because: RevokedBecause::Rotated };
    world.store.replace_link(&read, &new, revoked).await.unwrap();
    for _ in 0..2 {
        let rotated = rotate(&world, &key, &link).await.unwrap();
        assert_eq!(rotated["opens"], 1);
        assert_eq!(existing(&world, &rotated).await.hour_window.used, 1);
    }
}

/// Its owner finds the new link in the list, and has no key to repeat the rotation with.
#[tokio::test]
async fn a_rotation_that_ended_half_way_loses_no_opening() {
    let (world, ann) = (world(SESSION_ENDS), caller("ann", None, 1));
    let upload = available(&world, &ann).await;
    let link = create(&world, &ann, &upload, &json!({ "max_opens": 1 })).await.unwrap();
    let read = existing(&world, &link).await;
    open(&world, &read, 1).await;
    let half = read.rotated(world.keys.links.make([9; 16]).link_id(), ann.now);
    let revoked = Revoked { at: ann.now, because: RevokedBecause::Rotated };
    world.store.replace_link(&read, &half, revoked).await.unwrap();
    let listed = json!({ "link_id": half.link_id });
    let rotated = rotate(&world, &caller("ann", None, 2), &listed).await.unwrap();
    assert_eq!((&rotated["opens"], &rotated["state"]), (&json!(1), &json!("used_up")));
}

/// Its owner may give it more openings afterwards.
#[tokio::test]
async fn a_used_up_link_is_rotated_once_for_a_key() {
    let (world, ann) = (world(SESSION_ENDS), caller("ann", None, 1));
    let upload = available(&world, &ann).await;
    let link = create(&world, &ann, &upload, &json!({ "max_opens": 1 })).await.unwrap();
    open(&world, &existing(&world, &link).await, 1).await;
    let rotated = rotate(&world, &caller("ann", Some("k"), 2), &link).await.unwrap();
    let again = rotate(&world, &caller("ann", Some("k"), 3), &link).await.unwrap();
    assert_eq!((&again["token"], &again["state"]), (&rotated["token"], &json!("used_up")));
}

#[tokio::test]
async fn openings_that_are_not_counted_are_null() {
    let (world, ann) = (world(SESSION_ENDS), caller("ann", None, 1));
    let upload = available(&world, &ann).await;
    let link = create(&world, &ann, &upload, &json!({})).await.unwrap();
    assert_eq!(link["opens"], Value::Null);
    for (body, opens) in [
        (json!({ "max_opens": 3 }), json!(0)),
        (json!({ "max_opens": null, "confirm": true }), json!(0)),
        (json!({ "confirm": null, "password": "open sesame" }), json!(0)),
        (json!({ "password": null, "allowed_network": "192.0.2.7" }), Value::Null),
    ] {
        assert_eq!(change(&world, &ann, &link, &body).await["opens"], opens, "{body}");
    }
}

#[tokio::test]
async fn every_password_has_a_salt_of_its_own() {
    let (world, ann) = (world(SESSION_ENDS), caller("ann", None, 1));
    let upload = available(&world, &ann).await;
    let mut hashes = Vec::new();
    for entropy in 2..4 {
        let caller = caller("ann", None, entropy);
        let link = create(&world, &caller, &upload, &json!({ "password": "open sesame" })).await.unwrap();
        hashes.push(existing(&world, &link).await.terms.password_hash.unwrap());
        let token = link["token"].as_str().unwrap();
        let digest = Sha256::digest(caller.entropy);
        let hash = hashes.last().unwrap().as_str();
        assert!(!hash.contains(&STANDARD_NO_PAD.encode(&digest[..16])), "a token's name is such a digest");
        assert!(!hashes.iter().any(|hash| hash.as_str().contains(&token[2..20])));
    }
    assert_ne!(hashes[0].as_str(), hashes[1].as_str());
}

#[tokio::test]
async fn an_array_is_no_body_of_a_link() {
    let (world, ann) = (world(SESSION_ENDS), caller("ann", None, 1));
    let upload = available(&world, &ann).await;
    let link = create(&world, &ann, &upload, &json!({})).await.unwrap();
    for array in [&b"[60]"[..], b"[300,5]", b"[]"] {
        let made = links::create(&world, &settings(), &ann, &upload, array).await;
        let changed = links::change(&world, &settings(), &ann, id(&link), array).await;
        let token = tokens::create(&world, &settings(), &ann, array).await;
        for refused in [made, changed, token] {
            assert!(matches!(refused, Err(Problem::MalformedBody(_))), "{array:?}");
        }
    }
}

#[tokio::test]
async fn a_link_ends_when_it_was_last_asked_to() {
    let (world, ann) = (world(SESSION_ENDS), caller("ann", None, 1));
    let upload = available(&world, &ann).await;
    let link = create(&world, &ann, &upload, &json!({ "expires_in_s": 60 })).await.unwrap();
    assert_eq!(link["expires_at"], "2026-11-24T10:01:00.000Z");
    for (body, ends) in [
        (json!({ "label": "x" }), json!("2026-11-24T10:01:00.000Z")),
        (json!({ "expires_in_s": 120 }), json!("2026-11-24T10:02:00.000Z")),
        (json!({ "expires_in_s": null }), Value::Null),
    ] {
        assert_eq!(change(&world, &ann, &link, &body).await["expires_at"], ends, "{body}");
    }
}

#[tokio::test]
async fn a_key_is_for_one_disposition() {
    let (world, ann) = (world(SESSION_ENDS), caller("ann", Some("k"), 1));
    let upload = available(&world, &caller("ann", None, 2)).await;
    let inline = json!({ "disposition": "inline" });
    let link = create(&world, &ann, &upload, &inline).await.unwrap();
    assert_eq!(create(&world, &ann, &upload, &inline).await.unwrap()["token"], link["token"]);
    for other in [json!({}), json!({ "disposition": "attachment" })] {
        let reused = create(&world, &ann, &upload, &other).await;
        assert!(matches!(reused, Err(Problem::IdempotencyKeyReused)), "{other} {reused:?}");
    }
}

/// A change is written on condition that no other one came between.
#[tokio::test]
async fn no_two_changes_of_a_link_look_alike() {
    let (world, ann) = (world(SESSION_ENDS), caller("ann", None, 1));
    let upload = available(&world, &ann).await;
    let link = create(&world, &ann, &upload, &json!({})).await.unwrap();
    let mut transitions = vec![existing(&world, &link).await.transition_id];
    for entropy in 2..4 {
        change(&world, &caller("ann", None, entropy), &link, &json!({ "label": "x" })).await;
        let transition = existing(&world, &link).await.transition_id;
        assert!(!transitions.contains(&transition));
        transitions.push(transition);
    }
}

#[tokio::test]
async fn every_answer_about_a_link_states_its_bound() {
    let (world, ann) = (world(SESSION_ENDS), caller("ann", None, 1));
    let upload = available(&world, &ann).await;
    for (n, body, own, bound) in [
        (2, json!({}), Value::Null, 60),
        (3, json!({ "url_ttl_s": 60 }), json!(60), 60),
        (4, json!({ "url_ttl_s": 900 }), json!(900), 900),
    ] {
        let link = create(&world, &caller("ann", None, n), &upload, &body).await.unwrap();
        let shown = parsed(&links::show(&world, &settings(), &ann, id(&link)).await.unwrap());
        let listed = parsed(&links::list(&world, &settings(), &ann, &upload, None, None).await.unwrap());
        let all = parsed(&links::list_all(&world, &settings(), &ann, None, None).await.unwrap());
        let rotated = rotate(&world, &caller("ann", None, n + 10), &link).await.unwrap();
        let mut views = vec![link.clone(), shown, rotated.clone()];
        for _ in 0..2 {
            let ended = revocation::revoke(&world, &settings(), &ann, id(&rotated)).await.unwrap();
            views.push(parsed(&ended));
        }
        assert_eq!(
            (&views[3]["state"], &views[3]),
            (&json!("revoked"), &views[4]),
            "a repetition says the same"
        );
        let is_it = |view: &&Value| view["link_id"] == link["link_id"];
        for list in [listed, all] {
            views.push(list["items"].as_array().unwrap().iter().find(is_it).unwrap().clone());
        }
        for view in views {
            assert_eq!((&view["url_ttl_s"], &view["dead_within_s"]), (&own, &json!(bound)), "{view}");
        }
    }
}

#[tokio::test]
async fn a_stack_tracks_by_default_and_an_owner_says_otherwise() {
    let (world, ann) = (world(SESSION_ENDS), caller("ann", None, 1));
    let upload = available(&world, &ann).await;
    for (entropy, (default, body, track)) in (10..).zip([
        (false, json!({}), false),
        (false, json!({ "track": true }), true),
        (true, json!({}), true),
        (true, json!({ "track": false }), false),
        (true, json!({ "track": null }), false),
    ]) {
        let settings = Settings { track_links: default, ..settings() };
        let caller = caller("ann", None, entropy);
        let made = links::create(&world, &settings, &caller, &upload, body.to_string().as_bytes()).await;
        let link = parsed(&made.unwrap());
        assert_eq!(link["track"], track, "{body}");
        assert_eq!(link["opens"], if track { json!(0) } else { json!(null) }, "{body}");
        let token = link["token"].as_str().unwrap();
        assert_eq!(world.keys.links.verify(token).unwrap().counts(), track, "it is opened by one call");
    }
}

#[tokio::test]
async fn a_shorter_life_leaves_the_bound_until_the_longer_urls_are_dead() {
    let (world, ann) = (world(SESSION_ENDS), caller("ann", None, 1));
    let upload = available(&world, &ann).await;
    let link = create(&world, &ann, &upload, &json!({ "url_ttl_s": 900 })).await.unwrap();
    let after = |after_s| Caller { now: ann.now + Duration::from_secs(after_s), ..caller("ann", None, 2) };
    let changed = change(&world, &after(10), &link, &json!({ "url_ttl_s": null })).await;
    assert_eq!(changed["dead_within_s"], 960, "what was given out before, by a request that takes a minute");
    let relabelled = change(&world, &after(400), &link, &json!({ "label": "x" })).await;
    assert_eq!(relabelled["dead_within_s"], 570);
    let ended = revocation::revoke(&world, &settings(), &after(500), id(&link)).await.unwrap();
    assert_eq!(parsed(&ended)["dead_within_s"], 470);
    let shown = links::show(&world, &settings(), &after(2000), id(&link)).await.unwrap();
    assert_eq!(parsed(&shown)["dead_within_s"], 0, "nothing of it lives");
}

#[tokio::test]
async fn a_life_outside_of_the_bounds_of_the_stack_is_refused() {
    let (world, ann) = (world(SESSION_ENDS), caller("ann", None, 1));
    let upload = available(&world, &ann).await;
    let link = create(&world, &ann, &upload, &json!({})).await.unwrap();
    for url_ttl_s in [0, 59, 901, u64::MAX] {
        let body = json!({ "url_ttl_s": url_ttl_s });
        let made = create(&world, &ann, &upload, &body).await.unwrap_err();
        let body = body.to_string();
        let changed = links::change(&world, &settings(), &ann, id(&link), body.as_bytes()).await.unwrap_err();
        for problem in [made, changed] {
            let Problem::InvalidFields(fields) = problem else { panic!("{problem:?}") };
            assert_eq!(fields[0].field, "url_ttl_s");
            assert!(fields[0].rule.contains("60 to 900 on this stack"), "{}", fields[0].rule);
        }
    }
}

#[tokio::test]
async fn an_answer_says_when_a_link_was_opened_and_null_where_nothing_is_counted() {
    let (world, ann) = (world(SESSION_ENDS), caller("ann", None, 1));
    let upload = available(&world, &ann).await;
    let link =
        create(&world, &ann, &upload, &json!({ "track": true, "recipient": "a \"b\"" })).await.unwrap();
    let times = |link: &Value| {
        (link["opens"].clone(), link["first_opened_at"].clone(), link["last_opened_at"].clone())
    };
    assert_eq!(times(&link), (json!(0), json!(null), json!(null)));
    assert_eq!(existing(&world, &link).await.told_recipient.as_deref(), Some("a %22b%22"));
    open(&world, &existing(&world, &link).await, 1).await;
    let shown = parsed(&links::show(&world, &settings(), &ann, id(&link)).await.unwrap());
    assert_eq!(times(&shown), (json!(1), json!(ann.now), json!(ann.now)));
    let untracked = change(&world, &ann, &link, &json!({ "track": false })).await;
    assert_eq!(times(&untracked), (json!(null), json!(null), json!(null)));
    let existing = existing(&world, &link).await;
    assert_eq!((existing.told_recipient, existing.announces), (None, None), "the bus has no recipient");
}

#[tokio::test]
async fn a_page_of_a_list_has_fifty_items_unless_the_request_says_otherwise() {
    let (world, ann) = (world(SESSION_ENDS), caller("ann", None, 1));
    let upload = available(&world, &ann).await;
    for n in 10..=110 {
        create(&world, &caller("ann", None, n), &upload, &json!({})).await.unwrap();
    }
    for (limit, shown) in [(None, 50), (Some("1"), 1), (Some("100"), 100)] {
        let list = parsed(&links::list_all(&world, &settings(), &ann, limit, None).await.unwrap());
        assert_eq!(list["items"].as_array().unwrap().len(), shown, "{limit:?}");
        assert!(list["next_cursor"].is_string());
    }
}

#[tokio::test]
async fn one_request_revokes_about_a_thousand_links_and_the_next_one_the_rest() {
    let (world, ann) = (world(SESSION_ENDS), caller("ann", None, 1));
    let upload = available(&world, &ann).await;
    for n in 0..1200_u128 {
        let other = Caller { entropy: ((n << 64) | (1000 + n)).to_be_bytes(), ..ann.clone() };
        create(&world, &other, &upload, &json!({})).await.unwrap();
    }
    world.store.read_links_at_once(100);
    let mut cursor = None;
    for (revoked, more) in [(1000, true), (200, false)] {
        let answer = revocation::revoke_all(&world, &settings(), &ann, cursor.as_deref()).await.unwrap();
        let answer = parsed(&answer);
        assert_eq!((&answer["revoked"], &answer["more"]), (&json!(revoked), &json!(more)), "{answer}");
        cursor = answer["next_cursor"].as_str().map(str::to_owned);
    }
}

#[test]
fn the_log_names_an_owner_to_nobody_without_the_keys() {
    let owner = caller("ann", None, 1).owner;
    let hash = tests::keys().owner_hash(&owner);
    assert_eq!(hash, tests::keys().owner_hash(&owner));
    let others = Keys { upload_tokens: crate::testing::samples::upload_token_keys(&[3]), ..tests::keys() };
    assert_ne!(hash, others.owner_hash(&owner));
    assert_ne!(hash, tests::keys().owner_hash(&caller("bob", None, 1).owner));
}

#[tokio::test]
async fn the_numbers_of_a_link_reach_their_bounds_and_not_beyond() {
    let (world, ann) = (world(SESSION_ENDS), caller("ann", None, 1));
    let upload = available(&world, &ann).await;
    let ten_years = 10 * 366 * 24 * 3600_u64;
    for (n, (field, most)) in (10..).zip([
        ("max_opens", 1_000_000_000),
        ("max_opens_per_hour", 1_000_000_000),
        ("expires_in_s", ten_years),
    ]) {
        create(&world, &caller("ann", None, n), &upload, &json!({ field: most })).await.unwrap();
        for outside in [0, most + 1] {
            match create(&world, &ann, &upload, &json!({ field: outside })).await {
                Err(Problem::InvalidFields(broken)) => assert_eq!(broken[0].field, field),
                other => panic!("{field} {outside}: {other:?}"),
            }
        }
    }
}

#[test]
fn an_idempotency_key_has_at_most_255_characters() {
    let parsed = |length: usize| "k".repeat(length).parse::<IdempotencyKey>().is_ok();
    assert_eq!([0, 1, 255, 256].map(parsed), [false, true, true, false]);
}
