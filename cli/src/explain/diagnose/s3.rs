//! The other error codes of S3 ([list](https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html)).

use super::super::cause::{self, Cause};
use super::super::recognize::{ErrorBody, Scheme};
use super::super::{signed, time};
use super::case::Case;
use super::found::Found;
use super::{broken, form};

pub(super) fn causes(case: &Case<'_>, error: &ErrorBody) -> Vec<Found> {
    match error.code.as_str() {
        "ExpiredToken" | "TokenRefreshRequired" | "ExpiredTokenException" => vec![session_expired(case)],
        "InvalidToken" | "InvalidSecurity" | "InvalidAccessKeyId" if case.lacks_token() => token_missing(),
        "InvalidAccessKeyId" => vec![access_key(case)],
        "RequestTimeTooSkewed" => vec![skewed(case, error)],
        "PermanentRedirect" | "301" => vec![redirect(&cause::WRONG_REGION_HOST, case, error)],
        "TemporaryRedirect" | "307" => vec![redirect(&cause::TEMPORARY_REDIRECT, case, error)],
        "AuthorizationQueryParametersError" | "AuthorizationHeaderMalformed" => parameters(case, error),
        "InvalidRequest" | "InvalidArgument" => arguments(case, error),
        "EntityTooLarge" => vec![size(&cause::FILE_TOO_LARGE, case, error)],
        "EntityTooSmall" => vec![size(&cause::FILE_TOO_SMALL, case, error)],
        "InvalidPolicyDocument" => {
            vec![Found::certain(&cause::POLICY_UNREADABLE).named("policy").because(error.message.clone())]
        }
        "MethodNotAllowed" => vec![method_not_allowed(case)],
        "NoSuchKey" | "404" | "NotFound" => vec![object(&cause::OBJECT_MISSING, case, error)],
        "NoSuchVersion" => vec![object(&cause::VERSION_MISSING, case, error)],
        "InvalidRange" => vec![range(error)],
        code if code.starts_with("KMS.") => {
            vec![Found::certain(&cause::KMS_KEY_UNUSABLE).because(error.message.clone())]
        }
        code => match plain(code) {
            Some(cause) => vec![Found::certain(cause)],
            None => vec![Found::likely(&cause::OTHER_CODE).named(code).because(error.message.clone())],
        },
    }
}

/// Codes with one cause.
fn plain(code: &str) -> Option<&'static Cause> {
    Some(match code {
        "AccessControlListNotSupported" => &cause::ACL_NOT_SUPPORTED,
        "BadDigest" | "InvalidDigest" | "XAmzContentSHA256Mismatch" | "XAmzContentChecksumMismatch" => {
            &cause::CHECKSUM_MISMATCH
        }
        "ConditionalRequestConflict" | "PreconditionFailed" => &cause::ALREADY_EXISTS,
        "IncompleteBody" | "RequestTimeout" => &cause::REQUEST_TIMEOUT,
        "IncorrectNumberOfFilesInPostRequest" => &cause::FILES_IN_FORM,
        "InternalError" => &cause::SERVICE_FAILED,
        "InvalidObjectState" => &cause::ARCHIVED,
        "InvalidPart" | "InvalidPartOrder" => &cause::PART_INVALID,
        "InvalidToken" | "InvalidSecurity" => &cause::TOKEN_INVALID,
        "MalformedPOSTRequest" | "RequestIsNotMultiPartContent" => &cause::MALFORMED_POST,
        "MaxPostPreDataLengthExceeded" | "MaxPostPreDataLengthExceededError" => &cause::FORM_TOO_LONG,
        "MetadataTooLarge" => &cause::METADATA_TOO_LARGE,
        "MissingContentLength" | "NotImplemented" => &cause::LENGTH_REQUIRED,
        "NoSuchBucket" => &cause::BUCKET_MISSING,
        "NoSuchUpload" => &cause::UPLOAD_MISSING,
        "ServiceUnavailable" | "SlowDown" | "503" => &cause::SLOW_DOWN,
        _ => return None,
    })
}

fn token_missing() -> Vec<Found> {
    vec![Found::certain(&cause::TOKEN_MISSING).named("X-Amz-Security-Token")]
}

fn session_expired(case: &Case<'_>) -> Found {
    let found = Found::certain(&cause::SESSION_EXPIRED);
    let of_url = case.url.map(signed::times_of_url);
    let times = of_url.or_else(|| case.form.map(signed::times_of_form)).unwrap_or_default();
    let own = times.expires_at.map(|end| {
        format!("The URL or form itself lasts until {}: its credentials ended before.", time::shown(end))
    });
    let age = times.signed_at.zip(case.answered_at()).map(|(signed, at)| {
        format!("The session ended within {} after the signature.", time::length(signed.until(at)))
    });
    found.because(own.unwrap_or_default()).because(age.unwrap_or_default())
}

fn access_key(case: &Case<'_>) -> Found {
    let found = Found::certain(&cause::ACCESS_KEY_UNKNOWN);
    match case.access_key_id() {
        Some(id) => found.because(format!("It is a {}.", signed::kind_of_credentials(&id))).named(id),
        None => found,
    }
}

fn skewed(case: &Case<'_>, error: &ErrorBody) -> Found {
    let found = Found::certain(&cause::CLOCK_SKEWED);
    let Some((sent, at)) = error.detail("RequestTime").and_then(time::parse).zip(case.answered_at()) else {
        return found;
    };
    let (distance, direction) = match sent > at {
        true => (at.until(sent), "ahead of"),
        false => (sent.until(at), "behind"),
    };
    found.because(format!(
        "The request's time is {} {direction} S3's, {}.",
        time::length(distance),
        time::shown(at)
    ))
}

