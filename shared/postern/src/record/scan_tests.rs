//! The gate of the scan, on the in-memory world: either order, repetitions, and what says nothing.

use super::removal::remove_upload;
use super::run::{Run, Step};
use super::samples::{PNG, png, settings};
use super::*;
use crate::ports::{ObjectStore, ObservedObject, Unavailable, UploadReader, UploadStore, Written};
use crate::testing::memory::MemoryWorld;
use crate::testing::samples::{at, condemn, pending, pin, version};
use crate::upload::scan::{ScanFailure, ScanGate, ScanStatus};
use crate::upload::{RejectionReason, Upload, UploadState};
use crate::value::app_event::AppEvent;

const PINNED: Verdict = Verdict::Pinned { size_bytes: PNG.len() as u64 };

struct Gated(Ports<MemoryWorld, MemoryWorld>);

impl Gated {
    async fn new() -> Self {
        let world = MemoryWorld::default();
        world.create(&pending()).await.unwrap();
        Self(Ports { store: world.clone(), objects: world })
    }

    /// Puts a version, or gives one that is there another tag.
    fn put(&self, name: &str, scan: Option<ScanStatus>) {
        let object = ObservedObject { scan, ..png() };
        self.0.objects.put(pending().object_key(), version(name), object);
    }

    async fn look(&self, name: &str, announced: Option<ScanStatus>) -> Result<Verdict, Unavailable> {
        let settings = Settings { scan: ScanGate::Required, ..settings() };
        let now = at("2026-11-24T10:01:00Z");
        record_version(&self.0, &settings, now, pending().object_key(), &version(name), announced).await
    }

    async fn record(&self, name: &str) -> Verdict {
        self.look(name, None).await.unwrap()
    }

    async fn status(&self) -> Upload {
        self.0.store.upload(pending().upload_id).await.unwrap().unwrap()
    }

    async fn versions(&self) -> Vec<String> {
        let versions = self.0.objects.versions(pending().object_key()).await.unwrap();
        versions.iter().map(ToString::to_string).collect()
    }
}

const CLEAN: Option<ScanStatus> = Some(ScanStatus::NoThreatsFound);
const THREAT: Option<ScanStatus> = Some(ScanStatus::ThreatsFound);

#[tokio::test]
async fn a_valid_version_waits_until_its_scan_has_cleared_it() {
    let gated = Gated::new().await;
    gated.put("a", None);
    for _ in 0..2 {
        assert_eq!(gated.record("a").await, Verdict::Waiting);
    }
    assert_eq!(gated.status().await, pending(), "to wait writes nothing");
    gated.put("a", CLEAN);
    assert_eq!(gated.look("a", CLEAN).await.unwrap(), PINNED);
    for announced in [None, CLEAN] {
        assert_eq!(gated.look("a", announced).await.unwrap(), Verdict::Duplicate);
    }
}

#[tokio::test]
async fn a_result_that_comes_before_the_creation_settles_the_version() {
    let gated = Gated::new().await;
    gated.put("a", CLEAN);
    assert_eq!(gated.look("a", CLEAN).await.unwrap(), PINNED);
    assert_eq!(gated.record("a").await, Verdict::Duplicate);
}

#[tokio::test]
async fn a_version_with_a_threat_is_rejected_and_removed() {
    let gated = Gated::new().await;
    gated.put("a", THREAT);
    let rejected = Verdict::Rejected(Some(RejectionReason::ThreatFound));
    assert_eq!(gated.look("a", THREAT).await.unwrap(), rejected);
    assert_eq!(gated.versions().await, [""; 0]);
    // A scan that says otherwise later changes nothing.
    gated.put("a", CLEAN);
    assert_eq!(gated.look("a", CLEAN).await.unwrap(), Verdict::Rejected(None));
    gated.put("b", CLEAN);
    assert_eq!(gated.record("b").await, PINNED);
}

#[tokio::test]
async fn a_broken_rule_waits_for_no_scan() {
    let gated = Gated::new().await;
    let html = ObservedObject { head: b"<html>".to_vec(), size_bytes: 6, ..png() };
    gated.0.objects.put(pending().object_key(), version("a"), html);
    let rejected = Verdict::Rejected(Some(RejectionReason::ContentTypeMismatch));
    assert_eq!(gated.record("a").await, rejected);
    assert_eq!(gated.look("a", CLEAN).await.unwrap(), Verdict::Gone);
}

#[tokio::test]
async fn a_result_that_is_only_announced_opens_nothing_and_comes_back() {
    let gated = Gated::new().await;
    gated.put("a", None);
    for announced in [CLEAN, THREAT] {
        assert!(gated.look("a", announced).await.is_err());
    }
    assert_eq!((gated.status().await, gated.versions().await.len()), (pending(), 1));
    gated.put("a", CLEAN);
    assert_eq!(gated.look("a", CLEAN).await.unwrap(), PINNED);
}

