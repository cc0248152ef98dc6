//! The contract that every store keeps, as a suite that runs against any of them.
//!
//! The rules are those of [`Upload`] and [`Link`]; here they are asked of a store from outside, so
//! that an expression of DynamoDB and a transition in memory cannot drift apart. Each function
//! panics where the contract is broken. Ids are drawn from `seed`, so that a suite can run twice
//! on one table.

#![expect(clippy::unwrap_used, reason = "this is a test suite")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::link::token::LinkId;
use crate::link::{
    Admission, Attempt, HOUR_S, Link, LinkTerms, MAX_ATTEMPTS, MAX_RECENT, Network, Nonce, OPENING_S,
    Opening, Outcome, PasswordHash, Revoked, RevokedBecause, Window,
};
use crate::paging::PageStart;
use crate::ports::{
    Counted, Created, DueCursor, Found, LINKS_SETTLE, LinkStore, Linked, LinksOf, OpeningStore, RecordStore,
    Replaced, UploadStore, Written,
};
use crate::testing::samples::{keys, pending, version};
use crate::upload::scan::{ScanFailure, ScanStatus};
use crate::upload::{
    Fate, MAX_CONDEMNED, Recorded, Rejection, RejectionReason, Settlement, Upload, UploadState, expiry,
    tombstone_ttl, transition_id,
};
use crate::value::id::{Owner, UploadId, VersionId};
use s3_presigned::Timestamp;

mod quotas;

pub use quotas::keeps_the_contract_of_quotas;

/// Everything that a store of the stack can do.
pub trait Store: UploadStore + RecordStore + LinkStore + OpeningStore {}

impl<S: UploadStore + RecordStore + LinkStore + OpeningStore> Store for S {}

/// Runs the whole suite on `store`.
pub async fn keeps_the_contract(store: &impl Store, seed: u8) {
    a_record_is_made_once(store, &subject(seed, 1)).await;
    a_version_is_settled_once(store, &subject(seed, 2)).await;
    a_condemned_version_is_never_pinned(store, &subject(seed, 3)).await;
    twenty_condemned_versions_are_final(store, &subject(seed, 4)).await;
    a_removal_is_final_and_the_owners_alone(store, &subject(seed, 5)).await;
    a_race_of_verdicts_has_one_winner(store, &subject(seed, 6)).await;
    what_is_due_expires_and_may_come_back(store, &subject(seed, 8)).await;
    parts_are_given_up_while_nothing_has_come(store, &subject(seed, 14)).await;
    only_the_pinned_version_vanishes(store, &subject(seed, 9)).await;
    a_failed_scan_is_noted_while_its_version_waits(store, &subject(seed, 10)).await;
    a_tombstone_waits_once_more_for_the_sweeper(store, &subject(seed, 11)).await;
    what_is_pinned_is_listed_until_it_goes(store, &subject(seed, 13)).await;
    the_listing_only_goes_forward(store, u64::from(seed)).await;
    links_need_what_is_available(store, &subject(seed, 7)).await;
    a_walk_meets_the_links_that_live(store, &subject(seed, 12)).await;
    lists_are_the_owners_newest_first(store, seed).await;
    openings_are_counted_as_the_rule_says(store, &subject(seed, 38)).await;
    windows_only_move_forward(store, &subject(seed, 42), &subject(seed, 43)).await;
    a_race_for_the_last_opening_has_one_winner(store, &subject(seed, 39)).await;
    nothing_is_counted_from_outside_the_network(store, &subject(seed, 41)).await;
    the_same_opening_is_counted_once(store, &subject(seed, 44)).await;
    an_attempt_is_settled_and_a_new_password_ends_a_lock(store, &subject(seed, 45)).await;
    terms_change_and_tokens_rotate_only_as_they_were_read(store, &subject(seed, 40)).await;
}

/// A pending upload, always the same for the same numbers.
///
/// # Panics
/// Never: it is made of constants.
pub fn subject(seed: u8, n: u8) -> Upload {
    let upload_id = UploadId::random([seed, n, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7]);
    let policy_expires_at = now() + Duration::from_mins(15);
    Upload {
        upload_id,
        owner: owner(&format!("{seed}-{n}")),
        filename: "\u{62a5}\u{544a} \u{1F600}.png".parse().unwrap(),
        min_size_bytes: 0,
        max_size_bytes: 5_368_709_120,
        checksum_sha256: Some(crate::value::checksum::ChecksumSha256::of(b"x")),
        metadata: BTreeMap::from([("album".to_owned(), "7".to_owned())]),
        uploaded_at: now(),
        policy_expires_at,
        transition_id: transition_id(upload_id, UploadState::Pending, ""),
        ttl: Some(tombstone_ttl(policy_expires_at)),
        ..pending()
    }
}

fn now() -> Timestamp {
    "2026-11-24T10:00:00.123Z".parse().unwrap()
}

fn owner(name: &str) -> Owner {
    format!("https://issuer.test#{name}").parse().unwrap()
}

fn pin(name: &str) -> Settlement {
    Settlement::Pin(Recorded {
        version_id: version(name),
        size_bytes: 10,
        etag: "etag".to_owned(),
        sniffed_type: "image/png".parse().unwrap(),
        carried_by: None,
        reads_as_text: false,
        recorded_at: now(),
        vanished_at: None,
    })
}

fn condemn(name: &str) -> Settlement {
    Settlement::Condemn(Rejection {
        version_id: version(name),
        reason: RejectionReason::SizeOutOfRange,
        detail: "too large".to_owned(),
        rejected_at: now(),
    })
}

