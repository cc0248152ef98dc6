//! Clients of AWS services, for one set of credentials and one endpoint.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_http_client::{Builder, tls};

/// Returns the configuration for AWS clients that use `credentials`.
///
/// Without an endpoint, the clients send their requests to AWS, over TLS.
#[expect(clippy::disallowed_methods, reason = "clients of tests, which live as long as their runtime")]
pub fn sdk_config(region: &str, endpoint: Option<&str>, credentials: Credentials) -> SdkConfig {
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(credentials));
    let https = || {
        let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
        Builder::new().tls_provider(provider).build_https()
    };
    match endpoint {
        Some(url) if url.starts_with("http://") => {
            config.endpoint_url(url).http_client(Builder::new().build_http()).build()
        }
        Some(url) => config.endpoint_url(url).http_client(https()).build(),
        None => config.http_client(https()).build(),
    }
}

/// Returns an HTTP client, which uses TLS for `https` URLs. The client follows no redirect, because tests
/// check the URL to which a link redirects.
pub fn http() -> reqwest::Client {
    // Only the first call installs the provider. Later calls fail, which is harmless.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap_or_default()
}

/// The clients of the services that provisioning needs.
#[derive(Debug, Clone)]
pub(crate) struct Clients {
    pub(crate) api_gateway: aws_sdk_apigatewayv2::Client,
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) events: aws_sdk_eventbridge::Client,
    pub(crate) iam: aws_sdk_iam::Client,
    pub(crate) kms: aws_sdk_kms::Client,
    pub(crate) lambda: aws_sdk_lambda::Client,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) scheduler: aws_sdk_scheduler::Client,
    pub(crate) secrets: aws_sdk_secretsmanager::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) sts: aws_sdk_sts::Client,
}

impl Clients {
    /// Makes the clients with the root credentials of the emulator's account. No Deny applies to them, so
    /// only provisioning uses them.
    pub(crate) fn root(region: &str, endpoint: &str) -> Self {
        let credentials = Credentials::new("test", "test", None, None, "the emulator's root");
        let config = sdk_config(region, Some(endpoint), credentials);
        Self {
            api_gateway: aws_sdk_apigatewayv2::Client::new(&config),
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            events: aws_sdk_eventbridge::Client::new(&config),
            iam: aws_sdk_iam::Client::new(&config),
            kms: aws_sdk_kms::Client::new(&config),
            lambda: aws_sdk_lambda::Client::new(&config),
            s3: aws_sdk_s3::Client::new(&config),
            scheduler: aws_sdk_scheduler::Client::new(&config),
            secrets: aws_sdk_secretsmanager::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            sts: aws_sdk_sts::Client::new(&config),
        }
    }
}
