//! Upload tokens in the table, and uploads that are counted: one transaction each.
//!
//! ```text
//!  put UPLOAD#…            unless it exists
//!  update TOKEN#…          uses_left - 1, if it is open          where a token is used
//!  update PENDING#owner    + this upload, if there is room       where pending uploads are limited
//!  update BYTES#owner#day  + its bytes, if there is room         where bytes a day are limited
//! ```
//!
//! A conflict with another transaction is not a reached limit: the write is tried again
//! ([`super::conflicts`]).

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{
    CancellationReason, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};

use super::Table;
use super::conditional::Conditional;
use super::conflicts::{condition_failed, reasons};
use super::item::{
    COUNTERS_KEPT_FOR, Item, PK, bytes_pk, from_item, is_owned_by, number, text, to_item, token_pk, upload_pk,
};
use super::pending::entries;
use super::uploads::unfinished;
use postern::ports::{Created, Found, Quota, QuotaStore, ReserveOutcome, Unavailable};
use postern::upload::Upload;
use postern::upload::quota::day;
use postern::upload::token::{TokenStatus, UploadToken, UploadTokenId};
use postern::value::id::Owner;
use s3_presigned::Timestamp;

/// How often places are freed among an owner's pending uploads, which other requests may take.
const ROUNDS: u32 = 5;

impl QuotaStore for Table {
    async fn create_token(&self, token: &UploadToken) -> Result<Created<UploadToken>, Unavailable> {
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(to_item(token_pk(&token.token_id), token)?))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match self.conditional("create an upload token", put).await? {
            Conditional::Done(_) => Ok(Created::New),
            Conditional::ConditionFailed(Some(existing)) => {
                Ok(Created::Exists(Box::new(from_item(existing)?)))
            }
            Conditional::ConditionFailed(None) => {
                Err(Unavailable::new("create an upload token", "DynamoDB returned no existing item"))
            }
        }
    }

    async fn token(&self, id: &UploadTokenId) -> Result<Option<UploadToken>, Unavailable> {
        self.get(token_pk(id), "read an upload token").await
    }

    async fn revoke_token(
        &self,
        id: &UploadTokenId,
        owner: &Owner,
        now: Timestamp,
    ) -> Result<Found, Unavailable> {
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .key(PK, text(token_pk(id)))
            .update_expression("SET revoked_at = :now")
            .condition_expression("#owner = :owner AND attribute_not_exists(revoked_at)")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":owner", text(owner.as_str()))
            .expression_attribute_values(":now", text(now.to_string()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match self.conditional("revoke an upload token", update).await? {
            Conditional::Done(_) => Ok(Found::Yes),
            Conditional::ConditionFailed(Some(existing)) if is_owned_by(&existing, owner) => Ok(Found::Yes),
            Conditional::ConditionFailed(_) => Ok(Found::No),
        }
    }

    async fn reserve(&self, upload: &Upload, count: &Quota) -> Result<ReserveOutcome, Unavailable> {
        const OPERATION: &str = "reserve an upload";
        let (counted, items): (Vec<_>, Vec<_>) = self.transaction(upload, count)?.into_iter().unzip();
        let transaction = self.client.transact_write_items().set_transact_items(Some(items));
        for _ in 0..ROUNDS {
            let Err(error) = self.send(|| transaction.clone().send()).await else {
                return Ok(ReserveOutcome::New);
            };
            let reasons = error.as_service_error().map_or(&[][..], reasons);
            let failed = counted.iter().zip(reasons).find(|(_, reason)| condition_failed(reason));
            match failed {
                None => return Err(Unavailable::new(OPERATION, error)),
                Some((Counter::Record, reason)) => {
                    return Ok(ReserveOutcome::Exists(Box::new(record(reason)?)));
                }
                Some((Counter::Token, reason)) => {
                    return Ok(ReserveOutcome::TokenEnded(token_status(reason.item(), count.now)?));
                }
                Some((Counter::Bytes, _)) => return Ok(ReserveOutcome::TooManyBytes(day(count.now).1)),
                Some((Counter::Pending(limit), reason)) => {
                    let existing = entries(reason.item());
                    let until = self.make_room(&upload.owner, &existing, *limit, count.now).await?;
                    if let Some(until) = until {
                        return Ok(ReserveOutcome::TooManyPending(until));
                    }
                }
            }
        }
        Err(Unavailable::new(OPERATION, "other requests took the free places during every attempt"))
    }
}

