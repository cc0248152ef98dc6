//! What each function reads from its environment, once, at cold start.
//!
//! Values come through a lookup, so that tests do not change the environment. A missing or malformed variable
//! is named and fails the start. No setting with a security effect has a default here.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use crate::issue::part_plan::MAX_OBJECT_BYTES;
use crate::keys::KeyVersion;
use crate::link::UrlLife;
use crate::record::Settings;
use crate::upload::quota::{MAX_PENDING, OwnerLimits};
use crate::{issue, serve};
use s3_presigned::BucketEndpoint;

mod check;
#[cfg(test)]
mod described_tests;
mod webhook;

pub use check::check;
pub use webhook::WebhookConfig;

/// The largest limit of pixels; 0 means no limit.
const MAX_IMAGE_PIXELS: u64 = 1_000_000_000_000;

/// The longest session of a role that another role assumes, in seconds
/// ([role chaining](https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining)).
const MAX_CHAINED_SESSION_S: u64 = 3600;

/// Looks a variable up.
pub trait Lookup: Fn(&str) -> Option<String> {}

impl<F: Fn(&str) -> Option<String>> Lookup for F {}

/// A variable is missing or malformed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("read the variable {variable}: {rule}")]
pub struct ConfigError {
    variable: String,
    rule: String,
}

/// A KMS key for tokens, and the version in its tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenKeyRef {
    /// The version.
    pub version: KeyVersion,
    /// The HMAC key's ARN.
    pub key_arn: String,
}

/// A signer role, and the length of its sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignerRole {
    /// The role's ARN.
    pub role_arn: String,
    /// The length of a session.
    pub session: Duration,
}

/// The environment of `issue-upload`.
#[derive(Debug, Clone)]
pub struct IssueConfig {
    /// The table's name.
    pub table: String,
    /// The upload signer.
    pub signer: SignerRole,
    /// The keys of link tokens.
    pub link_keys: Vec<TokenKeyRef>,
    /// The keys of upload tokens.
    pub upload_token_keys: Vec<TokenKeyRef>,
    /// The claim of the JWT that names the owner.
    pub owner_claim: String,
    /// What the stack's configuration allows.
    pub settings: issue::Settings,
}

/// The environment of `record-upload`.
#[derive(Debug, Clone)]
pub struct RecordConfig {
    /// The table's name.
    pub table: String,
    /// The bucket's name.
    pub bucket: String,
    /// The rules of the stack for every object.
    pub settings: Settings,
    /// How long the URLs of links live, which an operator who revokes links is told.
    pub url_life: UrlLife,
}

/// The environment of `serve-link`.
#[derive(Debug, Clone)]
pub struct ServeConfig {
    /// The table's name.
    pub table: String,
    /// The download signer.
    pub signer: SignerRole,
    /// The keys of link tokens.
    pub link_keys: Vec<TokenKeyRef>,
    /// Where links lead, and for how long.
    pub settings: serve::Settings,
    /// The distribution through which they lead, if there is one.
    pub distribution: Option<DistributionRef>,
    /// Whether `serve-link` asks S3 for the version before it signs.
    pub check_object: bool,
    /// The header that holds the visitor's address, set by CloudFront in front of the API. `None`: the
    /// address that API Gateway saw.
    pub viewer_header: Option<String>,
}

/// A distribution, and the place of its signing key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistributionRef {
    /// The name under which it answers.
    pub domain: String,
    /// The id of the key's public half.
    pub key_pair_id: String,
    /// The ARN of the secret that holds the private key in PEM.
    pub secret_arn: String,
    /// The window to which signing times are rounded.
    pub window: Duration,
}

