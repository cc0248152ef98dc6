//! The SDK's configuration, from the environment that Lambda gives a function.
//!
//! `aws_config::defaults` would also look for profile files, web identities, containers and an instance's metadata. A
//! function has none of them, and must not take credentials from them.

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::identity::IdentityCache;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::origin::Origin;
use aws_types::sdk_config::{RequestChecksumCalculation, ResponseChecksumValidation};
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use crate::{TimeLimits, https};

/// The SDK's configuration for a function: credentials and region from its environment, one HTTP
/// client for all, and the timeouts and retries that its time limits allow. The first call reads the root certificates.
///
/// [`AWS_ENDPOINT_URL`](https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html), also of one service,
/// [`AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT`](https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html)
/// work as with other SDKs.
pub fn sdk_config(limits: TimeLimits) -> SdkConfig {
    read(limits, |name| std::env::var(name).ok())
}

fn read(limits: TimeLimits, variable: impl Fn(&str) -> Option<String>) -> SdkConfig {
    let is_true = |name: &str| variable(name).map(|value| value.eq_ignore_ascii_case("true"));
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()))
        .identity_cache(IdentityCache::lazy().build())
        .region(variable("AWS_REGION").map(Region::new))
        .service_config(Services)
        .http_client(https::client())
        .timeout_config(limits.timeouts())
        .retry_config(TimeLimits::retries())
        .request_checksum_calculation(RequestChecksumCalculation::WhenSupported)
        .response_checksum_validation(ResponseChecksumValidation::WhenSupported);
    config.insert_origin("retry_config", Origin::shared_config());
    config.set_endpoint_url(variable(ENDPOINT_URL));
    config.set_use_fips(is_true("AWS_USE_FIPS_ENDPOINT"));
    config.set_use_dual_stack(is_true("AWS_USE_DUALSTACK_ENDPOINT"));
    config.build()
}

const ENDPOINT_URL: &str = "AWS_ENDPOINT_URL";

/// The settings of one service: a variable with the service's name at its end.
#[derive(Debug)]
struct Services;

impl LoadServiceConfig for Services {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        std::env::var(variable_of(&key)).ok()
    }
}

fn variable_of(key: &ServiceConfigKey<'_>) -> String {
    format!("{}_{}", key.env(), key.service_id().to_uppercase().replace([' ', '-'], "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: TimeLimits = TimeLimits::SERVE_LINK;

    fn with(variables: &[(&str, &str)]) -> SdkConfig {
        let value = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        read(LIMITS, |name| value(name).map(str::to_owned))
    }

    /// Everything that a client takes from a configuration, except the timeout of a connection, which `https.rs` sets.
    fn shown(config: &SdkConfig) -> Vec<String> {
        vec![
            format!("{:?}", config.region()),
            format!("{:?}", config.endpoint_url()),
            format!("{:?}", (config.use_fips(), config.use_dual_stack())),
            format!("{:?}", config.retry_config()),
            format!(
                "{:?}",
                config
                    .timeout_config()
                    .map(|limits| (limits.operation_timeout(), limits.operation_attempt_timeout()))
            ),
            format!("{:?}", config.get_origin("retry_config")),
            format!("{:?}", config.behavior_version()),
            format!("{:?}", config.stalled_stream_protection()),
            format!("{:?}", config.identity_cache().is_some()),
            format!("{:?}", config.credentials_provider().is_some()),
            format!("{:?}", (config.request_checksum_calculation(), config.response_checksum_validation())),
            format!("{:?}", (config.account_id_endpoint_mode(), config.auth_scheme_preference())),
            format!("{:?}", (config.app_name(), config.disable_request_compression())),
        ]
    }

    #[tokio::test]
    async fn a_client_gets_what_the_sdks_own_loader_gives_it() {
        let loader = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(EnvironmentVariableCredentialsProvider::new())
            .timeout_config(LIMITS.timeouts())
            .retry_config(TimeLimits::retries());
        assert_eq!(shown(&with(&[("AWS_REGION", "eu-central-1")])), shown(&loader.load().await));
    }

    #[test]
    fn endpoints_are_those_that_the_environment_names() {
        for (value, expected) in [("true", Some(true)), ("TRUE", Some(true)), ("false", Some(false))] {
            let config = with(&[("AWS_USE_FIPS_ENDPOINT", value), ("AWS_USE_DUALSTACK_ENDPOINT", value)]);
            assert_eq!((config.use_fips(), config.use_dual_stack()), (expected, expected), "{value}");
        }
        let config = with(&[("AWS_ENDPOINT_URL", "https://vpce.example")]);
        assert_eq!(config.endpoint_url(), Some("https://vpce.example"));
        let key = ServiceConfigKey::builder()
            .service_id("Secrets Manager")
            .env(ENDPOINT_URL)
            .profile("endpoint_url");
        assert_eq!(variable_of(&key.build().unwrap()), "AWS_ENDPOINT_URL_SECRETS_MANAGER");
    }
}