/// The counter that an item of the transaction changes.
#[derive(Debug, Clone, Copy)]
enum Counter {
    Record,
    Token,
    Pending(u8),
    Bytes,
}

impl Table {
    fn transaction(
        &self,
        upload: &Upload,
        count: &Quota,
    ) -> Result<Vec<(Counter, TransactWriteItem)>, Unavailable> {
        let built = |error: BuildError| Unavailable::new("reserve an upload", error);
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(unfinished(to_item(upload_pk(upload.upload_id), upload)?, upload)))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(built)?;
        let mut items = vec![(Counter::Record, TransactWriteItem::builder().put(put).build())];
        let updates = [
            count.token.as_ref().map(|id| (Counter::Token, self.use_token(id, count.now))),
            count
                .limits
                .pending_uploads
                .map(|limit| (Counter::Pending(limit), self.add_pending(upload, limit))),
            count
                .limits
                .bytes_per_day
                .map(|limit| (Counter::Bytes, self.add_bytes(upload, limit, count.now))),
        ];
        for (counted, update) in updates.into_iter().flatten() {
            let update = update.map_err(built)?;
            items.push((counted, TransactWriteItem::builder().update(update).build()));
        }
        Ok(items)
    }

    fn use_token(&self, id: &UploadTokenId, now: Timestamp) -> Result<Update, BuildError> {
        Update::builder()
            .table_name(&self.name)
            .key(PK, text(token_pk(id)))
            .update_expression("SET uses_left = uses_left - :one")
            .condition_expression(
                "attribute_exists(pk) AND attribute_not_exists(revoked_at) AND expires_at > :now AND uses_left > :zero",
            )
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":zero", number(0))
            .expression_attribute_values(":now", text(now.to_string()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
    }

    fn add_bytes(&self, upload: &Upload, limit: u64, now: Timestamp) -> Result<Update, BuildError> {
        let (today, tomorrow) = day(now);
        // The sum in the condition would overflow for more than the whole limit.
        let room = limit.checked_sub(upload.max_size_bytes);
        let condition = match room {
            Some(_) => "attribute_not_exists(asked_bytes) OR asked_bytes <= :room",
            None => "attribute_exists(pk) AND asked_bytes < :room",
        };
        Update::builder()
            .table_name(&self.name)
            .key(PK, text(bytes_pk(&upload.owner, &today)))
            .update_expression("ADD asked_bytes :bytes SET #ttl = :ttl")
            .condition_expression(condition)
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":bytes", number(upload.max_size_bytes))
            .expression_attribute_values(":room", number(room.unwrap_or(0)))
            .expression_attribute_values(":ttl", number((tomorrow + COUNTERS_KEPT_FOR).epoch_s()))
            .build()
    }
}

fn record(reason: &CancellationReason) -> Result<Upload, Unavailable> {
    let existing = reason.item.clone();
    from_item(
        existing
            .ok_or_else(|| Unavailable::new("reserve an upload", "DynamoDB returned no existing item"))?,
    )
}

/// The token's status, after it could not be counted down. A token that the table has deleted has expired.
fn token_status(item: Option<&Item>, now: Timestamp) -> Result<TokenStatus, Unavailable> {
    match item.filter(|item| !item.is_empty()) {
        Some(item) => Ok(from_item::<UploadToken>(item.clone())?.status(now)),
        None => Ok(TokenStatus::Expired),
    }
}
