//! Presigned uploads and downloads for Amazon S3, without an SDK client: POST policies and their forms,
//! presigned URLs, and CloudFront's signed URLs.
//!
//! Signing is arithmetic: no I/O, no clock, no async.
//!
//! - [`post_policy`]: a form that a browser posts straight to S3, with the key, the type and the size
//!   pinned by the policy.
//! - [`presigned_url`]: a URL for one GET, HEAD or PUT.
#![cfg_attr(
    feature = "cloudfront",
    doc = "- [`cloudfront`]: a signed URL for an object behind a CloudFront distribution."
)]
#![cfg_attr(feature = "verify", doc = "- [`verify`]: what S3 answers to a form, without S3, and why.")]
//!
//! ## Features
//!
//! None is on by default.
//!
//! | feature | what it adds |
//! |---|---|
//! | `aws-credentials` | conversions from and to the credentials of the AWS SDK for Rust |
//! | `cloudfront` | CloudFront's signed URLs (RSA and ECDSA keys) |
//! | `serde` | [`Timestamp`] as text in serde's data model |
//! | `verify` | the verifier of forms, and the cases that it is tested with |

use std::fmt;

#[cfg(feature = "cloudfront")]
pub mod cloudfront;
pub mod post_policy;
pub mod presigned_url;
mod signature;
mod timestamp;
#[cfg(any(test, feature = "verify"))]
pub mod verify;

pub use timestamp::{ParseTimestampError, Timestamp};

/// The longest time for which a role's session lives when one role assumes another
/// ([role chaining](https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining)).
pub const MAX_CHAINED_SESSION_S: u64 = 3600;

/// Credentials that sign, and the instant at which whatever they signed dies.
///
/// `Debug` shows the access key id alone.
#[derive(Clone)]
pub struct SigningCredentials {
    /// The access key id; part of every form and URL.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: String,
    /// The session token of a role; part of every form and URL.
    pub session_token: Option<String>,
    /// When the session ends. `None` for a user's long-lived key.
    pub expires_at: Option<Timestamp>,
}

impl SigningCredentials {
    /// The earlier of `wanted` and the end of these credentials, which is where S3 ends what they
    /// signed.
    pub fn clamp(&self, wanted: Timestamp) -> Timestamp {
        self.expires_at.map_or(wanted, |end| end.min(wanted))
    }
}

impl fmt::Debug for SigningCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningCredentials")
            .field("access_key_id", &self.access_key_id)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "aws-credentials")]
impl From<aws_credential_types::Credentials> for SigningCredentials {
    fn from(sdk: aws_credential_types::Credentials) -> Self {
        Self {
            access_key_id: sdk.access_key_id().to_owned(),
            secret_access_key: sdk.secret_access_key().to_owned(),
            session_token: sdk.session_token().map(str::to_owned),
            expires_at: sdk.expiry().map(Timestamp::from),
        }
    }
}

#[cfg(feature = "aws-credentials")]
impl From<SigningCredentials> for aws_credential_types::Credentials {
    fn from(own: SigningCredentials) -> Self {
        let expiry = own.expires_at.map(Timestamp::system_time);
        Self::new(own.access_key_id, own.secret_access_key, own.session_token, expiry, "s3-presigned")
    }
}

/// Where a bucket answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketEndpoint {
    /// The bucket's name.
    pub bucket: String,
    /// The bucket's region, such as `eu-central-1`.
    pub region: String,
    /// The URL of the bucket, to which forms are posted; ends in a slash.
    pub url: String,
}

impl BucketEndpoint {
    /// The bucket at AWS's regional host: the global one redirects (307), which a browser's
    /// preflight does not survive.
    pub fn regional(bucket: &str, region: &str) -> Self {
        let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let url = format!("https://{bucket}.s3.{region}.{domain}/");
        Self { bucket: bucket.to_owned(), region: region.to_owned(), url }
    }

    /// The bucket at another S3, such as `http://127.0.0.1:4566`; it then stands in the path.
    pub fn at(endpoint_url: &str, bucket: &str, region: &str) -> Self {
        let url = format!("{}/{bucket}/", endpoint_url.trim_end_matches('/'));
        Self { url, ..Self::regional(bucket, region) }
    }
}

/// The examples of the README are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// The credentials of AWS's published examples.
    pub fn example_credentials() -> SigningCredentials {
        SigningCredentials {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
            session_token: None,
            expires_at: None,
        }
    }

    #[test]
    fn credentials_show_no_secret() {
        let session_token = Some("the-session-token".to_owned());
        let shown = format!("{:?}", SigningCredentials { session_token, ..example_credentials() });
        assert!(!shown.contains("wJalr") && !shown.contains("the-session-token"), "{shown}");
    }

    #[cfg(feature = "aws-credentials")]
    #[test]
    fn credentials_of_the_sdk_convert_both_ways() {
        let session_token = Some("the-session-token".to_owned());
        let expires_at = Some(at("2026-11-24T10:00:00Z"));
        let own = SigningCredentials { session_token, expires_at, ..example_credentials() };
        let sdk = aws_credential_types::Credentials::from(own.clone());
        let back = SigningCredentials::from(sdk);
        assert_eq!(back.secret_access_key, own.secret_access_key);
        assert_eq!((back.session_token, back.expires_at), (own.session_token, own.expires_at));
    }

    #[test]
    fn a_bucket_answers_at_its_regional_host() {
        let regional = BucketEndpoint::regional("files", "eu-central-1");
        assert_eq!(regional.url, "https://files.s3.eu-central-1.amazonaws.com/");
        let local = BucketEndpoint::at("http://127.0.0.1:4566/", "files", "eu-central-1");
        assert_eq!(local.url, "http://127.0.0.1:4566/files/");
    }
}
