//! Links in the table.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, ConditionCheck, Put, ReturnValue,
    ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};

use super::Table;
use super::conditional::Conditional;
use super::conflicts::{condition_failed, reasons};
use super::index::Index;
use super::item::{Item, LINK, PK, from_item, id_of, is_owned_by, link_pk, text, to_item, upload_pk, value};
use postern::link::token::LinkId;
use postern::link::{Attempt, Link, Nonce, Opening, Outcome, Revoked, revocation, revocation_id};
use postern::paging::{Page, PageStart};
use postern::ports::{
    Counted, Found, LinkIndex, LinkReader, LinkStore, Linked, LinksOf, OpeningStore, Replaced, Revocation,
    Unavailable,
};
use postern::upload::UploadState;
use postern::value::app_event::{Announcement, AppEvent};
use postern::value::id::{Owner, UploadId};

/// What a revocation writes.
const REVOKES: &str =
    "SET revoked = :revoked, transition_id = :transition, announces = :announces, #event = :event";

/// The condition that a link is not revoked, is the owner's, and is as it was read.
pub(super) const UNCHANGED: &str =
    "#owner = :owner AND attribute_not_exists(revoked) AND transition_id = :before";

static LINKS_BY_UPLOAD: Index =
    Index { name: "links_by_upload", hash: "upload_id", range: "linked_at", kind: LINK };

static LINKS_BY_OWNER: Index =
    Index { name: "links_by_owner", hash: "owner", range: "linked_at", kind: LINK };

fn index_of(of: LinksOf<'_>) -> (&'static Index, AttributeValue) {
    match of {
        LinksOf::Upload(id) => (&LINKS_BY_UPLOAD, text(id.to_string())),
        LinksOf::Owner(owner) => (&LINKS_BY_OWNER, text(owner.as_str())),
    }
}

/// The most links that one call reads to find those that are not revoked: about half a megabyte.
const LIVE_PAGE: i32 = 500;

impl LinkReader for Table {
    async fn link(&self, id: &LinkId) -> Result<Option<Link>, Unavailable> {
        self.get(link_pk(id), "read a link").await
    }
}

impl OpeningStore for Table {
    async fn count_opening(&self, id: &LinkId, opening: &Opening) -> Result<Counted, Unavailable> {
        self.count_link_opening(id, opening).await
    }

    async fn count_attempt(&self, id: &LinkId, attempt: &Attempt) -> Result<Counted, Unavailable> {
        self.count_link_attempt(id, attempt).await
    }

    async fn settle_attempt(&self, id: &LinkId, nonce: &Nonce, outcome: Outcome) -> Result<(), Unavailable> {
        self.settle_link_attempt(id, nonce, outcome).await
    }

    async fn announce(&self, id: &LinkId, news: Announcement) -> Result<(), Unavailable> {
        self.announce_of_link(id, news).await
    }
}

impl LinkIndex for Table {
    /// DynamoDB limits the links that it reads, not those that it returns. So revoked links make a page
    /// shorter, and never slower.
    async fn live_links(
        &self,
        of: LinksOf<'_>,
        start: Option<&PageStart>,
    ) -> Result<Page<LinkId>, Unavailable> {
        let (index, hash) = index_of(of);
        let query = self
            .newest_first(index, hash, start)
            .limit(LIVE_PAGE)
            .filter_expression("attribute_not_exists(revoked)")
            .projection_expression(PK);
        let (items, next) = self.items_with_place(index, query, "list links that are not revoked").await?;
        // An item without a link's id opens nothing.
        let id = |item: &Item| id_of(item, LINK)?.parse().ok();
        Ok(Page { items: items.iter().filter_map(id).collect(), next })
    }
}

impl LinkStore for Table {
    async fn create_link(&self, link: &Link) -> Result<Linked, Unavailable> {
        let (check, put) = self.link_transaction(link)?;
        let items = [
            TransactWriteItem::builder().condition_check(check).build(),
            TransactWriteItem::builder().put(put).build(),
        ];
        let reasons = self.transact("create a link", &items).await?;
        match reasons.as_slice() {
            [] => Ok(Linked::New),
            [_, put] if condition_failed(put) => {
                let existing = put
                    .item
                    .clone()
                    .ok_or_else(|| Unavailable::new("create a link", "DynamoDB returned no existing item"))?;
                Ok(Linked::Exists(Box::new(from_item(existing)?)))
            }
            _ => Ok(Linked::NotAvailable),
        }
    }

    async fn links(
        &self,
        of: LinksOf<'_>,
        start: Option<&PageStart>,
        limit: u8,
    ) -> Result<Page<Link>, Unavailable> {
        let (index, hash) = index_of(of);
        self.page(index, hash, start, limit).await
    }

