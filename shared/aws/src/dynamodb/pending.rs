//! The set of an owner's pending uploads, which limits them.
//!
//! An entry leaves the set when its form has expired. If the set is full, one batch reads the records of all
//! entries, and those that accept no more files are removed.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{
    AttributeValue, KeysAndAttributes, ReturnValuesOnConditionCheckFailure, Update,
};

use super::Table;
use super::item::{COUNTERS_KEPT_FOR, Item, PK, number, pending_pk, text, upload_pk};
use postern::ports::Unavailable;
use postern::upload::Upload;
use postern::upload::quota::{MAX_PENDING, PendingUpload, missing_places, not_ended};
use postern::upload::reservation::{History, takes_files};
use postern::value::id::Owner;
use s3_presigned::Timestamp;

/// The most items that one
/// [`BatchGetItem`](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html)
/// reads.
const MOST_AT_ONCE: u8 = 100;

// All pending uploads of an owner are read by one call.
const _: () = assert!(MAX_PENDING <= MOST_AT_ONCE, "a full set is read at once");

impl Table {
    pub(super) fn add_pending(
        &self,
        owner: &Owner,
        uploads: &[Upload],
        limit: u8,
    ) -> Result<Update, BuildError> {
        let new: BTreeSet<_> = uploads.iter().map(PendingUpload::of).collect();
        let until = new.last().map_or(0, |last| (last.until + COUNTERS_KEPT_FOR).epoch_s());
        // An owner never has more pending uploads than the limit, so a larger batch finds no room.
        let room = u64::from(limit).checked_sub(new.len() as u64);
        let condition = match room {
            Some(_) => "attribute_not_exists(pending) OR size(pending) <= :room",
            None => "attribute_exists(pk) AND size(pending) < :room",
        };
        Update::builder()
            .table_name(&self.name)
            .key(PK, text(pending_pk(owner)))
            .update_expression("ADD pending :new SET #ttl = :ttl")
            .condition_expression(condition)
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":new", texts(&new))
            .expression_attribute_values(":room", number(room.unwrap_or(0)))
            .expression_attribute_values(":ttl", number(until))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
    }

    /// Removes entries that accept no more files from the owner's set. `None` if there is room for so many uploads
    /// now, or another request has changed the set meanwhile; otherwise as [`missing_places`].
    pub(super) async fn make_room(
        &self,
        owner: &Owner,
        existing: &BTreeSet<PendingUpload>,
        uploads: usize,
        limit: u8,
        now: Timestamp,
    ) -> Result<Option<(u8, Timestamp)>, Unavailable> {
        let pending = not_ended(existing, now);
        let settled = self.settled_of(&pending).await?;
        let living: BTreeSet<_> =
            pending.into_iter().filter(|entry| !settled.contains(&upload_pk(entry.upload_id))).collect();
        if let Some(full) = missing_places(&living, uploads, limit, now) {
            return Ok(Some(full));
        }
        let gone: BTreeSet<_> = existing.difference(&living).copied().collect();
        if !gone.is_empty() {
            let update = self
                .client
                .update_item()
                .table_name(&self.name)
                .key(PK, text(pending_pk(owner)))
                // Removing entries by name keeps those that another request has added meanwhile.
                .update_expression("DELETE pending :gone")
                .expression_attribute_values(":gone", texts(&gone));
            self.conditional("make room for an upload", update).await?;
        }
        Ok(None)
    }

    /// The keys of the entries that accept no more files, by one consistent batch read. A record that
    /// DynamoDB left unprocessed still counts, so its owner waits a moment longer.
    async fn settled_of(&self, entries: &BTreeSet<PendingUpload>) -> Result<BTreeSet<String>, Unavailable> {
        const OPERATION: &str = "read the pending uploads of an owner";
        let keys: Vec<_> = entries.iter().map(|entry| upload_pk(entry.upload_id)).collect();
        let mut settled: BTreeSet<_> = keys.iter().cloned().collect();
        if keys.is_empty() {
            return Ok(settled);
        }
        let asked = KeysAndAttributes::builder()
            .set_keys(Some(keys.into_iter().map(|pk| Item::from([(PK.to_owned(), text(pk))])).collect()))
            .projection_expression("pk, #state, condemned, s3_upload_id, recorded")
            .expression_attribute_names("#state", "state")
            .consistent_read(true)
            .build()
            .map_err(|error| Unavailable::new(OPERATION, error))?;
        let read = self.client.batch_get_item().request_items(&self.name, asked).send().await;
        let read = read.map_err(|error| Unavailable::new(OPERATION, error))?;
        let found = read.responses.unwrap_or_default().remove(&self.name).unwrap_or_default();
        let unread = read.unprocessed_keys.unwrap_or_default().remove(&self.name);
        let not_settled = found.iter().filter(|item| is_living(item));
        for item in not_settled.chain(unread.iter().flat_map(KeysAndAttributes::keys)) {
            item.get(PK).and_then(|pk| pk.as_s().ok()).map(|pk| settled.remove(pk));
        }
        Ok(settled)
    }
}

fn texts(entries: &BTreeSet<PendingUpload>) -> AttributeValue {
    AttributeValue::Ss(entries.iter().map(|entry| entry.to_text()).collect())
}

/// The entries of the owner's item.
pub(super) fn entries(item: Option<&Item>) -> BTreeSet<PendingUpload> {
    let set = item.and_then(|item| item.get("pending")).and_then(|set| set.as_ss().ok());
    set.into_iter().flatten().filter_map(|text| PendingUpload::parse(text)).collect()
}

fn is_living(item: &Item) -> bool {
    let state = item.get("state").and_then(|state| serde_dynamo::from_attribute_value(state.clone()).ok());
    let history = History {
        condemned: item.get("condemned").and_then(|set| set.as_ss().ok()).map_or(0, Vec::len),
        comes_in_parts: item.contains_key("s3_upload_id"),
        is_recorded: item.contains_key("recorded"),
    };
    state.is_some_and(|state| takes_files(state, history))
}
