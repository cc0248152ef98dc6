//! Signed URLs without an error body: what is wrong with the URL itself, and with the request.

use super::super::cause::{self, Cause};
use super::super::recognize::{Scheme, SignedUrl};
use super::super::{signed, time};
use super::case::Case;
use super::found::Found;
use super::{broken, cloudfront, signature};

/// A URL, with or without the status of an answer.
pub(super) fn without_a_body(case: &Case<'_>) -> Vec<Found> {
    let Some(url) = case.url else { return by_status(case) };
    if case.form.is_some() {
        return Vec::new();
    }
    let broken = broken::broken(case);
    if !broken.is_empty() {
        return broken;
    }
    let mut found = Vec::new();
    let status = case.exchange.and_then(|exchange| exchange.status);
    if status.is_some_and(|status| status < 300) {
        return found;
    }
    found.extend(signature::two_authorizations(case));
    found.extend(ended(case, url));
    if status.is_some() {
        found.extend(signature::method_differs(case));
        found.extend(by_status(case));
    }
    if let (true, Some(secret)) = (found.is_empty(), &case.settings.secret) {
        found.extend(signature::recomputed(case, url, secret));
    }
    found
}

/// The URL had expired when S3 answered, or has now.
fn ended(case: &Case<'_>, url: &SignedUrl) -> Option<Found> {
    let times = signed::times_of_url(url);
    let (now, when) = match case.answered_at() {
        Some(at) => (at, "when the server answered"),
        None => (case.settings.now, "now"),
    };
    let of_cloudfront = url.scheme == Scheme::CloudFront;
    if of_cloudfront && times.starts_at.is_some_and(|start| start > now) {
        return Some(Found::certain(&cause::CLOUDFRONT_NOT_YET_VALID));
    }
    // S3 tolerates 15 minutes.
    let ahead = times.signed_at.filter(|at| now.until(*at).as_secs() > 900);
    if let Some(at) = ahead {
        return Some(
            Found::certain(&cause::NOT_YET_VALID)
                .because(format!("It states that it was signed at {}.", time::shown(at))),
        );
    }
    let session = case.settings.session_ends.filter(|end| *end <= now && !of_cloudfront);
    if let Some(end) = session {
        return Some(
            Found::certain(&cause::SESSION_EXPIRED)
                .because(format!("The session ended at {}.", time::shown(end))),
        );
    }
    let end = times.expires_at.filter(|end| *end <= now)?;
    let (cause, name): (&'static Cause, _) = match url.scheme {
        Scheme::CloudFront => {
            (&cause::CLOUDFRONT_EXPIRED, if url.param("Policy").is_some() { "Policy" } else { "Expires" })
        }
        Scheme::S3V2 => (&cause::URL_EXPIRED, "Expires"),
        _ => (&cause::URL_EXPIRED, "X-Amz-Expires"),
    };
    let reason = format!(
        "It expired at {}, {} before {}.",
        time::shown(end),
        time::length(end.until(now)),
        if when == "now" { "now" } else { "the server answered" }
    );
    Some(Found::certain(cause).named(name).because(reason))
}

/// What a status says without a body.
fn by_status(case: &Case<'_>) -> Vec<Found> {
    let Some(exchange) = case.exchange else { return Vec::new() };
    let Some(status) = exchange.status else { return Vec::new() };
    let of_s3 = exchange.received("x-amz-request-id").is_some() || case.url.is_some_and(SignedUrl::is_of_s3);
    let region = exchange.received("x-amz-bucket-region");
    if exchange.received("x-amz-delete-marker") == Some("true") {
        return vec![Found::certain(&cause::DELETE_MARKER)];
    }
    match status {
        301 | 400 if of_s3 && region.is_some() && differs(case, region) => {
            let reason = format!("The bucket is in {}.", region.unwrap_or_default());
            vec![Found::certain(&cause::WRONG_REGION_HOST).because(reason)]
        }
        307 if of_s3 => vec![Found::certain(&cause::TEMPORARY_REDIRECT)],
        403 if case.url.is_some_and(|url| url.scheme == Scheme::CloudFront) => {
            vec![Found::possible(&cause::CLOUDFRONT_DENIED)]
        }
        403 if exchange.method.as_deref() == Some("OPTIONS") => vec![Found::certain(&cause::CORS_ORIGIN)],
        403 if of_s3 => cloudfront::rights_behind_a_bare_403(),
        404 if of_s3 => vec![Found::certain(&cause::OBJECT_MISSING)],
        412 if of_s3 => vec![Found::certain(&cause::ALREADY_EXISTS)],
        416 if of_s3 => vec![Found::certain(&cause::RANGE_INVALID)],
        500 if of_s3 => vec![Found::certain(&cause::SERVICE_FAILED)],
        503 if of_s3 => vec![Found::certain(&cause::SLOW_DOWN)],
        _ => Vec::new(),
    }
}

fn differs(case: &Case<'_>, region: Option<&str>) -> bool {
    let signed = case.url.and_then(|url| url.param("X-Amz-Credential"));
    let signed = signed.as_deref().and_then(|credential| credential.split('/').nth(2));
    signed.is_none() || signed != region
}
