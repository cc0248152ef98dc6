//! Uploads in the table.
//!
//! Each change is one write whose condition is the rule of [`Upload`] in DynamoDB's words; a
//! refused write brings back the item that stood in its way
//! ([`ReturnValuesOnConditionCheckFailure`](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html)).

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};

use super::Table;
use super::conditional::Conditional;
use super::index::Index;
use super::item::{Item, PK, UPLOAD, attribute, from_item, id_of, number, text, to_item, upload_pk, value};
use postern::link::Revoked;
use postern::link::token::LinkId;
use postern::paging::{Page, PageStart};
use postern::ports::{
    Created, DueCursor, DuePage, Found, LINKS_SETTLE, PinnedCursor, PinnedPage, RecordStore, Unavailable,
    UploadReader, UploadStore, Written,
};
use postern::upload::reservation::Charge;
use postern::upload::scan::ScanFailure;
use postern::upload::{
    MAX_CONDEMNED, MAX_SURPLUS, Settlement, Upload, UploadState, deletion, expiry, scan_failure_id,
    tombstone_ttl, transition_id,
};
use postern::value::app_event::{Announcement, AppEvent};
use postern::value::id::{Owner, UploadId, VersionId};
use s3_presigned::Timestamp;

/// The version's fate is open; see [`Upload::fate_of`].
const FATE_IS_OPEN: &str = "#state IN (:pending, :rejected, :expired) AND NOT contains(condemned, :version) \
    AND (attribute_not_exists(condemned) OR size(condemned) < :most)";

impl UploadReader for Table {
    async fn upload(&self, id: UploadId) -> Result<Option<Upload>, Unavailable> {
        self.get(upload_pk(id), "read an upload").await
    }
}

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
            Conditional::Done(_) => Ok(Created::New),
            Conditional::ConditionFailed(Some(existing)) => {
                Ok(Created::Exists(Box::new(from_item(existing)?)))
            }
            Conditional::ConditionFailed(None) => {
                Err(Unavailable::new("create an upload", "DynamoDB returned no existing item"))
            }
        }
    }

    async fn uploads_of(
        &self,
        owner: &Owner,
        start: Option<&PageStart>,
        limit: u8,
    ) -> Result<Page<Upload>, Unavailable> {
        let index = Index { name: "uploads_by_owner", hash: "owner", range: "uploaded_at", kind: UPLOAD };
        self.page(&index, text(owner.as_str()), start, limit).await
    }

    async fn give_up(&self, upload: &Upload, charge: Option<&Charge>) -> Result<(), Unavailable> {
        match upload.given_up() {
            Some(after) => self.write_expired("give an upload's parts up", &after, charge).await,
            None => Ok(()),
        }
    }

    async fn begin_deletion(&self, id: UploadId, owner: &Owner) -> Result<Found, Unavailable> {
        let update = self
            .update_upload(id, UploadState::Deleting, "")?
            .update_expression("SET #state = :state, transition_id = :transition, unfinished = :shard, unfinished_since = uploaded_at REMOVE announces")
            .expression_attribute_values(":shard", text(shard(id)))
            .condition_expression("#owner = :owner AND NOT #state IN (:state, :deleted)")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":owner", text(owner.as_str()))
            .expression_attribute_values(":deleted", text(UploadState::Deleted.as_str()));
        match self.conditional("begin a deletion", update).await? {
            Conditional::Done(_) => Ok(Found::Yes),
            Conditional::ConditionFailed(Some(existing)) if is_owned_by(&existing, owner) => Ok(Found::Yes),
            Conditional::ConditionFailed(_) => Ok(Found::No),
        }
    }
}