async fn existing(store: &impl Store, upload: &Upload) -> Upload {
    store.upload(upload.upload_id).await.unwrap().unwrap()
}

/// Writes a verdict and checks the store against [`Upload::settled`].
async fn settle(store: &impl Store, upload: &Upload, settlement: &Settlement) -> Written {
    let before = existing(store, upload).await;
    let written = store.settle(upload.upload_id, settlement, None).await.unwrap();
    let after = existing(store, upload).await;
    if let Some(expected) = before.settled(settlement) {
        assert_eq!((&written, &after), (&Written::Applied, &expected));
    } else {
        assert_eq!(written, Written::Refused(Some(Box::new(before.clone()))));
        assert_eq!(after, before);
    }
    written
}

async fn a_record_is_made_once(store: &impl Store, upload: &Upload) {
    assert_eq!(store.upload(upload.upload_id).await.unwrap(), None);
    assert_eq!(store.settle(upload.upload_id, &pin("a"), None).await.unwrap(), Written::Refused(None));
    store.count_surplus(upload.upload_id, &version("a")).await.unwrap();
    assert_eq!(store.upload(upload.upload_id).await.unwrap(), None, "no write makes a record");
    assert_eq!(store.create(upload).await.unwrap(), Created::New);
    assert_eq!(existing(store, upload).await, *upload);
    let other = Upload { filename: "other".parse().unwrap(), ..upload.clone() };
    assert_eq!(store.create(&other).await.unwrap(), Created::Exists(Box::new(upload.clone())));
    assert_eq!(existing(store, upload).await, *upload);
}

async fn a_version_is_settled_once(store: &impl Store, upload: &Upload) {
    store.create(upload).await.unwrap();
    assert_eq!(settle(store, upload, &pin("a")).await, Written::Applied);
    for settlement in [pin("a"), pin("b"), condemn("a"), condemn("b")] {
        assert!(matches!(settle(store, upload, &settlement).await, Written::Refused(Some(_))));
    }
    for _ in 0..2 {
        store.count_surplus(upload.upload_id, &version("b")).await.unwrap();
        assert_eq!(existing(store, upload).await.surplus, [version("b")].into());
    }
}

async fn a_condemned_version_is_never_pinned(store: &impl Store, upload: &Upload) {
    store.create(upload).await.unwrap();
    settle(store, upload, &condemn("a")).await;
    assert!(matches!(settle(store, upload, &pin("a")).await, Written::Refused(Some(_))));
    assert!(matches!(settle(store, upload, &condemn("a")).await, Written::Refused(Some(_))));
    assert_eq!(settle(store, upload, &pin("b")).await, Written::Applied);
    assert_eq!(existing(store, upload).await.rejection, None);
}

async fn twenty_condemned_versions_are_final(store: &impl Store, upload: &Upload) {
    store.create(upload).await.unwrap();
    for n in 0..MAX_CONDEMNED {
        assert_eq!(settle(store, upload, &condemn(&format!("v{n}"))).await, Written::Applied);
    }
    for settlement in [pin("good"), condemn("bad")] {
        assert!(matches!(settle(store, upload, &settlement).await, Written::Refused(Some(_))));
    }
    assert_eq!(existing(store, upload).await.fate_of(&version("good")), Some(Fate::Condemned));
}

async fn a_removal_is_final_and_the_owners_alone(store: &impl Store, upload: &Upload) {
    let (id, stranger) = (upload.upload_id, owner("stranger"));
    assert_eq!(store.begin_deletion(id, &upload.owner).await.unwrap(), Found::No);
    store.create(upload).await.unwrap();
    settle(store, upload, &pin("a")).await;
    assert_eq!(store.begin_deletion(id, &stranger).await.unwrap(), Found::No);
    store.finish_deletion(upload, now()).await.unwrap();
    assert_eq!(
        existing(store, upload).await.state,
        UploadState::Available,
        "a tombstone needs an owner's wish"
    );
    let expected = existing(store, upload).await.deleting().unwrap();
    for _ in 0..2 {
        assert_eq!(store.begin_deletion(id, &upload.owner).await.unwrap(), Found::Yes);
        assert_eq!(existing(store, upload).await, expected);
    }
    assert!(is_due(store, upload, now()).await, "a removal waits for the sweeper at once");
    settle(store, upload, &pin("b")).await;
    let later = now() + Duration::from_hours(1);
    let expected = expected.deleted(later).unwrap();
    for _ in 0..2 {
        store.finish_deletion(&existing(store, upload).await, later).await.unwrap();
        assert_eq!(existing(store, upload).await, expected);
        assert_eq!(store.begin_deletion(id, &upload.owner).await.unwrap(), Found::Yes);
    }
    assert!(!is_due(store, upload, later).await);
    assert_eq!(store.begin_deletion(id, &stranger).await.unwrap(), Found::No);
    settle(store, upload, &pin("c")).await;
}

async fn a_race_of_verdicts_has_one_winner(store: &impl Store, upload: &Upload) {
    store.create(upload).await.unwrap();
    let pins: Vec<_> = (0..16).map(|n| pin(&format!("v{n}"))).collect();
    let writes = pins.iter().map(|pin| store.settle(upload.upload_id, pin, None));
    let written = futures::future::try_join_all(writes).await.unwrap();
    assert_eq!(written.iter().filter(|written| **written == Written::Applied).count(), 1);
}

