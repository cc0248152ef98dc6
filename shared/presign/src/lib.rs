//! Presigned POST forms and presigned URLs for Amazon S3, and signed URLs for CloudFront, without an AWS SDK
//! client.
//!
//! - [`post_policy`]: a form with which a browser uploads one file directly to S3. Its policy pins the key, the
//!   content type, the size range and other fields.
//! - [`presigned_url`]: a URL for one GET, HEAD or PUT request to S3.
#![cfg_attr(
    feature = "cloudfront",
    doc = "- [`cloudfront`]: a signed URL for an object behind a CloudFront distribution."
)]
#![cfg_attr(
    feature = "verify",
    doc = "- [`verify`]: computes what S3 answers to a form, and why, without a request to S3."
)]
//!
//! The crate does no I/O, needs no async runtime and reads no clock: the caller passes the time. Every function
//! that takes a time accepts [`SystemTime`](std::time::SystemTime) or [`Timestamp`]. A form and a URL are signed
//! in the same way: `request.sign(&bucket, &credentials, now)`.
//!
//! ```
//! use std::time::{Duration, SystemTime};
//!
//! use s3_presigned::post_policy::PostPolicy;
//! use s3_presigned::presigned_url::ObjectRequest;
//! use s3_presigned::{BucketEndpoint, SigningCredentials};
//!
//! let bucket = BucketEndpoint::regional("my-bucket", "eu-central-1");
//! let credentials =
//!     SigningCredentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
//! let now = SystemTime::now();
//! let expires_at = credentials.clamp(now + Duration::from_secs(900));
//!
//! let form = PostPolicy::new(expires_at)
//!     .field("key", "uploads/photo.png")
//!     .size_bytes(1, 10_485_760)
//!     .sign(&bucket, &credentials, now)?;
//! let url = ObjectRequest::get("uploads/photo.png", expires_at).sign(&bucket, &credentials, now)?;
//! # assert_eq!(form.url, bucket.url);
//! # assert!(url.as_str().starts_with(&bucket.url));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! ## Features
//!
//! None is on by default.
//!
//! | feature | what it adds |
//! |---|---|
//! | `aws-credentials` | `From` in both directions between [`SigningCredentials`] and `aws_credential_types::Credentials` |
//! | `cloudfront` | CloudFront's signed URLs: RSA and ECDSA keys, canned and custom policies |
//! | `serde` | `Serialize` and `Deserialize` for [`Timestamp`], as text |
//! | `verify` | the verifier of forms |
//! | `scenarios` | `verify`, and 60 forms with S3's answer to each, to test an S3 server or another verifier |

#[cfg(feature = "cloudfront")]
pub mod cloudfront;
mod credentials;
mod endpoint;
pub mod post_policy;
pub mod presigned_url;
mod signature;
mod timestamp;
#[cfg(any(test, feature = "verify"))]
pub mod verify;

pub use credentials::SigningCredentials;
pub use endpoint::BucketEndpoint;
pub use timestamp::{ParseTimestampError, Timestamp};

/// Runs the README's examples as tests.
#[cfg(all(doctest, feature = "aws-credentials", feature = "cloudfront", feature = "verify"))]
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
        SigningCredentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    }
}
