//! The contract of what the sweeper and the tidy function read: what is due, and what is pinned.

use std::time::Duration;

use super::{Ids, Store, condemn, due_as, existing, is_due, now, pin, settle};
use crate::ports::{LINKS_SETTLE, Written};
use crate::testing::samples::version;
use crate::upload::{Upload, UploadState, expiry};
use crate::value::id::VersionId;

pub async fn what_is_due_expires_and_may_come_back(store: &impl Store, ids: Ids) {
    let upload = &ids.upload(1);
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

pub async fn an_upload_is_given_up_while_nothing_has_come(store: &impl Store, ids: Ids) {
    let upload = &ids.upload(1);
    let give_up = async || store.give_up(upload, None).await.unwrap();
    assert_eq!(give_up().await, Written::ConditionFailed(None));
    assert_eq!(store.upload(upload.upload_id).await.unwrap(), None, "no write makes a record");
    store.create(upload).await.unwrap();
    let given_up = upload.given_up().unwrap();
    assert_eq!(give_up().await, Written::Applied);
    assert_eq!(give_up().await, Written::ConditionFailed(Some(Box::new(given_up.clone()))));
    assert_eq!(existing(store, upload).await, given_up);
    assert!(!is_due(store, upload, expiry(upload.policy_expires_at)).await);
    assert_eq!(settle(store, upload, &pin("arrived meanwhile")).await, Written::Applied);
    let available = existing(store, upload).await;
    assert_eq!(give_up().await, Written::ConditionFailed(Some(Box::new(available.clone()))));
    assert_eq!(existing(store, upload).await, available);
}

pub async fn only_the_pinned_version_vanishes(store: &impl Store, ids: Ids) {
    let upload = &ids.upload(1);
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

pub async fn a_tombstone_waits_once_more_for_the_sweeper(store: &impl Store, ids: Ids) {
    let upload = &ids.upload(1);
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

pub async fn what_is_pinned_is_listed_until_it_goes(store: &impl Store, ids: Ids) {
    let upload = &ids.upload(1);
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

pub async fn the_listing_only_goes_forward(store: &impl Store, _: Ids) {
    let slices = 1_000_000;
    store.note_slices_listed(slices).await.unwrap();
    store.note_slices_listed(slices - 1).await.unwrap();
    assert!(store.slices_listed().await.unwrap() >= Some(slices));
}
