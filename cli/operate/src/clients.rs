//! The AWS clients of the program.
//!
//! Credentials come from the SDK's ordinary environment, and so does the endpoint (`AWS_ENDPOINT_URL`) unless the stack
//! names one. Sessions of IAM Identity Center are read from the environment only: run
//! `eval "$(aws configure export-credentials --format env)"` first.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use crate::stack::Stack;

/// How long one call may take with its retries.
const OPERATION: Duration = Duration::from_secs(20);

/// The clients for one stack.
#[derive(Debug, Clone)]
pub struct Clients {
    /// What the clients were made from.
    pub config: SdkConfig,
    /// API Gateway.
    pub api_gateway: aws_sdk_apigatewayv2::Client,
    /// DynamoDB.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// IAM.
    pub iam: aws_sdk_iam::Client,
    /// KMS.
    pub kms: aws_sdk_kms::Client,
    /// Lambda.
    pub lambda: aws_sdk_lambda::Client,
    /// S3.
    pub s3: aws_sdk_s3::Client,
    /// EventBridge Scheduler.
    pub scheduler: aws_sdk_scheduler::Client,
    /// SQS.
    pub sqs: aws_sdk_sqs::Client,
    /// The API, links and signed URLs.
    pub http: reqwest::Client,
}

impl Clients {
    /// The clients for a stack, with the credentials of the environment.
    ///
    /// # Errors
    /// If the platform's certificates cannot be read.
    pub async fn new(stack: &Stack) -> Result<Self, reqwest::Error> {
        Self::from_config(sdk_config(stack).await)
    }

    /// The clients of a configuration, for a caller with credentials of its own.
    ///
    /// # Errors
    /// If the platform's certificates cannot be read.
    pub fn from_config(config: SdkConfig) -> Result<Self, reqwest::Error> {
        Ok(Self {
            api_gateway: aws_sdk_apigatewayv2::Client::new(&config),
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            iam: aws_sdk_iam::Client::new(&config),
            kms: aws_sdk_kms::Client::new(&config),
            lambda: aws_sdk_lambda::Client::new(&config),
            s3: aws_sdk_s3::Client::new(&config),
            scheduler: aws_sdk_scheduler::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            http: http()?,
            config,
        })
    }
}

/// The configuration of the clients for a stack. The region is the stack's, or that of the environment.
#[expect(clippy::disallowed_methods, reason = "all clients of the program share this one")]
pub async fn sdk_config(stack: &Stack) -> SdkConfig {
    let https = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let mut config = aws_config::defaults(BehaviorVersion::latest())
        .http_client(https)
        .retry_config(RetryConfig::standard())
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
