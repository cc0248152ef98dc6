//! The adapters to AWS: each keeps one contract of [`crate::ports`], and translates the SDK's
//! errors into the few meanings that the core needs.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

mod bucket;
mod distribution;
mod grants;
pub mod http_api;
mod item;
pub mod lambda;
mod links;
pub mod metrics;
mod openings;
mod parts;
mod quick_read;
mod role_signer;
mod token_keys;
mod uploads;
mod versions;

pub use bucket::Bucket;
pub use distribution::read_distribution;
pub use parts::Parts;
pub use role_signer::RoleSigner;
pub use token_keys::{derive_link_keys, derive_upload_token_keys};
pub use versions::Versions;

/// The table. One handle serves uploads and links.
#[derive(Debug, Clone)]
pub struct Table {
    client: aws_sdk_dynamodb::Client,
    quick: Option<quick_read::QuickRead>,
    name: String,
}

impl Table {
    /// The table `name`.
    pub fn new(sdk: &SdkConfig, name: impl Into<String>) -> Self {
        let client = aws_sdk_dynamodb::Client::new(sdk);
        Self { client, quick: quick_read::QuickRead::new(sdk), name: name.into() }
    }
}

/// How long a connection may take to stand.
const CONNECT: Duration = Duration::from_secs(1);

/// How long one attempt of a call may take: there is time for another within a request.
const ATTEMPT: Duration = Duration::from_secs(5);

/// How long the first attempt of a read may take, which DynamoDB answers within milliseconds: a
/// connection that died while the function slept is told by silence.
const QUICK_ATTEMPT: Duration = Duration::from_secs(2);

const TLS: Provider = Provider::Rustls(CryptoMode::Ring);

/// The SDK's configuration for a function: credentials and region from its environment, one HTTP
/// client for all, and timeouts that leave room for a retry within a request.
pub async fn sdk_config() -> SdkConfig {
    let https = aws_smithy_http_client::Builder::new().tls_provider(TLS).build_https();
    let timeouts =
        TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ATTEMPT).build();
    aws_config::defaults(BehaviorVersion::latest()).http_client(https).timeout_config(timeouts).load().await
}
