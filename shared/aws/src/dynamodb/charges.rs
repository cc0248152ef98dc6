//! Changes of a reservation, in one write with the change of the upload.
//!
//! ```text
//!  update UPLOAD#…           what happens, and what stays reserved, if it is still as it was read
//!  update BYTES#owner#day    + the difference                       where there is one
//! ```
//!
//! If the reservation does not change, as for a file whose size was declared, only the first update is
//! written.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};

use super::Table;
use super::conditional::Conditional;
use super::conflicts::{condition_failed, reasons};
use super::item::{COUNTERS_KEPT_FOR, PK, bytes_pk, number, text, value};
use postern::ports::Unavailable;
use postern::upload::quota::day;
use postern::upload::reservation::Charge;

impl Table {
    /// Sends a conditional write of an upload together with a change of what it has reserved.
    pub(super) async fn charged(
        &self,
        operation: &'static str,
        update: UpdateItemFluentBuilder,
        charge: Option<&Charge>,
    ) -> Result<Conditional, Unavailable> {
        let Some(charge) = charge else { return self.conditional(operation, update).await };
        let update = reserving(update, charge)?;
        let Some(change) = charge.change() else { return self.conditional(operation, update).await };
        let built = |error: BuildError| Unavailable::new(operation, error);
        let updates = [of_item(&update).map_err(built)?, self.add_bytes_of(charge, change).map_err(built)?];
        let items = updates.map(|update| TransactWriteItem::builder().update(update).build());
        let transaction = self.client.transact_write_items().set_transact_items(Some(items.to_vec()));
        let Err(error) = self.send(|| transaction.clone().send()).await else {
            return Ok(Conditional::Done(None));
        };
        let refused = error.as_service_error().map_or(&[][..], reasons).first();
        match refused.filter(|reason| condition_failed(reason)) {
            Some(reason) => {
                Ok(Conditional::ConditionFailed(reason.item.clone().filter(|item| !item.is_empty())))
            }
            None => Err(Unavailable::new(operation, error)),
        }
    }

    fn add_bytes_of(&self, charge: &Charge, change: i128) -> Result<Update, BuildError> {
        let (name, end) = day(charge.reserved_at);
        Update::builder()
            .table_name(&self.name)
            .key(PK, text(bytes_pk(&charge.owner, &name)))
            // The item's TTL is written too, because the table may have deleted the day's counter.
            .update_expression("ADD asked_bytes :change SET #ttl = :ttl")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":change", AttributeValue::N(change.to_string()))
            .expression_attribute_values(":ttl", number((end + COUNTERS_KEPT_FOR).epoch_s()))
            .build()
    }
}

/// The write with what stays reserved, on condition that it is as it was read.
fn reserving(
    update: UpdateItemFluentBuilder,
    charge: &Charge,
) -> Result<UpdateItemFluentBuilder, Unavailable> {
    let written = update.get_update_expression().clone().unwrap_or_default();
    let expression = match written.strip_prefix("SET ") {
        Some(rest) => format!("SET #reserved = :reserved, {rest}"),
        None => format!("SET #reserved = :reserved {written}"),
    };
    let condition = update.get_condition_expression().clone().unwrap_or_default();
    Ok(update
        .update_expression(expression)
        .condition_expression(format!("({condition}) AND #reserved = :as_read"))
        .expression_attribute_names("#reserved", "reserved")
        .expression_attribute_values(":reserved", value(&charge.after)?)
        .expression_attribute_values(":as_read", value(&charge.before)?))
}

/// The same write as an item of a transaction.
fn of_item(update: &UpdateItemFluentBuilder) -> Result<Update, BuildError> {
    Update::builder()
        .set_table_name(update.get_table_name().clone())
        .set_key(update.get_key().clone())
        .set_update_expression(update.get_update_expression().clone())
        .set_condition_expression(update.get_condition_expression().clone())
        .set_expression_attribute_names(update.get_expression_attribute_names().clone())
        .set_expression_attribute_values(update.get_expression_attribute_values().clone())
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .build()
}