impl RecordStore for Table {
    async fn settle(
        &self,
        id: UploadId,
        settlement: &Settlement,
        charge: Option<&Charge>,
    ) -> Result<Written, Unavailable> {
        let version = settlement.version_id().as_str();
        let most = AttributeValue::N(MAX_CONDEMNED.to_string());
        let update = self
            .update_upload(id, settlement.state(), version)?
            .condition_expression(FATE_IS_OPEN)
            .expression_attribute_values(":announces", value(&settlement.announcement(id))?)
            .expression_attribute_values(":pending", text(UploadState::Pending.as_str()))
            .expression_attribute_values(":rejected", text(UploadState::Rejected.as_str()))
            .expression_attribute_values(":expired", text(UploadState::Expired.as_str()))
            .expression_attribute_values(":version", text(version))
            .expression_attribute_values(":most", most);
        let update = match settlement {
            Settlement::Pin(recorded) => update
                .update_expression(
                    "SET #state = :state, transition_id = :transition, announces = :announces, recorded = :recorded, unfinished = :pinned, unfinished_since = :since REMOVE #ttl, rejection, scan_failed",
                )
                .expression_attribute_values(":pinned", text(pinned_shard(&id.digits(PINNED_DIGITS))))
                .expression_attribute_values(":since", text(recorded.recorded_at.to_string()))
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":recorded", value(recorded)?),
            Settlement::Condemn(rejection) => update
                .update_expression(match charge.is_some_and(keeps_more_than_arrived) {
                    // The sweeper gives the rest back once the form has died.
                    true => "SET #state = :state, transition_id = :transition, announces = :announces, rejection = :rejection ADD condemned :versions",
                    false => "SET #state = :state, transition_id = :transition, announces = :announces, rejection = :rejection REMOVE unfinished, unfinished_since ADD condemned :versions",
                })
                .expression_attribute_values(":rejection", value(rejection)?)
                .expression_attribute_values(":versions", AttributeValue::Ss(vec![version.to_owned()])),
        };
        written(self.charged("settle a version", update, charge).await?)
    }

    async fn count_surplus(&self, id: UploadId, version: &VersionId) -> Result<(), Unavailable> {
        let update = self
            .update_of(id)
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
            .update_of(id)
            .update_expression("SET recorded.vanished_at = :now REMOVE unfinished, unfinished_since")
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
            .update_of(id)
            .update_expression(
                "SET scan_failed = :failure, transition_id = :transition, announces = :announces",
            )
            .condition_expression(condition)
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(
                ":announces",
                value(&Announcement { event: AppEvent::UploadScanFailed, id: scan_failure_id(id, failure) })?,
            )
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

    async fn due(&self, now: Timestamp, from: &DueCursor) -> Result<DuePage, Unavailable> {
        let begin = from.after.as_ref().map(|(since, pk)| {
            Item::from([
                (PK.to_owned(), text(pk)),
                ("unfinished".to_owned(), text(format!("{:x}", from.shard))),
                ("unfinished_since".to_owned(), text(since)),
            ])
        });
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .index_name("uploads_unfinished")
            .key_condition_expression("unfinished = :shard AND unfinished_since <= :now")
            .projection_expression("pk, #state")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":shard", text(format!("{:x}", from.shard)))
            .expression_attribute_values(":now", text(now.to_string()))
            .limit(DUE_AT_ONCE)
            .set_exclusive_start_key(begin);
        let output = query.send().await.map_err(|error| Unavailable::new("list what is due", error))?;
        let items = output.items.unwrap_or_default();
        let uploads: Vec<_> = items.iter().filter_map(due_upload).collect();
        let after = output.last_evaluated_key.as_ref().and_then(|key| {
            Some((attribute(key, "unfinished_since")?.to_owned(), attribute(key, PK)?.to_owned()))
        });
        let next = after.map(|after| DueCursor { after: Some(after), ..from.clone() });
        Ok(DuePage { unreadable: items.len() - uploads.len(), uploads, next })
    }

    async fn expire(&self, upload: &Upload, now: Timestamp) -> Result<(), Unavailable> {
        // The form's end never changes, so the record as it was read decides whether it is due.
        match upload.expired(now) {
            Some(after) => self.write_expired("expire an upload", &after, None).await,
            None => Ok(()),
        }
    }

    async fn finish_deletion(&self, upload: &Upload, now: Timestamp) -> Result<(), Unavailable> {
        let ttl = tombstone_ttl(now.max(upload.policy_expires_at));
        let update = self
            .update_upload(upload.upload_id, UploadState::Deleted, "")?
            .update_expression(
                "SET #state = :state, transition_id = :transition, announces = :announces, #ttl = :ttl, \
                 unfinished_since = :settled REMOVE links_walked",
            )
            .expression_attribute_values(":settled", text((now + LINKS_SETTLE).to_string()))
            .condition_expression("#state = :deleting")
            .expression_attribute_values(":announces", value(&deletion(upload.upload_id))?)
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":ttl", AttributeValue::N(ttl.to_string()))
            .expression_attribute_values(":deleting", text(UploadState::Deleting.as_str()));
        self.charged("finish a deletion", update, upload.unused_once_removed(now).as_ref()).await.map(|_| ())
    }

    async fn give_back(&self, upload: &Upload, charge: &Charge) -> Result<(), Unavailable> {
        let update = self
            .update_of(upload.upload_id)
            .condition_expression("#state = :state")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":state", text(upload.state.as_str()));
        // Without its event, so that the app is not told of a rejection again.
        let update = match upload.state {
            UploadState::Pending => update
                .update_expression("SET unfinished_since = :expiry REMOVE announces")
                .expression_attribute_values(":expiry", text(expiry(upload.policy_expires_at).to_string())),
            _ => update.update_expression("REMOVE announces, unfinished, unfinished_since"),
        };
        self.charged("give back what was reserved", update, Some(charge)).await.map(|_| ())
    }

    async fn close_deletion(&self, id: UploadId) -> Result<(), Unavailable> {
        let update = self
            .update_of(id)
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
            .update_of(upload.upload_id)
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

    async fn pinned_below(
        &self,
        digits: &str,
        start: Option<&PinnedCursor>,
    ) -> Result<PinnedPage, Unavailable> {
        let hash = text(pinned_shard(digits));
        let begin = start.map(|start| {
            Item::from([
                (PK.to_owned(), text(&start.pk)),
                ("unfinished".to_owned(), hash.clone()),
                ("unfinished_since".to_owned(), text(&start.since)),
            ])
        });
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .index_name("uploads_unfinished")
            .key_condition_expression("unfinished = :shard")
            .projection_expression("pk, recorded.version_id")
            .expression_attribute_values(":shard", hash)
            .set_exclusive_start_key(begin);
        let output = query.send().await.map_err(|error| Unavailable::new("list pinned versions", error))?;
        let versions = output.items.unwrap_or_default().iter().filter_map(pinned_version).collect();
        let next = output.last_evaluated_key.as_ref().and_then(|key| {
            let (since, pk) = (attribute(key, "unfinished_since")?, attribute(key, PK)?);
            Some(PinnedCursor { since: since.to_owned(), pk: pk.to_owned() })
        });
        Ok(PinnedPage { versions, next })
    }

    async fn list_pinned(
        &self,
        id: UploadId,
        version: &VersionId,
        now: Timestamp,
    ) -> Result<(), Unavailable> {
        let update = self
            .update_of(id)
            // Without its event, so that the app is not told again.
            .update_expression("SET unfinished = :pinned, unfinished_since = :now REMOVE announces")
            .condition_expression(
                "#state = :available AND recorded.version_id = :version \
                 AND attribute_not_exists(recorded.vanished_at) AND attribute_not_exists(unfinished)",
            )
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":available", text(UploadState::Available.as_str()))
            .expression_attribute_values(":version", text(version.as_str()))
            .expression_attribute_values(":pinned", text(pinned_shard(&id.digits(PINNED_DIGITS))))
            .expression_attribute_values(":now", text(now.to_string()));
        self.conditional("list a pinned version", update).await.map(|_| ())
    }

    async fn slices_listed(&self) -> Result<Option<u64>, Unavailable> {
        let progress: Option<Progress> = self.get(PROGRESS.to_owned(), "read how far the listing is").await?;
        Ok(progress.map(|progress| progress.slices_listed))
    }

    async fn note_slices_listed(&self, slices: u64) -> Result<(), Unavailable> {
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .key(PK, text(PROGRESS))
            .update_expression("SET slices_listed = :slices")
            .condition_expression("attribute_not_exists(slices_listed) OR slices_listed < :slices")
            .expression_attribute_values(":slices", number(slices));
        self.conditional("note how far the listing is", update).await.map(|_| ())
    }

    async fn end_link(&self, id: &LinkId, revoked: Revoked) -> Result<(), Unavailable> {
        let update = self
            .update_link(id, revoked)?
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(revoked)");
        self.conditional("end a link", update).await.map(|_| ())
    }
}

