//! The contract of upload tokens and of counted uploads.

use std::time::Duration;

use super::{Ids, Store, is_due, now, owner};
use crate::ports::ReserveOutcome::{TooManyBytes, TooManyPending};
use crate::ports::{Created, Found, Quota, ReserveOutcome, Written};
use crate::testing::samples::{self, upload_token_keys};
use crate::upload::quota::{OwnerLimits, day};
use crate::upload::token::{TokenStatus, UploadToken, UploadTokenSecret};
use crate::upload::{Upload, expiry};

/// So many ask at once for the last use.
const RACE: u8 = 50;

pub(super) fn token(ids: Ids, uses: u32) -> UploadToken {
    let secret = ids.bytes(9);
    let expires_at = now() + Duration::from_hours(1);
    UploadToken {
        token_id: UploadTokenSecret::make(&upload_token_keys(&[1]), secret).unwrap().token_id(),
        owner: ids.owner("token"),
        made_at: now(),
        expires_at,
        ttl: UploadToken::ttl_of(expires_at),
        ..samples::token(uses)
    }
}

/// Upload number `n` of `mine`, of 10 bytes.
pub(super) fn upload(ids: Ids, n: u8, mine: &str) -> Upload {
    Upload { owner: ids.owner(mine), max_size_bytes: 10, ..ids.upload(n) }
}

async fn reserve(store: &impl Store, upload: &Upload, count: &Quota) -> ReserveOutcome {
    store.reserve(std::slice::from_ref(upload), count).await.unwrap()
}

/// Reserves each upload by itself, all at once.
async fn race(store: &impl Store, uploads: &[Upload], count: &Quota) -> Vec<ReserveOutcome> {
    futures::future::join_all(uploads.iter().map(|upload| reserve(store, upload, count))).await
}

pub async fn a_token_is_made_once_and_ended_by_its_owner(store: &impl Store, ids: Ids) {
    let token = token(ids, 3);
    let (id, stranger) = (&token.token_id, owner("stranger"));
    assert_eq!(store.token(id).await.unwrap(), None);
    assert_eq!(store.revoke_token(id, &token.owner, now()).await.unwrap(), Found::No);
    assert_eq!(store.create_token(&token).await.unwrap(), Created::New);
    assert_eq!(store.create_token(&token).await.unwrap(), Created::Exists(Box::new(token.clone())));
    let count = Quota { now: now(), token: Some(id.clone()), limits: OwnerLimits::default() };
    let first = upload(ids, 120, "token");
    assert_eq!(reserve(store, &first, &count).await, ReserveOutcome::New);
    assert_eq!(reserve(store, &first, &count).await, ReserveOutcome::Exists(vec![first.clone()]));
    let is_due = is_due(store, &first, expiry(first.policy_expires_at)).await;
    assert!(is_due, "a counted upload waits for the sweeper as any other");
    let used = token.used(1, now()).unwrap();
    assert_eq!(store.token(id).await.unwrap().as_ref(), Some(&used), "a repetition uses nothing up");
    assert_eq!(store.revoke_token(id, &stranger, now()).await.unwrap(), Found::No);
    for at in [now(), now() + Duration::from_hours(1)] {
        assert_eq!(store.revoke_token(id, &token.owner, at).await.unwrap(), Found::Yes);
        assert_eq!(store.token(id).await.unwrap(), Some(used.revoked(now())));
    }
    let late = upload(ids, 121, "token");
    let ended = ReserveOutcome::TokenEnded(TokenStatus::Revoked);
    assert_eq!(reserve(store, &late, &count).await, ended);
    assert_eq!(store.upload(late.upload_id).await.unwrap(), None, "nothing is written");
}

pub async fn the_last_use_is_granted_once(store: &impl Store, ids: Ids) {
    let token = token(ids, 1);
    store.create_token(&token).await.unwrap();
    let count = Quota { now: now(), token: Some(token.token_id.clone()), limits: OwnerLimits::default() };
    let uploads: Vec<_> = (0..RACE).map(|n| upload(ids, 130 + n, "race")).collect();
    let granted = race(store, &uploads, &count).await;
    assert_eq!(granted.iter().filter(|granted| **granted == ReserveOutcome::New).count(), 1);
    let ended = ReserveOutcome::TokenEnded(TokenStatus::UsedUp);
    assert!(
        granted.iter().all(|granted| *granted == ReserveOutcome::New || *granted == ended),
        "{granted:?}"
    );
    assert_eq!(store.token(&token.token_id).await.unwrap().unwrap().uses_left, 0);
    let expired = Quota { now: token.expires_at, ..count };
    let ended = ReserveOutcome::TokenEnded(TokenStatus::Expired);
    assert_eq!(reserve(store, &upload(ids, 190, "race"), &expired).await, ended);
}