async fn what_is_due_expires_and_may_come_back(store: &impl Store, upload: &Upload) {
    let due = expiry(upload.policy_expires_at);
    store.expire(upload, due).await.unwrap();
    assert_eq!(store.upload(upload.upload_id).await.unwrap(), None, "no write makes a record");
    store.create(upload).await.unwrap();
    store.expire(upload, upload.policy_expires_at).await.unwrap();
    assert_eq!(existing(store, upload).await, *upload, "its day is not over");
    assert!(!is_due(store, upload, upload.policy_expires_at).await);
    assert!(is_due(store, upload, due).await);
    for _ in 0..2 {
        store.expire(upload, due).await.unwrap();
        assert_eq!(existing(store, upload).await, upload.expired(due).unwrap());
    }
    assert!(!is_due(store, upload, due).await);
    assert_eq!(settle(store, upload, &pin("late")).await, Written::Applied);
    let available = existing(store, upload).await;
    store.expire(upload, due).await.unwrap();
    assert_eq!(existing(store, upload).await, available, "a sweeper that read it before changes nothing");
}

async fn parts_are_given_up_while_nothing_has_come(store: &impl Store, upload: &Upload) {
    store.give_up(upload, None).await.unwrap();
    assert_eq!(store.upload(upload.upload_id).await.unwrap(), None, "no write makes a record");
    store.create(upload).await.unwrap();
    for _ in 0..2 {
        store.give_up(upload, None).await.unwrap();
        assert_eq!(existing(store, upload).await, upload.given_up().unwrap());
    }
    assert!(!is_due(store, upload, expiry(upload.policy_expires_at)).await);
    assert_eq!(settle(store, upload, &pin("completed meanwhile")).await, Written::Applied);
    let available = existing(store, upload).await;
    store.give_up(upload, None).await.unwrap();
    assert_eq!(existing(store, upload).await, available);
}

async fn is_due(store: &impl RecordStore, upload: &Upload, now: Timestamp) -> bool {
    due_as(store, upload, now).await.is_some()
}

/// The state in which an upload is shown among what is due.
async fn due_as(store: &impl RecordStore, upload: &Upload, now: Timestamp) -> Option<UploadState> {
    let mut from = DueCursor::shard(upload.upload_id.slice() >> 4);
    loop {
        let page = store.due(now, &from).await.unwrap();
        let found = page.uploads.into_iter().find(|(id, _)| *id == upload.upload_id);
        match (found, page.next) {
            (Some((_, state)), _) => return Some(state),
            (None, Some(next)) => from = next,
            (None, None) => return None,
        }
    }
}

async fn only_the_pinned_version_vanishes(store: &impl Store, upload: &Upload) {
    let id = upload.upload_id;
    store.mark_vanished(id, &version("a"), now()).await.unwrap();
    assert_eq!(store.upload(id).await.unwrap(), None, "no write makes a record");
    store.create(upload).await.unwrap();
    store.mark_vanished(id, &version("a"), now()).await.unwrap();
    assert_eq!(existing(store, upload).await, *upload);
    settle(store, upload, &pin("a")).await;
    let available = existing(store, upload).await;
    store.mark_vanished(id, &version("b"), now()).await.unwrap();
    assert_eq!(existing(store, upload).await, available);
    let expected = available.vanished(&version("a"), now()).unwrap();
    for later in [Duration::ZERO, Duration::from_hours(1)] {
        store.mark_vanished(id, &version("a"), now() + later).await.unwrap();
        assert_eq!(existing(store, upload).await, expected);
    }
    store.begin_deletion(id, &upload.owner).await.unwrap();
    let deleting = existing(store, upload).await;
    store.mark_vanished(id, &version("a"), now()).await.unwrap();
    assert_eq!(existing(store, upload).await, deleting);
}

async fn a_tombstone_waits_once_more_for_the_sweeper(store: &impl Store, upload: &Upload) {
    let id = upload.upload_id;
    store.create(upload).await.unwrap();
    store.close_deletion(id).await.unwrap();
    store.begin_deletion(id, &upload.owner).await.unwrap();
    store.close_deletion(id).await.unwrap();
    let is_due = async |at| due_as(store, upload, at).await;
    assert_eq!(is_due(now()).await, Some(UploadState::Deleting));
    store.finish_deletion(upload, now()).await.unwrap();
    let deleted = existing(store, upload).await;
    assert_eq!(deleted.state, UploadState::Deleted);
    let settled = now() + LINKS_SETTLE;
    assert_eq!(is_due(settled - Duration::from_millis(1)).await, None);
    // To finish it again does not put it off.
    store.finish_deletion(upload, now() + LINKS_SETTLE).await.unwrap();
    assert_eq!(is_due(settled).await, Some(UploadState::Deleted));
    store.close_deletion(id).await.unwrap();
    assert_eq!((is_due(settled).await, existing(store, upload).await), (None, deleted));
}

async fn pinned(store: &impl Store, upload: &Upload) -> Option<VersionId> {
    let (digits, mut start) = (upload.upload_id.digits(3), None);
    loop {
        let page = store.pinned_below(&digits, start.as_ref()).await.unwrap();
        let found = page.versions.into_iter().find(|(id, _)| *id == upload.upload_id);
        match (found, page.next) {
            (Some((_, version)), _) => return Some(version),
            (None, None) => return None,
            (None, next) => start = next,
        }
    }
}