    async fn revoke(&self, id: &LinkId, owner: &Owner, revoked: Revoked) -> Result<Revocation, Unavailable> {
        let update = self
            .update_link(id, revoked)?
            .condition_expression("#owner = :owner AND attribute_not_exists(revoked)")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":owner", text(owner.as_str()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let shown = match self.conditional("revoke a link", update).await? {
            Conditional::Done(item) => item,
            Conditional::ConditionFailed(existing) => existing.filter(|item| is_owned_by(item, owner)),
        };
        shown.map_or(Ok(Revocation::NotFound), |item| Ok(Revocation::of(from_item(item)?)))
    }

    async fn revoke_of_upload(
        &self,
        id: &LinkId,
        owner: &Owner,
        upload: UploadId,
        revoked: Revoked,
    ) -> Result<(), Unavailable> {
        let update = self
            .update_link(id, revoked)?
            .condition_expression("#owner = :owner AND upload_id = :upload AND attribute_not_exists(revoked)")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":owner", text(owner.as_str()))
            .expression_attribute_values(":upload", text(upload.to_string()));
        self.conditional("revoke a link to an upload", update).await.map(|_| ())
    }

    async fn retarget_link(&self, before: &Link, after: &Link) -> Result<Replaced, Unavailable> {
        self.retarget(before, after).await
    }

    async fn change_link(&self, before: &Link, after: &Link) -> Result<Found, Unavailable> {
        let is_new_password = before.terms.password_hash != after.terms.password_hash;
        let attempts = if is_new_password { ", attempts = :attempts" } else { "" };
        let set = format!("SET terms = :terms, transition_id = :transition{attempts}");
        let update = self
            .update_of_link(&before.link_id)
            .condition_expression(UNCHANGED)
            .expression_attribute_names("#event", "event")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":owner", text(before.owner.as_str()))
            .expression_attribute_values(":before", value(&before.transition_id)?)
            .expression_attribute_values(":terms", value(&after.terms)?)
            .expression_attribute_values(":transition", value(&after.transition_id)?);
        let update = match is_new_password {
            true => update.expression_attribute_values(":attempts", value(&after.attempts)?),
            false => update,
        };
        let update = set_or_remove(update, set, after)?;
        match self.conditional("change a link", update).await? {
            Conditional::Done(_) => Ok(Found::Yes),
            Conditional::ConditionFailed(_) => Ok(Found::No),
        }
    }

    async fn replace_link(&self, old: &Link, new: &Link, revoked: Revoked) -> Result<Replaced, Unavailable> {
        let (check, put) = self.link_transaction(new)?;
        let end = Update::builder()
            .table_name(&self.name)
            .key(PK, text(link_pk(&old.link_id)))
            .update_expression(REVOKES)
            .condition_expression(UNCHANGED)
            .expression_attribute_names("#event", "event")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":owner", text(old.owner.as_str()))
            .expression_attribute_values(":before", value(&old.transition_id)?)
            .expression_attribute_values(":event", value(&AppEvent::LinkRevoked)?)
            .expression_attribute_values(":revoked", value(&revoked)?)
            .expression_attribute_values(":announces", value(&revocation(&old.link_id))?)
            .expression_attribute_values(":transition", value(&revocation_id(&old.link_id))?)
            .build()
            .map_err(|error| Unavailable::new("rotate a link", error))?;
        let items = [
            TransactWriteItem::builder().condition_check(check).build(),
            TransactWriteItem::builder().put(put).build(),
            TransactWriteItem::builder().update(end).build(),
        ];
        let reasons = self.transact("rotate a link", &items).await?;
        match reasons.as_slice() {
            [] => Ok(Replaced::Done),
            [_, put, end] if condition_failed(put) || condition_failed(end) => Ok(Replaced::Changed),
            _ => Ok(Replaced::NotAvailable),
        }
    }

    async fn carry_openings(&self, before: &Link, after: &Link) -> Result<Found, Unavailable> {
        let mut set = "SET opens = :opens, hour_window = :hour_window, carried_opens = :carried".to_owned();
        let times = [
            ("first_opened_at", ":first", after.first_opened_at.as_ref().map(value).transpose()?),
            ("last_opening", ":last", after.last_opening.as_ref().map(value).transpose()?),
        ];
        let (update, _) = set_found(self.update_of_link(&before.link_id), &mut set, times);
        let update = update
            .update_expression(set)
            .condition_expression(
                "opens = :before AND hour_window = :hour_before AND carried_opens = :carried_before",
            )
            .expression_attribute_values(":opens", value(&after.opens)?)
            .expression_attribute_values(":hour_window", value(&after.hour_window)?)
            .expression_attribute_values(":carried", value(&after.carried_opens)?)
            .expression_attribute_values(":before", value(&before.opens)?)
            .expression_attribute_values(":hour_before", value(&before.hour_window)?)
            .expression_attribute_values(":carried_before", value(&before.carried_opens)?);
        match self.conditional("carry openings", update).await? {
            Conditional::Done(_) => Ok(Found::Yes),
            Conditional::ConditionFailed(_) => Ok(Found::No),
        }
    }
}

