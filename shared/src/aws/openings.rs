//! Counting openings and attempts in the table: each is granted by exactly one conditional write.
//!
//! DynamoDB cannot write "one more, or one if another window has begun" in one expression. So the
//! write says in which window it counts, and where the record stands in an older one, a second
//! write begins the new window on condition that the old one still stands. Windows only move
//! forward: whoever comes late counts in the one that has begun since.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};

use super::Table;
use super::item::{ConditionError, Conditional, Item, PK, from_item, link_pk, text, value};
use crate::link::{ATTEMPT_WINDOW_S, Admission, HOUR_S, Link, MAX_ATTEMPTS, Network, Opening, Window};
use crate::ports::{Counted, Unavailable};
use crate::time::Timestamp;
use crate::token::LinkId;

/// Writes that lose against a window's beginning or a change of terms.
const TRIES: u32 = 6;

const ALIVE: &str = "attribute_exists(pk) AND attribute_not_exists(revoked) \
    AND (attribute_not_exists(expires_at) OR expires_at > :now) \
    AND (attribute_not_exists(terms.max_opens) OR opens < terms.max_opens)";

/// The window that the record shows, where it is not the one in which is counted.
type Older = Option<Window>;

impl Table {
    pub(super) async fn count(
        &self,
        id: &LinkId,
        operation: &'static str,
        write: impl Fn(UpdateItemFluentBuilder, Older) -> Result<UpdateItemFluentBuilder, Unavailable>,
        rule: impl Fn(&Link) -> Option<(Window, Link)>,
    ) -> Result<Counted, Unavailable> {
        let mut older = None;
        for _ in 0..TRIES {
            let update = self
                .client
                .update_item()
                .table_name(&self.name)
                .key(PK, text(link_pk(id)))
                .return_values(ReturnValue::AllNew)
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
            let update = write(update, older)?;
            let error = match self.send(|| update.clone().send()).await {
                Ok(output) => return Ok(Counted::Granted(link(output.attributes.unwrap_or_default())?)),
                Err(error) => error,
            };
            let standing = match error.as_service_error().and_then(ConditionError::refusal) {
                Some(Conditional::Refused(Some(item))) => link(item)?,
                Some(_) => return Ok(Counted::Refused(None)),
                None => return Err(Unavailable::new(operation, error)),
            };
            // The rule decides whether it was the window that stood in the way.
            older = match rule(&standing) {
                None => return Ok(Counted::Refused(Some(standing))),
                Some((before, _)) => Some(before),
            };
        }
        Err(Unavailable::new(operation, "the record changed again and again"))
    }

    pub(super) async fn count_link_opening(
        &self,
        id: &LinkId,
        opening: &Opening,
    ) -> Result<Counted, Unavailable> {
        let hour = opening.now.epoch_s() / HOUR_S;
        let write = |update: UpdateItemFluentBuilder, older: Older| {
            let older = older.filter(|window| window.nth < hour);
            let (set, unless) = match older {
                None => (
                    "hour_window.used = hour_window.used + :one",
                    "(attribute_not_exists(terms.max_opens_per_hour) OR (hour_window.nth >= :hour \
                        AND hour_window.used < terms.max_opens_per_hour))",
                ),
                Some(_) => (
                    "hour_window = :fresh",
                    "attribute_exists(terms.max_opens_per_hour) AND hour_window.nth = :older",
                ),
            };
            let (admitted, back) = admission(&opening.admission);
            let update = update
                .update_expression(format!("SET opens = opens + :one, {set}{back}"))
                .condition_expression(format!(
                    "{ALIVE} AND {admitted} AND {} AND {unless}",
                    found_in(opening.network)
                ))
                .expression_attribute_values(":one", number(1))
                .expression_attribute_values(":now", text(opening.now.to_string()));
            let update = match &opening.admission {
                Admission::Password(hash) => {
                    update.expression_attribute_values(":password_hash", text(hash.as_str()))
                }
                Admission::Visit | Admission::Confirmed => update,
            };
            in_window(with_network(update, opening.network), older, ":hour", hour)
        };
        let rule = |link: &Link| link.opened(opening).map(|after| (link.hour_window, after));
        self.count(id, "count an opening", write, rule).await
    }

    pub(super) async fn count_link_attempt(
        &self,
        id: &LinkId,
        now: Timestamp,
        network: Option<Network>,
    ) -> Result<Counted, Unavailable> {
        let quarter = now.epoch_s() / ATTEMPT_WINDOW_S;
        let write = |update: UpdateItemFluentBuilder, older: Older| {
            let older = older.filter(|window| window.nth < quarter);
            let (set, unless) = match older {
                None => (
                    "attempt_window.used = attempt_window.used + :one",
                    "attempt_window.nth >= :quarter AND attempt_window.used < :most",
                ),
                Some(_) => ("attempt_window = :fresh", "attempt_window.nth = :older"),
            };
            let update = update
                .update_expression(format!("SET {set}"))
                .condition_expression(format!(
                    "{ALIVE} AND attribute_exists(terms.password_hash) AND {} AND {unless}",
                    found_in(network)
                ))
                .expression_attribute_values(":now", text(now.to_string()));
            let update = match older {
                None => update
                    .expression_attribute_values(":one", number(1))
                    .expression_attribute_values(":most", number(MAX_ATTEMPTS)),
                Some(_) => update,
            };
            in_window(with_network(update, network), older, ":quarter", quarter)
        };
        let rule = |link: &Link| link.attempted(now, network).map(|after| (link.attempt_window, after));
        self.count(id, "count an attempt", write, rule).await
    }
}

/// The values that one of the two writes names: the window in which it counts, or the older one
/// and the new one that begins.
fn in_window(
    update: UpdateItemFluentBuilder,
    older: Older,
    name: &str,
    nth: u64,
) -> Result<UpdateItemFluentBuilder, Unavailable> {
    Ok(match older {
        None => update.expression_attribute_values(name, number(nth)),
        Some(older) => update
            .expression_attribute_values(":older", number(older.nth))
            .expression_attribute_values(":fresh", value(&Window { nth, used: 1 })?),
    })
}

/// What the record must say of the network in which a visitor was found.
fn found_in(network: Option<Network>) -> &'static str {
    match network {
        None => "attribute_not_exists(terms.allowed_network)",
        Some(_) => "terms.allowed_network = :network",
    }
}

fn with_network(update: UpdateItemFluentBuilder, network: Option<Network>) -> UpdateItemFluentBuilder {
    match network {
        None => update,
        Some(network) => update.expression_attribute_values(":network", text(network.to_string())),
    }
}

/// What the record must say of an admission, and what else is written.
fn admission(admission: &Admission) -> (&'static str, &'static str) {
    match admission {
        Admission::Visit => {
            ("attribute_not_exists(terms.password_hash) AND attribute_not_exists(terms.confirmed_only)", "")
        }
        Admission::Confirmed => ("attribute_not_exists(terms.password_hash)", ""),
        Admission::Password(_) => {
            ("terms.password_hash = :password_hash", ", attempt_window.used = attempt_window.used - :one")
        }
    }
}

fn link(item: Item) -> Result<Box<Link>, Unavailable> {
    Ok(Box::new(from_item(item)?))
}

fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