impl IssueConfig {
    /// Reads the environment.
    ///
    /// # Errors
    /// For the first variable that is missing or malformed.
    pub fn read(lookup: impl Lookup) -> Result<Self, ConfigError> {
        let signer = signer_role(&lookup)?;
        let form_ttl_s = number(&lookup, "POSTERN_FORM_TTL_S", 60, signer.session.as_secs())?;
        let url_life = url_life(&lookup, signer.session.as_secs())?;
        Ok(Self {
            table: required(&lookup, "POSTERN_TABLE")?,
            signer,
            link_keys: token_keys(&lookup, "POSTERN_LINK_KEYS")?,
            upload_token_keys: token_keys(&lookup, "POSTERN_UPLOAD_TOKEN_KEYS")?,
            owner_claim: required(&lookup, "POSTERN_OWNER_CLAIM")?,
            settings: issue::Settings {
                endpoint: endpoint(&lookup)?,
                files_key_arn: required(&lookup, "POSTERN_FILES_KEY_ARN")?,
                form_ttl: Duration::from_secs(form_ttl_s),
                max_size_bytes: number(&lookup, "POSTERN_MAX_SIZE_BYTES", 1, MAX_OBJECT_BYTES)?,
                link_base_url: required(&lookup, "POSTERN_LINK_BASE_URL")?,
                url_life,
                limits: OwnerLimits {
                    pending_uploads: limit(&lookup, "POSTERN_OWNER_PENDING_UPLOADS", MAX_PENDING)?,
                    bytes_per_day: limit(&lookup, "POSTERN_OWNER_BYTES_PER_DAY", u64::MAX)?,
                },
                allowed_types: parsed(&lookup, "POSTERN_ALLOWED_TYPES")?,
                redirect_origins: parsed(&lookup, "POSTERN_REDIRECT_ORIGINS")?,
                track_links: parsed(&lookup, "POSTERN_LINK_TRACK")?,
                brand: parsed(&lookup, "POSTERN_BRAND")?,
            },
        })
    }
}

impl RecordConfig {
    /// Reads the environment.
    ///
    /// # Errors
    /// For the first variable that is missing or malformed.
    pub fn read(lookup: impl Lookup) -> Result<Self, ConfigError> {
        Ok(Self {
            table: required(&lookup, "POSTERN_TABLE")?,
            bucket: required(&lookup, "POSTERN_BUCKET")?,
            settings: Settings {
                files_key_arn: required(&lookup, "POSTERN_FILES_KEY_ARN")?,
                allowed_types: parsed(&lookup, "POSTERN_ALLOWED_TYPES")?,
                max_image_pixels: Some(number(&lookup, "POSTERN_MAX_IMAGE_PIXELS", 0, MAX_IMAGE_PIXELS)?)
                    .filter(|most| *most > 0),
                scan: parsed(&lookup, "POSTERN_CONTENT_SCAN")?,
            },
            url_life: url_life(&lookup, MAX_CHAINED_SESSION_S)?,
        })
    }
}

impl ServeConfig {
    /// Reads the environment.
    ///
    /// # Errors
    /// For the first variable that is missing or malformed.
    pub fn read(lookup: impl Lookup) -> Result<Self, ConfigError> {
        let signer = signer_role(&lookup)?;
        let url_life = url_life(&lookup, signer.session.as_secs())?;
        Ok(Self {
            table: required(&lookup, "POSTERN_TABLE")?,
            signer,
            link_keys: token_keys(&lookup, "POSTERN_LINK_KEYS")?,
            settings: serve::Settings {
                endpoint: endpoint(&lookup)?,
                url_life,
                distribution: None,
                pages: serve::PageSettings {
                    mode: parsed(&lookup, "POSTERN_LINK_PAGE")?,
                    brand: parsed(&lookup, "POSTERN_BRAND")?,
                    link_base_url: required(&lookup, "POSTERN_LINK_BASE_URL")?,
                },
                track_network: parsed(&lookup, "POSTERN_TRACK_NETWORK")?,
            },
            distribution: distribution(&lookup, url_life.floor_s())?,
            check_object: parsed(&lookup, "POSTERN_LINK_CHECK_OBJECT")?,
            viewer_header: lookup("POSTERN_VIEWER_HEADER").filter(|name| !name.is_empty()),
        })
    }
}