async fn what_is_pinned_is_listed_until_it_goes(store: &impl Store, upload: &Upload) {
    let id = upload.upload_id;
    store.list_pinned(id, &version("a"), now()).await.unwrap();
    assert_eq!(store.upload(id).await.unwrap(), None, "no write makes a record");
    store.create(upload).await.unwrap();
    store.list_pinned(id, &version("a"), now()).await.unwrap();
    settle(store, upload, &condemn("x")).await;
    assert_eq!(pinned(store, upload).await, None);
    settle(store, upload, &pin("a")).await;
    let available = existing(store, upload).await;
    assert_eq!(pinned(store, upload).await, Some(version("a")));
    assert!(!is_due(store, upload, expiry(upload.policy_expires_at)).await);
    store.list_pinned(id, &version("a"), now()).await.unwrap();
    assert_eq!(existing(store, upload).await, available, "what is listed stays as it is");
    store.mark_vanished(id, &version("a"), now()).await.unwrap();
    store.list_pinned(id, &version("a"), now()).await.unwrap();
    assert_eq!(pinned(store, upload).await, None, "what has vanished is told once");
    store.begin_deletion(id, &upload.owner).await.unwrap();
    assert!(is_due(store, upload, now()).await);
}

async fn the_listing_only_goes_forward(store: &impl Store, seed: u64) {
    let slices = 1_000_000 * (seed + 1);
    store.note_slices_listed(slices).await.unwrap();
    store.note_slices_listed(slices - 1).await.unwrap();
    assert!(store.slices_listed().await.unwrap() >= Some(slices));
}

async fn a_failed_scan_is_noted_while_its_version_waits(store: &impl Store, upload: &Upload) {
    let id = upload.upload_id;
    let failure = |name, status| ScanFailure { version_id: version(name), status, at: now() };
    let unsupported = failure("a", ScanStatus::Unsupported);
    assert_eq!(store.mark_scan_failed(id, &unsupported).await.unwrap(), Written::Refused(None));
    store.create(upload).await.unwrap();
    let mut expected = upload.clone();
    for noted in [&unsupported, &failure("a", ScanStatus::Failed), &failure("b", ScanStatus::Failed)] {
        expected = expected.scan_failed(noted).unwrap();
        assert_eq!(store.mark_scan_failed(id, noted).await.unwrap(), Written::Applied);
        let again = store.mark_scan_failed(id, noted).await.unwrap();
        assert_eq!(again, Written::Refused(Some(Box::new(expected.clone()))));
    }
    settle(store, upload, &condemn("a")).await;
    let rejected = expected.settled(&condemn("a")).unwrap();
    let refused = store.mark_scan_failed(id, &unsupported).await.unwrap();
    assert_eq!(refused, Written::Refused(Some(Box::new(rejected.clone()))));
    settle(store, upload, &pin("b")).await;
    let available = rejected.settled(&pin("b")).unwrap();
    assert_eq!(available.scan_failed, None);
    let refused = store.mark_scan_failed(id, &unsupported).await.unwrap();
    assert_eq!(refused, Written::Refused(Some(Box::new(available))));
}

async fn links_need_what_is_available(store: &impl Store, upload: &Upload) {
    store.create(upload).await.unwrap();
    let available = upload.settled(&pin("a")).unwrap();
    let link =
        Link::to(&available, link_id(upload, 1), now(), Some(now() + Duration::from_hours(1))).unwrap();
    assert_eq!(store.create_link(&link).await.unwrap(), Linked::NotAvailable);
    assert_eq!(store.link(&link.link_id).await.unwrap(), None);
    settle(store, upload, &pin("a")).await;
    let elsewhere = Link { version_id: version("b"), ..link.clone() };
    assert_eq!(store.create_link(&elsewhere).await.unwrap(), Linked::NotAvailable);
    assert_eq!(store.create_link(&link).await.unwrap(), Linked::New);
    assert_eq!(store.create_link(&elsewhere).await.unwrap(), Linked::Exists(Box::new(link.clone())));
    assert_eq!(store.link(&link.link_id).await.unwrap().as_ref(), Some(&link));
    let live = store.live_links(LinksOf::Upload(upload.upload_id), None).await.unwrap();
    assert_eq!((live.items, live.next), (vec![link.link_id.clone()], None));

    let revoked = Revoked { at: now(), because: RevokedBecause::Revoked };
    assert_eq!(store.revoke(&link.link_id, &owner("stranger"), revoked).await.unwrap(), Found::No);
    assert_eq!(store.revoke(&link_id(upload, 9), &upload.owner, revoked).await.unwrap(), Found::No);
    let expected = link.revoked(revoked).unwrap();
    for at in [now(), now() + Duration::from_hours(1)] {
        let again = Revoked { at, ..revoked };
        assert_eq!(store.revoke(&link.link_id, &upload.owner, again).await.unwrap(), Found::Yes);
        store
            .end_link(&link.link_id, Revoked { because: RevokedBecause::UploadDeleted, ..again })
            .await
            .unwrap();
        assert_eq!(store.link(&link.link_id).await.unwrap().as_ref(), Some(&expected));
    }
    store.end_link(&link_id(upload, 9), revoked).await.unwrap();
    assert_eq!(store.link(&link_id(upload, 9)).await.unwrap(), None, "no write makes a link");
    store.begin_deletion(upload.upload_id, &upload.owner).await.unwrap();
    let late = Link { link_id: link_id(upload, 2), ..link };
    assert_eq!(store.create_link(&late).await.unwrap(), Linked::NotAvailable);
}

