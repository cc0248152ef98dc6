//! Links that are led to another upload: the rules.

use serde_json::{Value, json};

use super::tests::{World, available, caller, parsed, settings, world};
use super::*;
use crate::http::Problem;
use crate::link::{Link, MAX_TARGETS};
use crate::ports::{LinkReader, RecordStore};
use crate::testing::samples::{at, pin};
use crate::upload::Settlement;
use crate::value::app_event::AppEvent;

const SESSION_ENDS: &str = "2026-11-24T11:00:00Z";

pub(super) async fn linked(world: &World, ann: &Caller, upload: &str, body: &Value) -> String {
    let made = links::create(world, &settings(), ann, upload, body.to_string().as_bytes()).await.unwrap();
    parsed(&made)["link_id"].as_str().unwrap().to_owned()
}

pub(super) async fn lead(world: &World, caller: &Caller, link: &str, upload: &str) -> Result<Value, Problem> {
    let body = json!({ "upload_id": upload }).to_string();
    Ok(parsed(&target::retarget(world, &settings(), caller, link, body.as_bytes()).await?))
}

pub(super) async fn existing(world: &World, link: &str) -> Link {
    world.store.link(&link.parse().unwrap()).await.unwrap().unwrap()
}

/// Ann, whose uploads get different ids by the number.
fn ann(n: u8) -> Caller {
    caller("ann", None, n)
}

/// An available upload of Ann's with this name, type and size.
async fn uploaded(world: &World, n: u8, (name, content_type): (&str, &str), size_bytes: u64) -> String {
    let body = json!({ "filename": name, "content_type": content_type }).to_string();
    let issued = uploads::create(world, &settings(), &ann(n), body.as_bytes()).await.unwrap();
    let id = parsed(&issued)["upload_id"].as_str().unwrap().to_owned();
    let mut settlement = pin(&format!("v{n}"));
    if let Settlement::Pin(recorded) = &mut settlement {
        (recorded.sniffed_type, recorded.size_bytes) = (content_type.parse().unwrap(), size_bytes);
    }
    world.store.settle(id.parse().unwrap(), &settlement, None).await.unwrap();
    id
}

#[tokio::test]
async fn a_link_leads_to_another_upload_and_remembers_the_former_ones() {
    let world = world(SESSION_ENDS);
    let uploads = [available(&world, &ann(1)).await, available(&world, &ann(2)).await];
    let link = linked(&world, &ann(1), &uploads[0], &json!({ "max_opens": 3 })).await;
    let before = world.store.calls();
    let led = lead(&world, &ann(1), &link, &uploads[1]).await.unwrap();
    assert_eq!(world.store.calls() - before, 3, "two reads side by side, and a transaction");
    assert_eq!((&led["upload_id"], &led["retargeted_at"]), (&json!(uploads[1]), &json!(ann(1).now)));
    assert_eq!(led["previous_targets"], json!([{ "upload_id": uploads[0], "until": ann(1).now }]));
    assert_eq!((&led["max_opens"], &led["opens"]), (&json!(3), &json!(0)));
    let event = existing(&world, &link).await.announces.unwrap();
    assert_eq!(event.event, AppEvent::LinkRetargeted);
    let later = Caller { now: at("2026-11-24T10:30:00Z"), ..ann(3) };
    let again = lead(&world, &later, &link, &uploads[1]).await.unwrap();
    assert_eq!(again, led, "a repetition changes nothing");
    for n in 4..40_u8 {
        let led = lead(&world, &ann(n), &link, &uploads[usize::from(n % 2)]).await.unwrap();
        assert!(led["previous_targets"].as_array().unwrap().len() <= MAX_TARGETS);
    }
}

#[tokio::test]
async fn a_key_leads_a_link_once_whatever_it_leads_to_since() {
    let world = world(SESSION_ENDS);
    let uploads = [available(&world, &ann(1)).await, available(&world, &ann(2)).await];
    let link = linked(&world, &ann(1), &uploads[0], &json!({})).await;
    let keyed = caller("ann", Some("k"), 3);
    lead(&world, &keyed, &link, &uploads[1]).await.unwrap();
    lead(&world, &ann(1), &link, &uploads[0]).await.unwrap();
    let repeated = lead(&world, &keyed, &link, &uploads[1]).await.unwrap();
    assert_eq!(repeated["upload_id"], json!(uploads[0]), "the later change stays");
    uploads::remove(&world, &ann(1), &uploads[1]).await.unwrap();
    assert_eq!(lead(&world, &keyed, &link, &uploads[1]).await.unwrap(), repeated);
    let other = lead(&world, &keyed, &link, &uploads[0]).await;
    assert!(matches!(other, Err(Problem::IdempotencyKeyReused)));
}

