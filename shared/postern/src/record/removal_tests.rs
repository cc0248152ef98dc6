//! Removals on the world in memory: their order, their size, and what is taken up again.

use std::time::Duration;

use super::removal::{PAGES_AT_ONCE, Removal, end_late_links, remove_upload};
use super::samples::png;
use super::tests::world;
use super::*;
use crate::link::token::LinkId;
use crate::link::{Link, RevokedBecause};
use crate::paging::PageStart;
use crate::ports::{LINKS_SETTLE, LinkReader, LinkStore, PartStore, RecordStore, UploadStore};
use crate::testing::memory::MemoryWorld;
use crate::testing::samples::{at, example_credentials, pending};
use crate::upload::{Upload, UploadState};
use crate::value::id::S3UploadId;

const NOW: &str = "2026-11-24T10:03:00Z";

#[tokio::test]
async fn a_removed_upload_stays_removed_whatever_arrives() {
    let ports = world().await;
    ports.put("a", png());
    ports.record("a").await;
    let link_id = crate::testing::samples::keys(&[1]).make([1; 16]).link_id();
    let link = Link::to(&ports.status().await, link_id.clone(), at("2026-11-24T10:02:00Z"), None).unwrap();
    ports.store.create_link(&link).await.unwrap();

    ports.store.begin_deletion(pending().upload_id, &pending().owner).await.unwrap();
    ports.put("b", png());
    assert_eq!(ports.record("b").await, Verdict::Removed);
    let now = at("2026-11-24T10:03:00Z");
    let done = remove_upload(&ports, now, pending().upload_id).await.unwrap();
    assert_eq!(done, Removal::Done { versions: 1, links: 1 });
    assert_eq!(remove_upload(&ports, now, pending().upload_id).await.unwrap(), Removal::NotAsked);
    assert_eq!(ports.status().await.state, UploadState::Deleted);
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
        let link = Link::to(&ports.status().await, link_id(n), at("2026-11-24T10:02:00Z"), None).unwrap();
        ports.store.create_link(&link).await.unwrap();
    }
    ports.store.read_links_at_once(2);
    ports.store.begin_deletion(pending().upload_id, &pending().owner).await.unwrap();
    ports
}

fn link_id(n: u8) -> LinkId {
    crate::testing::samples::keys(&[1]).make([n; 16]).link_id()
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
    let tombstone = ports.status().await;
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
    let upload = ports.status().await;
    let place = |at| PageStart { at, id: link_id(1).to_string() };
    let (first, second) = (place(at("2026-11-24T10:02:00Z")), place(at("2026-11-24T10:01:00Z")));
    ports.store.note_links_walked(&upload, &first).await.unwrap();
    ports.store.note_links_walked(&upload, &second).await.unwrap();
    assert_eq!(ports.status().await.links_walked, Some(first));
}

async fn is_alive(ports: &Ports<MemoryWorld, MemoryWorld>, n: u8) -> bool {
    ports.store.link(&link_id(n)).await.unwrap().unwrap().revoked.is_none()
}

#[tokio::test]
async fn links_end_although_the_bucket_refuses_every_removal() {
    for call in ["versions", "remove"] {
        let ports = removal_of(10).await;
        ports.objects.fail_next(call);
        assert!(remove_upload(&ports, at(NOW), pending().upload_id).await.is_err());
        for n in 0..10 {
            assert!(!is_alive(&ports, n).await, "{call} link {n}");
        }
        assert_eq!(ports.versions().await, ["a"]);
        assert_eq!(ports.status().await.state, UploadState::Deleting);
    }
}

#[tokio::test]
async fn versions_go_although_the_table_fails_among_the_links() {
    for call in ["live_links", "end_link"] {
        let ports = removal_of(10).await;
        ports.store.fail_next(call);
        assert!(remove_upload(&ports, at(NOW), pending().upload_id).await.is_err());
        assert_eq!(ports.versions().await, [""; 0], "{call}");
        assert_eq!(ports.status().await.state, UploadState::Deleting, "the next run ends the links");
        let done = remove_upload(&ports, at(NOW), pending().upload_id).await.unwrap();
        assert!(matches!(done, Removal::Done { versions: 0, .. }), "{done:?}");
        assert!(!is_alive(&ports, 9).await);
    }
}

/// An upload in parts that its owner removes, and S3's name of the parts.
async fn parts_removed() -> (Ports<MemoryWorld, MemoryWorld>, Upload) {
    let world = MemoryWorld::default();
    let ports = Ports { store: world.clone(), objects: world };
    let parts = ports.objects.begin_parts(&example_credentials(), &pending(), "key").await.unwrap();
    let upload = Upload { s3_upload_id: Some(parts), ..pending() };
    ports.store.create(&upload).await.unwrap();
    ports.store.begin_deletion(upload.upload_id, &upload.owner).await.unwrap();
    (ports, upload)
}

#[tokio::test]
async fn the_parts_of_an_upload_go_with_it_and_once_more_an_hour_later() {
    let (ports, upload) = parts_removed().await;
    let parts: S3UploadId = upload.s3_upload_id.clone().unwrap();
    ports.objects.fail_next("drop_parts");
    assert!(remove_upload(&ports, at(NOW), upload.upload_id).await.is_err());
    assert!(ports.objects.has_parts(&parts));
    remove_upload(&ports, at(NOW), upload.upload_id).await.unwrap();
    assert!(!ports.objects.has_parts(&parts));
    assert_eq!(ports.status().await.state, UploadState::Deleted);

    // A part that was on its way, as S3 may keep it.
    ports.objects.keep_parts(upload.object_key(), &parts);
    let later = at(NOW) + LINKS_SETTLE + Duration::from_secs(1);
    end_late_links(&ports, later, &ports.status().await).await.unwrap();
    assert!(!ports.objects.has_parts(&parts));
}