fn keeps_more_than_arrived(charge: &Charge) -> bool {
    charge.after.bytes > charge.after.arrived
}

fn written(result: Conditional) -> Result<Written, Unavailable> {
    match result {
        Conditional::Done(_) => Ok(Written::Applied),
        Conditional::ConditionFailed(existing) => {
            let existing = existing.map(from_item::<Upload>).transpose()?;
            Ok(Written::ConditionFailed(existing.map(Box::new)))
        }
    }
}

/// What waits for the sweeper stands in an index of its own, which everything else leaves: the
/// attribute `unfinished` is the first digit of the id, so that no partition takes all writes, and
/// `unfinished_since` the time from when on the sweeper may act.
/// The same index holds what the daily listing compares with the bucket: an available upload has
/// `unfinished` = `pinned-` with the first three digits of its id, until its version is found missing.
const PINNED_DIGITS: usize = 3;

fn pinned_shard(digits: &str) -> String {
    format!("pinned-{digits}")
}

/// The key of the item that holds how far the daily listing has come.
const PROGRESS: &str = "LISTING#progress";

#[derive(serde::Deserialize)]
struct Progress {
    slices_listed: u64,
}

/// How many of a shard one call gives.
const DUE_AT_ONCE: i32 = 1000;

/// The upload that an item of the sweeper's index is. `serve-link` may write any attribute of a link's
/// item, and with them put it into any index: the item's key says what it is.
fn due_upload(item: &Item) -> Option<(UploadId, UploadState)> {
    let id = id_of(item, UPLOAD)?.parse().ok()?;
    let state = serde_dynamo::from_attribute_value(item.get("state")?.clone()).ok()?;
    Some((id, state))
}

