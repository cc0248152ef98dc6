//! `SignatureDoesNotMatch`: what was signed, and what S3 received.
//!
//! With the secret, the signature is computed again for what may have been signed: another method, host, key, header or
//! query. Without it, S3's `CanonicalRequest`, which states what S3 received, is compared with the URL.

use super::super::cause;
use super::super::recognize::url::decoded;
use super::super::recognize::{ErrorBody, Scheme, SignedUrl};
use super::{Case, Found, form, url};

mod recompute;

pub(super) use recompute::recomputed;

pub(super) fn causes(case: &Case<'_>, error: &ErrorBody) -> Vec<Found> {
    if let Some(form) = case.form {
        let found = form::refused(case, form).filter(|found| found.cause == &cause::FORM_SIGNATURE_MISMATCH);
        let unnamed = || Found::likely(&cause::FORM_SIGNATURE_MISMATCH).named("policy");
        return vec![found.unwrap_or_else(unnamed)];
    }
    let broken = url::broken(case);
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

/// The method for which a URL is signed, as far as its parameters show, and the parameter.
fn signed_method(url: &SignedUrl) -> Option<(&'static str, &'static str)> {
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

/// The key in the path is not the one that was meant, or is encoded twice.
fn key(case: &Case<'_>, url: &SignedUrl) -> Option<Found> {
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

/// S3's canonical request: what S3 received
/// ([AWS](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request)).
struct Canonical {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    payload: String,
}

impl Canonical {
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let (method, path, query) = (lines.next()?, lines.next()?, lines.next()?);
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let query = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let query = query.map(|(name, value)| (decoded(name), decoded(value))).collect();
        let headers =
            lines.by_ref().take_while(|line| !line.is_empty()).filter_map(|line| line.split_once(':'));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let payload = lines.nth(1).unwrap_or_default().to_owned();
        Some(Self { method: method.to_owned(), path: path.to_owned(), query, headers, payload })
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// Where what S3 received differs from the URL.
    fn compared(&self, case: &Case<'_>) -> Vec<Found> {
        let mut found = self.by_itself();
        let Some(url) = case.url.filter(|url| url.scheme == Scheme::S3V4) else { return found };
        found.extend(self.method(url));
        found.extend(self.host(url));
        found.extend(self.key(case, url));
        found.extend(self.query(url));
        if found.is_empty() {
            found.extend(self.sent_headers());
        }
        found
    }

    /// What S3's text shows without the URL: a signed header that was not sent.
    fn by_itself(&self) -> Vec<Found> {
        let empty = self.headers.iter().filter(|(_, value)| value.trim().is_empty());
        empty
            .map(|(name, _)| {
                Found::certain(&cause::SIGNED_HEADER_DIFFERS)
                    .named(name)
                    .because("S3 received the request without this header, or with an empty value.")
            })
            .collect()
    }

    fn method(&self, url: &SignedUrl) -> Option<Found> {
        let (signed, shown_by) = signed_method(url)?;
        (signed != self.method).then(|| {
            let reason = format!(
                "S3 received {}, and the parameter {shown_by} shows that {signed} was signed.",
                self.method
            );
            Found::certain(&cause::SIGNED_FOR_OTHER_METHOD).named(&self.method).because(reason)
        })
    }

    fn host(&self, url: &SignedUrl) -> Option<Found> {
        let received = self.header("host").filter(|host| !host.is_empty() && *host != url.host)?;
        let reason = format!("S3 received the host {received}, and the URL has {}.", url.host);
        Some(Found::certain(&cause::SIGNED_FOR_OTHER_HOST).named(received).because(reason))
    }

    fn key(&self, case: &Case<'_>, url: &SignedUrl) -> Option<Found> {
        if self.path == url.path {
            return key(case, url);
        }
        let (_, key, _) = url.location();
        let reason = format!("S3 received the path {}, and the URL has {}.", self.path, url.path);
        // An encoding that S3 normalizes is no difference.
        let same = decoded(&self.path) == decoded(&url.path) && !self.path.contains("%25");
        let suspicious = !same || case.settings.key.is_some();
        suspicious.then(|| Found::certain(&cause::KEY_ENCODED_DIFFERENTLY).named(key).because(reason))
    }

    fn query(&self, url: &SignedUrl) -> Option<Found> {
        let own: Vec<_> = url.query.iter().map(|(name, value)| (decoded(name), decoded(value))).collect();
        let is_signature = |name: &str| name.eq_ignore_ascii_case("X-Amz-Signature");
        let added = self.query.iter().find(|pair| !is_signature(&pair.0) && !own.contains(pair));
        let removed = own.iter().find(|pair| !is_signature(&pair.0) && !self.query.contains(pair));
        let (name, what) = match (added, removed) {
            (Some((name, _)), _) if own.iter().any(|(other, _)| other == name) => (name, "changed"),
            (Some((name, _)), _) => (name, "added"),
            (None, Some((name, _))) => (name, "removed"),
            (None, None) => return None,
        };
        let reason = format!("The parameter {name} was {what} between the URL and S3.");
        Some(Found::certain(&cause::QUERY_CHANGED).named(name).because(reason))
    }

    /// Nothing else differs: a signed header has another value, or the body's hash was sent.
    fn sent_headers(&self) -> Option<Found> {
        let other = self.headers.iter().find(|(name, _)| name != "host");
        if let Some((name, value)) = other {
            let reason = format!("S3 received {name}: {value}. Compare it with the value that was signed.");
            return Some(Found::likely(&cause::SIGNED_HEADER_DIFFERS).named(name).because(reason));
        }
        let hashed = !self.payload.is_empty() && self.payload != "UNSIGNED-PAYLOAD";
        hashed.then(|| {
            let reason = "S3 computed the signature with a hash of the body. A presigned URL is signed with UNSIGNED-PAYLOAD.";
            Found::likely(&cause::SIGNED_HEADER_DIFFERS).named("x-amz-content-sha256").because(reason)
        })
    }
}