async fn a_walk_meets_the_links_that_live(store: &impl Store, upload: &Upload) {
    let first = linked(store, upload, LinkTerms::default()).await;
    let available = existing(store, upload).await;
    for n in 2..=6 {
        let linked_at = now() + Duration::from_secs(u64::from(n));
        let link = Link { linked_at, link_id: link_id(upload, n), ..first.clone() };
        assert_eq!(store.create_link(&link).await.unwrap(), Linked::New);
    }
    let revoked = Revoked { at: now(), because: RevokedBecause::Revoked };
    for n in [1, 3, 6] {
        store.revoke(&link_id(upload, n), &upload.owner, revoked).await.unwrap();
    }
    let id = upload.upload_id;
    let expected = [5, 4, 2].map(|n| link_id(upload, n));
    let beyond = PageStart { at: now() + Duration::from_secs(4), id: link_id(upload, 4).to_string() };
    for of in [LinksOf::Upload(id), LinksOf::Owner(&upload.owner)] {
        assert_eq!(store.live_links(of, None).await.unwrap().items, expected);
        assert_eq!(store.live_links(of, Some(&beyond)).await.unwrap().items, expected[2..]);
    }

    store.note_links_walked(&available, &beyond).await.unwrap();
    assert_eq!(existing(store, upload).await, available, "nobody asked for its removal");
    store.begin_deletion(id, &upload.owner).await.unwrap();
    let deleting = existing(store, upload).await;
    store.note_links_walked(&deleting, &beyond).await.unwrap();
    let walked = deleting.links_walked(&deleting, &beyond).unwrap();
    assert_eq!(existing(store, upload).await, walked);
    let end = PageStart { at: now(), ..beyond };
    store.note_links_walked(&deleting, &end).await.unwrap();
    assert_eq!(existing(store, upload).await, walked, "another run was faster");
    store.note_links_walked(&walked, &end).await.unwrap();
    let walked = walked.links_walked(&walked, &end).unwrap();
    assert_eq!(existing(store, upload).await, walked);
    store.finish_deletion(&walked, now()).await.unwrap();
    assert_eq!(existing(store, upload).await.links_walked, None, "late ones stand at the head");
    let gone = UploadId::random([0xee; 16]);
    store.note_links_walked(&Upload { upload_id: gone, ..deleting }, &end).await.unwrap();
    assert_eq!(store.upload(gone).await.unwrap(), None, "no write makes a record");
}

/// Makes a link under `terms` to an upload that is made available for it.
async fn linked(store: &impl Store, upload: &Upload, terms: LinkTerms) -> Link {
    store.create(upload).await.unwrap();
    settle(store, upload, &pin("a")).await;
    let available = existing(store, upload).await;
    let end = Some(now() + Duration::from_hours(3));
    let link = Link { terms, ..Link::to(&available, link_id(upload, 1), now(), end).unwrap() };
    assert_eq!(store.create_link(&link).await.unwrap(), Linked::New);
    link
}

/// Counts and checks the store against the rule.
async fn count(store: &impl Store, id: &LinkId, opening: &Opening) -> Counted {
    let before = store.link(id).await.unwrap().unwrap();
    let counted = store.count_opening(id, opening).await.unwrap();
    let expected = match (before.counted_at(opening), before.opened(opening)) {
        (Some(_), _) => Counted::Granted(Box::new(before)),
        (None, Some(after)) => Counted::Granted(Box::new(after)),
        (None, None) => Counted::Refused(Some(Box::new(before))),
    };
    assert_eq!(counted, expected);
    counted
}

/// Counts a new attempt and checks the store against the rule.
async fn attempt(store: &impl Store, id: &LinkId, now: Timestamp) -> Counted {
    attempt_again(store, id, &new_attempt(now)).await
}

/// The same for an attempt that was perhaps counted before.
async fn attempt_again(store: &impl Store, id: &LinkId, attempt: &Attempt) -> Counted {
    let before = store.link(id).await.unwrap().unwrap();
    let counted = store.count_attempt(id, attempt).await.unwrap();
    let expected = match (before.was_attempted(attempt), before.attempted(attempt)) {
        (true, _) => Counted::Granted(Box::new(before)),
        (false, Some(after)) => Counted::Granted(Box::new(after)),
        (false, None) => Counted::Refused(Some(Box::new(before))),
    };
    assert_eq!(counted, expected);
    counted
}

fn new_attempt(now: Timestamp) -> Attempt {
    Attempt { now, nonce: nonce(), network: None }
}

/// Another one each time.
fn nonce() -> Nonce {
    static LAST: AtomicU64 = AtomicU64::new(0);
    Nonce::from(LAST.fetch_add(1, Ordering::Relaxed).to_be_bytes())
}

