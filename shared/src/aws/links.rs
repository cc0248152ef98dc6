//! Links in the table.

use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    CancellationReason, ConditionCheck, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};

use super::Table;
use super::item::{Conditional, PK, conditional, from_item, link_pk, text, to_item, upload_pk, value};
use super::uploads::{Index, is_owned_by};
use crate::app_event::AppEvent;
use crate::id::{Owner, UploadId};
use crate::link::{Link, Revoked, revocation_id};
use crate::ports::{Found, LinkReader, LinkStore, Linked, Page, PageStart, Unavailable};
use crate::token::LinkId;
use crate::upload::UploadState;

/// How often a transaction is tried that met another one.
const ATTEMPTS: u32 = 5;

impl LinkReader for Table {
    async fn link(&self, id: &LinkId) -> Result<Option<Link>, Unavailable> {
        self.get(link_pk(id), "read a link").await
    }
}

impl LinkStore for Table {
    async fn create_link(&self, link: &Link) -> Result<Linked, Unavailable> {
        let failed =
            |error: Box<dyn std::error::Error + Send + Sync>| Unavailable::new("create a link", error);
        let (check, put) = self.link_transaction(link)?;
        for attempt in 1.. {
            let transaction = self
                .client
                .transact_write_items()
                .transact_items(TransactWriteItem::builder().condition_check(check.clone()).build())
                .transact_items(TransactWriteItem::builder().put(put.clone()).build());
            let Err(error) = transaction.send().await else { return Ok(Linked::New) };
            match cancellation(&error) {
                [_, put] if is(put, "ConditionalCheckFailed") => {
                    let standing =
                        put.item.clone().ok_or_else(|| failed("it exists and was not shown".into()))?;
                    return Ok(Linked::Exists(Box::new(from_item(standing)?)));
                }
                [check, _] if is(check, "ConditionalCheckFailed") => return Ok(Linked::NotAvailable),
                [check, put] if is(check, "TransactionConflict") || is(put, "TransactionConflict") => {
                    if attempt >= ATTEMPTS {
                        return Err(failed(error.into()));
                    }
                    let jitter = fastrand::u64(5..25) << attempt;
                    tokio::time::sleep(Duration::from_millis(jitter)).await;
                }
                _ => return Err(failed(error.into())),
            }
        }
        Ok(Linked::NotAvailable)
    }

    async fn links_to(
        &self,
        upload: UploadId,
        start: Option<&PageStart>,
        limit: u8,
    ) -> Result<Page<Link>, Unavailable> {
        self.links_page(upload, start, limit).await
    }

    async fn revoke(&self, id: &LinkId, owner: &Owner, revoked: Revoked) -> Result<Found, Unavailable> {
        let update = self
            .update_link(id, revoked)?
            .condition_expression("#owner = :owner AND attribute_not_exists(revoked)")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":owner", text(owner.as_str()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match conditional("revoke a link", update.send().await)? {
            Conditional::Done => Ok(Found::Yes),
            Conditional::Refused(Some(standing)) if is_owned_by(&standing, owner) => Ok(Found::Yes),
            Conditional::Refused(_) => Ok(Found::No),
        }
    }
}

impl Table {
    pub(super) async fn links_page(
        &self,
        upload: UploadId,
        start: Option<&PageStart>,
        limit: u8,
    ) -> Result<Page<Link>, Unavailable> {
        let index =
            Index { name: "links_by_upload", hash: "upload_id", range: "linked_at", pk_prefix: "LINK#" };
        self.page(&index, text(upload.to_string()), start, limit).await
    }

    /// A write that ends a link.
    pub(super) fn update_link(
        &self,
        id: &LinkId,
        revoked: Revoked,
    ) -> Result<UpdateItemFluentBuilder, Unavailable> {
        Ok(self
            .client
            .update_item()
            .table_name(&self.name)
            .key(PK, text(link_pk(id)))
            .update_expression("SET revoked = :revoked, transition_id = :transition, #event = :event")
            .expression_attribute_names("#event", "event")
            .expression_attribute_values(":event", value(&AppEvent::LinkRevoked)?)
            .expression_attribute_values(":revoked", value(&revoked)?)
            .expression_attribute_values(":transition", value(&revocation_id(id))?))
    }

    /// The upload is available with that very version, and the link is new.
    fn link_transaction(&self, link: &Link) -> Result<(ConditionCheck, Put), Unavailable> {
        let check = ConditionCheck::builder()
            .table_name(&self.name)
            .key(PK, text(upload_pk(link.upload_id)))
            .condition_expression("#state = :available AND recorded.version_id = :version")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":available", text(UploadState::Available.as_str()))
            .expression_attribute_values(":version", text(link.version_id.as_str()))
            .build();
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(to_item(link_pk(&link.link_id), link)?))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build();
        let built = |error| Unavailable::new("create a link", error);
        Ok((check.map_err(built)?, put.map_err(built)?))
    }
}

pub(super) fn cancellation<R>(error: &SdkError<TransactWriteItemsError, R>) -> &[CancellationReason] {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(canceled)) => {
            canceled.cancellation_reasons()
        }
        _ => &[],
    }
}

pub(super) fn is(reason: &CancellationReason, code: &str) -> bool {
    reason.code() == Some(code)
}