fn signer_role(lookup: &impl Lookup) -> Result<SignerRole, ConfigError> {
    let session_s = number(lookup, "POSTERN_SIGNER_SESSION_S", 900, MAX_CHAINED_SESSION_S)?;
    let role_arn = required(lookup, "POSTERN_SIGNER_ROLE_ARN")?;
    Ok(SignerRole { role_arn, session: Duration::from_secs(session_s) })
}

/// The floor and the ceiling of a URL's life. No URL outlives the session that signs it.
fn url_life(lookup: &impl Lookup, session_s: u64) -> Result<UrlLife, ConfigError> {
    let floor_s = number(lookup, "POSTERN_LINK_URL_TTL_S", 1, session_s)?;
    let ceiling_s = number(lookup, "POSTERN_LINK_URL_TTL_MAX_S", floor_s, session_s)?;
    let rule = "write a number that is not below POSTERN_LINK_URL_TTL_S";
    UrlLife::new(floor_s, ceiling_s).ok_or_else(|| malformed("POSTERN_LINK_URL_TTL_MAX_S", rule))
}

/// An empty or absent domain means that the stack has no distribution.
fn distribution(lookup: &impl Lookup, shortest_url_s: u64) -> Result<Option<DistributionRef>, ConfigError> {
    let Some(domain) = lookup("POSTERN_CLOUDFRONT_DOMAIN").filter(|domain| !domain.is_empty()) else {
        return Ok(None);
    };
    let window_s = number(lookup, "POSTERN_CLOUDFRONT_WINDOW_S", 1, (shortest_url_s / 2).max(1))?;
    Ok(Some(DistributionRef {
        domain,
        key_pair_id: required(lookup, "POSTERN_CLOUDFRONT_KEY_PAIR_ID")?,
        secret_arn: required(lookup, "POSTERN_CLOUDFRONT_SECRET_ARN")?,
        window: Duration::from_secs(window_s),
    }))
}

/// `1=arn:…,2=arn:…`
fn token_keys(lookup: &impl Lookup, variable: &str) -> Result<Vec<TokenKeyRef>, ConfigError> {
    let text = required(lookup, variable)?;
    let key = |entry: &str| {
        let (version, key_arn) = entry.split_once('=')?;
        let version = version.parse().ok().filter(|version| (1..=127).contains(version))?;
        let key_arn = Some(key_arn).filter(|arn| !arn.is_empty())?.to_owned();
        Some(TokenKeyRef { version: KeyVersion(version), key_arn })
    };
    let keys: Option<Vec<_>> = text.split(',').map(key).collect();
    keys.ok_or_else(|| {
        malformed(variable, "write <version>=<key ARN>, with commas between; versions are 1 to 127")
    })
}

/// The SDK's own variables say whether this is AWS or another endpoint.
fn endpoint(lookup: &impl Lookup) -> Result<BucketEndpoint, ConfigError> {
    let bucket = required(lookup, "POSTERN_BUCKET")?;
    let region = required(lookup, "AWS_REGION")?;
    let elsewhere = lookup("AWS_ENDPOINT_URL_S3").or_else(|| lookup("AWS_ENDPOINT_URL"));
    Ok(match elsewhere.filter(|url| !url.is_empty()) {
        Some(url) => BucketEndpoint::at(&url, &bucket, &region),
        None => BucketEndpoint::regional(&bucket, &region),
    })
}

fn required(lookup: &impl Lookup, variable: &str) -> Result<String, ConfigError> {
    let value = lookup(variable).filter(|value| !value.trim().is_empty());
    value.ok_or_else(|| malformed(variable, "it is missing or empty"))
}

fn parsed<T>(lookup: &impl Lookup, variable: &str) -> Result<T, ConfigError>
where
    T: FromStr<Err: Display>,
{
    required(lookup, variable)?.parse().map_err(|error: T::Err| malformed(variable, error.to_string()))
}

fn number<T>(lookup: &impl Lookup, variable: &str, least: T, most: T) -> Result<T, ConfigError>
where
    T: FromStr + PartialOrd + Display + Copy,
{
    let value = required(lookup, variable)?.parse().ok().filter(|value| (&least..=&most).contains(&value));
    value.ok_or_else(|| malformed(variable, format!("write a whole number from {least} to {most}")))
}

