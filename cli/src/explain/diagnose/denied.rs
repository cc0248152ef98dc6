//! `AccessDenied`: S3's answer to many different causes. The message, the form, the URL and the time tell them apart
//! ([AWS](https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html)).

use super::super::cause;
use super::super::recognize::{ErrorBody, Scheme, SignedUrl};
use super::super::{signed, time};
use super::case::Case;
use super::found::Found;
use super::{broken, form, signature};

pub(super) fn causes(case: &Case<'_>, error: &ErrorBody) -> Vec<Found> {
    let of_message = by_message(case, error);
    if !of_message.is_empty() {
        return of_message;
    }
    // The message says nothing. What was sent may say more.
    let broken = broken::broken(case);
    if !broken.is_empty() {
        return broken;
    }
    if let Some(found) = case.form.and_then(|form| form::refused(case, form)) {
        return vec![found];
    }
    if case.has_status(405) {
        return vec![Found::certain(&cause::DELETE_MARKER)];
    }
    hidden(case)
}

/// Causes that the message names.
fn by_message(case: &Case<'_>, error: &ErrorBody) -> Vec<Found> {
    if error.says("Request has expired") {
        return vec![expired(case, error)];
    }
    if error.says("not yet valid") || error.says("not valid yet") {
        return vec![Found::certain(&cause::NOT_YET_VALID).because(signing_time(case))];
    }
    if error.says("Invalid according to Policy") {
        return vec![form::by_message(case, error)];
    }
    if error.says("headers present in the request which were not signed") {
        let found = Found::certain(&cause::HEADER_NOT_SIGNED);
        return vec![match error.detail("HeadersNotSigned") {
            Some(headers) => found.named(headers),
            None => found,
        }];
    }
    if error.says("CORS is not enabled for this bucket") {
        return vec![Found::certain(&cause::CORS_DISABLED)];
    }
    if error.says("This CORS request is not allowed") {
        return vec![Found::certain(&cause::CORS_ORIGIN)];
    }
    if error.says("secure connection") {
        return vec![Found::certain(&cause::TLS_REQUIRED)];
    }
    if error.says("Query-string authentication") {
        return broken::missing_parameters(case);
    }
    if error.says("Anonymous") {
        return vec![Found::certain(&cause::UNSIGNED_REQUEST)];
    }
    by_policy(error)
}

/// Causes that the longer messages of policies name.
fn by_policy(error: &ErrorBody) -> Vec<Found> {
    let is_of_kms = error.says("perform: kms:")
        || error.says("ciphertext refers to a customer master key")
        || error.says("arn:aws:kms") && error.says("not authorized");
    let action = error.message.split("perform: ").nth(1).and_then(|rest| rest.split_whitespace().next());
    let named = |found: Found| match action {
        Some(action) => found.named(action).because(error.message.clone()),
        None => found.because(error.message.clone()),
    };
    let other = [
        "service control policy",
        "resource control policy",
        "permissions boundary",
        "session policy",
        "VPC endpoint policy",
    ];
    if is_of_kms {
        return vec![named(Found::certain(&cause::KMS_DENIED))];
    }
    if error.says("BlockPublic") {
        return vec![named(Found::certain(&cause::PUBLIC_ACCESS_BLOCKED))];
    }
    if other.iter().any(|policy| error.says(policy)) {
        return vec![named(Found::certain(&cause::OTHER_POLICY_DENIES))];
    }
    if error.says("explicit deny in a resource-based policy") {
        return vec![named(Found::certain(&cause::BUCKET_POLICY_DENIES))];
    }
    if error.says("explicit deny in an identity-based policy") || error.says("not authorized to perform") {
        return vec![named(Found::certain(&cause::NO_RIGHT))];
    }
    Vec::new()
}

