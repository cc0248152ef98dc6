//! Items of the table: their keys and their attributes.

use std::collections::HashMap;
use std::fmt::Display;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

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
pub(super) struct ItemKind(&'static str);

pub(super) const UPLOAD: ItemKind = ItemKind("UPLOAD#");
pub(super) const LINK: ItemKind = ItemKind("LINK#");
const TOKEN: ItemKind = ItemKind("TOKEN#");
const PENDING: ItemKind = ItemKind("PENDING#");
const BYTES: ItemKind = ItemKind("BYTES#");

impl ItemKind {
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

/// How long an owner's counters are kept after they stop counting.
pub(super) const COUNTERS_KEPT_FOR: Duration = Duration::from_hours(48);

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
pub(super) fn id_of(item: &Item, kind: ItemKind) -> Option<&str> {
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

/// Whether the item belongs to this owner.
pub(super) fn is_owned_by(item: &Item, owner: &Owner) -> bool {
    attribute(item, "owner") == Some(owner.as_str())
}
