//! The AWS clients of the program.
//!
//! Credentials come from the SDK's ordinary environment, and so does the endpoint (`AWS_ENDPOINT_URL`) unless the stack
//! names one. Sessions of IAM Identity Center are read from the environment only: run
//! `eval "$(aws configure export-credentials --format env)"` first.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use crate::stack::Stack;

/// How long one call may take with its retries.
const OPERATION: Duration = Duration::from_secs(20);

/// The configuration of the clients for a stack. The region is the stack's, or that of the environment.
#[expect(clippy::disallowed_methods, reason = "all clients of the program share this one")]
pub async fn sdk_config(stack: &Stack) -> SdkConfig {
    let https = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let mut config = aws_config::defaults(BehaviorVersion::latest())
        .http_client(https)
        .timeout_config(TimeoutConfig::builder().operation_timeout(OPERATION).build());
    if let Some(region) = stack.region.clone() {
        config = config.region(Region::new(region));
    }
    if let Some(endpoint) = &stack.endpoint {
        config = config.endpoint_url(endpoint);
    }
    config.load().await
}

/// An HTTP client for the API and for signed URLs. It follows no redirect, because what a link redirects to is looked
/// at.
///
/// # Errors
/// If the platform's certificates cannot be read.
pub fn http() -> reqwest::Result<reqwest::Client> {
    // Only the first call installs the provider. Later calls fail, which is harmless.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(OPERATION).build()
}