async fn openings_are_counted_as_the_rule_says(store: &impl Store, upload: &Upload) {
    let visit = |after_s: u64| opening(now() + Duration::from_secs(after_s), Admission::Request);
    let nobody = link_id(upload, 9);
    assert_eq!(store.count_opening(&nobody, &visit(0)).await.unwrap(), Counted::Refused(None));
    assert_eq!(store.count_attempt(&nobody, &new_attempt(now())).await.unwrap(), Counted::Refused(None));
    assert_eq!(store.link(&nobody).await.unwrap(), None, "no count makes a link");

    let link = linked(
        store,
        upload,
        LinkTerms { max_opens: Some(4), max_opens_per_hour: Some(2), ..LinkTerms::default() },
    )
    .await;
    let id = &link.link_id;
    for (after_s, granted) in
        [(0, true), (1, true), (2, false), (3600, true), (3601, true), (3602, false), (7200, false)]
    {
        let counted = count(store, id, &visit(after_s)).await;
        assert_eq!(matches!(counted, Counted::Granted(_)), granted, "after {after_s} s");
    }

    let hash = PasswordHash::new("open sesame", [1; 16]).unwrap();
    let password = LinkTerms { password_hash: Some(hash.clone()), ..LinkTerms::default() };
    let before = store.link(id).await.unwrap().unwrap();
    assert_eq!(store.change_link(&before, &before.changed(password, None, "1")).await.unwrap(), Found::Yes);
    let right = opening(now(), Admission::Password(hash, nonce()));
    let wrong = opening(now(), Admission::Password(PasswordHash::new("x", [1; 16]).unwrap(), nonce()));
    let button = opening(now(), Admission::Confirmed);
    for refused in [&visit(0), &button, &wrong] {
        assert!(matches!(count(store, id, refused).await, Counted::Refused(Some(_))));
    }
    attempt(store, id, now()).await;
    assert!(matches!(count(store, id, &right).await, Counted::Granted(_)));
    for _ in 0..=MAX_ATTEMPTS {
        attempt(store, id, now()).await;
    }
    assert!(matches!(attempt(store, id, now()).await, Counted::Refused(Some(_))));
    assert!(matches!(attempt(store, id, now() + Duration::from_hours(1)).await, Counted::Granted(_)));

    let before = store.link(id).await.unwrap().unwrap();
    let asking = LinkTerms { confirm: true, ..LinkTerms::default() };
    let end = Some(now() + Duration::from_secs(60));
    assert_eq!(store.change_link(&before, &before.changed(asking, end, "2")).await.unwrap(), Found::Yes);
    assert!(matches!(count(store, id, &visit(0)).await, Counted::Refused(Some(_))));
    assert!(matches!(count(store, id, &button).await, Counted::Granted(_)));
    let late = Opening { now: now() + Duration::from_secs(60), ..button.clone() };
    assert!(matches!(count(store, id, &late).await, Counted::Refused(Some(_))), "it has expired");
    store.revoke(id, &upload.owner, Revoked { at: now(), because: RevokedBecause::Revoked }).await.unwrap();
    assert!(matches!(count(store, id, &button).await, Counted::Refused(Some(_))));
}

/// A request that is late, or whose clock is behind, must not bring an older window back: what was
/// counted since would be forgotten.
async fn windows_only_move_forward(store: &impl Store, upload: &Upload, closed: &Upload) {
    let visit = |after_s: u64| opening(now() + Duration::from_secs(after_s), Admission::Request);
    let hourly = LinkTerms { max_opens_per_hour: Some(2), ..LinkTerms::default() };
    let link = linked(store, upload, hourly).await;
    for (after_s, granted) in [(3600, true), (0, true), (3601, false), (1, false), (7200, true), (3602, true)]
    {
        let counted = count(store, &link.link_id, &visit(after_s)).await;
        assert_eq!(matches!(counted, Counted::Granted(_)), granted, "after {after_s} s");
    }
    let password_hash = Some(PasswordHash::new("open sesame", [1; 16]).unwrap());
    let link = linked(store, closed, LinkTerms { password_hash, ..LinkTerms::default() }).await;
    let later = now() + Duration::from_hours(1);
    for n in 0..MAX_ATTEMPTS {
        let at = if n % 2 == 0 { later } else { now() };
        assert!(matches!(attempt(store, &link.link_id, at).await, Counted::Granted(_)), "{n}");
    }
    for at in [now(), later] {
        assert!(matches!(attempt(store, &link.link_id, at).await, Counted::Refused(Some(_))));
    }
}

async fn a_race_for_the_last_opening_has_one_winner(store: &impl Store, upload: &Upload) {
    let terms = LinkTerms { max_opens: Some(1), max_opens_per_hour: Some(30), ..LinkTerms::default() };
    let link = linked(store, upload, terms).await;
    let visits: Vec<_> = (0..50).map(|_| opening(now(), Admission::Request)).collect();
    let race = visits.iter().map(|visit| store.count_opening(&link.link_id, visit));
    let counted = futures::future::try_join_all(race).await.unwrap();
    assert_eq!(counted.iter().filter(|counted| matches!(counted, Counted::Granted(_))).count(), 1);
    assert_eq!(store.link(&link.link_id).await.unwrap().unwrap().opens, 1);
}

async fn nothing_is_counted_from_outside_the_network(store: &impl Store, upload: &Upload) {
    let network: Option<Network> = "192.0.2.0/24".parse().ok();
    let password_hash = Some(PasswordHash::new("open sesame", [1; 16]).unwrap());
    let terms = LinkTerms { allowed_network: network, max_opens: Some(1), ..LinkTerms::default() };
    let link = linked(store, upload, terms.clone()).await;
    let id = &link.link_id;
    for outside in [None, "198.51.100.0/24".parse().ok()] {
        let visit = Opening { network: outside, ..opening(now(), Admission::Request) };
        assert!(matches!(count(store, id, &visit).await, Counted::Refused(Some(_))));
    }
    let asking = link.changed(LinkTerms { password_hash, ..terms.clone() }, None, "1");
    assert_eq!(store.change_link(&link, &asking).await.unwrap(), Found::Yes);
    let outside = store.count_attempt(id, &new_attempt(now())).await.unwrap();
    assert!(matches!(outside, Counted::Refused(Some(link)) if link.attempts.tried.is_empty()));
    assert!(matches!(
        store.count_attempt(id, &Attempt { network, ..new_attempt(now()) }).await.unwrap(),
        Counted::Granted(_)
    ));
    let before = store.link(id).await.unwrap().unwrap();
    assert_eq!(store.change_link(&before, &before.changed(terms, None, "2")).await.unwrap(), Found::Yes);
    let inside = Opening { network, ..opening(now(), Admission::Request) };
    assert!(matches!(count(store, id, &inside).await, Counted::Granted(_)));
    let another = Opening { nonce: nonce(), ..inside };
    assert!(matches!(count(store, id, &another).await, Counted::Refused(Some(_))));
}

