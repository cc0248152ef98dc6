//! Verdicts over orders, repetitions and refusals, on the in-memory world.

use super::removal::remove_upload;
use super::run::{Run, Step};
use super::samples::{PNG, png, settings};
use super::*;
use crate::concurrency::try_each;
use crate::ports::{ObjectStore, Observation, ObservedObject, UploadReader, UploadStore, Written};
use crate::testing::memory::MemoryWorld;
use crate::testing::samples::{at, condemn, pending, pin, version};
use crate::upload::{Rejection, RejectionReason, Settlement, Upload, UploadState};

const PINNED: Verdict = Verdict::Pinned { size_bytes: PNG.len() as u64 };

pub(super) async fn world() -> Ports<MemoryWorld, MemoryWorld> {
    let world = MemoryWorld::default();
    world.create(&pending()).await.unwrap();
    Ports { store: world.clone(), objects: world }
}

impl Ports<MemoryWorld, MemoryWorld> {
    pub(super) fn put(&self, name: &str, object: ObservedObject) {
        self.objects.put(pending().object_key(), version(name), object);
    }

    pub(super) async fn record(&self, name: &str) -> Verdict {
        let now = at("2026-11-24T10:01:00Z");
        record_version(self, &settings(), now, pending().object_key(), &version(name), None).await.unwrap()
    }

    pub(super) async fn status(&self) -> Upload {
        self.store.upload(pending().upload_id).await.unwrap().unwrap()
    }

