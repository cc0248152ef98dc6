//! Verdicts over orders, repetitions and refusals, on the in-memory world.

use super::removal::{PAGES_AT_ONCE, Removal, remove_upload};
use super::rules::tests::{PNG, demands, png};
use super::*;
use crate::link::{Link, RevokedBecause};
use crate::memory::MemoryWorld;
use crate::ports::{LinkReader, LinkStore, ObservedObject, PageStart, UploadStore};
use crate::token::LinkId;
use crate::upload::Upload;
use crate::upload::UploadState;
use crate::upload::tests::{at, pending, version};

const PINNED: Verdict = Verdict::Pinned { size_bytes: PNG.len() as u64 };

async fn world() -> Ports<MemoryWorld, MemoryWorld> {
    let world = MemoryWorld::default();
    world.create(&pending()).await.unwrap();
    Ports { store: world.clone(), objects: world }
}

impl Ports<MemoryWorld, MemoryWorld> {
    fn put(&self, name: &str, object: ObservedObject) {
        self.objects.put(pending().object_key(), version(name), object);
    }

    async fn record(&self, name: &str) -> Verdict {
        let now = at("2026-11-24T10:01:00Z");
        record_version(self, &demands(), now, pending().object_key(), &version(name), None).await.unwrap()
    }

    async fn standing(&self) -> Upload {
        RecordStore::upload(&self.store, pending().upload_id).await.unwrap().unwrap()
    }

    async fn versions(&self) -> Vec<String> {
        let versions = self.objects.versions(pending().object_key()).await.unwrap();
        versions.iter().map(ToString::to_string).collect()
    }
}

fn html() -> ObservedObject {
    ObservedObject { head: b"<html>".to_vec(), size_bytes: 6, ..png() }
}

#[tokio::test]
async fn a_second_version_of_the_same_upload_is_removed_and_counted() {
    let ports = world().await;
    ports.put("a", png());
    ports.put("b", png());
    assert_eq!(ports.record("b").await, PINNED);
    assert_eq!(ports.record("a").await, Verdict::Surplus);
    assert_eq!(ports.versions().await, ["b"]);
    assert_eq!(ports.standing().await.surplus, [version("a")].into());
    // Whatever comes again changes nothing.
    for _ in 0..3 {
        assert_eq!(ports.record("b").await, Verdict::Duplicate);
        assert_eq!(ports.record("a").await, Verdict::Gone);
    }
    assert_eq!(ports.standing().await.surplus.len(), 1);
    assert_eq!(ports.versions().await, ["b"]);
}

#[tokio::test]
async fn a_rejected_version_is_removed_and_a_valid_one_may_follow() {
    let ports = world().await;
    ports.put("bad", html());
    assert_eq!(ports.record("bad").await, Verdict::Rejected(Some(RejectionReason::ContentTypeMismatch)));
    assert_eq!(ports.standing().await.state, UploadState::Rejected);
    assert_eq!(ports.versions().await, [""; 0]);
    ports.put("good", png());
    assert_eq!(ports.record("good").await, PINNED);
    assert_eq!(ports.record("bad").await, Verdict::Gone);
    assert_eq!(ports.versions().await, ["good"]);
}

#[tokio::test]
async fn a_condemned_version_stays_condemned_under_a_newer_rule() {
    let ports = world().await;
    ports.put("a", html());
    ports.record("a").await;
    // The delete did not happen, and the rules would accept it now.
    ports.put("a", png());
    assert_eq!(ports.record("a").await, Verdict::Rejected(None));
    assert_eq!(ports.versions().await, [""; 0]);
}

#[tokio::test]
async fn a_version_without_a_record_is_left_where_it_is() {
    let world = MemoryWorld::default();
    let ports = Ports { store: world.clone(), objects: world };
    ports.put("a", png());
    assert_eq!(ports.record("a").await, Verdict::Orphan);
    assert_eq!(ports.versions().await, ["a"]);
}

