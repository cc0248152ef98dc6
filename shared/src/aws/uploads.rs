//! Uploads in the table.
//!
//! Each change is one write whose condition is the rule of [`Upload`] in DynamoDB's words; a
//! refused write brings back the item that stood in its way
//! ([`ReturnValuesOnConditionCheckFailure`](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html)).

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};

use super::Table;
use super::item::{Conditional, Item, PK, from_item, text, to_item, upload_pk, value};
use crate::app_event::AppEvent;
use crate::id::{Owner, UploadId, VersionId};
use crate::link::Revoked;
use crate::ports::{Created, Found, Page, PageStart, RecordStore, Unavailable, UploadStore, Written};
use crate::record::removal::LINKS_SETTLE;
use crate::scan::ScanFailure;
use crate::time::Timestamp;
use crate::token::LinkId;
use crate::upload::{
    MAX_CONDEMNED, MAX_SURPLUS, Settlement, Upload, UploadState, expiry, scan_failure_id, tombstone_ttl,
    transition_id,
};

/// The version's fate is open; see [`Upload::fate_of`].
const FATE_IS_OPEN: &str = "#state IN (:pending, :rejected, :expired) AND NOT contains(condemned, :version) \
    AND (attribute_not_exists(condemned) OR size(condemned) < :most)";

impl UploadStore for Table {
    async fn create(&self, upload: &Upload) -> Result<Created<Upload>, Unavailable> {
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(unfinished(to_item(upload_pk(upload.upload_id), upload)?, upload)))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match self.conditional("create an upload", put).await? {
            Conditional::Done => Ok(Created::New),
            Conditional::Refused(Some(standing)) => Ok(Created::Exists(Box::new(from_item(standing)?))),
            Conditional::Refused(None) => {
                Err(Unavailable::new("create an upload", "it exists and was not shown"))
            }
        }
    }

    async fn upload(&self, id: UploadId) -> Result<Option<Upload>, Unavailable> {
        self.get(upload_pk(id), "read an upload").await
    }

    async fn uploads_of(
        &self,
        owner: &Owner,
        start: Option<&PageStart>,
        limit: u8,
    ) -> Result<Page<Upload>, Unavailable> {
        let index =
            Index { name: "uploads_by_owner", hash: "owner", range: "uploaded_at", pk_prefix: "UPLOAD#" };
        self.page(&index, text(owner.as_str()), start, limit).await
    }

    async fn begin_deletion(&self, id: UploadId, owner: &Owner) -> Result<Found, Unavailable> {
        let update = self
            .update_upload(id, UploadState::Deleting, "")?
            .update_expression("SET #state = :state, transition_id = :transition, unfinished = :shard, unfinished_since = uploaded_at REMOVE #event")
            .expression_attribute_values(":shard", text(shard(id)))
            .condition_expression("#owner = :owner AND NOT #state IN (:state, :deleted)")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":owner", text(owner.as_str()))
            .expression_attribute_values(":deleted", text(UploadState::Deleted.as_str()));
        match self.conditional("begin a deletion", update).await? {
            Conditional::Done => Ok(Found::Yes),
            Conditional::Refused(Some(standing)) if is_owned_by(&standing, owner) => Ok(Found::Yes),
            Conditional::Refused(_) => Ok(Found::No),
        }
    }
}

impl RecordStore for Table {
    async fn upload(&self, id: UploadId) -> Result<Option<Upload>, Unavailable> {
        UploadStore::upload(self, id).await
    }

