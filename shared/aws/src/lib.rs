//! Postern's adapters to AWS: each implements traits of [`postern::ports`] and translates the SDK's
//! errors into the few cases that the domain tells apart.

mod connector;
#[cfg(test)]
mod connector_tests;
mod dynamodb;
mod environment;
mod https;
mod kms;
pub mod lambda;
#[cfg(test)]
mod logged;
#[cfg(test)]
mod lost_answer_tests;
mod pem;
mod roots;
mod s3;
#[cfg(test)]
mod scripted;
mod secrets;
mod sts;
mod time_limits;

pub use aws_config::SdkConfig;
pub use dynamodb::{Table, upload_of_key};
pub use environment::sdk_config;
pub use https::tls_config;
pub use kms::{derive_link_keys, derive_upload_token_keys};
pub use lambda::ColdStart;
pub use s3::{Bucket, Parts, Versions};
pub use secrets::read_distribution;
pub use sts::RoleSigner;
pub use time_limits::TimeLimits;