#[tokio::test]
async fn a_version_that_is_gone_can_never_be_pinned_and_another_one_can() {
    let ports = world().await;
    assert_eq!(ports.record("a").await, Verdict::Gone);
    let standing = ports.standing().await;
    assert_eq!(standing.rejection.unwrap().reason, RejectionReason::Vanished);
    ports.put("a", png());
    assert_eq!(ports.record("a").await, Verdict::Rejected(None));
    ports.put("b", png());
    assert_eq!(ports.record("b").await, PINNED);
}

#[tokio::test]
async fn a_delete_marker_decides_nothing() {
    let ports = world().await;
    ports.objects.put_delete_marker(pending().object_key(), version("m"));
    assert_eq!(ports.record("m").await, Verdict::DeleteMarker);
    assert_eq!(ports.standing().await.state, UploadState::Pending);
}

#[tokio::test]
async fn a_removed_upload_stays_removed_whatever_arrives() {
    let ports = world().await;
    ports.put("a", png());
    ports.record("a").await;
    let link_id = crate::token::tests::keys(&[1]).make([1; 16]).link_id();
    let link = Link::to(&ports.standing().await, link_id.clone(), at("2026-11-24T10:02:00Z"), None).unwrap();
    ports.store.create_link(&link).await.unwrap();

    ports.store.begin_deletion(pending().upload_id, &pending().owner).await.unwrap();
    ports.put("b", png());
    assert_eq!(ports.record("b").await, Verdict::Removed);
    let now = at("2026-11-24T10:03:00Z");
    let done = remove_upload(&ports, now, pending().upload_id).await.unwrap();
    assert_eq!(done, Removal::Done { versions: 1, links: 1 });
    assert_eq!(remove_upload(&ports, now, pending().upload_id).await.unwrap(), Removal::NotAsked);
    assert_eq!(ports.standing().await.state, UploadState::Deleted);
    assert!(ports.store.link(&link_id).await.unwrap().unwrap().revoked.is_some());

    ports.put("c", png());
    assert_eq!(ports.record("c").await, Verdict::Removed);
    assert_eq!(ports.versions().await, [""; 0]);
}

/// A removal that was asked for, of a version with so many links, of which two are read at once.
async fn removal_of(links: u8) -> Ports<MemoryWorld, MemoryWorld> {
    let ports = world().await;
    ports.put("a", png());
    ports.record("a").await;
    for n in 0..links {
        let link = Link::to(&ports.standing().await, link_id(n), at("2026-11-24T10:02:00Z"), None).unwrap();
        ports.store.create_link(&link).await.unwrap();
    }
    ports.store.read_links_at_once(2);
    ports.store.begin_deletion(pending().upload_id, &pending().owner).await.unwrap();
    ports
}

fn link_id(n: u8) -> LinkId {
    crate::token::tests::keys(&[1]).make([n; 16]).link_id()
}

#[tokio::test]
async fn an_upload_with_many_links_is_removed_in_runs_of_one_size() {
    let ports = removal_of(50).await;
    let (now, id) = (at("2026-11-24T10:03:00Z"), pending().upload_id);
    let mut runs = Vec::new();
    for _ in 0..4 {
        let before = ports.objects.calls();
        runs.push(remove_upload(&ports, now, id).await.unwrap());
        let calls = ports.objects.calls() - before;
        assert!(calls <= 4 + PAGES_AT_ONCE * 3, "{calls} calls");
    }
    assert_eq!(
        runs,
        [
            Removal::Partly { versions: 1, links: 20 },
            Removal::Partly { versions: 0, links: 20 },
            Removal::Done { versions: 0, links: 10 },
            Removal::NotAsked,
        ]
    );
    for n in 0..50 {
        let link = ports.store.link(&link_id(n)).await.unwrap().unwrap();
        assert_eq!(link.revoked.map(|revoked| revoked.because), Some(RevokedBecause::UploadDeleted));
    }
    let tombstone = ports.standing().await;
    assert_eq!((tombstone.state, tombstone.links_walked), (UploadState::Deleted, None));
}

