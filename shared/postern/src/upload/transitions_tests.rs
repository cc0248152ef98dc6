//! Tests of the changes of a record.

use std::time::Duration;

use super::*;
use crate::testing::samples::{at, condemn, pending, pin, version};
use crate::upload::scan::{ScanFailure, ScanStatus};
use crate::value::app_event::AppEvent;

#[test]
fn the_first_valid_version_is_pinned_and_stays_so() {
    let available = pending().settled(&pin("a")).unwrap();
    assert_eq!(available.state, UploadState::Available);
    assert_eq!(available.ttl, None, "a pinned upload is never forgotten");
    assert_eq!(available.fate_of(&version("a")), Some(Fate::Pinned));
    assert_eq!(available.fate_of(&version("b")), Some(Fate::Surplus));
    for settlement in [pin("a"), pin("b"), condemn("a"), condemn("b")] {
        assert_eq!(available.settled(&settlement), None);
    }
}

#[test]
fn a_condemned_version_is_never_pinned_but_another_may_be() {
    let rejected = pending().settled(&condemn("a")).unwrap();
    assert_eq!(rejected.fate_of(&version("a")), Some(Fate::Condemned));
    assert_eq!(rejected.settled(&pin("a")), None);
    let available = rejected.settled(&pin("b")).unwrap();
    assert_eq!((available.state, available.rejection), (UploadState::Available, None));
}

#[test]
fn after_twenty_condemned_versions_rejected_is_final() {
    let condemned = |n| (0..n).fold(pending(), |upload, i| upload.settled(&condemn(&i.to_string())).unwrap());
    assert!(condemned(MAX_CONDEMNED - 1).settled(&pin("good")).is_some());
    let last = condemned(MAX_CONDEMNED);
    assert_eq!(last.settled(&pin("good")), None);
    assert_eq!(last.fate_of(&version("good")), Some(Fate::Condemned));
}

#[test]
fn a_removed_upload_stays_removed_whatever_arrives() {
    let deleting = pending().settled(&pin("a")).unwrap().deleting().unwrap();
    assert_eq!(deleting.deleting(), None);
    let now = at("2026-11-24T12:00:00Z");
    let deleted = deleting.deleted(now).unwrap();
    assert_eq!(deleted.ttl, Some(tombstone_ttl(now)));
    for upload in [deleting, deleted] {
        assert_eq!(upload.fate_of(&version("a")), Some(Fate::Removed));
        assert_eq!(upload.settled(&pin("b")), None);
    }
    assert_eq!(pending().deleted(now), None, "a tombstone needs an owner's wish");
}

#[test]
fn a_late_valid_version_brings_an_expired_upload_back() {
    let expired = Upload { state: UploadState::Expired, ..pending() };
    assert_eq!(expired.settled(&pin("a")).unwrap().state, UploadState::Available);
}

#[test]
fn only_what_is_pending_is_given_up_and_a_valid_version_may_follow() {
    let given_up = pending().given_up().unwrap();
    assert_eq!((given_up.state, &given_up.announces), (UploadState::Expired, &None));
    assert_eq!(given_up.settled(&pin("a")).unwrap().state, UploadState::Available);
    let deleting = pending().deleting().unwrap();
    let settled = [pin("a"), condemn("a")].map(|verdict| pending().settled(&verdict).unwrap());
    for upload in settled.into_iter().chain([given_up, deleting]) {
        assert_eq!(upload.given_up(), None, "{:?}", upload.state);
    }
}

#[test]
fn what_is_pending_expires_a_day_after_its_form_and_nothing_else_does() {
    let due = at("2026-11-25T10:15:00Z");
    assert_eq!(pending().expired(at("2026-11-25T10:14:59Z")), None);
    let expired = pending().expired(due).unwrap();
    assert_eq!((expired.state, expired.ttl), (UploadState::Expired, pending().ttl));
    for settled in [pending().settled(&pin("a")), pending().settled(&condemn("a")), Some(expired)] {
        assert_eq!(settled.unwrap().expired(due), None);
    }
}

#[test]
fn only_the_pinned_version_can_vanish_and_only_once() {
    let now = at("2026-11-24T12:00:00Z");
    assert_eq!(pending().vanished(&version("a"), now), None);
    let available = pending().settled(&pin("a")).unwrap();
    assert_eq!(available.vanished(&version("b"), now), None);
    let vanished = available.vanished(&version("a"), now).unwrap();
    assert_eq!((vanished.state, vanished.vanished_at()), (UploadState::Available, Some(now)));
    assert_eq!(vanished.vanished(&version("a"), now), None);
    assert_eq!(available.deleting().unwrap().vanished(&version("a"), now), None, "its owner removed it");
}

