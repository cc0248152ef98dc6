//! Presigned URLs: whoever has one may send one request to S3 until the URL expires.
//!
//! The signature covers the method, the key, all query parameters and the headers that are named. Nobody
//! who has the URL can change them. A URL for GET does not allow HEAD: S3 answers 403.
//!
//! ```
//! use std::time::Duration;
//!
//! use s3_presigned::presigned_url::{Method, ObjectRequest, PresignedUrl};
//! use s3_presigned::{BucketEndpoint, SigningCredentials};
//!
//! # let credentials = SigningCredentials {
//! #     access_key_id: "AKIAIOSFODNN7EXAMPLE".into(),
//! #     secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
//! #     session_token: None,
//! #     expires_at: None,
//! # };
//! let bucket = BucketEndpoint::regional("my-bucket", "eu-central-1");
//! let query = [("versionId", "3HL4kqtJlcpXroDTDmJ"), ("response-content-type", "image/png")];
//! let request = ObjectRequest { method: Method::Get, key: "uploads/photo.png", query: &query };
//! let now = std::time::SystemTime::now().into();
//! let url = PresignedUrl::new(&bucket, &request, &credentials, now, Duration::from_secs(60))?;
//! assert!(url.as_str().starts_with("https://my-bucket.s3.eu-central-1.amazonaws.com/uploads/photo.png?versionId="));
//! # Ok::<(), s3_presigned::presigned_url::PresignError>(())
//! ```
//!
//! Source: [Authenticating requests: query parameters](https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html).

use std::fmt;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::signature::{ALGORITHM, credential, digest, scope, signature};
use crate::{BucketEndpoint, SigningCredentials, Timestamp};

/// The longest life of a presigned URL: seven days.
pub const MAX_TTL: Duration = Duration::from_hours(7 * 24);

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

