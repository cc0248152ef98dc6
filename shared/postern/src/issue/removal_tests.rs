//! What is true once `DELETE /uploads/{id}` is answered.

use http::StatusCode;

use super::tests::{World, available, caller, parsed, settings, world};
use super::*;
use crate::link::RevokedBecause;
use crate::ports::{LinkReader, UploadReader};
use crate::upload::UploadState;

const SESSION_ENDS: &str = "2026-11-24T11:00:00Z";

/// An available upload of `ann` with so many links.
async fn linked(world: &World, links: u8) -> (String, Vec<crate::link::token::LinkId>) {
    let id = available(world, &caller("ann", None, 200)).await;
    let mut ids = Vec::new();
    for n in 0..links {
        let made = links::create(world, &settings(), &caller("ann", None, n), &id, b"{}").await.unwrap();
        ids.push(parsed(&made)["link_id"].as_str().unwrap().parse().unwrap());
    }
    (id, ids)
}

async fn why_it_ended(world: &World, id: &crate::link::token::LinkId) -> Option<RevokedBecause> {
    world.store.link(id).await.unwrap().unwrap().revoked.map(|revoked| revoked.because)
}

#[tokio::test]
async fn the_links_of_a_removed_upload_are_dead_when_the_removal_is_answered() {
    let world = world(SESSION_ENDS);
    let (upload, ids) = linked(&world, 30).await;
    let answer = uploads::remove(&world, &caller("ann", None, 1), &upload).await.unwrap();
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    for id in &ids {
        assert_eq!(why_it_ended(&world, id).await, Some(RevokedBecause::UploadDeleted));
    }
}

#[tokio::test]
async fn a_removal_that_could_not_end_the_links_says_so_and_its_repetition_ends_them() {
    for call in ["live_links", "revoke_of_upload"] {
        let world = world(SESSION_ENDS);
        let (upload, ids) = linked(&world, 3).await;
        world.store.fail_next(call);
        let refused = uploads::remove(&world, &caller("ann", None, 1), &upload).await;
        assert_eq!(refused.unwrap_err().code(), "unavailable", "{call}");
        let record = world.store.upload(upload.parse().unwrap()).await.unwrap().unwrap();
        assert_eq!(record.state, UploadState::Deleting, "the recorder removes it all the same");
        uploads::remove(&world, &caller("ann", None, 1), &upload).await.unwrap();
        for id in &ids {
            assert_eq!(why_it_ended(&world, id).await, Some(RevokedBecause::UploadDeleted), "{call}");
        }
    }
}

#[tokio::test]
async fn a_removal_of_very_many_links_is_answered_after_some_pages() {
    let world = world(SESSION_ENDS);
    let (upload, ids) = linked(&world, 50).await;
    world.store.read_links_at_once(5);
    let before = world.store.calls();
    uploads::remove(&world, &caller("ann", None, 1), &upload).await.unwrap();
    assert_eq!(world.store.calls() - before, 1 + 4 + 20);
    let mut alive = 0;
    for id in &ids {
        alive += usize::from(why_it_ended(&world, id).await.is_none());
    }
    assert_eq!(alive, 30, "the recorder goes on");
}
