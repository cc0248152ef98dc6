//! Consistent reads of single items.

use super::Table;
use super::item::{PK, from_item, text};
use postern::ports::Unavailable;

impl Table {
    /// A consistent read of one item.
    pub(super) async fn get<T: serde::de::DeserializeOwned>(
        &self,
        pk: String,
        operation: &'static str,
    ) -> Result<Option<T>, Unavailable> {
        if let Some(quick) = &self.quick {
            match quick.get(&self.name, &pk).await {
                Ok(item) => {
                    let read = item.map(serde_dynamo::from_item).transpose();
                    return read.map_err(|error| Unavailable::new("read an item", error));
                }
                Err(error) => tracing::warn!(
                    cause = crate::lambda::causes(&*error),
                    "the quick read failed; the SDK reads the item again"
                ),
            }
        }
        let get = self.client.get_item().table_name(&self.name).key(PK, text(pk)).consistent_read(true);
        let output = get.send().await.map_err(|error| Unavailable::new(operation, error))?;
        output.item.map(from_item).transpose()
    }
}
