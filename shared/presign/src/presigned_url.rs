//! A presigned URL of one version of an object: what a link leads to.
//!
//! The version id, the type and the disposition are part of what is signed, so whoever holds the
//! URL can change none of them. It is signed for one method: S3 answers 403 to HEAD on a URL that
//! was signed for GET.
//!
//! Source: [Authenticating requests: query parameters](https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html).

use std::fmt;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PercentEncodingMode, SessionTokenMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{BucketEndpoint, SigningCredentials, Timestamp};

/// What Signature Version 4 leaves unescaped in a query (RFC 3986, unreserved).
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The same in a path, where the slash separates.
const PATH: &AsciiSet = &QUERY.remove(b'/');

/// A URL that opens an object until it expires. Neither `Debug` nor an error shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct PresignedUrl(String);

/// The method that a URL is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// The bytes.
    Get,
    /// The headers alone.
    Head,
    /// Bytes of a whole object, or of one part.
    Put,
}

/// What a URL asks of S3, apart from the bucket.
#[derive(Debug, Clone)]
pub struct ObjectRequest<'a> {
    /// The method that the URL is signed for.
    pub method: Method,
    /// The object's key, not escaped.
    pub key: &'a str,
    /// Further query parameters, not escaped: `versionId`, `response-content-type` and the like.
    pub query: &'a [(&'a str, &'a str)],
}