#[tokio::test]
async fn a_failed_scan_is_noted_and_another_one_may_follow() {
    for failed in [ScanStatus::Unsupported, ScanStatus::AccessDenied, ScanStatus::Failed] {
        let gated = Gated::new().await;
        gated.put("a", None);
        for _ in 0..2 {
            assert_eq!(gated.look("a", Some(failed)).await.unwrap(), Verdict::ScanFailed);
        }
        let existing = gated.status().await;
        assert_eq!(existing.state, UploadState::Pending);
        assert_eq!(existing.open_scan_failure().map(|failure| failure.status), Some(failed));
        assert_eq!(gated.versions().await, ["a"]);
        gated.put("a", CLEAN);
        assert_eq!(gated.record("a").await, PINNED);
        assert_eq!(gated.status().await.scan_failed, None);
    }
}

#[tokio::test]
async fn what_waits_beside_a_pinned_version_is_surplus_once_it_is_looked_at() {
    let gated = Gated::new().await;
    gated.put("a", None);
    assert_eq!(gated.record("a").await, Verdict::Waiting);
    gated.put("b", CLEAN);
    assert_eq!(gated.record("b").await, PINNED);
    assert_eq!(gated.look("a", Some(ScanStatus::Failed)).await.unwrap(), Verdict::Surplus);
    assert_eq!(gated.versions().await, ["b"]);
}

/// `docs/scanning.md` warns of it.
#[tokio::test]
async fn what_waits_is_let_through_once_the_gate_is_off() {
    for scan in [None, Some(ScanStatus::Unsupported)] {
        let gated = Gated::new().await;
        gated.put("a", scan);
        gated.record("a").await;
        assert_eq!(gated.status().await.state, UploadState::Pending);
        let now = at("2026-11-24T11:01:00Z");
        let key = pending().object_key();
        let looked = record_version(&gated.0, &settings(), now, key, &version("a"), None).await;
        assert_eq!(looked.unwrap(), PINNED);
        let existing = gated.status().await;
        assert_eq!(
            (existing.scan_failed, existing.announces.map(|news| news.event)),
            (None, Some(AppEvent::UploadAvailable))
        );
    }
}

#[test]
fn a_note_that_is_refused_lets_what_stands_be_followed() {
    let (version, settings) = (version("a"), settings());
    let run =
        Run { version: &version, settings: &settings, now: at("2026-11-24T10:01:00Z"), announced: None };
    let failure = ScanFailure { version_id: version.clone(), status: ScanStatus::Failed, at: run.now };
    let noted = pending().scan_failed(&failure).unwrap();
    for (existing, next) in [
        (Some(noted.settled(&pin("b")).unwrap()), Step::CountSurplus),
        (Some(noted.settled(&condemn("a")).unwrap()), Step::Remove(Verdict::Rejected(None))),
        (Some(noted.deleting().unwrap()), Step::Remove(Verdict::Removed)),
        (Some(noted), Step::Done(Verdict::ScanFailed)),
        (None, Step::Done(Verdict::Orphan)),
    ] {
        assert_eq!(run.scan_marked(Written::ConditionFailed(existing.map(Box::new))), next);
    }
}

#[tokio::test]
async fn results_of_versions_that_nobody_knows_are_acknowledged() {
    let gated = Gated::new().await;
    assert_eq!(gated.look("gone", CLEAN).await.unwrap(), Verdict::Gone);
    let empty = MemoryWorld::default();
    let unknown = Gated(Ports { store: empty.clone(), objects: empty });
    unknown.put("a", CLEAN);
    assert_eq!(unknown.look("a", CLEAN).await.unwrap(), Verdict::Orphan);
    assert_eq!(unknown.look("b", Some(ScanStatus::Failed)).await.unwrap(), Verdict::Gone);
}

#[tokio::test]
async fn a_waiting_version_goes_with_its_removed_upload() {
    let gated = Gated::new().await;
    gated.put("a", None);
    gated.record("a").await;
    gated.0.store.begin_deletion(pending().upload_id, &pending().owner).await.unwrap();
    remove_upload(&gated.0, at("2026-11-24T10:03:00Z"), pending().upload_id).await.unwrap();
    assert_eq!(gated.versions().await, [""; 0]);
    assert_eq!(gated.look("a", CLEAN).await.unwrap(), Verdict::Gone);
}

#[tokio::test]
async fn a_threat_that_is_found_later_in_a_pinned_version_is_told_and_the_version_stays() {
    let gated = Gated::new().await;
    gated.put("a", CLEAN);
    gated.record("a").await;
    gated.put("a", THREAT);
    assert_eq!(gated.look("a", THREAT).await.unwrap(), Verdict::ThreatInPinned);
    assert_eq!(gated.versions().await, ["a"]);
}