/// Why a URL cannot be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PresignError {
    /// The session ends before the URL would.
    #[error("URL expires after its credentials, which end at {0}")]
    OutlivesCredentials(Timestamp),
    /// S3 takes 1 second to [`MAX_TTL`].
    #[error("URL lives for {} seconds, of 1 to {}", .0.as_secs(), MAX_TTL.as_secs())]
    Ttl(Duration),
    /// The endpoint's URL has no host.
    #[error("bucket endpoint is not an http or https URL with a host")]
    Endpoint,
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
        if ttl < Duration::from_secs(1) || ttl > MAX_TTL {
            return Err(PresignError::Ttl(ttl));
        }
        if credentials.clamp(now + ttl) < now + ttl {
            return Err(PresignError::OutlivesCredentials(credentials.clamp(now + ttl)));
        }
        let (host, base_path) = host_and_path(&endpoint.url).ok_or(PresignError::Endpoint)?;
        let path = format!("{base_path}{}", utf8_percent_encode(request.key, PATH));
        let headers = Headers::new(host, headers);
        let (region, date, signed_headers) = (&endpoint.region, now.basic(), headers.names());
        let mut query = Query::new(request.query);
        query.push("X-Amz-Algorithm", ALGORITHM);
        query.push("X-Amz-Credential", &credential(credentials, now, region));
        query.push("X-Amz-Date", &date);
        query.push("X-Amz-Expires", &ttl.as_secs().to_string());
        query.push("X-Amz-SignedHeaders", &signed_headers);
        if let Some(token) = &credentials.session_token {
            query.push("X-Amz-Security-Token", token);
        }
        let canonical = [
            request.method.as_str(),
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
        let origin = endpoint.url.strip_suffix(base_path).unwrap_or(&endpoint.url);
        Ok(Self(format!("{origin}{path}?{}", query.joined())))
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

/// The host as the client will send it (without the scheme's own port), and the path.
fn host_and_path(url: &str) -> Option<(&str, &str)> {
    let (own_port, rest) = match url.strip_prefix("https://") {
        Some(rest) => (":443", rest),
        None => (":80", url.strip_prefix("http://")?),
    };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.strip_suffix(own_port).unwrap_or(host);
    (!host.is_empty()).then_some((host, path))
}

/// Query parameters, escaped, in the order of the URL.
struct Query(Vec<(String, String)>);

impl Query {
    fn new(pairs: &[(&str, &str)]) -> Self {
        let mut query = Self(Vec::with_capacity(pairs.len() + 7));
        for (name, value) in pairs {
            query.push(name, value);
        }
        query
    }

    fn push(&mut self, name: &str, value: &str) {
        let escaped = |text| utf8_percent_encode(text, QUERY).to_string();
        self.0.push((escaped(name), escaped(value)));
    }

    fn joined(&self) -> String {
        let pairs: Vec<_> = self.0.iter().map(|(name, value)| [name, "=", value].concat()).collect();
        pairs.join("&")
    }

    /// Sorted by name, then by value.
    fn canonical(&self) -> String {
        let mut sorted = self.0.clone();
        sorted.sort();
        Self(sorted).joined()
    }
}

/// The headers that are signed, `host` among them: names in lower case, sorted.
struct Headers(Vec<(String, String)>);

impl Headers {
    fn new(host: &str, others: &[(&str, &str)]) -> Self {
        let all = others.iter().copied().chain([("host", host)]);
        let mut headers: Vec<_> =
            all.map(|(name, value)| (name.to_ascii_lowercase(), one_spaced(value))).collect();
        headers.sort();
        Self(headers)
    }

    fn names(&self) -> String {
        let names: Vec<_> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        names.join(";")
    }

    /// A line for each header, and an empty line.
    fn canonical(&self) -> String {
        self.0.iter().map(|(name, value)| [name, ":", value, "\n"].concat()).collect()
    }
}

/// A header's value without spaces around it and with one space for several.
fn one_spaced(value: &str) -> String {
    let words: Vec<_> = value.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ")
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

    /// What the signing crate of the AWS SDK makes of the same request.
    fn by_aws_sigv4(
        endpoint: &BucketEndpoint,
        request: &ObjectRequest<'_>,
        headers: &[(&str, &str)],
        credentials: &SigningCredentials,
        now: Timestamp,
        ttl: Duration,
    ) -> Vec<(String, String)> {
        use aws_sigv4::http_request as http;
        let mut settings = http::SigningSettings::default();
        settings.percent_encoding_mode = http::PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = http::UriPathNormalizationMode::Disabled;
        settings.session_token_mode = http::SessionTokenMode::Include;
        settings.signature_location = http::SignatureLocation::QueryParams;
        settings.expires_in = Some(ttl);
        let identity = aws_credential_types::Credentials::new(
            &credentials.access_key_id,
            &credentials.secret_access_key,
            credentials.session_token.clone(),
            None,
            "test",
        )
        .into();
        let params = aws_sigv4::sign::v4::SigningParams::builder()
            .identity(&identity)
            .region(&endpoint.region)
            .name("s3")
            .time(now.system_time())
            .settings(settings)
            .build()
            .unwrap();
        let unsigned = Query::new(request.query).joined();
        let mark = if unsigned.is_empty() { "" } else { "?" };
        let url = format!("{}{}{mark}{unsigned}", endpoint.url, utf8_percent_encode(request.key, PATH));
        let body = http::SignableBody::UnsignedPayload;
        let signable =
            http::SignableRequest::new(request.method.as_str(), &url, headers.iter().copied(), body).unwrap();
        let (instructions, _) = http::sign(signable, &params.into()).unwrap().into_parts();
        instructions.params().iter().map(|(name, value)| ((*name).to_owned(), value.to_string())).collect()
    }

    proptest::proptest! {
        #[test]
        fn every_url_is_signed_as_aws_sigv4_signs_it(
            key in "[ -~\u{e9}\u{4e2d}]{1,40}",
            values in proptest::collection::vec("[ -~\u{e9}]{0,20}", 0..4),
            header in "[!-~]{1,5}( {1,3}[!-~]{1,5})?",
            token in proptest::option::of("[ -~]{1,30}"),
            secret in "[ -~]{1,100}",
            url in proptest::sample::select(vec![
                "https://files.s3.eu-central-1.amazonaws.com/", "http://127.0.0.1:4566/files/",
                "https://s3.example:443/files/", "http://s3.example:80/",
            ]),
            ttl_s in 1_u64..604_800,
        ) {
            let endpoint = BucketEndpoint { url: url.to_owned(), ..BucketEndpoint::regional("files", "eu-central-1") };
            let names = ["versionId", "response-content-disposition", "X-Own", "partNumber"];
            let query: Vec<_> = names.into_iter().zip(values.iter().map(String::as_str)).collect();
            let request = ObjectRequest { method: Method::Put, key: &key, query: &query };
            let headers = [("x-amz-meta-b", header.as_str()), ("content-type", "image/png")];
            let credentials =
                SigningCredentials { secret_access_key: secret, session_token: token, ..example_credentials() };
            let now = "2026-11-24T10:00:00Z".parse().unwrap();
            let ttl = Duration::from_secs(ttl_s);
            let ours = PresignedUrl::with_headers(&endpoint, &request, &headers, &credentials, now, ttl).unwrap();
            for (name, value) in by_aws_sigv4(&endpoint, &request, &headers, &credentials, now, ttl) {
                let pair = Query(vec![]).with(&name, &value);
                proptest::prop_assert!(ours.as_str().contains(&pair), "{pair} is not in {}", ours.as_str());
            }
        }
    }

    impl Query {
        fn with(mut self, name: &str, value: &str) -> String {
            self.push(name, value);
            self.joined()
        }
    }

    #[test]
    fn what_makes_no_url_is_refused() {
        let request = ObjectRequest { method: Method::Get, key: "uploads/x", query: &[] };
        let now = "2026-11-24T10:00:00Z".parse().unwrap();
        let minute = Duration::from_secs(60);
        for url in ["ftp://files/", "https:///files/", "files"] {
            let endpoint = BucketEndpoint { url: url.to_owned(), ..example_endpoint() };
            let signed = PresignedUrl::new(&endpoint, &request, &example_credentials(), now, minute);
            assert_eq!(signed, Err(PresignError::Endpoint), "{url}");
        }
        for ttl in [Duration::ZERO, Duration::from_millis(999), MAX_TTL + minute] {
            let signed = PresignedUrl::new(&example_endpoint(), &request, &example_credentials(), now, ttl);
            assert_eq!(signed, Err(PresignError::Ttl(ttl)));
        }
        for ttl in [Duration::from_secs(1), MAX_TTL] {
            let signed = PresignedUrl::new(&example_endpoint(), &request, &example_credentials(), now, ttl);
            assert!(signed.is_ok(), "{ttl:?}");
        }
    }
}