/// Why a URL could not be signed: a bug, or a bucket name or key that makes no URL.
#[derive(Debug, thiserror::Error)]
pub enum PresignError {
    /// The session ends before the URL would.
    #[error("sign a URL that outlives its credentials, which end at {0}")]
    OutlivesCredentials(Timestamp),
    /// The signer refused the request.
    #[error("sign a URL")]
    Sign(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl PresignedUrl {
    /// Signs a URL at `now`, a whole second, that lives for `ttl` (1 second to 7 days).
    ///
    /// # Errors
    /// If the credentials end before the URL would, or bucket and key make no URL.
    pub fn new(
        endpoint: &BucketEndpoint,
        request: &ObjectRequest<'_>,
        credentials: &SigningCredentials,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Self, PresignError> {
        Self::with_headers(endpoint, request, &[], credentials, now, ttl)
    }

    /// The same with headers that are signed too, names in lower case: whoever uses the URL must
    /// send exactly these.
    ///
    /// # Errors
    /// As [`PresignedUrl::new`].
    pub fn with_headers(
        endpoint: &BucketEndpoint,
        request: &ObjectRequest<'_>,
        headers: &[(&str, &str)],
        credentials: &SigningCredentials,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Self, PresignError> {
        let now = now.floor_s();
        if credentials.clamp(now + ttl) < now + ttl {
            return Err(PresignError::OutlivesCredentials(credentials.clamp(now + ttl)));
        }
        let identity = Credentials::new(
            &credentials.access_key_id,
            &credentials.secret_access_key,
            credentials.session_token.clone(),
            None,
            "postern",
        )
        .into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&endpoint.region)
            .name("s3")
            .time(now.system_time())
            .settings(settings(ttl))
            .build()
            .map_err(|error| PresignError::Sign(error.into()))?;
        let url = unsigned_url(endpoint, request);
        let signable = SignableRequest::new(
            request.method.as_str(),
            url.as_str(),
            headers.iter().copied(),
            SignableBody::UnsignedPayload,
        )
        .map_err(|error| PresignError::Sign(error.into()))?;
        let (instructions, _) =
            sign(signable, &params.into()).map_err(|error| PresignError::Sign(error.into()))?.into_parts();
        Ok(Self(with_query(url, instructions.params().iter().map(|(name, value)| (*name, value)))))
    }

    /// The URL, for the one answer that hands it out.
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

/// S3 escapes a path once and does not normalise it.
fn settings(ttl: Duration) -> SigningSettings {
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.session_token_mode = SessionTokenMode::Include;
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(ttl);
    settings
}

fn unsigned_url(endpoint: &BucketEndpoint, request: &ObjectRequest<'_>) -> String {
    let mut url = endpoint.url.clone();
    url.extend(utf8_percent_encode(request.key, PATH));
    with_query(url, request.query.iter().map(|(name, value)| (*name, *value)))
}

fn with_query<'a, V: AsRef<str>>(mut url: String, pairs: impl IntoIterator<Item = (&'a str, V)>) -> String {
    for (name, value) in pairs {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.extend(utf8_percent_encode(name, QUERY));
        url.push('=');
        url.extend(utf8_percent_encode(value.as_ref(), QUERY));
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::example_credentials;

    /// The example signs for the global host, which we never hand out.
    fn example_endpoint() -> BucketEndpoint {
        let url = "https://examplebucket.s3.amazonaws.com/".to_owned();
        BucketEndpoint { url, ..BucketEndpoint::regional("examplebucket", "us-east-1") }
    }

    /// [The example of AWS](https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html).
    #[test]
    fn the_example_of_aws_is_reproduced() {
        let request = ObjectRequest { method: Method::Get, key: "test.txt", query: &[] };
        let now = "2013-05-24T00:00:00Z".parse().unwrap();
        let day = Duration::from_secs(86400);
        let url = PresignedUrl::new(&example_endpoint(), &request, &example_credentials(), now, day).unwrap();
        insta::assert_snapshot!(url.as_str(), @"https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
    }

    fn url(method: Method, query: &[(&str, &str)]) -> String {
        let request = ObjectRequest { method, key: "uploads/a b", query };
        let now = "2026-11-24T10:00:00.9Z".parse().unwrap();
        PresignedUrl::new(&example_endpoint(), &request, &example_credentials(), now, Duration::from_secs(60))
            .unwrap()
            .as_str()
            .to_owned()
    }

    #[test]
    fn every_part_of_the_request_changes_the_signature() {
        let query =
            [("versionId", "v/1+2="), ("response-content-disposition", "attachment; filename=\"a.txt\"")];
        let get = url(Method::Get, &query);
        assert!(get.contains("/uploads/a%20b?versionId=v%2F1%2B2%3D&response-content-disposition=attachment%3B%20filename%3D%22a.txt%22&"), "{get}");
        assert!(get.contains("X-Amz-Date=20261124T100000Z") && get.contains("X-Amz-Expires=60"), "{get}");
        let signature = |url: &str| url.split_once("X-Amz-Signature=").unwrap().1.to_owned();
        let others = [url(Method::Head, &query), url(Method::Get, &query[..1]), url(Method::Get, &[])];
        for other in others {
            assert_ne!(signature(&get), signature(&other));
        }
    }

    #[test]
    fn headers_are_signed_by_name_and_value() {
        let signed = |length: &str| {
            let request = ObjectRequest { method: Method::Put, key: "uploads/x", query: &[] };
            let headers = [("content-length", length), ("x-amz-checksum-sha256", "abc=")];
            let now = "2026-11-24T10:00:00Z".parse().unwrap();
            let credentials = example_credentials();
            let ttl = Duration::from_secs(60);
            PresignedUrl::with_headers(&example_endpoint(), &request, &headers, &credentials, now, ttl)
                .unwrap()
                .as_str()
                .to_owned()
        };
        let url = signed("10");
        assert!(url.contains("X-Amz-SignedHeaders=content-length%3Bhost%3Bx-amz-checksum-sha256"), "{url}");
        assert!(!url.contains("abc"), "a signed header stays a header: {url}");
        assert_ne!(url, signed("11"));
    }

    #[test]
    fn a_url_never_outlives_its_credentials() {
        let end = "2026-11-24T10:00:59Z".parse().unwrap();
        let credentials = SigningCredentials { expires_at: Some(end), ..example_credentials() };
        let request = ObjectRequest { method: Method::Get, key: "uploads/x", query: &[] };
        let now = "2026-11-24T10:00:00Z".parse().unwrap();
        let url =
            PresignedUrl::new(&example_endpoint(), &request, &credentials, now, Duration::from_secs(60));
        assert!(matches!(url, Err(PresignError::OutlivesCredentials(at)) if at == end));
    }
}