fn expired(case: &Case<'_>, error: &ErrorBody) -> Found {
    let found = Found::certain(&cause::URL_EXPIRED).named("X-Amz-Expires");
    let of_url = case.url.map(signed::times_of_url).unwrap_or_default();
    let ended = error.detail("Expires").and_then(time::parse).or(of_url.expires_at);
    let found = match (ended, case.answered_at()) {
        (Some(ended), Some(at)) => found.because(format!(
            "The URL expired at {}, and S3 received the request at {}, {} later.",
            time::shown(ended),
            time::shown(at),
            time::length(ended.until(at))
        )),
        (Some(ended), None) => found.because(format!("The URL expired at {}.", time::shown(ended))),
        _ => found,
    };
    let life = error.detail("X-Amz-Expires").map(str::to_owned).or_else(|| case.url?.param("X-Amz-Expires"));
    match life {
        Some(life) => found.because(format!("It was signed for {life} seconds.")),
        None => found,
    }
}

fn signing_time(case: &Case<'_>) -> String {
    let signed_at = case.url.and_then(|url| signed::times_of_url(url).signed_at);
    signed_at
        .map_or_else(String::new, |at| format!("The URL states that it was signed at {}.", time::shown(at)))
}

/// Bare `Access Denied`: what remains possible, the likelier first.
fn hidden(case: &Case<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    let url = case.url;
    let addressed =
        url.map(|url| url.is_tls).or_else(|| case.form.map(|form| form.url.starts_with("https://")));
    if addressed == Some(false) {
        found.push(Found::likely(&cause::TLS_REQUIRED).because("The URL begins with http://."));
    }
    if let Some(url) =
        url.filter(|url| url.scheme == Scheme::Unsigned && case.form.is_none() && url.path.len() > 1)
    {
        let reason = format!("The URL of {} has no signature.", url.host);
        found.push(Found::likely(&cause::UNSIGNED_REQUEST).because(reason));
    }
    if let Some(other) = signature::method_differs(case) {
        found.push(other);
    }
    let writes = case.form.is_some() || matches!(case.method(), Some("PUT" | "POST"));
    let right = if writes { "s3:PutObject" } else { right_to_read(case) };
    let passes = match case.form {
        Some(_) => "The form fulfills every condition of its policy, so the refusal comes from rights.",
        None => "",
    };
    found.push(Found::possible(&cause::NO_RIGHT).named(right).because(passes));
    if !writes {
        found.push(Found::possible(&cause::MISSING_OR_HIDDEN).because(object_of(case)));
    }
    found.push(Found::possible(&cause::KMS_DENIED).named(if writes {
        "kms:GenerateDataKey"
    } else {
        "kms:Decrypt"
    }));
    found.push(Found::possible(&cause::BUCKET_POLICY_DENIES).because(match writes && unencrypted(case) {
        true => "The request names no encryption, which a bucket's policy may demand.",
        false => "",
    }));
    found.extend(signature_age(case));
    found
}

fn right_to_read(case: &Case<'_>) -> &'static str {
    let of_version = case.url.is_some_and(|url| url.param("versionId").is_some());
    if of_version { "s3:GetObjectVersion" } else { "s3:GetObject" }
}

fn object_of(case: &Case<'_>) -> String {
    let location = case.url.map(SignedUrl::location);
    location.map_or_else(String::new, |(bucket, key, _)| {
        format!("The URL leads to the key {key} in the bucket {bucket}.")
    })
}

fn unencrypted(case: &Case<'_>) -> bool {
    let of_form = case.form.is_some_and(|form| form.field("x-amz-server-side-encryption").is_some());
    let of_url = case.url.is_some_and(|url| url.param("x-amz-server-side-encryption").is_some());
    !of_form && !of_url && case.sent("x-amz-server-side-encryption").is_none()
}

/// A policy can limit the age of a signature, so an older one is a candidate.
fn signature_age(case: &Case<'_>) -> Option<Found> {
    let of_url = case.url.map(signed::times_of_url);
    let times = of_url.or_else(|| case.form.map(signed::times_of_form))?;
    let signed_at = times.signed_at?;
    let age = signed_at.until(case.answered_at().unwrap_or(case.settings.now));
    (age.as_secs() > 0).then(|| {
        let reason = match case.answered_at() {
            Some(_) => format!("The signature was {} old when S3 answered.", time::length(age)),
            None => format!("The signature is {} old now.", time::length(age)),
        };
        Found::possible(&cause::SIGNATURE_AGE).because(reason)
    })
}
