//! Presigned URLs: anyone who has the URL can send one kind of request to S3 until the URL expires.
//!
//! The signature covers the method, the key, all query parameters, the expiry and the headers that the request
//! names, so none of them can be changed. A URL for GET does not allow HEAD: S3 answers 403.
//!
//! ```
//! use std::time::{Duration, SystemTime};
//!
//! use s3_presigned::presigned_url::ObjectRequest;
//! use s3_presigned::{BucketEndpoint, SigningCredentials};
//!
//! # let credentials = SigningCredentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
//! let bucket = BucketEndpoint::regional("my-bucket", "eu-central-1");
//! let now = SystemTime::now();
//! let expires_at = credentials.clamp(now + Duration::from_secs(60));
//!
//! let download = ObjectRequest::get("uploads/photo.png", expires_at)
//!     .query("versionId", "3HL4kqtJlcpXroDTDmJ")
//!     .query("response-content-disposition", "attachment; filename=\"photo.png\"")
//!     .sign(&bucket, &credentials, now)?;
//! assert!(download.as_str().starts_with("https://my-bucket.s3.eu-central-1.amazonaws.com/uploads/photo.png?"));
//!
//! // The client must send exactly these headers. A signed `content-length` pins the size.
//! let upload = ObjectRequest::put("uploads/photo.png", expires_at)
//!     .header("content-type", "image/png")
//!     .header("content-length", "52341")
//!     .header("if-none-match", "*")
//!     .sign(&bucket, &credentials, now)?;
//! # assert!(upload.as_str().contains("X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost%3Bif-none-match"));
//! # Ok::<(), s3_presigned::presigned_url::PresignError>(())
//! ```
//!
//! Source: [Authenticating requests: query parameters](https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html).

use std::fmt;
use std::time::Duration;

use percent_encoding::utf8_percent_encode;

use crate::signature::{ALGORITHM, credential, digest, scope, signature};
use crate::{BucketEndpoint, SigningCredentials, Timestamp};

mod canonical;
#[cfg(test)]
mod tests;

use canonical::{Headers, PATH, Query, host_and_path};

/// The longest time between the signature of a URL and its expiry: seven days.
pub const MAX_TTL: Duration = Duration::from_hours(7 * 24);

/// A URL that allows one kind of request until it expires.
///
/// `Debug` does not show the URL, because anyone who has it can use it.
#[derive(Clone, PartialEq, Eq)]
pub struct PresignedUrl(String);

/// The HTTP method for which a URL is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Method {
    /// Reads an object.
    Get,
    /// Reads the headers of an object.
    Head,
    /// Writes an object, or a part of a multipart upload.
    Put,
}

/// A request to S3 for one object, to be signed as a URL.
#[derive(Debug, Clone)]
pub struct ObjectRequest<'a> {
    method: Method,
    key: &'a str,
    expires_at: Timestamp,
    query: Vec<(&'a str, &'a str)>,
    headers: Vec<(&'a str, &'a str)>,
}

/// Why a URL cannot be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PresignError {
    /// The URL would expire after the credentials. See [`SigningCredentials::clamp`].
    #[error("URL expires after its credentials, which expire at {0}")]
    OutlivesCredentials(Timestamp),
    /// The time until the expiry is not 1 second to [`MAX_TTL`].
    #[error("URL lifetime is {} seconds; it must be 1 to {}", .0.as_secs(), MAX_TTL.as_secs())]
    Ttl(Duration),
    /// The bucket's URL has no host, or its scheme is neither `http` nor `https`.
    #[error("bucket endpoint is not an http or https URL with a host")]
    Endpoint,
}

impl<'a> ObjectRequest<'a> {
    /// Makes a request for the object `key` (not escaped). Its URL expires at `expires_at`, rounded down to a second.
    pub fn new(method: Method, key: &'a str, expires_at: impl Into<Timestamp>) -> Self {
        let expires_at = expires_at.into().floor_s();
        Self { method, key, expires_at, query: Vec::new(), headers: Vec::new() }
    }

    /// Makes a request that reads the object.
    pub fn get(key: &'a str, expires_at: impl Into<Timestamp>) -> Self {
        Self::new(Method::Get, key, expires_at)
    }

    /// Makes a request that reads the object's headers.
    pub fn head(key: &'a str, expires_at: impl Into<Timestamp>) -> Self {
        Self::new(Method::Head, key, expires_at)
    }

    /// Makes a request that writes the object, or a part of a multipart upload.
    pub fn put(key: &'a str, expires_at: impl Into<Timestamp>) -> Self {
        Self::new(Method::Put, key, expires_at)
    }

    /// Adds a query parameter (not escaped), such as `versionId`, `response-content-type` or `partNumber`.
    #[must_use]
    pub fn query(mut self, name: &'a str, value: &'a str) -> Self {
        self.query.push((name, value));
        self
    }

    /// Adds a signed header. The client must send it with exactly this value.
    #[must_use]
    pub fn header(mut self, name: &'a str, value: &'a str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Signs the request at `now`, rounded down to a second.
    ///
    /// # Errors
    /// If the URL would expire after the credentials, if its lifetime is not 1 second to 7 days, or if the bucket's
    /// URL has no host.
    pub fn sign(
        &self,
        bucket: &BucketEndpoint,
        credentials: &SigningCredentials,
        now: impl Into<Timestamp>,
    ) -> Result<PresignedUrl, PresignError> {
        let now = now.into().floor_s();
        let ttl = self.lifetime(credentials, now)?;
        let (host, base_path) = host_and_path(&bucket.url).ok_or(PresignError::Endpoint)?;
        let path = format!("{base_path}{}", utf8_percent_encode(self.key, PATH));
        let headers = Headers::new(host, &self.headers);
        let (region, date, signed_headers) = (&bucket.region, now.basic(), headers.names());
        let mut query = Query::new(&self.query);
        query.push("X-Amz-Algorithm", ALGORITHM);
        query.push("X-Amz-Credential", &credential(credentials, now, region));
        query.push("X-Amz-Date", &date);
        query.push("X-Amz-Expires", &ttl.as_secs().to_string());
        query.push("X-Amz-SignedHeaders", &signed_headers);
        if let Some(token) = &credentials.session_token {
            query.push("X-Amz-Security-Token", token);
        }
        let canonical = [
            self.method.as_str(),
            &path,
            &query.canonical(),
            &headers.canonical(),
            &signed_headers,
            "UNSIGNED-PAYLOAD",
        ]
        .join("\n");
        let string_to_sign = [ALGORITHM, &date, &scope(now, region), &digest(&canonical)].join("\n");
        let secret = &credentials.secret_access_key;
        query.push("X-Amz-Signature", &signature(secret, region, now, string_to_sign.as_bytes()));
        let origin = bucket.url.strip_suffix(base_path).unwrap_or(&bucket.url);
        Ok(PresignedUrl(format!("{origin}{path}?{}", query.joined())))
    }

    fn lifetime(&self, credentials: &SigningCredentials, now: Timestamp) -> Result<Duration, PresignError> {
        let ttl = now.until(self.expires_at);
        if ttl < Duration::from_secs(1) || ttl > MAX_TTL {
            return Err(PresignError::Ttl(ttl));
        }
        match credentials.expires_at {
            Some(end) if end < self.expires_at => Err(PresignError::OutlivesCredentials(end)),
            _ => Ok(ttl),
        }
    }
}

impl PresignedUrl {
    /// Returns the URL. Anyone who has it can send the request until it expires, so keep it out of logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PresignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PresignedUrl(..)")
    }
}

impl Method {
    fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Put => "PUT",
        }
    }
}