fn pinned_version(item: &Item) -> Option<(UploadId, VersionId)> {
    let id = id_of(item, UPLOAD)?.parse().ok()?;
    Some((id, attribute(item.get("recorded")?.as_m().ok()?, "version_id")?.parse().ok()?))
}

fn shard(id: UploadId) -> String {
    id.to_string().chars().take(1).collect()
}

/// Every write of a new record passes through here.
pub(super) fn unfinished(mut item: Item, upload: &Upload) -> Item {
    item.insert("unfinished".to_owned(), text(shard(upload.upload_id)));
    let since = match upload.reserved {
        // What it reserves and does not use is given back before it expires.
        Some(_) => upload.policy_expires_at,
        None => expiry(upload.policy_expires_at),
    };
    item.insert("unfinished_since".to_owned(), text(since.to_string()));
    item
}

impl Table {
    /// A write to an upload's item.
    fn update_of(&self, id: UploadId) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.name).key(PK, text(upload_pk(id)))
    }

    /// A write that moves an upload to `state`, because of `cause`.
    fn update_upload(
        &self,
        id: UploadId,
        state: UploadState,
        cause: &str,
    ) -> Result<UpdateItemFluentBuilder, Unavailable> {
        Ok(self
            .update_of(id)
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":state", text(state.as_str()))
            .expression_attribute_values(":transition", value(&transition_id(id, state, cause))?)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld))
    }

    /// Writes `expired` unless something has come of the upload since it was read.
    async fn write_expired(
        &self,
        operation: &'static str,
        after: &Upload,
        charge: Option<&Charge>,
    ) -> Result<(), Unavailable> {
        let update = self
            .update_upload(after.upload_id, after.state, "")?
            .update_expression("SET #state = :state, transition_id = :transition REMOVE announces, unfinished, unfinished_since")
            .condition_expression("#state = :pending")
            .expression_attribute_values(":pending", text(UploadState::Pending.as_str()));
        self.charged(operation, update, charge).await.map(|_| ())
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
                Err(error) => tracing::warn!(
                    cause = crate::lambda::causes(&*error),
                    "the quick read failed; the SDK reads the item again"
                ),
            }
        }
        let get = self.client.get_item().table_name(&self.name).key(PK, text(pk)).consistent_read(true);
        let output = get.send().await.map_err(|error| Unavailable::new(operation, error))?;
        output.item.map(from_item).transpose()
    }
}

pub(super) fn is_owned_by(item: &Item, owner: &Owner) -> bool {
    item.get("owner").and_then(|owner| owner.as_s().ok()).is_some_and(|of| of == owner.as_str())
}
