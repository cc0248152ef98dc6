//! The contract of batches: several uploads are written and counted together, or not at all.

use super::quotas::{token, upload};
use super::{Ids, Store, now};
use crate::ports::{MAX_BATCH, Quota, ReserveOutcome};
use crate::upload::Upload;
use crate::upload::quota::{OwnerLimits, day};

/// Uploads of ten bytes of one owner.
fn batch(ids: Ids, numbers: std::ops::Range<u8>) -> Vec<Upload> {
    numbers.map(|n| upload(ids, n, "batch")).collect()
}

async fn reserve(store: &impl Store, batch: &[Upload], count: &Quota) -> ReserveOutcome {
    store.reserve(batch, count).await.unwrap()
}

async fn assert_nothing_is_written(store: &impl Store, batch: &[Upload]) {
    for upload in batch {
        assert_eq!(store.upload(upload.upload_id).await.unwrap(), None);
    }
}

pub async fn the_largest_batch_is_written_and_counted_at_once(store: &impl Store, ids: Ids) {
    let (token, most) = (token(ids, 51), u8::try_from(MAX_BATCH).unwrap());
    store.create_token(&token).await.unwrap();
    let limits = OwnerLimits { pending_uploads: Some(most), bytes_per_day: Some(500) };
    let count = Quota { now: now(), token: Some(token.token_id.clone()), limits };
    let batch = batch(ids, 0..most);
    assert_eq!(reserve(store, &batch, &count).await, ReserveOutcome::New);
    for upload in &batch {
        assert_eq!(store.upload(upload.upload_id).await.unwrap().as_ref(), Some(upload));
    }
    assert_eq!(store.token(&token.token_id).await.unwrap().unwrap().uses_left, 1);
    let next = |limits| Quota { limits, ..count.clone() };
    let pending = next(OwnerLimits { bytes_per_day: None, ..limits });
    let until = upload(ids, 0, "batch").policy_expires_at;
    let full = ReserveOutcome::TooManyPending { left: 0, until };
    let one = self::batch(ids, most..most + 1);
    assert_eq!(reserve(store, &one, &pending).await, full);
    let bytes = next(OwnerLimits { pending_uploads: None, ..limits });
    let full = ReserveOutcome::TooManyBytes { left: 0, until: day(now()).1 };
    assert_eq!(reserve(store, &one, &bytes).await, full);
}

pub async fn a_batch_that_exists_is_reported_and_costs_nothing(store: &impl Store, ids: Ids) {
    let token = token(ids, 3);
    store.create_token(&token).await.unwrap();
    let limits = OwnerLimits { pending_uploads: Some(3), bytes_per_day: Some(30) };
    let count = Quota { now: now(), token: Some(token.token_id.clone()), limits };
    let batch = batch(ids, 0..3);
    assert_eq!(reserve(store, &batch, &count).await, ReserveOutcome::New);
    // All limits are used up, and the existing records come first.
    assert_eq!(reserve(store, &batch, &count).await, ReserveOutcome::Exists(batch.clone()));
    let (known, new) = (upload(ids, 1, "batch"), upload(ids, 9, "batch"));
    let mixed = [new.clone(), known.clone()];
    assert_eq!(reserve(store, &mixed, &count).await, ReserveOutcome::Exists(vec![known]));
    assert_nothing_is_written(store, &[new]).await;
    assert_eq!(store.token(&token.token_id).await.unwrap().unwrap().uses_left, 0);
}

pub async fn a_batch_beyond_a_tokens_uses_leaves_them(store: &impl Store, ids: Ids) {
    let token = token(ids, 3);
    store.create_token(&token).await.unwrap();
    let limits = OwnerLimits::default();
    let count = Quota { now: now(), token: Some(token.token_id.clone()), limits };
    let batch = batch(ids, 0..4);
    assert_eq!(reserve(store, &batch, &count).await, ReserveOutcome::TooFewUses(3));
    assert_nothing_is_written(store, &batch).await;
    assert_eq!(store.token(&token.token_id).await.unwrap().unwrap().uses_left, 3);
    assert_eq!(reserve(store, &self::batch(ids, 0..3), &count).await, ReserveOutcome::New);
}

pub async fn the_last_uses_are_granted_to_one_batch(store: &impl Store, ids: Ids) {
    let token = token(ids, 5);
    store.create_token(&token).await.unwrap();
    let count = Quota { now: now(), token: Some(token.token_id.clone()), limits: OwnerLimits::default() };
    let batches: Vec<_> = (0..4).map(|n| batch(ids, n * 4..n * 4 + 4)).collect();
    let granted = batches.iter().map(|batch| reserve(store, batch, &count));
    let granted = futures::future::join_all(granted).await;
    for (batch, granted) in batches.iter().zip(&granted) {
        if *granted != ReserveOutcome::New {
            assert_eq!(*granted, ReserveOutcome::TooFewUses(1));
            assert_nothing_is_written(store, batch).await;
        }
    }
    assert_eq!(granted.iter().filter(|granted| **granted == ReserveOutcome::New).count(), 1);
}

pub async fn a_batch_beyond_a_limit_leaves_what_is_left(store: &impl Store, ids: Ids) {
    let count = |pending_uploads, bytes_per_day| Quota {
        now: now(),
        token: None,
        limits: OwnerLimits { pending_uploads, bytes_per_day },
    };
    let first = batch(ids, 0..2);
    let recorded = upload(ids, 0, "batch");
    let (until, tomorrow) = (recorded.policy_expires_at, day(now()).1);
    let both = count(Some(4), Some(45));
    assert_eq!(reserve(store, &first, &both).await, ReserveOutcome::New);
    let next = batch(ids, 2..5);
    let pending = reserve(store, &next, &count(Some(4), Some(1000))).await;
    assert_eq!(pending, ReserveOutcome::TooManyPending { left: 2, until });
    let bytes = reserve(store, &next, &count(Some(100), Some(45))).await;
    assert_eq!(bytes, ReserveOutcome::TooManyBytes { left: 25, until: tomorrow });
    assert_nothing_is_written(store, &next).await;
    assert_eq!(reserve(store, &batch(ids, 2..4), &both).await, ReserveOutcome::New);
    // More than the whole limit, for an owner of whom nothing is counted yet.
    let others: Vec<_> = (10..13).map(|n| upload(ids, n, "another")).collect();
    let bytes = reserve(store, &others, &count(None, Some(25))).await;
    assert_eq!(bytes, ReserveOutcome::TooManyBytes { left: 25, until: tomorrow });
    // A recorded upload makes room.
    store.settle(recorded.upload_id, &super::pin("a"), None).await.unwrap();
    let freed = reserve(store, &batch(ids, 4..5), &count(Some(4), None)).await;
    assert_eq!(freed, ReserveOutcome::New);
}
