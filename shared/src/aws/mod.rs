//! The adapters to AWS: each keeps one contract of [`crate::ports`], and translates the SDK's
//! errors into the few meanings that the core needs.

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

mod bucket;
mod charges;
mod cold_start;
mod conflicts;
mod distribution;
mod grants;
pub mod http_api;
mod item;
pub mod lambda;
mod links;
#[cfg(test)]
mod lost_answer_tests;
pub mod metrics;
mod openings;
mod parts;
mod pending;
mod quick_read;
mod role_signer;
#[cfg(test)]
mod scripted;
mod time_limits;
mod token_keys;
mod uploads;
mod versions;

pub use aws_config::SdkConfig;
pub use bucket::Bucket;
pub use cold_start::ColdStart;
pub use distribution::read_distribution;
pub use parts::Parts;
pub use role_signer::RoleSigner;
pub use time_limits::TimeLimits;
pub use token_keys::{derive_link_keys, derive_upload_token_keys};
pub use versions::Versions;

/// The table. One handle serves uploads and links.
#[derive(Debug, Clone)]
pub struct Table {
    client: aws_sdk_dynamodb::Client,
    quick: Option<quick_read::QuickRead>,
    name: String,
    /// How long a write may go on meeting other transactions.
    patience: Duration,
}

impl Table {
    /// The table `name`.
    pub fn new(sdk: &SdkConfig, name: impl Into<String>) -> Self {
        let client = aws_sdk_dynamodb::Client::new(sdk);
        let patience = time_limits::operation_timeout(sdk);
        Self { client, quick: quick_read::QuickRead::new(sdk), name: name.into(), patience }
    }
}

const TLS: Provider = Provider::Rustls(CryptoMode::Ring);

/// The SDK's configuration for a function: credentials and region from its environment, one HTTP
/// client for all, and the timeouts and retries that its time limits allow.
pub async fn sdk_config(limits: TimeLimits) -> SdkConfig {
    let https = aws_smithy_http_client::Builder::new().tls_provider(TLS).build_https();
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(https)
        .timeout_config(limits.timeouts())
        .retry_config(TimeLimits::retries())
        .load()
        .await
}
