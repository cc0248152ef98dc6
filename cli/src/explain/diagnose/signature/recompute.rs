//! Computes the signature of a URL again, with the secret, for everything that may have been signed.
//!
//! `s3-presigned` signs: there is no second signer. It signs GET, HEAD and PUT.

use s3_presigned::presigned_url::{Method, ObjectRequest};
use s3_presigned::{BucketEndpoint, SigningCredentials, Timestamp};

use super::super::super::cause;
use super::super::super::recognize::SignedUrl;
use super::super::super::recognize::url::decoded;
use super::super::super::settings::Secret;
use super::super::super::signed;
use super::super::case::Case;
use super::super::found::Found;
use super::canonical::Canonical;

/// Parameters that the signer writes itself.
const OWN: [&str; 7] = [
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-signedheaders",
    "x-amz-security-token",
    "x-amz-signature",
];

/// Types that clients send when nobody chose one, and common ones.
const CONTENT_TYPES: [&str; 14] = [
    "",
    "application/octet-stream",
    "binary/octet-stream",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "application/json",
    "application/pdf",
    "application/zip",
    "image/jpeg",
    "image/png",
    "text/csv",
    "text/html",
    "text/plain",
    "video/mp4",
];

const METHODS: [(&str, Method); 3] = [("GET", Method::Get), ("PUT", Method::Put), ("HEAD", Method::Head)];

/// A request that may have been signed.
#[derive(Clone)]
struct Guess {
    method: (&'static str, Method),
    host: String,
    key: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
}

/// What stays the same in all guesses.
struct Signer {
    credentials: SigningCredentials,
    region: String,
    signed_at: Timestamp,
    expires_at: Timestamp,
    signature: String,
}

impl Signer {
    fn of(url: &SignedUrl, secret: &Secret) -> Option<Self> {
        let credential = url.param("X-Amz-Credential")?;
        let mut scope = credential.split('/');
        let credentials = SigningCredentials::new(scope.next()?, secret.reveal());
        let credentials = match url.param("X-Amz-Security-Token") {
            Some(token) => credentials.with_session_token(token),
            None => credentials,
        };
        let times = signed::times_of_url(url);
        Some(Self {
            credentials,
            region: scope.nth(1)?.to_owned(),
            signed_at: times.signed_at?,
            expires_at: times.expires_at?,
            signature: url.param("X-Amz-Signature")?.to_ascii_lowercase(),
        })
    }

