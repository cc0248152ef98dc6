//! Items of the table: their keys, and the results of conditional writes.

use std::collections::HashMap;
use std::fmt::Display;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Table;
use super::conflicts::Conflict;
use postern::link::token::LinkId;
use postern::ports::Unavailable;
use postern::upload::quota::owner_hash;
use postern::upload::token::UploadTokenId;
use postern::value::id::{Owner, UploadId};

pub(super) type Item = HashMap<String, AttributeValue>;

/// The table's only key.
pub(super) const PK: &str = "pk";

/// A kind of item. The key of each item begins with its kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind(&'static str);

pub(super) const UPLOAD: Kind = Kind("UPLOAD#");
pub(super) const LINK: Kind = Kind("LINK#");
const TOKEN: Kind = Kind("TOKEN#");
const PENDING: Kind = Kind("PENDING#");
const BYTES: Kind = Kind("BYTES#");

impl Kind {
    pub(super) fn pk(self, id: impl Display) -> String {
        format!("{}{id}", self.0)
    }

    /// What follows the kind in a key; `None` if the key is of another kind.
    pub(super) fn id_in(self, pk: &str) -> Option<&str> {
        pk.strip_prefix(self.0)
    }
}

pub(super) fn upload_pk(id: UploadId) -> String {
    UPLOAD.pk(id)
}

pub(super) fn link_pk(id: &LinkId) -> String {
    LINK.pk(id)
}

pub(super) fn token_pk(id: &UploadTokenId) -> String {
    TOKEN.pk(id)
}

/// The pending uploads of an owner.
pub(super) fn pending_pk(owner: &Owner) -> String {
    PENDING.pk(owner_hash(owner))
}

/// The bytes that an owner reserved on a day.
pub(super) fn bytes_pk(owner: &Owner, day: &str) -> String {
    BYTES.pk(format_args!("{}#{day}", owner_hash(owner)))
}

/// The upload whose item has this key, as DynamoDB Streams writes it; `None` for an item of another kind.
pub fn upload_of_key(key: &serde_dynamo::Item) -> Option<UploadId> {
    match key.get(PK)? {
        serde_dynamo::AttributeValue::S(pk) => UPLOAD.id_in(pk)?.parse().ok(),
        _ => None,
    }
}

/// An attribute that is a string.
pub(super) fn attribute<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// What follows the kind in an item's key; `None` for an item of another kind.
pub(super) fn id_of(item: &Item, kind: Kind) -> Option<&str> {
    kind.id_in(attribute(item, PK)?)
}

pub(super) fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A value in the records' own serialization.
pub(super) fn value(value: &impl Serialize) -> Result<AttributeValue, Unavailable> {
    serde_dynamo::to_attribute_value(value).map_err(|error| Unavailable::new("write an attribute", error))
}

pub(super) fn to_item(pk: String, record: &impl Serialize) -> Result<Item, Unavailable> {
    let mut item: Item =
        serde_dynamo::to_item(record).map_err(|error| Unavailable::new("write an item", error))?;
    item.insert(PK.to_owned(), text(pk));
    Ok(item)
}

pub(super) fn from_item<T: DeserializeOwned>(item: Item) -> Result<T, Unavailable> {
    serde_dynamo::from_item(item).map_err(|error| Unavailable::new("read an item", error))
}

/// The result of a conditional write.
pub(super) enum Conditional {
    /// It was written. The item that the write asks for by `return_values`; `None` if it asks for none.
    Done(Option<Item>),
    /// The condition failed. The existing item, if there is one.
    Refused(Option<Item>),
}

/// Errors that contain the existing item of a failed condition.
pub(super) trait ConditionError: std::error::Error + Send + Sync + 'static {
    /// The existing item, if the error is a failed condition.
    fn refusal(&self) -> Option<Conditional>;
}

impl ConditionError for PutItemError {
    fn refusal(&self) -> Option<Conditional> {
        match self {
            Self::ConditionalCheckFailedException(failed) => Some(Conditional::Refused(failed.item.clone())),
            _ => None,
        }
    }
}

impl ConditionError for UpdateItemError {
    fn refusal(&self) -> Option<Conditional> {
        match self {
            Self::ConditionalCheckFailedException(failed) => Some(Conditional::Refused(failed.item.clone())),
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
        match error.as_service_error().and_then(W::Error::refusal) {
            Some(refusal) => Ok(refusal),
            None => Err(Unavailable::new(operation, error)),
        }
    }
}