    async fn settle(&self, id: UploadId, settlement: &Settlement) -> Result<Written, Unavailable> {
        let version = settlement.version_id().as_str();
        let most = AttributeValue::N(MAX_CONDEMNED.to_string());
        let update = self
            .update_upload(id, settlement.state(), version)?
            .condition_expression(FATE_IS_OPEN)
            .expression_attribute_values(":event", value(&settlement.event())?)
            .expression_attribute_values(":pending", text(UploadState::Pending.as_str()))
            .expression_attribute_values(":rejected", text(UploadState::Rejected.as_str()))
            .expression_attribute_values(":expired", text(UploadState::Expired.as_str()))
            .expression_attribute_values(":version", text(version))
            .expression_attribute_values(":most", most);
        let update = match settlement {
            Settlement::Pin(recorded) => update
                .update_expression(
                    "SET #state = :state, transition_id = :transition, #event = :event, recorded = :recorded REMOVE #ttl, rejection, scan_failed, unfinished, unfinished_since",
                )
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":recorded", value(recorded)?),
            Settlement::Condemn(rejection) => update
                .update_expression(
                    "SET #state = :state, transition_id = :transition, #event = :event, rejection = :rejection REMOVE unfinished, unfinished_since ADD condemned :versions",
                )
                .expression_attribute_values(":rejection", value(rejection)?)
                .expression_attribute_values(":versions", AttributeValue::Ss(vec![version.to_owned()])),
        };
        written(self.conditional("settle a version", update).await?)
    }

    async fn count_surplus(&self, id: UploadId, version: &VersionId) -> Result<(), Unavailable> {
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .key(PK, text(upload_pk(id)))
            .update_expression("ADD surplus :versions")
            .condition_expression(
                "attribute_exists(pk) AND (attribute_not_exists(surplus) OR size(surplus) < :most)",
            )
            .expression_attribute_values(":versions", AttributeValue::Ss(vec![version.as_str().to_owned()]))
            .expression_attribute_values(":most", AttributeValue::N(MAX_SURPLUS.to_string()));
        self.conditional("count a surplus version", update).await.map(|_| ())
    }

    async fn mark_vanished(
        &self,
        id: UploadId,
        version: &VersionId,
        now: Timestamp,
    ) -> Result<(), Unavailable> {
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .key(PK, text(upload_pk(id)))
            .update_expression("SET recorded.vanished_at = :now")
            .condition_expression(
                "#state = :available AND recorded.version_id = :version \
                 AND attribute_not_exists(recorded.vanished_at)",
            )
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":available", text(UploadState::Available.as_str()))
            .expression_attribute_values(":version", text(version.as_str()))
            .expression_attribute_values(":now", value(&now)?);
        self.conditional("mark a vanished version", update).await.map(|_| ())
    }

    async fn mark_scan_failed(&self, id: UploadId, failure: &ScanFailure) -> Result<Written, Unavailable> {
        let condition = format!(
            "{FATE_IS_OPEN} AND (attribute_not_exists(scan_failed) OR scan_failed.version_id <> :version \
             OR scan_failed.#status <> :status)"
        );
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .key(PK, text(upload_pk(id)))
            .update_expression("SET scan_failed = :failure, transition_id = :transition, #event = :event")
            .condition_expression(condition)
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#event", "event")
            .expression_attribute_values(":event", value(&AppEvent::UploadScanFailed)?)
            .expression_attribute_values(":transition", value(&scan_failure_id(id, failure))?)
            .expression_attribute_values(":pending", text(UploadState::Pending.as_str()))
            .expression_attribute_values(":rejected", text(UploadState::Rejected.as_str()))
            .expression_attribute_values(":expired", text(UploadState::Expired.as_str()))
            .expression_attribute_values(":version", text(failure.version_id.as_str()))
            .expression_attribute_values(":most", AttributeValue::N(MAX_CONDEMNED.to_string()))
            .expression_attribute_values(":status", value(&failure.status)?)
            .expression_attribute_values(":failure", value(failure)?)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        written(self.conditional("note a failed scan", update).await?)
    }

    async fn due(&self, now: Timestamp) -> Result<Vec<Upload>, Unavailable> {
        let shards = futures::future::try_join_all(SHARDS.chars().map(|shard| self.due_of(shard, now)));
        Ok(shards.await?.into_iter().flatten().collect())
    }

    async fn expire(&self, upload: &Upload, now: Timestamp) -> Result<(), Unavailable> {
        // The form's end never changes, so the record as it was read decides whether it is due.
        let Some(after) = upload.expired(now) else { return Ok(()) };
        let update = self
            .update_upload(upload.upload_id, after.state, "")?
            .update_expression("SET #state = :state, transition_id = :transition REMOVE #event, unfinished, unfinished_since")
            .condition_expression("#state = :pending")
            .expression_attribute_values(":pending", text(UploadState::Pending.as_str()));
        self.conditional("expire an upload", update).await.map(|_| ())
    }

    async fn finish_deletion(&self, upload: &Upload, now: Timestamp) -> Result<(), Unavailable> {
        let ttl = tombstone_ttl(now.max(upload.policy_expires_at));
        let update = self
            .update_upload(upload.upload_id, UploadState::Deleted, "")?
            .update_expression(
                "SET #state = :state, transition_id = :transition, #event = :event, #ttl = :ttl, \
                 unfinished_since = :settled REMOVE links_walked",
            )
            .expression_attribute_values(":settled", text((now + LINKS_SETTLE).to_string()))
            .condition_expression("#state = :deleting")
            .expression_attribute_values(":event", value(&AppEvent::UploadDeleted)?)
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":ttl", AttributeValue::N(ttl.to_string()))
            .expression_attribute_values(":deleting", text(UploadState::Deleting.as_str()));
        self.conditional("finish a deletion", update).await.map(|_| ())
    }

    async fn close_deletion(&self, id: UploadId) -> Result<(), Unavailable> {
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .key(PK, text(upload_pk(id)))
            .update_expression("REMOVE unfinished, unfinished_since")
            .condition_expression("#state = :deleted")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":deleted", text(UploadState::Deleted.as_str()));
        self.conditional("close a deletion", update).await.map(|_| ())
    }

    async fn note_links_walked(&self, upload: &Upload, to: &PageStart) -> Result<(), Unavailable> {
        // The record as it was read decides whether it goes, and the condition that it is still so.
        if upload.links_walked(upload, to).is_none() {
            return Ok(());
        }
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .key(PK, text(upload_pk(upload.upload_id)))
            .update_expression("SET links_walked = :to")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":state", text(upload.state.as_str()))
            .expression_attribute_values(":to", value(to)?);
        let update = match &upload.links_walked {
            Some(before) => update
                .condition_expression("#state = :state AND links_walked = :before")
                .expression_attribute_values(":before", value(before)?),
            None => update.condition_expression("#state = :state AND attribute_not_exists(links_walked)"),
        };
        self.conditional("note how far links were walked", update).await.map(|_| ())
    }

    async fn end_link(&self, id: &LinkId, revoked: Revoked) -> Result<(), Unavailable> {
        let update = self
            .update_link(id, revoked)?
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(revoked)");
        self.conditional("end a link", update).await.map(|_| ())
    }
}

