//! `SignatureDoesNotMatch`: what was signed, and what S3 received.
//!
//! With the secret, the signature is computed again for what may have been signed: another method, host, key, header or
//! query. Without it, S3's `CanonicalRequest`, which states what S3 received, is compared with the URL.

use super::super::cause;
use super::super::recognize::{ErrorBody, Scheme, SignedUrl};
use super::case::Case;
use super::found::Found;
use super::{broken, form};

mod canonical;
mod hints;
mod recompute;

use canonical::Canonical;
use hints::{key, signed_method};
pub(super) use recompute::recomputed;

pub(super) fn causes(case: &Case<'_>, error: &ErrorBody) -> Vec<Found> {
    if let Some(form) = case.form {
        let found = form::refused(case, form).filter(|found| found.cause == &cause::FORM_SIGNATURE_MISMATCH);
        let unnamed = || Found::likely(&cause::FORM_SIGNATURE_MISMATCH).named("policy");
        return vec![found.unwrap_or_else(unnamed)];
    }
    let broken = broken::broken(case);
    if !broken.is_empty() {
        return broken;
    }
    let received = error.detail("CanonicalRequest").and_then(Canonical::parse);
    let signed = case.url.filter(|url| url.scheme == Scheme::S3V4);
    if let Some((url, secret)) = signed.zip(case.settings.secret.as_ref()) {
        let found = recompute::compared(case, url, secret, received.as_ref());
        if !found.is_empty() {
            return found;
        }
    }
    let mut found = received.iter().flat_map(|received| received.compared(case)).collect::<Vec<_>>();
    if found.is_empty() {
        found.extend(method_differs(case));
        found.extend(signed.and_then(|url| key(case, url)));
        found.extend(issued_header(case));
        found.extend(signed.and_then(|url| unsent_header(case, url)));
    }
    match found.is_empty() {
        true => vec![unexplained(case)],
        false => found,
    }
}

/// Nothing shows a difference: the usual causes, as possible ones.
fn unexplained(case: &Case<'_>) -> Found {
    let headers = case.url.map(SignedUrl::signed_headers).unwrap_or_default();
    let others: Vec<_> = headers.into_iter().filter(|name| name != "host").collect();
    Found::possible(&cause::SIGNATURE_MISMATCH).because(match others.is_empty() {
        true => String::new(),
        false => format!("The URL demands these headers with their signed values: {}.", others.join(", ")),
    })
}

/// The request has a presigned URL and an `Authorization` header.
pub(super) fn two_authorizations(case: &Case<'_>) -> Option<Found> {
    let is_presigned = case.url.is_some_and(|url| matches!(url.scheme, Scheme::S3V4 | Scheme::S3V2));
    let refused = case.has_status(400);
    (is_presigned && refused && case.sent("authorization").is_some())
        .then(|| Found::certain(&cause::TWO_AUTHORIZATIONS).named("authorization"))
}

/// The request was sent with another method than the URL is signed for.
pub(super) fn method_differs(case: &Case<'_>) -> Option<Found> {
    let url = case.url.filter(|url| matches!(url.scheme, Scheme::S3V4 | Scheme::S3V2))?;
    let sent = case.method()?;
    match signed_method(url) {
        Some((signed, shown_by)) if signed != sent => Some(
            Found::certain(&cause::SIGNED_FOR_OTHER_METHOD)
                .named(sent)
                .because(format!("The parameter {shown_by} shows that the URL is signed for {signed}.")),
        ),
        None if sent == "HEAD" => Some(
            Found::likely(&cause::SIGNED_FOR_OTHER_METHOD)
                .named("HEAD")
                .because("Most URLs are signed for GET, and S3 answers 403 to HEAD then."),
        ),
        _ => None,
    }
}

/// A header that was sent with another value than the API issued.
fn issued_header(case: &Case<'_>) -> Option<Found> {
    let size = case.settings.size_bytes.map(|size| size.to_string());
    case.evidence.issued_headers.iter().find_map(|(name, issued)| {
        let of_file = if name == "content-length" { size.as_deref() } else { None };
        let sent = case.sent(name).or(of_file).filter(|sent| sent != issued)?;
        let reason = format!("It was issued with {name}: {issued}, and sent with {sent}.");
        Some(Found::certain(&cause::SIGNED_HEADER_DIFFERS).named(name).because(reason))
    })
}

/// A signed header that the transcript does not have.
fn unsent_header(case: &Case<'_>, url: &SignedUrl) -> Option<Found> {
    let request = case.exchange.filter(|exchange| !exchange.request.is_empty())?;
    let missing =
        url.signed_headers().into_iter().find(|name| name != "host" && request.sent(name).is_none())?;
    Some(
        Found::certain(&cause::SIGNED_HEADER_DIFFERS)
            .named(missing)
            .because("The request does not have this header."),
    )
}