/// A write whose answer was lost is sent again, and a page's button is pressed twice.
async fn the_same_opening_is_counted_once(store: &impl Store, upload: &Upload) {
    let hash = PasswordHash::new("open sesame", [1; 16]).unwrap();
    let terms = LinkTerms {
        max_opens: Some(2),
        max_opens_per_hour: Some(2),
        password_hash: Some(hash.clone()),
        ..LinkTerms::default()
    };
    let link = linked(store, upload, terms).await;
    let id = &link.link_id;
    let tried = new_attempt(now());
    for _ in 0..2 {
        assert!(matches!(attempt_again(store, id, &tried).await, Counted::Granted(_)));
    }
    let right = opening(now(), Admission::Password(hash.clone(), tried.nonce.clone()));
    for after_s in [0, 0, OPENING_S - 1] {
        let again = Opening { now: now() + Duration::from_secs(after_s), ..right.clone() };
        assert!(matches!(count(store, id, &again).await, Counted::Granted(_)), "after {after_s} s");
        let link = store.link(id).await.unwrap().unwrap();
        assert_eq!((link.opens, link.attempts.tried.len()), (1, 0));
    }
    let late = Opening { now: now() + Duration::from_secs(OPENING_S), ..right.clone() };
    assert!(matches!(count(store, id, &late).await, Counted::Granted(_)));
    assert_eq!(store.link(id).await.unwrap().unwrap().opens, 2, "it was over");
    assert!(matches!(count(store, id, &late).await, Counted::Granted(_)), "the last one goes on");
    let another = Opening { nonce: nonce(), ..late.clone() };
    assert!(matches!(count(store, id, &another).await, Counted::Refused(Some(_))));

    let before = store.link(id).await.unwrap().unwrap();
    let roomy =
        LinkTerms { max_opens: Some(1000), password_hash: Some(hash.clone()), ..LinkTerms::default() };
    assert_eq!(store.change_link(&before, &before.changed(roomy, None, "1")).await.unwrap(), Found::Yes);
    let mut last = late;
    for n in 0..MAX_RECENT as u64 {
        last = Opening { nonce: nonce(), now: now() + Duration::from_secs(HOUR_S + n), ..last };
        assert!(matches!(count(store, id, &last).await, Counted::Granted(_)), "{n}");
    }
    assert!(matches!(count(store, id, &last).await, Counted::Granted(_)));
    let link = store.link(id).await.unwrap().unwrap();
    assert!(link.opens == 2 + MAX_RECENT as u64 && link.recent_openings.len() <= MAX_RECENT, "{link:?}");
}

async fn an_attempt_is_settled_and_a_new_password_ends_a_lock(store: &impl Store, upload: &Upload) {
    let hash = |salt| PasswordHash::new("open sesame", [salt; 16]).ok();
    let terms = LinkTerms { password_hash: hash(1), ..LinkTerms::default() };
    let link = linked(store, upload, terms.clone()).await;
    let id = &link.link_id;
    let tried: Vec<_> = (0..MAX_ATTEMPTS).map(|_| new_attempt(now())).collect();
    for one in &tried {
        assert!(matches!(attempt_again(store, id, one).await, Counted::Granted(_)));
    }
    assert!(matches!(attempt(store, id, now()).await, Counted::Refused(Some(_))));
    let unknown = nonce();
    let [first, second, ..] = tried.as_slice() else { unreachable!("there are ten") };
    for (nonce, outcome) in [
        (&first.nonce, Outcome::Wrong),
        (&second.nonce, Outcome::Right),
        (&second.nonce, Outcome::Wrong),
        (&unknown, Outcome::Wrong),
        (&unknown, Outcome::Right),
    ] {
        let before = store.link(id).await.unwrap().unwrap();
        store.settle_attempt(id, nonce, outcome).await.unwrap();
        let attempts = before.attempts.settled(nonce, outcome);
        assert_eq!(store.link(id).await.unwrap(), Some(Link { attempts, ..before }), "{outcome:?}");
    }
    assert!(matches!(attempt(store, id, now()).await, Counted::Granted(_)), "it was given back");
    assert!(matches!(attempt(store, id, now()).await, Counted::Refused(Some(_))));

    let before = store.link(id).await.unwrap().unwrap();
    let other_terms = LinkTerms { max_opens: Some(9), ..terms };
    assert_eq!(
        store.change_link(&before, &before.changed(other_terms, None, "1")).await.unwrap(),
        Found::Yes
    );
    assert!(matches!(attempt(store, id, now()).await, Counted::Refused(Some(_))), "the same password");
    let before = store.link(id).await.unwrap().unwrap();
    let changed = LinkTerms { password_hash: hash(2), ..LinkTerms::default() };
    assert_eq!(store.change_link(&before, &before.changed(changed, None, "2")).await.unwrap(), Found::Yes);
    assert!(matches!(attempt(store, id, now()).await, Counted::Granted(_)));
    let nobody = link_id(upload, 9);
    store.settle_attempt(&nobody, &unknown, Outcome::Wrong).await.unwrap();
    assert_eq!(store.link(&nobody).await.unwrap(), None, "no outcome makes a link");
}