#[test]
fn a_failed_scan_is_noted_once_and_only_while_the_version_waits() {
    let failure = |name: &str, status| ScanFailure {
        version_id: version(name),
        status,
        at: at("2026-11-24T10:01:00Z"),
    };
    let unsupported = failure("a", ScanStatus::Unsupported);
    let noted = pending().scan_failed(&unsupported).unwrap();
    assert_eq!((noted.state, noted.open_scan_failure()), (UploadState::Pending, Some(&unsupported)));
    let later = ScanFailure { at: at("2026-11-24T11:00:00Z"), ..unsupported.clone() };
    assert_eq!(noted.scan_failed(&later), None);
    let another = noted.scan_failed(&failure("a", ScanStatus::Failed)).unwrap();
    assert_eq!(noted.announces.map(|news| news.event), Some(AppEvent::UploadScanFailed));
    let of_another_version = pending().scan_failed(&failure("b", ScanStatus::Unsupported)).unwrap();
    let ids = [&pending(), &noted, &another, &of_another_version].map(|upload| upload.transition_id);
    assert_eq!(ids.iter().collect::<std::collections::HashSet<_>>().len(), 4, "each is told for itself");
    assert_eq!(noted.settled(&pin("a")).unwrap().scan_failed, None);
    let condemned = noted.settled(&condemn("a")).unwrap();
    assert_eq!(condemned.open_scan_failure(), None);
    for settled in [condemned, noted.settled(&pin("b")).unwrap(), noted.deleting().unwrap()] {
        assert_eq!(settled.scan_failed(&unsupported), None);
    }
}

/// A message may wait in the queue, then in its dead-letter queue, and be redriven to the queue.
#[test]
fn a_record_outlives_every_message_that_can_tell_of_it() {
    let description: serde_json::Value =
        serde_json::from_str(include_str!("../../../../terraform/description.json")).unwrap();
    let queue = description["events"]["queue"]["retention_s"].as_u64().unwrap();
    let queues = include_str!("../../../../terraform/queue.tf");
    let dead = queues.split("resource \"aws_sqs_queue\" \"dead_uploads\"").nth(1).unwrap();
    let dead = dead.split("message_retention_seconds = ").nth(1).unwrap().lines().next().unwrap();
    let dead: u64 = dead.trim().parse().unwrap();
    // A redriven message starts anew in the queue. A week to notice and to repair the cause.
    let travels = Duration::from_secs(queue.max(dead) + queue) + Duration::from_hours(7 * 24);
    assert!(TOMBSTONE >= travels, "{TOMBSTONE:?} {travels:?}");
}

#[test]
fn every_change_has_an_id_of_its_own() {
    let first = pending();
    let available = first.settled(&pin("a")).unwrap();
    let deleting = available.deleting().unwrap();
    let ids = [first.transition_id, available.transition_id, deleting.transition_id];
    let distinct: std::collections::HashSet<_> = ids.iter().collect();
    assert_eq!(distinct.len(), 3);
    assert_eq!(available.transition_id, pending().settled(&pin("a")).unwrap().transition_id);
}

#[test]
fn a_tombstone_stays_from_the_removal_or_the_end_of_the_form_whichever_is_later() {
    let removed = pending().deleting().unwrap();
    let form_ends = removed.policy_expires_at;
    for (now, from) in
        [(at("2026-11-24T10:00:01Z"), form_ends), (at("2026-11-25T00:00:00Z"), at("2026-11-25T00:00:00Z"))]
    {
        let days_left = Duration::from_secs(removed.deleted(now).unwrap().ttl.unwrap() - from.epoch_s());
        assert_eq!(days_left, Duration::from_hours(35 * 24), "{now}");
    }
}

/// The pipe copies the path from the record into events, and escapes nothing.
#[test]
fn a_record_keeps_its_path_in_text_that_needs_no_escape() {
    let path = "5% \"off\", \"owner\": \"x/\u{1F600}.png";
    let upload = Upload { path: path.parse().ok(), ..pending() };
    let item = serde_json::to_value(&upload).unwrap();
    assert_eq!(item["told_path"], "5%25 %22off%22, %22owner%22: %22x/\u{1F600}.png");
    assert_eq!(serde_json::from_value::<Upload>(item).unwrap(), upload);
    let older = serde_json::to_value(pending()).unwrap();
    assert!(older.get("told_path").is_none(), "as older versions wrote it");
    assert_eq!(serde_json::from_value::<Upload>(older).unwrap().path, None);
}
