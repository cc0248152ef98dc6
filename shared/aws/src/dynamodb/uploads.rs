//! Uploads in the table, as the API writes them.
//!
//! Each change is one write whose condition is the rule of [`Upload`], as a condition expression. If the condition
//! fails, DynamoDB returns the existing item
//! ([`ReturnValuesOnConditionCheckFailure`](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html)).

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;

use super::Table;
use super::conditional::{Conditional, written};
use super::index::Index;
use super::item::{Item, PK, UPLOAD, from_item, is_owned_by, text, to_item, upload_pk, value};
use postern::paging::{Page, PageStart};
use postern::ports::{Created, Found, Unavailable, UploadReader, UploadStore, Written};
use postern::upload::reservation::Charge;
use postern::upload::{Upload, UploadState, expiry, transition_id};
use postern::value::id::{Owner, UploadId};

/// Ends the work on an upload.
pub(super) const EXPIRED: &str =
    "SET #state = :state, transition_id = :transition REMOVE announces, unfinished, unfinished_since";

/// The same where the hourly run gives bytes back after the form has expired.
const EXPIRED_AND_DUE: &str = "SET #state = :state, transition_id = :transition REMOVE announces";

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

    async fn give_up(&self, upload: &Upload, charge: Option<&Charge>) -> Result<Written, Unavailable> {
        let Some(after) = upload.given_up() else {
            return Ok(Written::ConditionFailed(Some(Box::new(upload.clone()))));
        };
        let left = after.charged(charge).and_then(|after| after.unused_at(after.policy_expires_at));
        let expression = if left.is_some() { EXPIRED_AND_DUE } else { EXPIRED };
        written(self.write_expired("give an upload up", &after, expression, charge).await?)
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

/// The first digit of the id, so that no partition of the index of due work takes all writes.
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
    pub(super) fn update_of(&self, id: UploadId) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.name).key(PK, text(upload_pk(id)))
    }

    /// A write that moves an upload to `state`, because of `cause`.
    pub(super) fn update_upload(
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

    /// Writes `expired` by this expression, unless something has come of the upload since it was read.
    pub(super) async fn write_expired(
        &self,
        operation: &'static str,
        after: &Upload,
        expression: &str,
        charge: Option<&Charge>,
    ) -> Result<Conditional, Unavailable> {
        let update = self
            .update_upload(after.upload_id, after.state, "")?
            .update_expression(expression)
            .condition_expression("#state = :pending")
            .expression_attribute_values(":pending", text(UploadState::Pending.as_str()));
        self.charged(operation, update, charge).await
    }
}
