//! The AWS clients of the program.
//!
//! Credentials come from the SDK's ordinary environment, and so does the endpoint (`AWS_ENDPOINT_URL`) unless the stack
//! names one. Sessions of IAM Identity Center are read from the environment only: run
//! `eval "$(aws configure export-credentials --format env)"` first.

use std::error::Error;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::ProvideCredentials as _;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use crate::stack::Stack;

/// How long one call may take with its retries.
const OPERATION: Duration = Duration::from_secs(20);

/// Why there are no clients.
#[derive(Debug, thiserror::Error)]
pub enum ClientsError {
    /// The environment has no credentials.
    #[error("no AWS credentials: {}. {}", cause(.source.as_ref()), advice(*.is_local))]
    NoCredentials {
        /// Whether the stack is on a local AWS.
        is_local: bool,
        /// What the SDK says.
        source: Option<CredentialsError>,
    },
    /// The platform's certificates cannot be read.
    #[error("failed to make an HTTP client: {0}")]
    Http(#[from] reqwest::Error),
}

fn advice(is_local: bool) -> &'static str {
    match is_local {
        true => "For a local stack set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to `test`",
        false => {
            "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (with AWS_SESSION_TOKEN for a session), or AWS_PROFILE"
        }
    }
}

/// The text of the innermost cause, on one line and without the sources that are not set up.
fn cause(error: Option<&CredentialsError>) -> String {
    let Some(error) = error else { return "none are configured".to_owned() };
    let mut innermost: &dyn Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let text = innermost.to_string();
    let lines: Vec<_> =
        text.lines().map(str::trim).filter(|line| !line.contains("was not enabled")).collect();
    lines.join(" ").trim_end_matches("Attempted:").trim_end_matches([' ', '.']).to_owned()
}

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
    /// If the environment has no credentials, or the platform's certificates cannot be read.
    pub async fn new(stack: &Stack) -> Result<Self, ClientsError> {
        let config = sdk_config(stack).await;
        check_credentials(&config, stack.is_local()).await?;
        Ok(Self::from_config(config)?)
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

/// Looks once for credentials, so that a call does not fail for want of them.
///
/// # Errors
/// If there are none.
pub async fn check_credentials(config: &SdkConfig, is_local: bool) -> Result<(), ClientsError> {
    let Some(provider) = config.credentials_provider() else {
        return Err(ClientsError::NoCredentials { is_local, source: None });
    };
    let found = provider.provide_credentials().await;
    found.map(drop).map_err(|error| ClientsError::NoCredentials { is_local, source: Some(error) })
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

#[cfg(test)]
mod tests {
    use aws_credential_types::provider::{SharedCredentialsProvider, future};

    use super::*;

    const SAID: &str = "no profile is set. Attempted:\n  Environment: the provider was not enabled: not set";

    #[derive(Debug)]
    struct Nothing;

    impl aws_credential_types::provider::ProvideCredentials for Nothing {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::ready(Err(CredentialsError::not_loaded(SAID)))
        }
    }

    #[tokio::test]
    async fn without_credentials_one_line_says_what_to_set() {
        let nothing = SharedCredentialsProvider::new(Nothing);
        let empty = SdkConfig::builder().credentials_provider(nothing).build();
        for (config, cause) in
            [(empty, "no profile is set"), (SdkConfig::builder().build(), "none are configured")]
        {
            for (is_local, set) in [(false, "AWS_PROFILE"), (true, "to `test`")] {
                let error = check_credentials(&config, is_local).await.unwrap_err().to_string();
                assert!(error.contains(cause) && error.contains(set) && !error.contains('\n'), "{error}");
            }
        }
    }
}
