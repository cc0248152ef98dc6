//! What a URL itself shows of what was signed.

use super::super::super::cause;
use super::super::super::recognize::SignedUrl;
use super::super::case::Case;
use super::super::found::Found;

/// The method for which a URL is signed, as far as its parameters show, and the parameter.
pub(super) fn signed_method(url: &SignedUrl) -> Option<(&'static str, &'static str)> {
    match url.param("x-id").as_deref() {
        Some("GetObject") => return Some(("GET", "x-id")),
        Some("HeadObject") => return Some(("HEAD", "x-id")),
        Some("PutObject" | "UploadPart") => return Some(("PUT", "x-id")),
        _ => {}
    }
    if url.param("partNumber").is_some() && url.param("uploadId").is_some() {
        return Some(("PUT", "partNumber"));
    }
    let answers = ["response-content-disposition", "response-content-type", "response-cache-control"];
    let answers = answers.into_iter().find(|name| url.param(name).is_some());
    answers.map(|name| ("GET", name))
}

/// The key in the path is not the one that was meant, or is encoded twice.
pub(super) fn key(case: &Case<'_>, url: &SignedUrl) -> Option<Found> {
    let (_, key, _) = url.location();
    if let Some(meant) = case.settings.key.as_ref().filter(|meant| **meant != key) {
        let reason = format!("The URL leads to the key {key}, and {meant} was meant.");
        return Some(Found::certain(&cause::KEY_ENCODED_DIFFERENTLY).named(key).because(reason));
    }
    let twice = ["%2520", "%252F", "%252B", "%25C3"].iter().any(|escape| url.path.contains(escape));
    twice.then(|| {
        let reason = "The path has escapes of escapes, such as %2520.";
        Found::likely(&cause::KEY_ENCODED_DIFFERENTLY).named(key).because(reason)
    })
}