fn written(result: Conditional) -> Result<Written, Unavailable> {
    match result {
        Conditional::Done => Ok(Written::Applied),
        Conditional::Refused(standing) => {
            let standing = standing.map(from_item::<Upload>).transpose()?;
            Ok(Written::Refused(standing.map(Box::new)))
        }
    }
}

/// What waits for the sweeper stands in an index of its own, which everything else leaves: the
/// attribute `unfinished` is the first digit of the id, so that no partition takes all writes, and
/// `unfinished_since` the time from when on the sweeper may act.
const SHARDS: &str = "0123456789abcdef";

/// How many of a shard one call gives.
const DUE_AT_ONCE: i32 = 1000;

fn shard(id: UploadId) -> String {
    id.to_string().chars().take(1).collect()
}

/// Every write of a new record passes through here.
pub(super) fn unfinished(mut item: Item, upload: &Upload) -> Item {
    item.insert("unfinished".to_owned(), text(shard(upload.upload_id)));
    item.insert("unfinished_since".to_owned(), text(expiry(upload.policy_expires_at).to_string()));
    item
}

/// An index of the table whose range is a time.
pub(super) struct Index {
    pub name: &'static str,
    pub hash: &'static str,
    pub range: &'static str,
    pub pk_prefix: &'static str,
}

