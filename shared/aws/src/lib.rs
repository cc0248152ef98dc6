//! Postern's adapters to AWS: each implements traits of [`postern::ports`] and translates the SDK's
//! errors into the few cases that the domain tells apart.

use aws_config::BehaviorVersion;

mod dynamodb;
mod https;
mod kms;
pub mod lambda;
#[cfg(test)]
mod lost_answer_tests;
mod roots;
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
pub use roots::root_bundle;
pub use s3::{Bucket, Parts, Versions};
pub use secrets::read_distribution;
pub use sts::RoleSigner;
pub use time_limits::TimeLimits;

/// The SDK's configuration for a function: credentials and region from its environment, one HTTP
/// client for all, and the timeouts and retries that its time limits allow. The first call reads the root certificates.
pub async fn sdk_config(limits: TimeLimits) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(https::client())
        .timeout_config(limits.timeouts())
        .retry_config(TimeLimits::retries())
        .load()
        .await
}