pub async fn pending_uploads_are_limited(store: &impl Store, ids: Ids) {
    let limits = OwnerLimits { pending_uploads: Some(2), bytes_per_day: None };
    let count = Quota { now: now(), token: None, limits };
    let mine = |n| upload(ids, n, "pending");
    let racers: Vec<_> = (200..206).map(mine).collect();
    let granted = race(store, &racers, &count).await;
    let won: Vec<_> = racers
        .iter()
        .zip(&granted)
        .filter(|(_, granted)| **granted == ReserveOutcome::New)
        .map(|(upload, _)| upload)
        .collect();
    assert_eq!(won.len(), 2, "{granted:?}");
    let first = won.first().unwrap();
    let until = first.policy_expires_at;
    let full = reserve(store, &mine(210), &count).await;
    assert_eq!(full, TooManyPending { left: 0, until });
    store.settle(first.upload_id, &super::condemn("wrong"), None).await.unwrap();
    let full = reserve(store, &mine(210), &count).await;
    assert_eq!(full, TooManyPending { left: 0, until }, "a form that brought a wrong file may bring another");
    store.settle(first.upload_id, &super::pin("a"), None).await.unwrap();
    assert_eq!(reserve(store, &mine(210), &count).await, ReserveOutcome::New, "a recorded upload makes room");
    assert_eq!(reserve(store, &mine(211), &count).await, TooManyPending { left: 0, until });
    let later = Quota { now: until, ..count };
    assert_eq!(reserve(store, &mine(211), &later).await, ReserveOutcome::New, "a dead form makes room");
}

pub async fn bytes_of_a_day_are_limited(store: &impl Store, ids: Ids) {
    let limits = OwnerLimits { pending_uploads: None, bytes_per_day: Some(25) };
    let count = Quota { now: now(), token: None, limits };
    let (_, tomorrow) = day(now());
    let racers: Vec<_> = (220..226).map(|n| upload(ids, n, "bytes")).collect();
    let granted = race(store, &racers, &count).await;
    assert_eq!(granted.iter().filter(|granted| **granted == ReserveOutcome::New).count(), 2, "{granted:?}");
    assert_eq!(
        reserve(store, &upload(ids, 230, "bytes"), &count).await,
        TooManyBytes { left: 5, until: tomorrow }
    );
    let large = Upload { max_size_bytes: 26, ..upload(ids, 231, "large") };
    let refused = reserve(store, &large, &count).await;
    assert_eq!(refused, TooManyBytes { left: 25, until: tomorrow });
    let next = Quota { now: tomorrow, ..count };
    assert_eq!(reserve(store, &upload(ids, 230, "bytes"), &next).await, ReserveOutcome::New);
}

pub async fn rejected_parts_make_room(store: &impl Store, ids: Ids) {
    let limits = OwnerLimits { pending_uploads: Some(1), bytes_per_day: None };
    let count = Quota { now: now(), token: None, limits };
    let parts = Upload { s3_upload_id: Some("parts".parse().unwrap()), ..upload(ids, 240, "parts") };
    assert_eq!(reserve(store, &parts, &count).await, ReserveOutcome::New);
    store.settle(parts.upload_id, &super::condemn("wrong"), None).await.unwrap();
    assert_eq!(reserve(store, &upload(ids, 241, "parts"), &count).await, ReserveOutcome::New);
}

/// An owner with 25 bytes a day, and the uploads of ten bytes that it is granted.
struct Day<'a, S> {
    store: &'a S,
    ids: Ids,
    owner: &'static str,
}

impl<S: Store> Day<'_, S> {
    fn upload(&self, n: u8) -> Upload {
        upload(self.ids, 242 + n, self.owner).reserving()
    }

    async fn reserve(&self, n: u8) -> ReserveOutcome {
        let limits = OwnerLimits { pending_uploads: None, bytes_per_day: Some(25) };
        let count = Quota { now: now(), token: None, limits };
        reserve(self.store, &self.upload(n), &count).await
    }

    async fn is_full(&self, n: u8) -> bool {
        matches!(self.reserve(n).await, TooManyBytes { .. })
    }

    async fn status(&self, n: u8) -> Upload {
        self.store.upload(self.upload(n).upload_id).await.unwrap().unwrap()
    }
}

