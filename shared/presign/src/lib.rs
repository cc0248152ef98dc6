//! Signature Version 4 for those who hold no credentials: forms and URLs.
//!
//! Signing is arithmetic: no I/O, no clock. What is signed for whom stands in [`post_policy`] and
//! [`presigned_url`]; the signatures themselves are made by the crate `aws-sigv4`. What stands
//! behind a distribution is signed by [`cloudfront`].

use std::fmt;

#[cfg(feature = "cloudfront")]
pub mod cloudfront;
pub mod post_policy;
pub mod presigned_url;
mod signing_key;
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

    #[test]
    fn a_bucket_answers_at_its_regional_host() {
        let regional = BucketEndpoint::regional("files", "eu-central-1");
        assert_eq!(regional.url, "https://files.s3.eu-central-1.amazonaws.com/");
        let local = BucketEndpoint::at("http://127.0.0.1:4566/", "files", "eu-central-1");
        assert_eq!(local.url, "http://127.0.0.1:4566/files/");
    }
}
