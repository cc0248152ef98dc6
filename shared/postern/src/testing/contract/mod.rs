//! The contract that every store keeps, as tests that run against any of them.
//!
//! The rules are those of [`Upload`], [`Link`] and [`UploadToken`](crate::upload::token::UploadToken). Here
//! they are asked of a store from outside, so that an expression of DynamoDB and a transition in memory
//! cannot drift apart. [`contract_tests!`](crate::contract_tests) makes a test of each contract; a contract
//! panics where it is broken.

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    missing_docs,
    reason = "a test suite, whose names say what it tests"
)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::link::token::LinkId;
use crate::link::{Admission, Attempt, Link, LinkTerms, Nonce, Opening, Visitor};
use crate::ports::{
    Counted, DueCursor, LinkStore, Linked, OpeningStore, QuotaStore, RecordStore, UploadStore, Written,
};
use crate::testing::samples::{keys, pending, version};
use crate::upload::{
    Recorded, Rejection, RejectionReason, Settlement, Upload, UploadState, tombstone_ttl, transition_id,
};
use crate::value::checksum::ChecksumSha256;
use crate::value::id::{Owner, UploadId};
use s3_presigned::Timestamp;
use sha2::{Digest, Sha256};

pub mod attempts;
pub mod batches;
pub mod links;
pub mod openings;
pub mod quotas;
pub mod sweeping;
pub mod targets;
pub mod uploads;

/// Everything that a store of the stack can do.
pub trait Store: UploadStore + RecordStore + LinkStore + OpeningStore + QuotaStore {}

impl<S: UploadStore + RecordStore + LinkStore + OpeningStore + QuotaStore> Store for S {}

/// A test for each contract, on the store that the async function `$store` gives. Without a store, as where
/// tests may not write into a table, the test ends.
#[macro_export]
macro_rules! contract_tests {
    ($store:ident) => {
        $crate::contract_tests! { $store:
            uploads {
                a_record_is_made_once
                a_version_is_settled_once
                a_condemned_version_is_never_pinned
                twenty_condemned_versions_are_final
                a_removal_is_final_and_the_owners_alone
                a_race_of_verdicts_has_one_winner
                a_failed_scan_is_noted_while_its_version_waits
                lists_are_the_owners_newest_first
            }
            sweeping {
                what_is_due_expires_and_may_come_back
                an_upload_is_given_up_while_nothing_has_come
                only_the_pinned_version_vanishes
                a_tombstone_waits_once_more_for_the_sweeper
                what_is_pinned_is_listed_until_it_goes
                the_listing_only_goes_forward
            }
            links {
                links_need_what_is_available
                a_walk_meets_the_links_that_live
                terms_change_and_tokens_rotate_only_as_they_were_read
            }
            targets {
                a_link_is_led_to_what_is_available_and_only_as_it_was_read
                a_link_ends_with_the_upload_that_it_leads_to
            }
            openings {
                openings_are_counted_as_the_rule_says
                windows_only_move_forward
                a_race_for_the_last_opening_has_one_winner
                nothing_is_counted_from_outside_the_network
                the_same_opening_is_counted_once
                where_a_visitor_comes_from_is_kept_only_of_a_link_that_tracks
                a_link_that_is_used_up_or_locked_is_announced_once
            }
            attempts {
                an_attempt_is_settled_and_a_new_password_ends_a_lock
            }
            quotas {
                a_token_is_made_once_and_ended_by_its_owner
                the_last_use_is_granted_once
                pending_uploads_are_limited
                bytes_of_a_day_are_limited
                rejected_parts_make_room
                what_is_not_used_is_given_back_once
                what_a_dead_form_reserved_is_given_back
                a_form_that_is_given_up_counts_until_it_dies
            }
            batches {
                the_largest_batch_is_written_and_counted_at_once
                a_batch_that_exists_is_reported_and_costs_nothing
                a_batch_beyond_a_tokens_uses_leaves_them
                the_last_uses_are_granted_to_one_batch
                a_batch_beyond_a_limit_leaves_what_is_left
            }
        }
    };
    ($store:ident: $($area:ident { $($contract:ident)* })*) => {$($(
        #[tokio::test]
        async fn $contract() {
            use $crate::testing::contract::{$area, Ids};
            if let Some(store) = $store().await {
                $area::$contract(&store, Ids::of(stringify!($contract))).await;
            }
        }
    )*)*};
}

/// The ids of one contract: always the same, and no other contract's, so that contracts can share a table.
#[derive(Clone, Copy)]
pub struct Ids([u8; 8]);

impl Ids {
    /// The ids of the contract, or of another test, of this name.
    pub fn of(name: &str) -> Self {
        Self(*Sha256::digest(name).first_chunk().unwrap())
    }

    fn bytes(self, n: u8) -> [u8; 16] {
        let mut bytes = [n; 16];
        bytes.iter_mut().skip(1).zip(self.0).for_each(|(to, from)| *to = from);
        bytes
    }

    fn owner(self, name: &str) -> Owner {
        owner(&format!("{:x}-{name}", u64::from_be_bytes(self.0)))
    }

    /// The pending upload number `n`.
    ///
    /// # Panics
    /// Never: it is made of constants.
    pub fn upload(self, n: u8) -> Upload {
        let upload_id = UploadId::random(self.bytes(n));
        let policy_expires_at = now() + Duration::from_mins(15);
        Upload {
            upload_id,
            owner: self.owner(&n.to_string()),
            filename: "\u{62a5}\u{544a} \u{1F600}.png".parse().unwrap(),
            path: Some("a \"b\" 5%/\u{62a5}\u{544a} \u{1F600}.png".parse().unwrap()),
            min_size_bytes: 0,
            max_size_bytes: 5_368_709_120,
            checksum_sha256: Some(ChecksumSha256::of(b"x")),
            metadata: BTreeMap::from([("album".to_owned(), "7".to_owned())]),
            uploaded_at: now(),
            policy_expires_at,
            transition_id: transition_id(upload_id, UploadState::Pending, ""),
            ttl: Some(tombstone_ttl(policy_expires_at)),
            ..pending()
        }
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
        has_unknown_encoding: false,
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
        assert_eq!(written, Written::ConditionFailed(Some(Box::new(before.clone()))));
        assert_eq!(after, before);
    }
    written
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

fn opening(now: Timestamp, admission: Admission) -> Opening {
    Opening { now, nonce: nonce(), admission, network: None, visitor: Visitor::default() }
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

    #[expect(clippy::unused_async, reason = "other stores are asked for")]
    async fn in_memory() -> Option<MemoryWorld> {
        Some(MemoryWorld::default())
    }

    contract_tests!(in_memory);
}
