//! The handle of the table.

use std::time::Duration;

use aws_config::SdkConfig;

use super::quick_read::QuickRead;
use crate::time_limits;

/// The table. One handle serves uploads and links.
#[derive(Debug, Clone)]
pub struct Table {
    pub(super) client: aws_sdk_dynamodb::Client,
    pub(super) quick: Option<QuickRead>,
    pub(super) name: String,
    /// How long a write is retried that conflicts with other transactions.
    pub(super) patience: Duration,
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
        Self { quick: QuickRead::new(sdk), ..self }
    }
}
