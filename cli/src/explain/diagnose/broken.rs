//! What makes a signed URL unusable at any time.

use super::super::cause;
use super::super::recognize::{Scheme, SignedUrl};
use super::case::Case;
use super::found::Found;

/// The longest life of a URL, in seconds.
const MAX_LIFE_S: u64 = 604_800;

/// What every URL with signature version 4 has.
const REQUIRED: [&str; 6] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-Date",
    "X-Amz-SignedHeaders",
    "X-Amz-Expires",
];

/// What makes a URL unusable at any time.
pub(super) fn broken(case: &Case<'_>) -> Vec<Found> {
    let Some(url) = case.url else { return Vec::new() };
    if url.is_escaped && url.scheme != Scheme::Unsigned {
        return vec![Found::likely(&cause::URL_ESCAPED)];
    }
    if url.scheme == Scheme::S3V4 {
        let missing = missing(url);
        if !missing.is_empty() {
            return vec![Found::certain(&cause::PARAMETER_MISSING).named(missing.join(", "))];
        }
        let life = url.param("X-Amz-Expires").and_then(|life| life.parse::<u64>().ok());
        if life.is_none_or(|life| life == 0 || life > MAX_LIFE_S) {
            return vec![Found::certain(&cause::EXPIRY_TOO_LONG).named("X-Amz-Expires")];
        }
        if is_cut(url) {
            let found = Found::certain(&cause::PARAMETER_MISSING).named("X-Amz-Signature");
            return vec![found.because("The signature does not have 64 hexadecimal digits.")];
        }
    }
    match case.lacks_token() {
        true => vec![Found::certain(&cause::TOKEN_MISSING).named("X-Amz-Security-Token")],
        false => region(url).into_iter().collect(),
    }
}

fn missing(url: &SignedUrl) -> Vec<&'static str> {
    REQUIRED.into_iter().filter(|name| url.param(name).is_none_or(|value| value.is_empty())).collect()
}

/// A signature that was masked by a person is not a cut one.
fn is_cut(url: &SignedUrl) -> bool {
    let signature = url.param("X-Amz-Signature").unwrap_or_default();
    let is_hex = !signature.is_empty() && signature.bytes().all(|b| b.is_ascii_hexdigit());
    is_hex && signature.len() < 64
}

/// The region in the host and the one that was signed differ.
fn region(url: &SignedUrl) -> Option<Found> {
    let (_, _, host) = url.location();
    let credential = url.param("X-Amz-Credential")?;
    let (host, signed) = (host?, credential.split('/').nth(2)?.to_owned());
    (host != signed && url.is_of_s3()).then(|| {
        let reason = format!("The host is in {host}, and the URL is signed for {signed}.");
        Found::certain(&cause::WRONG_REGION_SIGNED).named("X-Amz-Credential").because(reason)
    })
}

/// S3 said that parameters are missing.
pub(super) fn missing_parameters(case: &Case<'_>) -> Vec<Found> {
    if case.url.is_some_and(|url| url.is_escaped) {
        return vec![Found::certain(&cause::URL_ESCAPED)];
    }
    let missing = case.url.map(missing).unwrap_or_default();
    let found = Found::certain(&cause::PARAMETER_MISSING);
    vec![if missing.is_empty() { found } else { found.named(missing.join(", ")) }]
}
