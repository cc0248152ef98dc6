//! Conditional writes of one item, and their results.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;

use super::Table;
use super::conflicts::Conflict;
use super::item::{Item, from_item};
use postern::ports::{Unavailable, Written};
use postern::upload::Upload;

/// The result of a conditional write.
pub(super) enum Conditional {
    /// It was written. The item that the write asks for by `return_values`; `None` if it asks for none.
    Done(Option<Item>),
    /// The condition failed. The existing item, if there is one.
    ConditionFailed(Option<Item>),
}

/// The same for a write of an upload's item.
pub(super) fn written(result: Conditional) -> Result<Written, Unavailable> {
    match result {
        Conditional::Done(_) => Ok(Written::Applied),
        Conditional::ConditionFailed(existing) => {
            let existing = existing.map(from_item::<Upload>).transpose()?;
            Ok(Written::ConditionFailed(existing.map(Box::new)))
        }
    }
}

/// Errors that contain the existing item of a failed condition.
pub(super) trait ConditionError: std::error::Error + Send + Sync + 'static {
    /// The existing item, if the error is a failed condition.
    fn failed_condition(&self) -> Option<Conditional>;
}

impl ConditionError for PutItemError {
    fn failed_condition(&self) -> Option<Conditional> {
        match self {
            Self::ConditionalCheckFailedException(failed) => {
                Some(Conditional::ConditionFailed(failed.item.clone()))
            }
            _ => None,
        }
    }
}

impl ConditionError for UpdateItemError {
    fn failed_condition(&self) -> Option<Conditional> {
        match self {
            Self::ConditionalCheckFailedException(failed) => {
                Some(Conditional::ConditionFailed(failed.item.clone()))
            }
            _ => None,
        }
    }
}

/// A write of one item, ready to be sent.
pub(super) trait Write: Clone {
    type Error: ConditionError + Conflict;
    /// Sends the write, and returns the item that it asks for.
    fn write(self) -> impl Future<Output = Result<Option<Item>, SdkError<Self::Error>>> + Send;
}

impl Write for PutItemFluentBuilder {
    type Error = PutItemError;

    async fn write(self) -> Result<Option<Item>, SdkError<PutItemError>> {
        self.send().await.map(|output| output.attributes)
    }
}

impl Write for UpdateItemFluentBuilder {
    type Error = UpdateItemError;

    async fn write(self) -> Result<Option<Item>, SdkError<UpdateItemError>> {
        self.send().await.map(|output| output.attributes)
    }
}

impl Table {
    /// Sends a conditional write, and retries conflicts with transactions.
    pub(super) async fn conditional<W: Write>(
        &self,
        operation: &'static str,
        write: W,
    ) -> Result<Conditional, Unavailable> {
        let error = match self.send(|| write.clone().write()).await {
            Ok(item) => return Ok(Conditional::Done(item)),
            Err(error) => error,
        };
        match error.as_service_error().and_then(W::Error::failed_condition) {
            Some(failed) => Ok(failed),
            None => Err(Unavailable::new(operation, error)),
        }
    }
}