impl Table {
    /// A write that moves an upload to `state`, because of `cause`.
    fn update_upload(
        &self,
        id: UploadId,
        state: UploadState,
        cause: &str,
    ) -> Result<UpdateItemFluentBuilder, Unavailable> {
        Ok(self
            .client
            .update_item()
            .table_name(&self.name)
            .key(PK, text(upload_pk(id)))
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#event", "event")
            .expression_attribute_values(":state", text(state.as_str()))
            .expression_attribute_values(":transition", value(&transition_id(id, state, cause))?)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld))
    }

    /// A consistent read of one item.
    pub(super) async fn get<T: serde::de::DeserializeOwned>(
        &self,
        pk: String,
        operation: &'static str,
    ) -> Result<Option<T>, Unavailable> {
        if let Some(quick) = &self.quick {
            match quick.get(&self.name, &pk).await {
                Ok(item) => {
                    let read = item.map(serde_dynamo::from_item).transpose();
                    return read.map_err(|error| Unavailable::new("read an item", error));
                }
                Err(error) => tracing::warn!(error = %error, "asked again through the SDK"),
            }
        }
        let get = self.client.get_item().table_name(&self.name).key(PK, text(pk)).consistent_read(true);
        let output = get.send().await.map_err(|error| Unavailable::new(operation, error))?;
        output.item.map(from_item).transpose()
    }

    async fn due_of(&self, shard: char, now: Timestamp) -> Result<Vec<Upload>, Unavailable> {
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .index_name("uploads_unfinished")
            .key_condition_expression("unfinished = :shard AND unfinished_since <= :now")
            .expression_attribute_values(":shard", text(shard))
            .expression_attribute_values(":now", text(now.to_string()))
            .limit(DUE_AT_ONCE);
        let output = query.send().await.map_err(|error| Unavailable::new("list what is due", error))?;
        output.items.unwrap_or_default().into_iter().map(from_item).collect()
    }

    /// A page of an index, newest first.
    pub(super) async fn page<T: serde::de::DeserializeOwned>(
        &self,
        index: &Index,
        hash: AttributeValue,
        start: Option<&PageStart>,
        limit: u8,
    ) -> Result<Page<T>, Unavailable> {
        let query = self.newest_first(index, hash, start).limit(i32::from(limit));
        let output = query.send().await.map_err(|error| Unavailable::new("list items", error))?;
        let next = output.last_evaluated_key.and_then(|key| place(index, &key));
        let items = output.items.unwrap_or_default().into_iter().map(from_item).collect::<Result<_, _>>()?;
        Ok(Page { items, next })
    }

    /// What stands in an index under `hash`, from a place on.
    pub(super) fn newest_first(
        &self,
        index: &Index,
        hash: AttributeValue,
        start: Option<&PageStart>,
    ) -> QueryFluentBuilder {
        let begin = start.map(|start| {
            Item::from([
                (PK.to_owned(), text(format!("{}{}", index.pk_prefix, start.id))),
                (index.hash.to_owned(), hash.clone()),
                (index.range.to_owned(), text(start.at.to_string())),
            ])
        });
        self.client
            .query()
            .table_name(&self.name)
            .index_name(index.name)
            .key_condition_expression("#hash = :hash")
            .expression_attribute_names("#hash", index.hash)
            .expression_attribute_values(":hash", hash)
            .scan_index_forward(false)
            .set_exclusive_start_key(begin)
    }
}

pub(super) fn place(index: &Index, key: &Item) -> Option<PageStart> {
    let at = key.get(index.range)?.as_s().ok()?.parse().ok()?;
    let id = key.get(PK)?.as_s().ok()?.strip_prefix(index.pk_prefix)?.to_owned();
    Some(PageStart { at, id })
}

pub(super) fn is_owned_by(item: &Item, owner: &Owner) -> bool {
    item.get("owner").and_then(|owner| owner.as_s().ok()).is_some_and(|of| of == owner.as_str())
}
