//! Postern's adapters to AWS: each implements traits of [`postern::ports`] and translates the SDK's
//! errors into the few cases that the domain tells apart.

use aws_config::BehaviorVersion;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

mod dynamodb;
mod kms;
pub mod lambda;
#[cfg(test)]
mod lost_answer_tests;
mod s3;
#[cfg(test)]
mod scripted;
mod secrets;
mod sts;
mod time_limits;

pub use aws_config::SdkConfig;
pub use dynamodb::{Table, upload_of_key};
pub use kms::{derive_link_keys, derive_upload_token_keys};
pub use lambda::ColdStart;
pub use s3::{Bucket, Parts, Versions};
pub use secrets::read_distribution;
pub use sts::RoleSigner;
pub use time_limits::TimeLimits;

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
