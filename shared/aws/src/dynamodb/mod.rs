//! The table: one item for each upload, link, token and counter.

use std::time::Duration;

use aws_config::SdkConfig;

use crate::time_limits;

mod charges;
mod conflicts;
mod index;
mod item;
mod links;
mod openings;
mod pending;
mod quick_read;
mod quotas;
mod uploads;

pub use item::upload_of_key;

/// The table. One handle serves uploads and links.
#[derive(Debug, Clone)]
pub struct Table {
    client: aws_sdk_dynamodb::Client,
    quick: Option<quick_read::QuickRead>,
    name: String,
    /// How long a write is retried that conflicts with other transactions.
    patience: Duration,
}

impl Table {
    /// The table `name`.
    pub fn new(sdk: &SdkConfig, name: impl Into<String>) -> Self {
        let client = aws_sdk_dynamodb::Client::new(sdk);
        let patience = time_limits::operation_timeout(sdk);
        Self { client, quick: None, name: name.into(), patience }
    }

    /// The table, whose single items are read by the quick read where that is possible.
    #[must_use]
    pub fn with_quick_reads(self, sdk: &SdkConfig) -> Self {
        Self { quick: quick_read::QuickRead::new(sdk), ..self }
    }
}
