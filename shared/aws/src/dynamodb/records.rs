//! The records of uploads, as the recorder writes them.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};

use super::Table;
use super::conditional::written;
use super::item::{Item, PK, UPLOAD, attribute, id_of, number, text, value};
use super::uploads::EXPIRED;
use postern::link::Revoked;
use postern::link::token::LinkId;
use postern::paging::PageStart;
use postern::ports::{
    DueCursor, DuePage, LINKS_SETTLE, PinnedCursor, PinnedPage, RecordStore, Unavailable, Written,
};
use postern::upload::reservation::Charge;
use postern::upload::scan::ScanFailure;
use postern::upload::{
    MAX_CONDEMNED, MAX_SURPLUS, Settlement, Upload, UploadState, deletion, expiry, scan_failure_id,
    tombstone_ttl,
};
use postern::value::app_event::{Announcement, AppEvent};
use postern::value::id::{UploadId, VersionId};
use s3_presigned::Timestamp;

/// The version's fate is open; see [`Upload::fate_of`].
const FATE_IS_OPEN: &str = "#state IN (:pending, :rejected, :expired) AND NOT contains(condemned, :version) \
    AND (attribute_not_exists(condemned) OR size(condemned) < :most)";

/// The version is pinned, and was there when S3 was last asked; see [`Table::update_of_pinned`].
const PINNED: &str = "#state = :available AND recorded.version_id = :version \
    AND attribute_not_exists(recorded.vanished_at)";

impl RecordStore for Table {
    async fn settle(
        &self,
        id: UploadId,
        settlement: &Settlement,
        charge: Option<&Charge>,
    ) -> Result<Written, Unavailable> {
        let version = settlement.version_id();
        let update = self.update_upload(id, settlement.state(), version.as_str())?;
        let update = with_open_fate(update, version)
            .condition_expression(FATE_IS_OPEN)
            .expression_attribute_values(":announces", value(&settlement.announcement(id))?);
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
                    // The hourly run gives the rest back after the form has expired.
                    true => "SET #state = :state, transition_id = :transition, announces = :announces, rejection = :rejection ADD condemned :versions",
                    false => "SET #state = :state, transition_id = :transition, announces = :announces, rejection = :rejection REMOVE unfinished, unfinished_since ADD condemned :versions",
                })
                .expression_attribute_values(":rejection", value(rejection)?)
                .expression_attribute_values(":versions", AttributeValue::Ss(vec![version.as_str().to_owned()])),
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
            .update_of_pinned(id, version)
            .update_expression("SET recorded.vanished_at = :now REMOVE unfinished, unfinished_since")
            .condition_expression(PINNED)
            .expression_attribute_values(":now", value(&now)?);
        self.conditional("mark a vanished version", update).await.map(|_| ())
    }

    async fn mark_scan_failed(&self, id: UploadId, failure: &ScanFailure) -> Result<Written, Unavailable> {
        let condition = format!(
            "{FATE_IS_OPEN} AND (attribute_not_exists(scan_failed) OR scan_failed.version_id <> :version \
             OR scan_failed.#status <> :status)"
        );
        let update = with_open_fate(self.update_of(id), &failure.version_id)
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
            Some(after) => self.write_expired("expire an upload", &after, EXPIRED, None).await.map(|_| ()),
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
            .update_of_pinned(id, version)
            // Without its event, so that the app is not told again.
            .update_expression("SET unfinished = :pinned, unfinished_since = :now REMOVE announces")
            .condition_expression(format!("{PINNED} AND attribute_not_exists(unfinished)"))
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

    async fn end_link(&self, id: &LinkId, upload: UploadId, revoked: Revoked) -> Result<(), Unavailable> {
        let update = self
            .update_link(id, revoked)?
            .condition_expression("upload_id = :upload AND attribute_not_exists(revoked)")
            .expression_attribute_values(":upload", text(upload.to_string()));
        self.conditional("end a link", update).await.map(|_| ())
    }
}

impl Table {
    /// A write to an upload's item on the condition [`PINNED`].
    fn update_of_pinned(&self, id: UploadId, version: &VersionId) -> UpdateItemFluentBuilder {
        self.update_of(id)
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":available", text(UploadState::Available.as_str()))
            .expression_attribute_values(":version", text(version.as_str()))
    }
}

/// A write with the values of [`FATE_IS_OPEN`].
fn with_open_fate(update: UpdateItemFluentBuilder, version: &VersionId) -> UpdateItemFluentBuilder {
    update
        .expression_attribute_values(":pending", text(UploadState::Pending.as_str()))
        .expression_attribute_values(":rejected", text(UploadState::Rejected.as_str()))
        .expression_attribute_values(":expired", text(UploadState::Expired.as_str()))
        .expression_attribute_values(":version", text(version.as_str()))
        .expression_attribute_values(":most", AttributeValue::N(MAX_CONDEMNED.to_string()))
}

fn keeps_more_than_arrived(charge: &Charge) -> bool {
    charge.after.bytes > charge.after.arrived
}

/// The index of due work lists what waits for the hourly run. `unfinished` is the first digit of the id, and
/// `unfinished_since` is the time from which the hourly run may act. The index also lists what the daily listing
/// compares with the bucket: an available upload has `unfinished` = `pinned-` with the first three digits of its id,
/// until its version is found missing.
const PINNED_DIGITS: usize = 3;

fn pinned_shard(digits: &str) -> String {
    format!("pinned-{digits}")
}

/// The key of the item that holds the progress of the daily listing.
const PROGRESS: &str = "LISTING#progress";

#[derive(serde::Deserialize)]
struct Progress {
    slices_listed: u64,
}

/// The most uploads of a shard that one call returns.
const DUE_AT_ONCE: i32 = 1000;

/// The upload of an item in the index of due work. `serve-link` may write any attribute of a link's item, and so put
/// it into any index. So only the item's key counts.
fn due_upload(item: &Item) -> Option<(UploadId, UploadState)> {
    let id = id_of(item, UPLOAD)?.parse().ok()?;
    let state = serde_dynamo::from_attribute_value(item.get("state")?.clone()).ok()?;
    Some((id, state))
}

fn pinned_version(item: &Item) -> Option<(UploadId, VersionId)> {
    let id = id_of(item, UPLOAD)?.parse().ok()?;
    Some((id, attribute(item.get("recorded")?.as_m().ok()?, "version_id")?.parse().ok()?))
}
