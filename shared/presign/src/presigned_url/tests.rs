//! AWS's own example, `aws-sigv4` as the oracle, and the rules.

use super::*;
use crate::tests::{at, example_credentials};

const NOW: &str = "2026-11-24T10:00:00Z";

/// AWS's example signs for the global endpoint.
fn example_endpoint() -> BucketEndpoint {
    BucketEndpoint::regional("examplebucket", "us-east-1").with_url("https://examplebucket.s3.amazonaws.com/")
}

/// [The example of AWS](https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html).
#[test]
fn the_example_of_aws_is_reproduced() {
    let now = at("2013-05-24T00:00:00Z");
    let url = ObjectRequest::get("test.txt", now + Duration::from_secs(86400))
        .sign(&example_endpoint(), &example_credentials(), now)
        .unwrap();
    insta::assert_snapshot!(url.as_str(), @"https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

fn url(method: Method, query: &[(&str, &str)]) -> String {
    let now = at("2026-11-24T10:00:00.9Z");
    let request = ObjectRequest::new(method, "uploads/a b", now + Duration::from_secs(60));
    let request = query.iter().fold(request, |request, (name, value)| request.query(name, value));
    request.sign(&example_endpoint(), &example_credentials(), now).unwrap().as_str().to_owned()
}

#[test]
fn every_part_of_the_request_changes_the_signature() {
    let query = [("versionId", "v/1+2="), ("response-content-disposition", "attachment; filename=\"a.txt\"")];
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
fn each_constructor_signs_for_its_method() {
    let expires_at = at(NOW) + Duration::from_secs(60);
    for (request, method) in [
        (ObjectRequest::get("x", expires_at), Method::Get),
        (ObjectRequest::head("x", expires_at), Method::Head),
        (ObjectRequest::put("x", expires_at), Method::Put),
    ] {
        let sign = |request: &ObjectRequest<'_>| {
            request.sign(&example_endpoint(), &example_credentials(), at(NOW)).unwrap()
        };
        assert_eq!(sign(&request), sign(&ObjectRequest::new(method, "x", expires_at)));
    }
}

#[test]
fn headers_are_signed_by_name_and_value() {
    let signed = |length: &str| {
        let request = ObjectRequest::put("uploads/x", at(NOW) + Duration::from_secs(60))
            .header("content-length", length)
            .header("x-amz-checksum-sha256", "abc=");
        request.sign(&example_endpoint(), &example_credentials(), at(NOW)).unwrap().as_str().to_owned()
    };
    let url = signed("10");
    assert!(url.contains("X-Amz-SignedHeaders=content-length%3Bhost%3Bx-amz-checksum-sha256"), "{url}");
    assert!(!url.contains("abc"), "the URL contains no header values: {url}");
    assert_ne!(url, signed("11"));
}

#[test]
fn a_url_never_outlives_its_credentials() {
    let (now, end) = (at(NOW), at("2026-11-24T10:00:59Z"));
    let credentials = example_credentials().with_expiry(end);
    let sign =
        |expires_at| ObjectRequest::get("uploads/x", expires_at).sign(&example_endpoint(), &credentials, now);
    let minute = now + Duration::from_secs(60);
    assert_eq!(sign(minute), Err(PresignError::OutlivesCredentials(end)));
    assert!(sign(credentials.clamp(minute)).is_ok());
}

#[test]
fn what_cannot_be_signed_is_an_error() {
    let now = at(NOW);
    let sign = |endpoint: &BucketEndpoint, ttl: Duration| {
        ObjectRequest::get("uploads/x", now + ttl).sign(endpoint, &example_credentials(), now)
    };
    let minute = Duration::from_secs(60);
    for url in ["ftp://files/", "https:///files/", "files"] {
        let endpoint = example_endpoint().with_url(url);
        assert_eq!(sign(&endpoint, minute), Err(PresignError::Endpoint), "{url}");
    }
    for (ttl, left) in [
        (Duration::ZERO, Duration::ZERO),
        (Duration::from_millis(999), Duration::ZERO),
        (MAX_TTL + minute, MAX_TTL + minute),
    ] {
        assert_eq!(sign(&example_endpoint(), ttl), Err(PresignError::Ttl(left)));
    }
    for ttl in [Duration::from_secs(1), MAX_TTL] {
        assert!(sign(&example_endpoint(), ttl).is_ok(), "{ttl:?}");
    }
    let gone =
        ObjectRequest::get("uploads/x", now - minute).sign(&example_endpoint(), &example_credentials(), now);
    assert_eq!(gone, Err(PresignError::Ttl(Duration::ZERO)), "an expiry in the past");
}

#[test]
fn the_time_may_be_a_system_time() {
    let (now, expires_at) = (at(NOW), at(NOW) + Duration::from_secs(60));
    let of_timestamps =
        ObjectRequest::get("x", expires_at).sign(&example_endpoint(), &example_credentials(), now);
    let of_system_times = ObjectRequest::get("x", expires_at.system_time()).sign(
        &example_endpoint(),
        &example_credentials(),
        now.system_time(),
    );
    assert_eq!(of_timestamps, of_system_times);
}

#[test]
fn errors_read_well_when_a_library_prints_them() {
    let texts = [
        PresignError::OutlivesCredentials(at(NOW)),
        PresignError::Ttl(Duration::ZERO),
        PresignError::Endpoint,
    ]
    .map(|error| error.to_string());
    insta::assert_snapshot!(texts.join("\n"), @"
    URL expires after its credentials, which expire at 2026-11-24T10:00:00.000Z
    URL lifetime is 0 seconds; it must be 1 to 604800
    bucket endpoint is not an http or https URL with a host
    ");
}

/// Signs the same request with the signing crate of the AWS SDK.
fn by_aws_sigv4(
    endpoint: &BucketEndpoint,
    request: &ObjectRequest<'_>,
    credentials: &SigningCredentials,
    now: Timestamp,
) -> Vec<(String, String)> {
    use aws_sigv4::http_request as http;
    let mut settings = http::SigningSettings::default();
    settings.percent_encoding_mode = http::PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = http::UriPathNormalizationMode::Disabled;
    settings.session_token_mode = http::SessionTokenMode::Include;
    settings.signature_location = http::SignatureLocation::QueryParams;
    settings.expires_in = Some(now.until(request.expires_at));
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
    let unsigned = Query::new(&request.query).joined();
    let mark = if unsigned.is_empty() { "" } else { "?" };
    let url = format!("{}{}{mark}{unsigned}", endpoint.url, utf8_percent_encode(request.key, PATH));
    let body = http::SignableBody::UnsignedPayload;
    let headers = request.headers.iter().copied();
    let signable = http::SignableRequest::new(request.method.as_str(), &url, headers, body).unwrap();
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
        let endpoint = BucketEndpoint::regional("files", "eu-central-1").with_url(url);
        let now = at(NOW);
        let names = ["versionId", "response-content-disposition", "X-Own", "partNumber"];
        let request = names.into_iter().zip(&values).fold(
            ObjectRequest::put(&key, now + Duration::from_secs(ttl_s)),
            |request, (name, value)| request.query(name, value),
        );
        let request = request.header("x-amz-meta-b", &header).header("content-type", "image/png");
        let credentials =
            SigningCredentials { secret_access_key: secret, session_token: token, ..example_credentials() };
        let ours = request.sign(&endpoint, &credentials, now).unwrap();
        for (name, value) in by_aws_sigv4(&endpoint, &request, &credentials, now) {
            let mut pair = Query::new(&[]);
            pair.push(&name, &value);
            let pair = pair.joined();
            proptest::prop_assert!(ours.as_str().contains(&pair), "{pair} is not in {}", ours.as_str());
        }
    }
}
