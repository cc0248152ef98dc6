//! S3's canonical request, compared with the URL.

use super::super::super::cause;
use super::super::super::recognize::url::decoded;
use super::super::super::recognize::{Scheme, SignedUrl};
use super::super::case::Case;
use super::super::found::Found;
use super::hints::{key, signed_method};

/// S3's canonical request: what S3 received
/// ([AWS](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request)).
pub(super) struct Canonical {
    pub(super) method: String,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    payload: String,
}

impl Canonical {
    pub(super) fn parse(text: &str) -> Option<Self> {
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

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// Where what S3 received differs from the URL.
    pub(super) fn compared(&self, case: &Case<'_>) -> Vec<Found> {
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