fn opening(now: Timestamp, admission: Admission) -> Opening {
    Opening { now, nonce: nonce(), admission, network: None }
}

async fn terms_change_and_tokens_rotate_only_as_they_were_read(store: &impl Store, upload: &Upload) {
    let link = linked(store, upload, LinkTerms::default()).await;
    let id = &link.link_id;
    let after = link.changed(LinkTerms { max_opens: Some(2), ..LinkTerms::default() }, None, "1");
    let visit = opening(now(), Admission::Request);
    assert!(matches!(count(store, id, &visit).await, Counted::Granted(_)));
    assert_eq!(store.change_link(&link, &after).await.unwrap(), Found::Yes, "counting is no change");
    let recent_openings = [(visit.nonce.clone(), now().epoch_s())].into();
    let hour_window = Window { nth: 0, used: 1 };
    let expected = Link { opens: 1, hour_window, recent_openings, ..after.clone() };
    assert_eq!(store.link(id).await.unwrap().as_ref(), Some(&expected));
    assert_eq!(store.change_link(&link, &after).await.unwrap(), Found::No, "it was changed meanwhile");
    let strangers = Link { owner: owner("stranger"), ..expected.clone() };
    assert_eq!(store.change_link(&strangers, &after).await.unwrap(), Found::No);
    assert_eq!(store.link(id).await.unwrap().as_ref(), Some(&expected));

    let revoked = Revoked { at: now(), because: RevokedBecause::Rotated };
    let new = expected.rotated(link_id(upload, 2), now() + Duration::from_secs(1));
    assert_eq!(store.replace_link(&link, &new, revoked).await.unwrap(), Replaced::Changed);
    assert_eq!(store.link(&new.link_id).await.unwrap(), None);
    assert!(matches!(count(store, id, &opening(now(), Admission::Request)).await, Counted::Granted(_)));
    assert_eq!(
        store.replace_link(&expected, &new, revoked).await.unwrap(),
        Replaced::Done,
        "counting is no change"
    );
    let ended = store.link(id).await.unwrap().unwrap();
    assert_eq!((ended.opens, ended.revoked), (2, Some(revoked)));
    assert_eq!(store.link(&new.link_id).await.unwrap().as_ref(), Some(&new));
    assert_eq!(store.replace_link(&expected, &new, revoked).await.unwrap(), Replaced::Changed);
    let carrying = new.carrying(&ended).unwrap();
    assert_eq!(carrying.opens, 2, "what was counted meanwhile stays counted");
    for found in [Found::Yes, Found::No] {
        assert_eq!(store.carry_openings(&new, &carrying).await.unwrap(), found, "once");
        assert_eq!(store.link(&new.link_id).await.unwrap().as_ref(), Some(&carrying));
    }
    assert_eq!(carrying.carrying(&ended), None);
    let new = carrying;
    assert_eq!(
        store.change_link(&ended, &ended.changed(LinkTerms::default(), None, "2")).await.unwrap(),
        Found::No
    );

    let page = store.links_of(&upload.owner, None, 1).await.unwrap();
    assert_eq!(page.items, std::slice::from_ref(&new), "newest first");
    let rest = store.links_of(&upload.owner, page.next.as_ref(), 5).await.unwrap();
    assert_eq!(rest.items.iter().map(|link| &link.link_id).collect::<Vec<_>>(), [id]);
    store.begin_deletion(upload.upload_id, &upload.owner).await.unwrap();
    let late = new.rotated(link_id(upload, 3), now());
    assert_eq!(store.replace_link(&new, &late, revoked).await.unwrap(), Replaced::NotAvailable);
}

async fn lists_are_the_owners_newest_first(store: &impl Store, seed: u8) {
    let mine = owner(&format!("lists-{seed}"));
    for n in 0..5u8 {
        let uploaded_at = now() + Duration::from_millis(u64::from(n));
        store.create(&Upload { owner: mine.clone(), uploaded_at, ..subject(seed, 100 + n) }).await.unwrap();
    }
    let (mut listed, mut start) = (Vec::new(), None);
    for _ in 0..10 {
        let page = store.uploads_of(&mine, start.as_ref(), 2).await.unwrap();
        listed.extend(page.items.iter().map(|upload| upload.uploaded_at));
        match page.next {
            Some(next) => start = Some(next),
            None => break,
        }
    }
    let expected: Vec<_> = (0..5).rev().map(|n| now() + Duration::from_millis(n)).collect();
    assert_eq!(listed, expected);
}

/// The id of the upload's link number `n`.
fn link_id(upload: &Upload, n: u8) -> LinkId {
    let mut secret = [0; 16];
    let text = format!("{n}{}", upload.upload_id);
    secret.iter_mut().zip(text.bytes()).for_each(|(to, from)| *to = from);
    keys(&[1]).make(secret).link_id()
}

#[cfg(test)]
mod tests {
    use crate::testing::memory::MemoryWorld;

    #[tokio::test]
    async fn the_world_in_memory_keeps_the_contract() {
        super::keeps_the_contract(&MemoryWorld::default(), 1).await;
        super::keeps_the_contract_of_quotas(&MemoryWorld::default(), 1).await;
    }
}
