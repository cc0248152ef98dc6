//! Leads a link to another upload: one transaction that reads the upload's item and writes the link's.

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};

use super::Table;
use super::conflicts::condition_failed;
use super::item::{PK, link_pk, text, to_item, value};
use super::links::UNCHANGED;
use postern::link::Link;
use postern::ports::{Replaced, Unavailable};

const OPERATION: &str = "lead a link to another upload";

/// The attributes that [`Link::retargeted`] changes, and the end of the URLs of the old file.
const RETARGETED: [&str; 16] = [
    "upload_id",
    "version_id",
    "sniffed_type",
    "carried_by",
    "reads_as_text",
    "has_unknown_encoding",
    "size_bytes",
    "etag",
    "filename",
    "earlier_urls_end_at",
    "targets",
    "retargeted_at",
    "previous_upload_id",
    "transition_id",
    "announces",
    "event",
];

impl Table {
    pub(super) async fn retarget(&self, before: &Link, after: &Link) -> Result<Replaced, Unavailable> {
        let items = [
            TransactWriteItem::builder().condition_check(self.is_available(after, OPERATION)?).build(),
            TransactWriteItem::builder().update(self.retargeting(before, after)?).build(),
        ];
        match self.transact(OPERATION, &items).await?.as_slice() {
            [] => Ok(Replaced::Done),
            [_, update] if condition_failed(update) => Ok(Replaced::Changed),
            _ => Ok(Replaced::NotAvailable),
        }
    }

    /// The write that gives a link everything that it copies of another upload. What `serve-link` counts
    /// meanwhile stays.
    fn retargeting(&self, before: &Link, after: &Link) -> Result<Update, Unavailable> {
        let mut item = to_item(link_pk(&after.link_id), after)?;
        let mut update = Update::builder().table_name(&self.name).key(PK, text(link_pk(&before.link_id)));
        let (mut set, mut remove) = (Vec::new(), Vec::new());
        for attribute in RETARGETED {
            let name = format!("#{attribute}");
            match item.remove(attribute) {
                Some(value) => {
                    set.push(format!("{name} = :{attribute}"));
                    update = update.expression_attribute_values(format!(":{attribute}"), value);
                }
                None => remove.push(name.clone()),
            }
            update = update.expression_attribute_names(name, attribute);
        }
        let removed =
            if remove.is_empty() { String::new() } else { format!(" REMOVE {}", remove.join(", ")) };
        update
            .update_expression(format!("SET {}{removed}", set.join(", ")))
            .condition_expression(UNCHANGED)
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":owner", text(before.owner.as_str()))
            .expression_attribute_values(":before", value(&before.transition_id)?)
            .build()
            .map_err(|error| Unavailable::new(OPERATION, error))
    }
}