#[tokio::test]
async fn only_the_owner_leads_a_living_link_and_only_to_an_available_upload_of_theirs() {
    let (world, bob) = (world(SESSION_ENDS), caller("bob", None, 2));
    let (own, strange) = (available(&world, &ann(1)).await, available(&world, &bob).await);
    let link = linked(&world, &ann(1), &own, &json!({})).await;
    let before = existing(&world, &link).await;
    assert!(matches!(lead(&world, &ann(1), &link, &strange).await, Err(Problem::UploadNotFound)));
    assert!(matches!(lead(&world, &bob, &link, &strange).await, Err(Problem::LinkNotFound)));
    assert!(matches!(lead(&world, &ann(1), &link, "nonsense").await, Err(Problem::UploadNotFound)));
    assert!(matches!(lead(&world, &ann(1), "nonsense", &own).await, Err(Problem::LinkNotFound)));
    let another = available(&world, &ann(3)).await;
    uploads::remove(&world, &ann(1), &another).await.unwrap();
    let refused = lead(&world, &ann(1), &link, &another).await;
    assert!(matches!(refused, Err(Problem::UploadNotAvailable(_))));
    for body in ["", "{}", r#"{"upload_id":1}"#, r#"{"upload_id":"x","latest":true}"#] {
        let refused = target::retarget(&world, &settings(), &ann(1), &link, body.as_bytes()).await;
        assert!(matches!(refused, Err(Problem::InvalidFields(_) | Problem::MalformedBody(_))), "{body}");
    }
    assert_eq!(existing(&world, &link).await, before);

    let rotated = links::rotate(&world, &settings(), &ann(9), &link, b"").await.unwrap();
    assert!(matches!(lead(&world, &ann(1), &link, &own).await, Err(Problem::LinkRotated)));
    let link = parsed(&rotated)["link_id"].as_str().unwrap().to_owned();
    revocation::revoke(&world, &settings(), &ann(1), &link).await.unwrap();
    assert!(matches!(lead(&world, &ann(1), &link, &own).await, Err(Problem::LinkEnded)));
}

#[tokio::test]
async fn an_expired_link_may_be_led_elsewhere() {
    let world = world(SESSION_ENDS);
    let uploads = [available(&world, &ann(1)).await, available(&world, &ann(2)).await];
    let link = linked(&world, &ann(1), &uploads[0], &json!({ "expires_in_s": 1 })).await;
    let later = Caller { now: at("2026-11-24T10:30:00Z"), ..ann(3) };
    assert_eq!(lead(&world, &later, &link, &uploads[1]).await.unwrap()["state"], "expired");
}

/// If it is revoked now, the URLs that were signed for the old, larger file live on.
#[tokio::test]
async fn a_led_link_states_a_bound_that_holds_for_urls_of_the_old_file() {
    let world = world(SESSION_ENDS);
    let small = available(&world, &ann(1)).await;
    let large = uploaded(&world, 2, ("large.png", "image/png"), 1 << 30).await;
    let link = linked(&world, &ann(1), &large, &json!({})).await;
    let led = lead(&world, &ann(1), &link, &small).await.unwrap();
    assert_eq!(led["dead_within_s"], 960, "15 minutes, and the time of a slow write");
}

#[tokio::test]
async fn a_link_keeps_its_own_name_only_if_the_name_fits_the_new_file() {
    let world = world(SESSION_ENDS);
    let picture = available(&world, &ann(1)).await;
    let link = linked(&world, &ann(1), &picture, &json!({ "filename": "picture.png" })).await;
    let other = uploaded(&world, 2, ("b.pdf", "application/pdf"), 10).await;
    let refused = lead(&world, &ann(1), &link, &other).await.unwrap_err();
    let told = parsed(&refused.reply("id"));
    insta::assert_snapshot!(told["errors"][0]["rule"].as_str().unwrap(), @"the file is application/pdf, and the link's own filename promises something else: change the link's filename first, or remove it with null");
    links::change(&world, &settings(), &ann(1), &link, br#"{"filename":null}"#).await.unwrap();
    assert_eq!(lead(&world, &ann(1), &link, &other).await.unwrap()["filename"], "b.pdf");
}

/// The answer to the write was lost: the SDK has sent it again, and its condition failed on the link that it
/// has led itself.
#[tokio::test]
async fn a_write_whose_answer_was_lost_is_no_other_change() {
    let world = world(SESSION_ENDS);
    let uploads = [available(&world, &ann(1)).await, available(&world, &ann(2)).await];
    for (key, n) in [(None, 3), (Some("k"), 4)] {
        let link = linked(&world, &ann(n), &uploads[0], &json!({})).await;
        world.store.lose_answer("retarget_link", crate::testing::memory::Loss::Retried);
        let led = lead(&world, &caller("ann", key, n), &link, &uploads[1]).await.unwrap();
        assert_eq!(led["upload_id"], json!(uploads[1]));
        assert_eq!(led["previous_targets"].as_array().unwrap().len(), 1);
    }
}