fn redirect(cause: &'static Cause, case: &Case<'_>, error: &ErrorBody) -> Found {
    let found = Found::certain(cause);
    let region = case.exchange.and_then(|exchange| exchange.received("x-amz-bucket-region"));
    let found = match case.url.map(|url| url.host.as_str()) {
        Some(host) => found.named(host),
        None => found,
    };
    let endpoint = error.detail("Endpoint").map(|endpoint| format!("S3 names the endpoint {endpoint}."));
    let region = region.map(|region| format!("The bucket is in {region}."));
    found.because(endpoint.unwrap_or_default()).because(region.unwrap_or_default())
}

fn parameters(case: &Case<'_>, error: &ErrorBody) -> Vec<Found> {
    if error.says("region") && error.says("wrong") || error.detail("Region").is_some() {
        let name =
            if error.code == "AuthorizationHeaderMalformed" { "authorization" } else { "X-Amz-Credential" };
        let expected = error.detail("Region").map(|region| format!("The bucket is in {region}."));
        let found = Found::certain(&cause::WRONG_REGION_SIGNED).named(name).because(error.message.clone());
        return vec![found.because(expected.unwrap_or_default())];
    }
    if error.says("X-Amz-Expires")
        && (error.says("week")
            || error.says("604800")
            || error.says("non-negative")
            || error.says("should be a number"))
    {
        let life = case.url.and_then(|url| url.param("X-Amz-Expires"));
        let life = life.map(|life| format!("The URL asks for {life} seconds."));
        return vec![
            Found::certain(&cause::EXPIRY_TOO_LONG).named("X-Amz-Expires").because(life.unwrap_or_default()),
        ];
    }
    let broken = broken::broken(case);
    if broken.is_empty() { broken::missing_parameters(case) } else { broken }
}

fn arguments(case: &Case<'_>, error: &ErrorBody) -> Vec<Found> {
    let found = if error.says("Only one auth mechanism") {
        Found::certain(&cause::TWO_AUTHORIZATIONS).named("authorization")
    } else if error.says("Missing required header") && error.says("x-amz-content-sha256") {
        Found::certain(&cause::PAYLOAD_HASH_MISSING).named("x-amz-content-sha256")
    } else if error.says("KMS") && (error.says("Signature Version 4") || error.says("secure connection")) {
        Found::certain(&cause::KMS_NEEDS_V4)
    } else if error.says("authorization mechanism you have provided is not supported") {
        let found = Found::certain(&cause::SIGNATURE_VERSION);
        let is_v4 = case.url.is_some_and(|url| url.scheme == Scheme::S3V4);
        found.because(if is_v4 {
            "The URL itself is signed with version 4: look at the request that was sent."
        } else {
            ""
        })
    } else if error.says("Bucket POST must contain a field named") {
        let field = error.message.split('\'').nth(1).unwrap_or("key");
        Found::certain(&cause::FIELD_MISSING).named(field)
    } else if error.says("exactly one file") {
        Found::certain(&cause::FILES_IN_FORM)
    } else if error.says("X-Amz-Credential") && case.form.is_some() {
        Found::certain(&cause::WRONG_REGION_SIGNED).named("x-amz-credential").because(error.message.clone())
    } else {
        let found = Found::likely(&cause::ARGUMENT_INVALID).because(error.message.clone());
        return vec![match error.detail("ArgumentName") {
            Some(name) => found.named(name),
            None => found,
        }];
    };
    vec![found]
}

fn size(cause: &'static Cause, case: &Case<'_>, error: &ErrorBody) -> Found {
    let found = Found::certain(cause).because(form::sizes(case));
    let details = ["ProposedSize", "MaxSizeAllowed", "MinSizeAllowed", "PartNumber"];
    let details = details.iter().filter_map(|name| Some(format!("{name} {}", error.detail(name)?)));
    let details = details.collect::<Vec<_>>().join(", ");
    found.because(if details.is_empty() { String::new() } else { format!("S3 says: {details}.") })
}

fn method_not_allowed(case: &Case<'_>) -> Found {
    let marker = case.exchange.and_then(|exchange| exchange.received("x-amz-delete-marker")) == Some("true");
    let of_version = case.url.is_some_and(|url| url.param("versionId").is_some());
    match marker || of_version {
        true => Found::certain(&cause::DELETE_MARKER),
        false => Found::likely(&cause::DELETE_MARKER)
            .because("If no version was named, the method is one that this resource does not have: a form goes to the bucket's URL by POST."),
    }
}

fn object(cause: &'static Cause, case: &Case<'_>, error: &ErrorBody) -> Found {
    let key = error.detail("Key").map(str::to_owned).or_else(|| Some(case.url?.location().1));
    let found = Found::certain(cause);
    let found = match &key {
        Some(key) => found.named(key),
        None => found,
    };
    let odd = key.filter(|key| key.contains('+') || key.contains('%') || key.starts_with('/'));
    found.because(match odd {
        Some(_) => "The key has `+`, `%` or a leading slash: it was perhaps not decoded, or encoded twice.",
        None => "",
    })
}

fn range(error: &ErrorBody) -> Found {
    let of = |name: &str| error.detail(name);
    let found = Found::certain(&cause::RANGE_INVALID).named("range");
    let size = of("ActualObjectSize").map(|size| format!("The object has {size} bytes."));
    let asked = of("RangeRequested").map(|range| format!("The request asked for {range}."));
    found.because(asked.unwrap_or_default()).because(size.unwrap_or_default())
}
