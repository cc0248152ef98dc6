//! Upload tokens in the table, and uploads that are counted: one transaction each.
//!
//! ```text
//!  put UPLOAD#…            unless it exists                      for each upload
//!  update TOKEN#…          uses_left - uploads, if it is open    where a token is used
//!  update PENDING#owner    + the uploads, if there is room       where pending uploads are limited
//!  update BYTES#owner#day  + their bytes, if there is room       where bytes a day are limited
//! ```
//!
//! DynamoDB takes [100 items and 4 MB](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html)
//! in a transaction. A record has less than 8 KiB.
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
use postern::ports::{Created, Found, MAX_BATCH, Quota, QuotaStore, ReserveOutcome, Unavailable};
use postern::upload::Upload;
use postern::upload::quota::day;
use postern::upload::token::{TokenStatus, UploadToken, UploadTokenId};
use postern::value::id::Owner;
use s3_presigned::Timestamp;

const OPERATION: &str = "reserve uploads";

/// How often places are freed among an owner's pending uploads, which other requests may take.
const ROUNDS: u32 = 5;

/// The most items of one transaction, and the counters among them.
const MOST_ITEMS: usize = 100;
const COUNTERS: usize = 3;

const _: () = assert!(MAX_BATCH + COUNTERS <= MOST_ITEMS, "a batch is one transaction");

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

    async fn reserve(&self, uploads: &[Upload], count: &Quota) -> Result<ReserveOutcome, Unavailable> {
        let Some(owner) = uploads.first().map(|upload| &upload.owner) else { return Ok(ReserveOutcome::New) };
        let (counted, items): (Vec<_>, Vec<_>) = self.transaction(owner, uploads, count)?.into_iter().unzip();
        let transaction = self.client.transact_write_items().set_transact_items(Some(items));
        for _ in 0..ROUNDS {
            let Err(error) = self.send(|| transaction.clone().send()).await else {
                return Ok(ReserveOutcome::New);
            };
            let reasons = error.as_service_error().map_or(&[][..], reasons);
            let failed = counted.iter().zip(reasons).filter(|(_, reason)| condition_failed(reason));
            let failed: Vec<_> = failed.collect();
            match failed.first() {
                None => return Err(Unavailable::new(OPERATION, error)),
                Some((Counter::Record, _)) => {
                    let records = failed.iter().filter(|(counter, _)| matches!(counter, Counter::Record));
                    let existing = records.map(|(_, reason)| record(reason)).collect::<Result<_, _>>()?;
                    return Ok(ReserveOutcome::Exists(existing));
                }
                Some((Counter::Token, reason)) => return ended_token(reason.item(), count.now),
                Some((Counter::Bytes(limit), reason)) => {
                    let left = limit.saturating_sub(asked_bytes(reason.item()));
                    return Ok(ReserveOutcome::TooManyBytes { left, until: day(count.now).1 });
                }
                Some((Counter::Pending(limit), reason)) => {
                    let existing = entries(reason.item());
                    let full = self.make_room(owner, &existing, uploads.len(), *limit, count.now).await?;
                    if let Some((left, until)) = full {
                        return Ok(ReserveOutcome::TooManyPending { left, until });
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
    Bytes(u64),
}

impl Table {
    fn transaction(
        &self,
        owner: &Owner,
        uploads: &[Upload],
        count: &Quota,
    ) -> Result<Vec<(Counter, TransactWriteItem)>, Unavailable> {
        let built = |error: BuildError| Unavailable::new(OPERATION, error);
        let mut items = Vec::new();
        for upload in uploads {
            let put = Put::builder()
                .table_name(&self.name)
                .set_item(Some(unfinished(to_item(upload_pk(upload.upload_id), upload)?, upload)))
                .condition_expression("attribute_not_exists(pk)")
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                .build()
                .map_err(built)?;
            items.push((Counter::Record, TransactWriteItem::builder().put(put).build()));
        }
        let (token, limits) = (count.token.as_ref(), count.limits);
        let updates: [Option<(Counter, Result<Update, BuildError>)>; COUNTERS] = [
            token.map(|id| (Counter::Token, self.use_token(id, uploads.len(), count.now))),
            limits
                .pending_uploads
                .map(|limit| (Counter::Pending(limit), self.add_pending(owner, uploads, limit))),
            limits
                .bytes_per_day
                .map(|limit| (Counter::Bytes(limit), self.add_bytes(owner, uploads, limit, count.now))),
        ];
        for (counted, update) in updates.into_iter().flatten() {
            let update = update.map_err(built)?;
            items.push((counted, TransactWriteItem::builder().update(update).build()));
        }
        Ok(items)
    }

    fn use_token(&self, id: &UploadTokenId, uses: usize, now: Timestamp) -> Result<Update, BuildError> {
        Update::builder()
            .table_name(&self.name)
            .key(PK, text(token_pk(id)))
            .update_expression("SET uses_left = uses_left - :uses")
            .condition_expression(
                "attribute_exists(pk) AND attribute_not_exists(revoked_at) AND expires_at > :now AND uses_left >= :uses",
            )
            .expression_attribute_values(":uses", number(uses as u64))
            .expression_attribute_values(":now", text(now.to_string()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
    }

    fn add_bytes(
        &self,
        owner: &Owner,
        uploads: &[Upload],
        limit: u64,
        now: Timestamp,
    ) -> Result<Update, BuildError> {
        let (today, tomorrow) = day(now);
        let asked: u64 = uploads.iter().map(|upload| upload.max_size_bytes).sum();
        // The sum in the condition would overflow for more than the whole limit.
        let room = limit.checked_sub(asked);
        let condition = match room {
            Some(_) => "attribute_not_exists(asked_bytes) OR asked_bytes <= :room",
            None => "attribute_exists(pk) AND asked_bytes < :room",
        };
        Update::builder()
            .table_name(&self.name)
            .key(PK, text(bytes_pk(owner, &today)))
            .update_expression("ADD asked_bytes :bytes SET #ttl = :ttl")
            .condition_expression(condition)
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":bytes", number(asked))
            .expression_attribute_values(":room", number(room.unwrap_or(0)))
            .expression_attribute_values(":ttl", number((tomorrow + COUNTERS_KEPT_FOR).epoch_s()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
    }
}

fn record(reason: &CancellationReason) -> Result<Upload, Unavailable> {
    let existing = reason.item.clone();
    from_item(existing.ok_or_else(|| Unavailable::new(OPERATION, "DynamoDB returned no existing item"))?)
}

/// Why the token could not be counted down. A token that the table has deleted has expired.
fn ended_token(item: Option<&Item>, now: Timestamp) -> Result<ReserveOutcome, Unavailable> {
    let Some(item) = item.filter(|item| !item.is_empty()) else {
        return Ok(ReserveOutcome::TokenEnded(TokenStatus::Expired));
    };
    let token: UploadToken = from_item(item.clone())?;
    Ok(match token.status(now) {
        TokenStatus::Open => ReserveOutcome::TooFewUses(token.uses_left),
        ended => ReserveOutcome::TokenEnded(ended),
    })
}

/// The bytes that the owner has reserved on this day.
fn asked_bytes(item: Option<&Item>) -> u64 {
    let bytes = item.and_then(|item| item.get("asked_bytes")).and_then(|bytes| bytes.as_n().ok());
    bytes.and_then(|bytes| bytes.parse().ok()).unwrap_or(0)
}