    fn signs(&self, guess: &Guess) -> bool {
        let bucket =
            BucketEndpoint::regional("", self.region.as_str()).with_url(&format!("https://{}", guess.host));
        let request = ObjectRequest::new(guess.method.1, &guess.key, self.expires_at);
        let request = guess.query.iter().fold(request, |request, (name, value)| request.query(name, value));
        let request =
            guess.headers.iter().fold(request, |request, (name, value)| request.header(name, value));
        let url = request.sign(&bucket, &self.credentials, self.signed_at);
        url.is_ok_and(|url| url.as_str().ends_with(&format!("X-Amz-Signature={}", self.signature)))
    }
}

/// The cause of a refusal without S3's canonical request: none if the URL is as it was signed.
pub(crate) fn recomputed(case: &Case<'_>, url: &SignedUrl, secret: &Secret) -> Vec<Found> {
    compared(case, url, secret, None)
}

/// Finds what was signed, and says where the request differs from it.
pub(super) fn compared(
    case: &Case<'_>,
    url: &SignedUrl,
    secret: &Secret,
    received: Option<&Canonical>,
) -> Vec<Found> {
    let Some(signer) = Signer::of(url, secret) else { return Vec::new() };
    let base = as_sent(case, url, received);
    let sent = case.method().or(received.map(|received| received.method.as_str()));
    let intact = METHODS.into_iter().find(|method| signer.signs(&Guess { method: *method, ..base.clone() }));
    if let Some((signed, _)) = intact {
        return unchanged(case, sent, signed, received);
    }
    let guesses = variants(case, url, &base, &signer).into_iter();
    let mut in_each_method = guesses.flat_map(|(guess, found)| {
        METHODS.into_iter().map(move |method| (Guess { method, ..guess.clone() }, found.clone()))
    });
    match in_each_method.find(|(guess, _)| signer.signs(guess)) {
        Some((guess, found)) => {
            let other =
                sent.filter(|sent| *sent != guess.method.0).map(|sent| of_method(sent, guess.method.0));
            [found].into_iter().chain(other).collect()
        }
        None => vec![unknown(&base)],
    }
}

/// The URL is as it was signed, by this secret: the request was not.
fn unchanged(
    case: &Case<'_>,
    sent: Option<&str>,
    signed: &'static str,
    received: Option<&Canonical>,
) -> Vec<Found> {
    if let Some(sent) = sent.filter(|sent| *sent != signed) {
        return vec![of_method(sent, signed)];
    }
    let compared = received.map(|received| received.compared(case)).unwrap_or_default();
    let refused = case.has_error("SignatureDoesNotMatch");
    match (compared.is_empty(), refused) {
        (false, _) => compared,
        (true, false) => Vec::new(),
        (true, true) => vec![Found::likely(&cause::SECRET_DIFFERS).because(format!(
            "This secret signs this URL for {signed} as it is. So S3 knows another secret for the access key id, or the \
             request was changed on its way."
        ))],
    }
}

fn of_method(sent: &str, signed: &str) -> Found {
    let reason = format!("The signature is that of {signed}, and the request was sent with {sent}.");
    Found::certain(&cause::SIGNED_FOR_OTHER_METHOD).named(sent).because(reason)
}

fn unknown(base: &Guess) -> Found {
    let found = Found::likely(&cause::SECRET_DIFFERS)
        .because("No request that the URL could stand for has this signature with this secret.");
    match base.headers.iter().any(|(_, value)| value.is_empty()) {
        true => found.because(
            "A signed header whose value is not known can be the reason as well: give it with --header.",
        ),
        false => found,
    }
}

fn as_sent(case: &Case<'_>, url: &SignedUrl, received: Option<&Canonical>) -> Guess {
    let query = url.query.iter().map(|(name, value)| (decoded(name), decoded(value)));
    let query = query.filter(|(name, _)| !OWN.contains(&name.to_ascii_lowercase().as_str())).collect();
    let headers = url.signed_headers().into_iter().filter(|name| name != "host").map(|name| {
        let value = case.sent(&name).or_else(|| received?.header(&name));
        let of_settings = || match name.as_str() {
            "content-type" => case.settings.content_type.clone(),
            "content-length" => case.settings.size_bytes.map(|size| size.to_string()),
            _ => None,
        };
        let value = value.map(str::to_owned).or_else(of_settings).unwrap_or_default();
        (name, value)
    });
    Guess {
        method: ("GET", Method::Get),
        host: url.host.clone(),
        key: decoded(url.path.trim_start_matches('/')),
        query,
        headers: headers.collect(),
    }
}

/// Requests that differ in one thing, each with the cause that it would prove.
fn variants(case: &Case<'_>, url: &SignedUrl, base: &Guess, signer: &Signer) -> Vec<(Guess, Found)> {
    let mut variants = hosts(url, base, signer);
    variants.extend(keys(case, base));
    variants.extend(headers(case, base));
    variants.extend(queries(base));
    variants
}

fn hosts(url: &SignedUrl, base: &Guess, signer: &Signer) -> Vec<(Guess, Found)> {
    let (bucket, _, _) = url.location();
    let region = &signer.region;
    let hosts = [
        format!("{bucket}.s3.{region}.amazonaws.com"),
        format!("{bucket}.s3.amazonaws.com"),
        format!("{bucket}.s3-{region}.amazonaws.com"),
        format!("{bucket}.s3-accelerate.amazonaws.com"),
        format!("{bucket}.s3.dualstack.{region}.amazonaws.com"),
    ];
    let others = hosts.into_iter().filter(|host| *host != base.host);
    others
        .map(|host| {
            let reason = format!("The signature is that of the host {host}, and the URL has {}.", base.host);
            let found = Found::certain(&cause::SIGNED_FOR_OTHER_HOST).named(&base.host).because(reason);
            (Guess { host, ..base.clone() }, found)
        })
        .collect()
}

fn keys(case: &Case<'_>, base: &Guess) -> Vec<(Guess, Found)> {
    let key = &base.key;
    let mut keys =
        vec![decoded(key), key.replace('+', " "), key.replace(' ', "+"), decoded(&key.replace('+', " "))];
    keys.push(base.key.trim_start_matches('/').to_owned());
    keys.push(format!("/{key}"));
    keys.extend(case.settings.key.clone());
    let others = keys.into_iter().filter(|other| other != key);
    others
        .map(|other| {
            let reason = format!("The signature is that of the key {other}, and the URL has {key}.");
            let found = Found::certain(&cause::KEY_ENCODED_DIFFERENTLY).named(&other).because(reason);
            (Guess { key: other, ..base.clone() }, found)
        })
        .collect()
}

fn headers(case: &Case<'_>, base: &Guess) -> Vec<(Guess, Found)> {
    let mut variants = Vec::new();
    for (index, (name, sent)) in base.headers.iter().enumerate() {
        let mut values: Vec<String> = Vec::new();
        if name == "content-type" {
            values.extend(CONTENT_TYPES.iter().map(|value| (*value).to_owned()));
            values.extend(case.settings.content_type.clone());
        }
        if name == "content-length" {
            values.extend(case.settings.size_bytes.map(|size| size.to_string()));
        }
        for value in values.into_iter().filter(|value| value != sent) {
            let mut guess = base.clone();
            if let Some(header) = guess.headers.get_mut(index) {
                header.1.clone_from(&value);
            }
            let reason =
                format!("The signature is that of {name}: \"{value}\", and the request has \"{sent}\".");
            variants.push((guess, Found::certain(&cause::SIGNED_HEADER_DIFFERS).named(name).because(reason)));
        }
    }
    variants
}

fn queries(base: &Guess) -> Vec<(Guess, Found)> {
    let without = |index: usize| {
        let others = base.query.iter().enumerate().filter(|(own, _)| *own != index);
        Guess { query: others.map(|(_, pair)| pair.clone()).collect(), ..base.clone() }
    };
    let added = base.query.iter().take(16).enumerate();
    added
        .map(|(index, (name, _))| {
            let reason = format!("The signature is that of the URL without the parameter {name}.");
            (without(index), Found::certain(&cause::QUERY_CHANGED).named(name).because(reason))
        })
        .collect()
}