    pub(super) async fn versions(&self) -> Vec<String> {
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
    assert_eq!(ports.status().await.surplus, [version("a")].into());
    // Whatever comes again changes nothing.
    for _ in 0..3 {
        assert_eq!(ports.record("b").await, Verdict::Duplicate);
        assert_eq!(ports.record("a").await, Verdict::Gone);
    }
    assert_eq!(ports.status().await.surplus.len(), 1);
    assert_eq!(ports.versions().await, ["b"]);
}

#[tokio::test]
async fn a_rejected_version_is_removed_and_a_valid_one_may_follow() {
    let ports = world().await;
    ports.put("bad", html());
    assert_eq!(ports.record("bad").await, Verdict::Rejected(Some(RejectionReason::ContentTypeMismatch)));
    assert_eq!(ports.status().await.state, UploadState::Rejected);
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

/// The sweeper finds a rejected form by what it still has reserved.
#[test]
fn a_form_whose_file_vanished_keeps_its_reservation_until_it_dies() {
    let (version, settings) = ("a".parse().unwrap(), settings());
    let form = Upload { max_size_bytes: 600, ..pending() }.reserving();
    let parts = Upload { s3_upload_id: Some("s3".parse().unwrap()), ..form.clone() };
    let run = Run { version: &version, settings: &settings, now: form.uploaded_at, announced: None };
    let charge = |upload| match run.looked(Some(upload), Ok(Observation::Missing)) {
        Ok(Step::Settle(_, charge)) => charge.map(|charge| (charge.after.bytes, charge.after.arrived)),
        other => panic!("{other:?}"),
    };
    assert_eq!(charge(form), Some((600, 0)));
    assert_eq!(charge(parts), None, "nobody knows how much arrived");
}

#[tokio::test]
async fn a_version_that_is_gone_can_never_be_pinned_and_another_one_can() {
    let ports = world().await;
    assert_eq!(ports.record("a").await, Verdict::Gone);
    let existing = ports.status().await;
    assert_eq!(existing.rejection.unwrap().reason, RejectionReason::Vanished);
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
    assert_eq!(ports.status().await.state, UploadState::Pending);
}

#[tokio::test]
async fn a_failing_bucket_brings_the_event_back_and_the_next_run_succeeds() {
    let ports = world().await;
    ports.put("a", png());
    ports.objects.fail_next("observe");
    let now = at("2026-11-24T10:01:00Z");
    let key = pending().object_key();
    assert!(record_version(&ports, &settings(), now, key, &version("a"), None).await.is_err());
    assert_eq!(ports.status().await.state, UploadState::Pending);
    assert_eq!(ports.record("a").await, PINNED);
}

#[tokio::test]
async fn a_run_that_dies_before_the_delete_is_taken_up_by_the_next() {
    let ports = world().await;
    ports.put("a", html());
    ports.objects.fail_next("remove");
    let now = at("2026-11-24T10:01:00Z");
    let key = pending().object_key();
    assert!(record_version(&ports, &settings(), now, key, &version("a"), None).await.is_err());
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
    let existing = ports.status().await;
    assert_eq!(existing.state, UploadState::Available);
    assert_eq!(existing.vanished_at(), Some(at("2026-11-24T10:01:00Z")));
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

/// The record is there when the recorder looks, and forgotten when it writes.
#[test]
fn a_verdict_that_no_record_takes_removes_nothing() {
    let version = version("a");
    let settings = settings();
    let run =
        Run { version: &version, settings: &settings, now: at("2026-11-24T10:01:00Z"), announced: None };
    for settlement in [pin("a"), condemn("a")] {
        let next = run.settled(&settlement, Written::ConditionFailed(None)).unwrap();
        assert_eq!(next, Step::Done(Verdict::Orphan), "{settlement:?}");
    }
    let next = run.settled(&Settlement::Condemn(vanished()), Written::ConditionFailed(None)).unwrap();
    assert_eq!(next, Step::Done(Verdict::Gone));
}

/// Another run has settled it meanwhile.
#[test]
fn a_version_that_went_before_the_verdict_was_written_follows_what_stands() {
    let version = version("a");
    let settings = settings();
    let run =
        Run { version: &version, settings: &settings, now: at("2026-11-24T10:01:00Z"), announced: None };
    let gone = Settlement::Condemn(vanished());
    for (stands, next) in [
        (pending().settled(&pin("a")), Step::MarkVanished),
        (pending().settled(&pin("b")), Step::Done(Verdict::Gone)),
        (pending().settled(&condemn("a")), Step::Done(Verdict::Gone)),
    ] {
        let written = Written::ConditionFailed(stands.map(Box::new));
        assert_eq!(run.settled(&gone, written).unwrap(), next);
    }
    let of_another = |settlement| {
        run.settled(&settlement, Written::ConditionFailed(pending().settled(&pin("b")).map(Box::new)))
    };
    assert_eq!(of_another(pin("a")).unwrap(), Step::CountSurplus);
}

#[tokio::test]
async fn that_a_pinned_version_vanished_is_written_once() {
    let ports = world().await;
    ports.put("a", png());
    assert_eq!(ports.record("a").await, PINNED);
    ports.objects.remove(pending().object_key(), &version("a")).await.unwrap();
    assert_eq!(ports.record("a").await, Verdict::Vanished);
    let calls = ports.store.calls();
    assert_eq!(ports.record("a").await, Verdict::Vanished);
    assert_eq!(ports.store.calls() - calls, 2, "the record and the version are read, and nothing is written");
}

fn vanished() -> Rejection {
    let Settlement::Condemn(rejection) = rules::vanished(&version("a"), at("2026-11-24T10:01:00Z")) else {
        panic!("a missing version is condemned")
    };
    rejection
}

#[tokio::test]
async fn a_condemned_version_is_no_surplus_beside_the_one_that_was_pinned_later() {
    let ports = world().await;
    ports.put("bad", html());
    ports.objects.fail_next("remove");
    let (now, key) = (at("2026-11-24T10:01:00Z"), pending().object_key());
    assert!(record_version(&ports, &settings(), now, key, &version("bad"), None).await.is_err());
    ports.put("good", png());
    assert_eq!(ports.record("good").await, PINNED);
    assert_eq!(ports.record("bad").await, Verdict::Rejected(None));
    assert_eq!(ports.status().await.surplus, [].into());
    assert_eq!(ports.versions().await, ["good"]);
}

#[tokio::test]
async fn one_that_fails_keeps_none_behind_it_from_being_tried() {
    let tried = std::cell::RefCell::new(Vec::new());
    let result = try_each(1..=4, async |n| {
        tried.borrow_mut().push(n);
        if n % 2 == 0 { Err(n) } else { Ok(()) }
    });
    assert_eq!(result.await, Err(2), "the first error");
    assert_eq!(tried.take(), [1, 2, 3, 4]);
    assert_eq!(try_each([1], async |_| Ok::<_, ()>(())).await, Ok(()));
}

/// As a program writes it into a pipe: sizes stand in the directory, at the end.
fn zip_written_as_a_stream(unpacked: u32) -> Vec<u8> {
    let mut entry = vec![0; 46];
    entry[..4].copy_from_slice(b"PK\x01\x02");
    entry[20..24].copy_from_slice(&1000_u32.to_le_bytes());
    entry[24..28].copy_from_slice(&unpacked.to_le_bytes());
    [b"PK\x03\x04\x14\0\x08\0".as_slice(), &vec![0; 100_000], &entry].concat()
}

#[tokio::test]
async fn a_zip_is_judged_by_its_end_and_costs_one_call_more_than_an_ordinary_object() {
    for (unpacked, expected) in [(5000, None), (1 << 30, Some(RejectionReason::ArchiveBomb))] {
        let world = MemoryWorld::default();
        let declared = || "application/zip".parse().unwrap();
        let upload = Upload {
            content_type: declared(),
            filename: "a.zip".parse().unwrap(),
            max_size_bytes: 1 << 20,
            ..pending()
        };
        world.create(&upload).await.unwrap();
        let (body, ports) =
            (zip_written_as_a_stream(unpacked), Ports { store: world.clone(), objects: world });
        let object = ObservedObject {
            size_bytes: body.len() as u64,
            content_type: Some("application/zip".to_owned()),
            head: body[..crate::ports::HEAD_BYTES].to_vec(),
            ..png()
        };
        ports.put("a", object);
        ports.objects.put_body(pending().object_key(), version("a"), body.into());
        let before = ports.objects.calls();
        let verdict = ports.record("a").await;
        let (calls, reason) =
            (ports.objects.calls() - before, ports.status().await.rejection.map(|r| r.reason));
        assert_eq!(reason, expected, "{verdict:?}");
        // The record beside the first bytes, the end, the write; and the removal of a bomb.
        assert_eq!(calls, if expected.is_some() { 5 } else { 4 });
    }
    let ports = world().await;
    ports.put("a", png());
    let before = ports.objects.calls();
    assert_eq!(ports.record("a").await, PINNED);
    assert_eq!(ports.objects.calls() - before, 3, "the record beside the first bytes, and the write");
}

/// A photo with as much metadata as its camera cares for: each segment has 64 KiB.
fn jpeg_behind(segments: usize) -> Vec<u8> {
    let segment = [b"\xFF\xE2\xFF\xFF".as_slice(), &vec![0; 65_533]].concat();
    [
        b"\xFF\xD8".as_slice(),
        &segment.repeat(segments),
        b"\xFF\xC0\0\x0B\x08\0\x04\0\x04\x01\x01\x11\0\xFF\xD9",
    ]
    .concat()
}

#[tokio::test]
async fn a_jpeg_is_followed_through_its_metadata_and_not_for_ever() {
    for (segments, further_reads, expected) in
        [(0, 0, None), (2, 2, None), (8, 8, None), (9, 8, Some(RejectionReason::ImageTooLarge))]
    {
        let world = MemoryWorld::default();
        let jpeg = || "image/jpeg".parse().unwrap();
        let upload = Upload { content_type: jpeg(), max_size_bytes: 1 << 20, ..pending() };
        world.create(&Upload { filename: "a.jpg".parse().unwrap(), ..upload }).await.unwrap();
        let body = jpeg_behind(segments);
        let object = ObservedObject {
            size_bytes: body.len() as u64,
            content_type: Some("image/jpeg".to_owned()),
            head: body[..body.len().min(crate::ports::HEAD_BYTES)].to_vec(),
            ..png()
        };
        let ports = Ports { store: world.clone(), objects: world };
        ports.put("a", object);
        ports.objects.put_body(pending().object_key(), version("a"), body.into());
        let settings = Settings { max_image_pixels: Some(1000), ..settings() };
        let (before, now) = (ports.objects.calls(), at("2026-11-24T10:01:00Z"));
        let (key, version) = (pending().object_key(), version("a"));
        record_version(&ports, &settings, now, key, &version, None).await.unwrap();
        let calls = ports.objects.calls() - before;
        assert_eq!(ports.status().await.rejection.map(|r| r.reason), expected, "{segments}");
        assert_eq!(calls, 3 + further_reads + usize::from(expected.is_some()), "{segments}");
    }
}