#[tokio::test]
async fn a_run_that_dies_among_the_links_is_taken_up_behind_those_that_it_ended() {
    let ports = removal_of(10).await;
    let (now, id) = (at("2026-11-24T10:03:00Z"), pending().upload_id);
    ports.store.fail_nth("end_link", 7);
    assert!(remove_upload(&ports, now, id).await.is_err());
    let done = remove_upload(&ports, now, id).await.unwrap();
    assert_eq!(done, Removal::Done { versions: 0, links: 4 });
}

#[tokio::test]
async fn two_runs_beside_each_other_ask_for_one_continuation() {
    let ports = removal_of(50).await;
    let upload = ports.standing().await;
    let place = |at| PageStart { at, id: link_id(1).to_string() };
    let (first, second) = (place(at("2026-11-24T10:02:00Z")), place(at("2026-11-24T10:01:00Z")));
    ports.store.note_links_walked(&upload, &first).await.unwrap();
    ports.store.note_links_walked(&upload, &second).await.unwrap();
    assert_eq!(ports.standing().await.links_walked, Some(first));
}

#[tokio::test]
async fn a_failing_bucket_brings_the_event_back_and_the_next_run_succeeds() {
    let ports = world().await;
    ports.put("a", png());
    ports.objects.fail_next("observe");
    let now = at("2026-11-24T10:01:00Z");
    let key = pending().object_key();
    assert!(record_version(&ports, &demands(), now, key, &version("a"), None).await.is_err());
    assert_eq!(ports.standing().await.state, UploadState::Pending);
    assert_eq!(ports.record("a").await, PINNED);
}

#[tokio::test]
async fn a_run_that_dies_before_the_delete_is_taken_up_by_the_next() {
    let ports = world().await;
    ports.put("a", html());
    ports.objects.fail_next("remove");
    let now = at("2026-11-24T10:01:00Z");
    let key = pending().object_key();
    assert!(record_version(&ports, &demands(), now, key, &version("a"), None).await.is_err());
    assert_eq!(ports.versions().await, ["a"]);
    assert_eq!(ports.record("a").await, Verdict::Rejected(None));
    assert_eq!(ports.versions().await, [""; 0]);
}

#[tokio::test]
async fn a_pinned_version_that_somebody_else_removed_is_marked_once() {
    let ports = world().await;
    ports.put("a", png());
    ports.record("a").await;
    ports.objects.remove(pending().object_key(), &version("a")).await.unwrap();
    for _ in 0..2 {
        assert_eq!(ports.record("a").await, Verdict::Vanished);
    }
    let standing = ports.standing().await;
    assert_eq!(standing.state, UploadState::Available);
    assert_eq!(standing.vanished_at(), Some(at("2026-11-24T10:01:00Z")));
}

#[tokio::test]
async fn the_event_of_our_own_removal_asks_for_nothing() {
    let ports = world().await;
    ports.put("a", png());
    ports.record("a").await;
    ports.store.begin_deletion(pending().upload_id, &pending().owner).await.unwrap();
    remove_upload(&ports, at("2026-11-24T10:03:00Z"), pending().upload_id).await.unwrap();
    let calls = ports.objects.calls();
    assert_eq!(ports.record("a").await, Verdict::Gone);
    assert_eq!(ports.objects.calls() - calls, 2, "a look, or each removal would bring the next event");
}

#[tokio::test]
async fn a_removal_that_is_told_before_the_creation_does_no_harm() {
    let ports = world().await;
    assert_eq!(ports.record("a").await, Verdict::Gone);
    ports.put("b", png());
    assert_eq!(ports.record("b").await, PINNED);
    assert_eq!(ports.record("a").await, Verdict::Gone);
}
