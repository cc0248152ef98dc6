//! Lists by an index of the table, newest first.
//!
//! `serve-link` may write any attribute of a link's item, and so put it into any index. Therefore the kind of
//! an item is what its key says, and an item of another kind is left out.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::DeserializeOwned;

use super::Table;
use super::item::{Item, ItemKind, PK, attribute, from_item, id_of, text};
use postern::paging::{Page, PageStart};
use postern::ports::Unavailable;

/// An index whose range key is a time.
pub(super) struct Index {
    pub name: &'static str,
    pub hash: &'static str,
    pub range: &'static str,
    pub kind: ItemKind,
}

/// The most pages that one call reads to find an item at which the next call can go on.
const ROUNDS: usize = 20;

impl Table {
    /// A page of an index, newest first. An item that cannot be read is left out and logged.
    pub(super) async fn page<T: DeserializeOwned>(
        &self,
        index: &Index,
        hash: AttributeValue,
        start: Option<&PageStart>,
        limit: u8,
    ) -> Result<Page<T>, Unavailable> {
        let query = self.newest_first(index, hash, start).limit(i32::from(limit));
        let (items, next) = self.items_with_place(index, query, "list items").await?;
        Ok(Page { items: items.into_iter().filter_map(|item| readable(index, item)).collect(), next })
    }

    /// The items of one page, and the place at which the next begins. If the last
    /// item of the page is of another kind, the next page is read too: no cursor can name such an item.
    pub(super) async fn items_with_place(
        &self,
        index: &Index,
        query: QueryFluentBuilder,
        operation: &'static str,
    ) -> Result<(Vec<Item>, Option<PageStart>), Unavailable> {
        let (mut items, mut query) = (Vec::new(), query);
        for _ in 0..ROUNDS {
            let page = query.clone().send().await.map_err(|error| Unavailable::new(operation, error))?;
            items.extend(page.items.unwrap_or_default());
            let Some(key) = page.last_evaluated_key else { return Ok((items, None)) };
            if let Some(next) = place(index, &key) {
                return Ok((items, Some(next)));
            }
            query = query.set_exclusive_start_key(Some(key));
        }
        Err(Unavailable::new(operation, "the index has too many items of another kind"))
    }

    /// A query for the items of an index under `hash`, after `start`.
    pub(super) fn newest_first(
        &self,
        index: &Index,
        hash: AttributeValue,
        start: Option<&PageStart>,
    ) -> QueryFluentBuilder {
        let begin = start.map(|start| {
            Item::from([
                (PK.to_owned(), text(index.kind.pk(&start.id))),
                (index.hash.to_owned(), hash.clone()),
                (index.range.to_owned(), text(start.at.to_string())),
            ])
        });
        self.client
            .query()
            .table_name(&self.name)
            .index_name(index.name)
            .key_condition_expression("#hash = :hash AND #range BETWEEN :first AND :last")
            .expression_attribute_names("#hash", index.hash)
            .expression_attribute_names("#range", index.range)
            .expression_attribute_values(":hash", hash)
            // Only another program writes a range that is not a time. It sorts before or after all times.
            .expression_attribute_values(":first", text("0"))
            .expression_attribute_values(":last", text(":"))
            .scan_index_forward(false)
            .set_exclusive_start_key(begin)
    }
}

/// The record that an item is, if its key is of the index's kind.
fn readable<T: DeserializeOwned>(index: &Index, item: Item) -> Option<T> {
    let pk = attribute(&item, PK).unwrap_or_default().to_owned();
    let read = index.kind.id_in(&pk).and_then(|_| from_item(item).ok());
    if read.is_none() {
        tracing::warn!(index = index.name, pk, "skipped an unreadable item in an index");
    }
    read
}

fn place(index: &Index, key: &Item) -> Option<PageStart> {
    let at = attribute(key, index.range)?.parse().ok()?;
    let id = id_of(key, index.kind)?.to_owned();
    Some(PageStart { at, id })
}