/// A limit, or the word `none`, so that a missing limit is never an oversight.
fn limit<T>(lookup: &impl Lookup, variable: &str, most: T) -> Result<Option<T>, ConfigError>
where
    T: FromStr + PartialOrd + Display + Copy + From<u8>,
{
    match required(lookup, variable)?.as_str() {
        "none" => Ok(None),
        _ => number(lookup, variable, T::from(1), most)
            .map(Some)
            .map_err(|_| malformed(variable, format!("write a whole number from 1 to {most}, or none"))),
    }
}

fn malformed(variable: &str, rule: impl Into<String>) -> ConfigError {
    ConfigError { variable: variable.to_owned(), rule: rule.into() }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn variables() -> HashMap<&'static str, &'static str> {
        HashMap::from([
            ("AWS_REGION", "eu-central-1"),
            ("POSTERN_TABLE", "table"),
            ("POSTERN_BUCKET", "files"),
            ("POSTERN_FILES_KEY_ARN", "arn:files"),
            ("POSTERN_ALLOWED_TYPES", "image/*,application/pdf"),
            ("POSTERN_MAX_IMAGE_PIXELS", "0"),
            ("POSTERN_CONTENT_SCAN", "off"),
            ("POSTERN_SIGNER_ROLE_ARN", "arn:signer"),
            ("POSTERN_SIGNER_SESSION_S", "3600"),
            ("POSTERN_FORM_TTL_S", "900"),
            ("POSTERN_MAX_SIZE_BYTES", "1048576"),
            ("POSTERN_LINK_KEYS", "1=arn:one,2=arn:two"),
            ("POSTERN_UPLOAD_TOKEN_KEYS", "1=arn:three"),
            ("POSTERN_LINK_BASE_URL", "https://files.example"),
            ("POSTERN_OWNER_CLAIM", "sub"),
            ("POSTERN_LINK_URL_TTL_S", "60"),
            ("POSTERN_LINK_URL_TTL_MAX_S", "900"),
            ("POSTERN_LINK_CHECK_OBJECT", "false"),
            ("POSTERN_LINK_PAGE", "auto"),
            ("POSTERN_BRAND", "none"),
            ("POSTERN_LINK_TRACK", "false"),
            ("POSTERN_TRACK_NETWORK", "prefix"),
            ("POSTERN_CLOUDFRONT_DOMAIN", "d1.cloudfront.net"),
            ("POSTERN_CLOUDFRONT_KEY_PAIR_ID", "K1"),
            ("POSTERN_CLOUDFRONT_SECRET_ARN", "arn:secret"),
            ("POSTERN_CLOUDFRONT_WINDOW_S", "30"),
            ("POSTERN_OWNER_PENDING_UPLOADS", "none"),
            ("POSTERN_OWNER_BYTES_PER_DAY", "1000000000"),
            ("POSTERN_REDIRECT_ORIGINS", "none"),
        ])
    }

    fn failure(variable: &'static str, value: &'static str) -> Option<String> {
        let mut variables = variables();
        variables.insert(variable, value);
        let lookup = |name: &str| variables.get(name).map(ToString::to_string);
        let errors = [
            IssueConfig::read(lookup).err(),
            RecordConfig::read(lookup).err(),
            ServeConfig::read(lookup).err(),
        ];
        errors.into_iter().flatten().map(|error| error.to_string()).next()
    }

    #[test]
    fn the_environment_is_read() {
        assert_eq!(failure("OTHER", "x"), None);
        let variables = variables();
        let config = IssueConfig::read(|name: &str| variables.get(name).map(ToString::to_string)).unwrap();
        assert_eq!(config.settings.endpoint, BucketEndpoint::regional("files", "eu-central-1"));
        assert_eq!(config.link_keys.len(), 2);
    }

    #[test]
    fn what_is_missing_or_malformed_is_named() {
        for variable in variables().into_keys().filter(|variable| *variable != "POSTERN_CLOUDFRONT_DOMAIN") {
            assert!(failure(variable, "").unwrap().contains(variable), "{variable}");
        }
        for (variable, value) in [
            ("POSTERN_SIGNER_SESSION_S", "3601"),
            ("POSTERN_FORM_TTL_S", "3601"),
            ("POSTERN_FORM_TTL_S", "15m"),
            ("POSTERN_CONTENT_SCAN", "on"),
            ("POSTERN_LINK_URL_TTL_S", "0"),
            ("POSTERN_LINK_URL_TTL_MAX_S", "59"),
            ("POSTERN_LINK_URL_TTL_MAX_S", "3601"),
            ("POSTERN_CLOUDFRONT_WINDOW_S", "31"),
            ("POSTERN_LINK_CHECK_OBJECT", "yes"),
            ("POSTERN_LINK_PAGE", "yes"),
            ("POSTERN_BRAND", r#"{"color":"red"}"#),
            ("POSTERN_BRAND", r#"{"logo_svg":"<svg onload='x'></svg>"}"#),
            ("POSTERN_BRAND", r#"{"logo_url":"http://a.example/logo.png"}"#),
            ("POSTERN_LINK_TRACK", "on"),
            ("POSTERN_TRACK_NETWORK", "true"),
            ("POSTERN_MAX_SIZE_BYTES", "53687091200001"),
            ("POSTERN_OWNER_PENDING_UPLOADS", "101"),
            ("POSTERN_OWNER_BYTES_PER_DAY", "0"),
            ("POSTERN_REDIRECT_ORIGINS", "https://app.example/done"),
            ("POSTERN_REDIRECT_ORIGINS", "http://app.example"),
            ("POSTERN_LINK_KEYS", "arn:one"),
            ("POSTERN_LINK_KEYS", "0=arn:one"),
            ("POSTERN_LINK_KEYS", "128=arn:one"),
            ("POSTERN_LINK_KEYS", "1=arn:one,"),
            ("POSTERN_LINK_KEYS", "1="),
            ("POSTERN_TABLE", " "),
            ("POSTERN_UPLOAD_TOKEN_KEYS", "arn:three"),
        ] {
            assert!(failure(variable, value).unwrap().contains(variable), "{variable}={value}");
        }
    }

    #[test]
    fn a_stack_without_a_distribution_needs_none_of_its_variables() {
        let mut variables = variables();
        variables.retain(|variable, _| !variable.starts_with("POSTERN_CLOUDFRONT"));
        variables.insert("POSTERN_CLOUDFRONT_DOMAIN", "");
        let config = ServeConfig::read(|name: &str| variables.get(name).map(ToString::to_string)).unwrap();
        assert_eq!(config.distribution, None);
    }

    #[test]
    fn another_endpoint_is_taken_from_the_sdks_variables() {
        let mut variables = variables();
        variables.insert("AWS_ENDPOINT_URL", "http://127.0.0.1:4566");
        let config = ServeConfig::read(|name: &str| variables.get(name).map(ToString::to_string)).unwrap();
        assert_eq!(config.settings.endpoint.url, "http://127.0.0.1:4566/files/");
    }

    #[test]
    fn what_an_empty_or_zero_variable_switches_off_is_off() {
        let read = |variable: &'static str, value: &'static str| {
            let mut variables = variables();
            variables.insert(variable, value);
            let lookup = move |name: &str| variables.get(name).map(ToString::to_string);
            (RecordConfig::read(&lookup).unwrap(), ServeConfig::read(&lookup).unwrap())
        };
        for (pixels, most) in [("0", None), ("1", Some(1)), ("40000000", Some(40_000_000))] {
            assert_eq!(read("POSTERN_MAX_IMAGE_PIXELS", pixels).0.settings.max_image_pixels, most);
        }
        for (header, name) in [("", None), ("x-viewer", Some("x-viewer"))] {
            assert_eq!(read("POSTERN_VIEWER_HEADER", header).1.viewer_header.as_deref(), name);
        }
        let aws = BucketEndpoint::regional("files", "eu-central-1");
        assert_eq!(read("AWS_ENDPOINT_URL", "").1.settings.endpoint, aws);
    }
}