impl Table {
    /// Sends a transaction. The reasons are empty if it was written; otherwise a condition failed.
    pub(super) async fn transact(
        &self,
        operation: &'static str,
        items: &[TransactWriteItem],
    ) -> Result<Vec<CancellationReason>, Unavailable> {
        let transaction = self.client.transact_write_items().set_transact_items(Some(items.to_vec()));
        let Err(error) = self.send(|| transaction.clone().send()).await else { return Ok(Vec::new()) };
        let reasons = error.as_service_error().map_or(&[][..], reasons);
        match reasons.iter().any(condition_failed) {
            true => Ok(reasons.to_vec()),
            false => Err(Unavailable::new(operation, error)),
        }
    }

    /// A write to a link's item.
    pub(super) fn update_of_link(&self, id: &LinkId) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.name).key(PK, text(link_pk(id)))
    }

    /// A write that revokes a link.
    pub(super) fn update_link(
        &self,
        id: &LinkId,
        revoked: Revoked,
    ) -> Result<UpdateItemFluentBuilder, Unavailable> {
        Ok(self
            .update_of_link(id)
            .update_expression(REVOKES)
            .expression_attribute_names("#event", "event")
            .expression_attribute_values(":event", value(&AppEvent::LinkRevoked)?)
            .expression_attribute_values(":revoked", value(&revoked)?)
            .expression_attribute_values(":announces", value(&revocation(id))?)
            .expression_attribute_values(":transition", value(&revocation_id(id))?))
    }

    /// The condition that the upload is available with this version, and that the link is new.
    fn link_transaction(&self, link: &Link) -> Result<(ConditionCheck, Put), Unavailable> {
        let check = self.is_available(link, "create a link")?;
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(to_item(link_pk(&link.link_id), link)?))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build();
        Ok((check, put.map_err(|error| Unavailable::new("create a link", error))?))
    }

    /// The condition that the link's upload is the owner's and is available with the link's version.
    pub(super) fn is_available(
        &self,
        link: &Link,
        operation: &'static str,
    ) -> Result<ConditionCheck, Unavailable> {
        ConditionCheck::builder()
            .table_name(&self.name)
            .key(PK, text(upload_pk(link.upload_id)))
            .condition_expression(
                "#owner = :owner AND #state = :available AND recorded.version_id = :version",
            )
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":owner", text(link.owner.as_str()))
            .expression_attribute_values(":available", text(UploadState::Available.as_str()))
            .expression_attribute_values(":version", text(link.version_id.as_str()))
            .build()
            .map_err(|error| Unavailable::new(operation, error))
    }
}

/// Sets what the change gives the link, and removes what it takes away: its announcement always.
fn set_or_remove(
    update: UpdateItemFluentBuilder,
    mut set: String,
    after: &Link,
) -> Result<UpdateItemFluentBuilder, Unavailable> {
    let attributes = [
        ("expires_at", ":end", after.expires_at.as_ref().map(value).transpose()?),
        ("earlier_urls_end_at", ":earlier", after.earlier_urls_end_at.as_ref().map(value).transpose()?),
        ("told_recipient", ":recipient", after.told_recipient.as_deref().map(text)),
    ];
    let (update, missing) = set_found(update, &mut set, attributes);
    let remove = [vec!["announces", "#event"], missing].concat().join(", ");
    Ok(update.update_expression(format!("{set} REMOVE {remove}")))
}

/// Sets the attributes that have a value, each by its name and placeholder. Returns the names of the others.
fn set_found<const N: usize>(
    mut update: UpdateItemFluentBuilder,
    set: &mut String,
    attributes: [(&'static str, &'static str, Option<AttributeValue>); N],
) -> (UpdateItemFluentBuilder, Vec<&'static str>) {
    let mut missing = Vec::new();
    for (name, placeholder, found) in attributes {
        match found {
            Some(found) => {
                set.extend([", ", name, " = ", placeholder]);
                update = update.expression_attribute_values(placeholder, found);
            }
            None => missing.push(name),
        }
    }
    (update, missing)
}