pub async fn what_is_not_used_is_given_back_once(store: &impl Store, ids: Ids) {
    let day = Day { store, ids, owner: "used" };
    for n in 0..2 {
        assert_eq!(day.reserve(n).await, ReserveOutcome::New);
    }
    assert!(day.is_full(2).await);
    let (first, pin) = (day.upload(0), super::pin("a"));
    let charge = first.charge_of_settlement(&pin, 2).unwrap();
    for written in [Written::Applied, Written::ConditionFailed(Some(Box::new(day.status(0).await)))] {
        let settled = store.settle(first.upload_id, &pin, Some(&charge)).await.unwrap();
        assert_eq!(std::mem::discriminant(&settled), std::mem::discriminant(&written));
    }
    assert_eq!(day.status(0).await.reserved, Some(charge.after));
    // 2 + 10 + 10: eight bytes were given back, and not sixteen.
    assert_eq!(day.reserve(2).await, ReserveOutcome::New);
    assert!(day.is_full(3).await);
    let (second, condemn) = (day.upload(1), super::condemn("wrong"));
    let rejected = second.charge_of_settlement(&condemn, 4).unwrap();
    let written = store.settle(second.upload_id, &condemn, Some(&rejected)).await.unwrap();
    assert_eq!(written, Written::Applied);
    assert!(day.is_full(3).await, "the form may still bring ten bytes");
    let outdated = second.charge_of_settlement(&pin, 2).unwrap();
    let written = store.settle(second.upload_id, &pin, Some(&outdated)).await.unwrap();
    assert!(
        matches!(written, Written::ConditionFailed(Some(_))),
        "what is reserved has changed since it was read"
    );
    store.begin_deletion(second.upload_id, &second.owner).await.unwrap();
    let deleting = day.status(1).await;
    for _ in 0..2 {
        store.finish_deletion(&deleting, now()).await.unwrap();
    }
    assert_eq!(day.status(1).await.reserved.unwrap().bytes, 10, "its form is alive");
    let third = day.upload(2);
    for _ in 0..2 {
        store.give_up(&third, third.charge(0).as_ref()).await.unwrap();
    }
    // 2 + 10 + 0, and two of ten do not fit.
    assert_eq!(day.reserve(3).await, ReserveOutcome::New);
    assert!(day.is_full(4).await);
}

pub async fn what_a_dead_form_reserved_is_given_back(store: &impl Store, ids: Ids) {
    let day = Day { store, ids, owner: "died" };
    for n in 5..7 {
        assert_eq!(day.reserve(n).await, ReserveOutcome::New);
    }
    let rejected = day.upload(6);
    let charge = rejected.charge_of_settlement(&super::condemn("wrong"), 4);
    store.settle(rejected.upload_id, &super::condemn("wrong"), charge.as_ref()).await.unwrap();
    let dead = rejected.policy_expires_at;
    for n in 5..7 {
        let upload = day.status(n).await;
        assert!(is_due(store, &upload, dead).await, "{n}");
        assert!(!is_due(store, &upload, dead - Duration::from_millis(1)).await, "{n}");
        let unused = upload.unused_at(dead).unwrap();
        for _ in 0..2 {
            store.give_back(&upload, &unused).await.unwrap();
        }
        assert_eq!(day.status(n).await, upload.given_back(&unused).unwrap());
        assert!(!is_due(store, &upload, dead).await, "{n}");
    }
    assert!(is_due(store, &day.upload(5), expiry(dead)).await, "it expires a day later");
    assert!(!is_due(store, &rejected, expiry(dead)).await);
    // 0 + 4, and two of ten.
    for n in [7, 8] {
        assert_eq!(day.reserve(n).await, ReserveOutcome::New);
    }
    assert!(day.is_full(9).await);
    let removed = day.upload(8);
    store.begin_deletion(removed.upload_id, &removed.owner).await.unwrap();
    store.finish_deletion(&day.status(8).await, dead).await.unwrap();
    assert_eq!(day.status(8).await.reserved.unwrap().bytes, 0, "its form has died");
    let late = day.status(5).await;
    let charge = late.charge_of_settlement(&super::pin("late"), 10);
    let written = store.settle(late.upload_id, &super::pin("late"), charge.as_ref()).await.unwrap();
    assert_eq!(written, Written::Applied, "a file that was under way when its form died");
    assert_eq!(day.status(5).await.reserved.unwrap().bytes, 10);
}

/// S3 accepts a file by the form until the form expires.
pub async fn a_form_that_is_given_up_counts_until_it_dies(store: &impl Store, ids: Ids) {
    let limits = OwnerLimits { pending_uploads: Some(1), bytes_per_day: Some(25) };
    let count = Quota { now: now(), token: None, limits };
    let [form, next] = [10, 11].map(|n| upload(ids, 242 + n, "cancels").reserving());
    assert_eq!(reserve(store, &form, &count).await, ReserveOutcome::New);
    store.give_up(&form, None).await.unwrap();
    assert!(matches!(reserve(store, &next, &count).await, TooManyPending { .. }), "its place is not free");
    let dead = form.policy_expires_at;
    assert!(!is_due(store, &form, dead - Duration::from_millis(1)).await);
    assert!(is_due(store, &form, dead).await);
    let given_up = store.upload(form.upload_id).await.unwrap().unwrap();
    let unused = given_up.unused_at(dead).unwrap();
    for _ in 0..2 {
        store.give_back(&given_up, &unused).await.unwrap();
    }
    let ended = store.upload(form.upload_id).await.unwrap().unwrap();
    assert_eq!(ended, given_up.given_back(&unused).unwrap());
    assert_eq!(ended.reserved.unwrap().bytes, 0);
    assert!(!is_due(store, &form, expiry(dead)).await, "nothing is left to do");
    assert_eq!(reserve(store, &next, &Quota { now: dead, ..count }).await, ReserveOutcome::New);
}
