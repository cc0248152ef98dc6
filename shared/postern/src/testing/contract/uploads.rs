//! The contract of records: versions are settled once, removals are final.

use std::time::Duration;

use super::{Ids, Store, condemn, existing, is_due, now, owner, pin, settle};
use crate::ports::{Created, Found, Written};
use crate::testing::samples::version;
use crate::upload::scan::{ScanFailure, ScanStatus};
use crate::upload::{Fate, MAX_CONDEMNED, Upload, UploadState};

pub async fn a_record_is_made_once(store: &impl Store, ids: Ids) {
    let upload = &ids.upload(1);
    assert_eq!(store.upload(upload.upload_id).await.unwrap(), None);
    assert_eq!(
        store.settle(upload.upload_id, &pin("a"), None).await.unwrap(),
        Written::ConditionFailed(None)
    );
    store.count_surplus(upload.upload_id, &version("a")).await.unwrap();
    assert_eq!(store.upload(upload.upload_id).await.unwrap(), None, "no write makes a record");
    assert_eq!(store.create(upload).await.unwrap(), Created::New);
    assert_eq!(existing(store, upload).await, *upload);
    let other = Upload { filename: "other".parse().unwrap(), ..upload.clone() };
    assert_eq!(store.create(&other).await.unwrap(), Created::Exists(Box::new(upload.clone())));
    assert_eq!(existing(store, upload).await, *upload);
}

pub async fn a_version_is_settled_once(store: &impl Store, ids: Ids) {
    let upload = &ids.upload(1);
    store.create(upload).await.unwrap();
    assert_eq!(settle(store, upload, &pin("a")).await, Written::Applied);
    for settlement in [pin("a"), pin("b"), condemn("a"), condemn("b")] {
        assert!(matches!(settle(store, upload, &settlement).await, Written::ConditionFailed(Some(_))));
    }
    for _ in 0..2 {
        store.count_surplus(upload.upload_id, &version("b")).await.unwrap();
        assert_eq!(existing(store, upload).await.surplus, [version("b")].into());
    }
}

pub async fn a_condemned_version_is_never_pinned(store: &impl Store, ids: Ids) {
    let upload = &ids.upload(1);
    store.create(upload).await.unwrap();
    settle(store, upload, &condemn("a")).await;
    assert!(matches!(settle(store, upload, &pin("a")).await, Written::ConditionFailed(Some(_))));
    assert!(matches!(settle(store, upload, &condemn("a")).await, Written::ConditionFailed(Some(_))));
    assert_eq!(settle(store, upload, &pin("b")).await, Written::Applied);
    assert_eq!(existing(store, upload).await.rejection, None);
}

pub async fn twenty_condemned_versions_are_final(store: &impl Store, ids: Ids) {
    let upload = &ids.upload(1);
    store.create(upload).await.unwrap();
    for n in 0..MAX_CONDEMNED {
        assert_eq!(settle(store, upload, &condemn(&format!("v{n}"))).await, Written::Applied);
    }
    for settlement in [pin("good"), condemn("bad")] {
        assert!(matches!(settle(store, upload, &settlement).await, Written::ConditionFailed(Some(_))));
    }
    assert_eq!(existing(store, upload).await.fate_of(&version("good")), Some(Fate::Condemned));
}

pub async fn a_removal_is_final_and_the_owners_alone(store: &impl Store, ids: Ids) {
    let upload = &ids.upload(1);
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

pub async fn a_race_of_verdicts_has_one_winner(store: &impl Store, ids: Ids) {
    let upload = &ids.upload(1);
    store.create(upload).await.unwrap();
    let pins: Vec<_> = (0..16).map(|n| pin(&format!("v{n}"))).collect();
    let writes = pins.iter().map(|pin| store.settle(upload.upload_id, pin, None));
    let written = futures::future::try_join_all(writes).await.unwrap();
    assert_eq!(written.iter().filter(|written| **written == Written::Applied).count(), 1);
}

pub async fn a_failed_scan_is_noted_while_its_version_waits(store: &impl Store, ids: Ids) {
    let upload = &ids.upload(1);
    let id = upload.upload_id;
    let failure = |name, status| ScanFailure { version_id: version(name), status, at: now() };
    let unsupported = failure("a", ScanStatus::Unsupported);
    assert_eq!(store.mark_scan_failed(id, &unsupported).await.unwrap(), Written::ConditionFailed(None));
    store.create(upload).await.unwrap();
    let mut expected = upload.clone();
    for noted in [&unsupported, &failure("a", ScanStatus::Failed), &failure("b", ScanStatus::Failed)] {
        expected = expected.scan_failed(noted).unwrap();
        assert_eq!(store.mark_scan_failed(id, noted).await.unwrap(), Written::Applied);
        let again = store.mark_scan_failed(id, noted).await.unwrap();
        assert_eq!(again, Written::ConditionFailed(Some(Box::new(expected.clone()))));
    }
    settle(store, upload, &condemn("a")).await;
    let rejected = expected.settled(&condemn("a")).unwrap();
    let refused = store.mark_scan_failed(id, &unsupported).await.unwrap();
    assert_eq!(refused, Written::ConditionFailed(Some(Box::new(rejected.clone()))));
    settle(store, upload, &pin("b")).await;
    let available = rejected.settled(&pin("b")).unwrap();
    assert_eq!(available.scan_failed, None);
    let refused = store.mark_scan_failed(id, &unsupported).await.unwrap();
    assert_eq!(refused, Written::ConditionFailed(Some(Box::new(available))));
}

pub async fn lists_are_the_owners_newest_first(store: &impl Store, ids: Ids) {
    let mine = ids.owner("mine");
    for n in 0..5u8 {
        let uploaded_at = now() + Duration::from_millis(u64::from(n));
        store.create(&Upload { owner: mine.clone(), uploaded_at, ..ids.upload(n) }).await.unwrap();
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
