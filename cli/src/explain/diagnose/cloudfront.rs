//! CloudFront's refusals of signed URLs
//! ([AWS](https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-signed-urls.html)).

use super::super::cause;
use super::super::recognize::{ErrorBody, Scheme};
use super::super::{signed, time};
use super::case::Case;
use super::found::Found;

/// Whether CloudFront answered, and not S3.
pub(super) fn is_of_cloudfront(case: &Case<'_>, error: &ErrorBody) -> bool {
    let own_code =
        matches!(error.code.as_str(), "MissingKey" | "InvalidKey" | "MalformedPolicy" | "MalformedSignature");
    let by_header = case.exchange.is_some_and(|exchange| {
        exchange.received("x-amz-request-id").is_none()
            && exchange.received("server").is_some_and(|server| server.eq_ignore_ascii_case("CloudFront"))
    });
    let signed = case.url.is_some_and(|url| url.scheme == Scheme::CloudFront);
    // S3 behind CloudFront answers with its request id.
    own_code || (error.code == "AccessDenied" && (signed || by_header) && error.detail("RequestId").is_none())
}

pub(super) fn causes(case: &Case<'_>, error: &ErrorBody) -> Vec<Found> {
    match error.code.as_str() {
        "MissingKey" => return vec![Found::certain(&cause::CLOUDFRONT_KEY_MISSING).named("Key-Pair-Id")],
        "InvalidKey" => return vec![Found::certain(&cause::CLOUDFRONT_KEY_UNKNOWN).named("Key-Pair-Id")],
        "MalformedPolicy" => return vec![Found::certain(&cause::CLOUDFRONT_DENIED).named("Policy")],
        "MalformedSignature" => return vec![Found::certain(&cause::CLOUDFRONT_DENIED).named("Signature")],
        _ => {}
    }
    let times = case.url.map(signed::times_of_url).unwrap_or_default();
    let now = case.answered_at().unwrap_or(case.settings.now);
    if let Some(end) = times.expires_at.filter(|end| *end <= now) {
        // Without the time of the answer the URL may have expired after it.
        let found = match case.answered_at() {
            Some(_) => Found::certain(&cause::CLOUDFRONT_EXPIRED),
            None => Found::likely(&cause::CLOUDFRONT_EXPIRED),
        };
        return vec![found.because(format!("The URL expired at {}.", time::shown(end)))];
    }
    if times.starts_at.is_some_and(|start| start > now) {
        return vec![Found::certain(&cause::CLOUDFRONT_NOT_YET_VALID)];
    }
    vec![Found::likely(&cause::CLOUDFRONT_DENIED)]
}

/// Causes of a 403 of S3 whose body is missing.
pub(super) fn rights_behind_a_bare_403() -> Vec<Found> {
    vec![
        Found::possible(&cause::NO_RIGHT),
        Found::possible(&cause::MISSING_OR_HIDDEN),
        Found::possible(&cause::KMS_DENIED),
        Found::possible(&cause::BUCKET_POLICY_DENIES),
        Found::possible(&cause::SIGNATURE_MISMATCH),
    ]
}
