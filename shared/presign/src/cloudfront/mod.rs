//! CloudFront's signed URLs: whoever holds one starts a download until it ends.
//!
//! A policy is signed with a private key whose public half stands in the distribution's key group.
//! The canned policy says one URL and one end, and only the end goes along with the URL; a custom
//! one says more (a start, who may ask) and goes along whole. Every query parameter is part of
//! what is signed: one that is added later is refused.
//!
//! Both kinds of key sign over SHA-1, which is what CloudFront takes a signature for that names no
//! other hash. The text that is signed is ours, so that collisions help nobody.
//!
//! Sources: [canned policy](https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-canned-policy.html),
//! [custom policy](https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-custom-policy.html).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::pkcs8::DecodePrivateKey as _;
use rsa::pkcs1::DecodeRsaPrivateKey as _;
use rsa::signature::{SignatureEncoding as _, Signer as _};
use rsa::traits::PublicKeyParts as _;
use serde::Serialize;
use sha1::{Digest as _, Sha1};

use crate::Timestamp;

/// The one size that CloudFront takes, in bits.
const RSA_BITS: u32 = 2048;

/// The longest URL that CloudFront takes, in bytes.
pub const MAX_URL_BYTES: usize = 8192;

/// A key that signs, under the id that CloudFront gave to its public half. `Debug` shows the id
/// alone.
#[derive(Clone)]
pub struct CloudFrontKey {
    key_pair_id: String,
    key: Key,
}

#[derive(Clone)]
enum Key {
    Rsa(Box<rsa::pkcs1v15::SigningKey<Sha1>>),
    P256(p256::ecdsa::SigningKey),
}

/// What a custom policy allows beside an end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// Not before.
    pub starts: Option<Timestamp>,
    /// The only address or network in CIDR notation that may ask, such as `192.0.2.0/24`.
    pub source_ip: Option<String>,
}

/// A URL that opens an object until it ends. Neither `Debug` nor an error shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedUrl(String);

/// Why a key or a URL cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CloudFrontError {
    /// The text is no private key of a kind that CloudFront takes.
    #[error(
        "not a CloudFront key: write an RSA key of 2048 bits (PKCS #8 or PKCS #1) or an ECDSA key on P-256 (PKCS #8 or SEC1), in PEM"
    )]
    Key,
    /// The signature failed.
    #[error("signing failed")]
    Sign(#[source] rsa::signature::Error),
    /// CloudFront takes no longer ones.
    #[error("URL is longer than {MAX_URL_BYTES} bytes")]
    TooLong,
}

#[derive(Serialize)]
struct Policy<'a> {
    #[serde(rename = "Statement")]
    statement: [Statement<'a>; 1],
}

/// Without a resource a policy would open everything: there is no such policy here.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement<'a> {
    resource: &'a str,
    condition: Condition<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Condition<'a> {
    date_less_than: EpochTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip_address: Option<SourceIp<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_greater_than: Option<EpochTime>,
}

#[derive(Serialize)]
struct EpochTime {
    #[serde(rename = "AWS:EpochTime")]
    epoch_s: u64,
}

#[derive(Serialize)]
struct SourceIp<'a> {
    #[serde(rename = "AWS:SourceIp")]
    network: &'a str,
}

/// The text from the first block that holds a private key on.
fn private_key_block(pem: &str) -> &str {
    let is_private = |at: &usize| {
        let line = pem.get(*at..).and_then(|rest| rest.lines().next());
        line.is_some_and(|line| line.trim_end().ends_with("PRIVATE KEY-----"))
    };
    let mut blocks = pem.match_indices("-----BEGIN ").map(|(at, _)| at);
    blocks.find(is_private).and_then(|at| pem.get(at..)).unwrap_or(pem).trim()
}

impl CloudFrontKey {
    /// The private key in PEM, under the id of its public half: PKCS #8 for both kinds, PKCS #1 for RSA,
    /// SEC1 for ECDSA. `openssl ecparam -genkey` writes SEC1, behind a block of parameters.
    ///
    /// # Errors
    /// If it is no key that CloudFront takes.
    pub fn from_pem(key_pair_id: impl Into<String>, pem: &str) -> Result<Self, CloudFrontError> {
        let pem = private_key_block(pem);
        let rsa = rsa::PrivateKey::from_pkcs8_pem(pem).or_else(|_| rsa::PrivateKey::from_pkcs1_pem(pem));
        let key = match rsa {
            Ok(key) if key.n().bit_width() == RSA_BITS => {
                Key::Rsa(Box::new(rsa::pkcs1v15::SigningKey::new(key)))
            }
            Ok(_) => return Err(CloudFrontError::Key),
            Err(_) => Key::P256(p256::SecretKey::from_pem(pem).map_err(|_| CloudFrontError::Key)?.into()),
        };
        Ok(Self { key_pair_id: key_pair_id.into(), key })
    }

    /// `url`, whole and escaped, until `ends`, a whole second.
    ///
    /// # Errors
    /// If it gets too long.
    pub fn sign(&self, url: &str, ends: Timestamp) -> Result<SignedUrl, CloudFrontError> {
        let signature = self.signature(policy(url, ends, &Limits::default()).as_bytes())?;
        self.joined(url, &format!("Expires={}", ends.epoch_s()), &signature)
    }

    /// The same within `limits`, which go along with the URL.
    ///
    /// # Errors
    /// If it gets too long.
    pub fn sign_within(
        &self,
        url: &str,
        ends: Timestamp,
        limits: &Limits,
    ) -> Result<SignedUrl, CloudFrontError> {
        let policy = policy(url, ends, limits);
        let signature = self.signature(policy.as_bytes())?;
        self.joined(url, &format!("Policy={}", in_query(policy.as_bytes())), &signature)
    }

    fn signature(&self, policy: &[u8]) -> Result<Vec<u8>, CloudFrontError> {
        match &self.key {
            Key::Rsa(key) => Ok(key.try_sign(policy).map_err(CloudFrontError::Sign)?.to_vec()),
            Key::P256(key) => {
                let signature: p256::ecdsa::Signature =
                    key.sign_prehash(&Sha1::digest(policy)).map_err(CloudFrontError::Sign)?;
                Ok(signature.to_der().as_bytes().to_vec())
            }
        }
    }

    fn joined(&self, url: &str, limit: &str, signature: &[u8]) -> Result<SignedUrl, CloudFrontError> {
        let mark = if url.contains('?') { '&' } else { '?' };
        let url =
            format!("{url}{mark}{limit}&Signature={}&Key-Pair-Id={}", in_query(signature), self.key_pair_id);
        if url.len() > MAX_URL_BYTES { Err(CloudFrontError::TooLong) } else { Ok(SignedUrl(url)) }
    }
}

impl SignedUrl {
    /// The URL, for the one answer that hands it out.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn policy(url: &str, ends: Timestamp, limits: &Limits) -> String {
    let time = |at: Timestamp| EpochTime { epoch_s: at.epoch_s() };
    let condition = Condition {
        date_less_than: time(ends),
        date_greater_than: limits.starts.map(time),
        ip_address: limits.source_ip.as_deref().map(|network| SourceIp { network }),
    };
    let policy = Policy { statement: [Statement { resource: url, condition }] };
    // Our own types always serialize; a policy that is empty opens nothing.
    serde_json::to_string(&policy).unwrap_or_default()
}

/// Base64 whose marks are safe in a query, as CloudFront has it.
fn in_query(bytes: &[u8]) -> String {
    STANDARD.encode(bytes).replace('+', "-").replace('=', "_").replace('/', "~")
}

impl fmt::Debug for CloudFrontKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloudFrontKey").field("key_pair_id", &self.key_pair_id).finish_non_exhaustive()
    }
}

impl fmt::Debug for SignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignedUrl(..)")
    }
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::signature::hazmat::PrehashVerifier as _;

    use super::*;
    use crate::tests::at;

    /// Keys for tests alone, made with `openssl genpkey`.
    const P256: &str = include_str!("p256.test.pem");
    /// The same key as `P256`, as `openssl ec` writes it.
    const P256_SEC1: &str = include_str!("p256-sec1.test.pem");
    const RSA: &str = include_str!("rsa.test.pem");
    const URL: &str = "https://d111111abcdef8.cloudfront.net/uploads/x?versionId=v%2F1";

    fn key(pem: &str) -> CloudFrontKey {
        CloudFrontKey::from_pem("K2JCJMDEHXQW5F", pem).unwrap()
    }

    fn from_query(text: &str) -> Vec<u8> {
        STANDARD.decode(text.replace('-', "+").replace('_', "=").replace('~', "/")).unwrap()
    }

    fn parameter<'a>(url: &'a SignedUrl, name: &str) -> &'a str {
        let pairs = url.as_str().split(['?', '&']);
        pairs.filter_map(|pair| pair.split_once('=')).find(|(of, _)| *of == name).unwrap().1
    }

    #[test]
    fn a_policy_is_written_as_cloudfront_reads_it() {
        let ends = at("2026-11-24T10:01:00Z");
        insta::assert_snapshot!(policy("https://x/y?a=b", ends, &Limits::default()), @r#"{"Statement":[{"Resource":"https://x/y?a=b","Condition":{"DateLessThan":{"AWS:EpochTime":1795514460}}}]}"#);
        let limits =
            Limits { starts: Some(at("2026-11-24T10:00:00Z")), source_ip: Some("192.0.2.0/24".to_owned()) };
        insta::assert_snapshot!(policy("https://x/y", ends, &limits), @r#"{"Statement":[{"Resource":"https://x/y","Condition":{"DateLessThan":{"AWS:EpochTime":1795514460},"IpAddress":{"AWS:SourceIp":"192.0.2.0/24"},"DateGreaterThan":{"AWS:EpochTime":1795514400}}}]}"#);
    }

    #[test]
    fn an_ecdsa_signature_verifies_against_the_public_key_and_is_always_the_same() {
        let ends = at("2026-11-24T10:01:00Z");
        let signed = key(P256).sign(URL, ends).unwrap();
        assert!(signed.as_str().starts_with(&format!("{URL}&Expires=1795514460&Signature=")));
        assert!(signed.as_str().ends_with("&Key-Pair-Id=K2JCJMDEHXQW5F"));
        assert_eq!(signed, key(P256).sign(URL, ends).unwrap());
        let public = *p256::ecdsa::SigningKey::from_pkcs8_pem(P256).unwrap().verifying_key();
        let verifies = |url: &SignedUrl, text: &str| {
            let signature =
                p256::ecdsa::Signature::from_der(&from_query(parameter(url, "Signature"))).unwrap();
            public.verify_prehash(&Sha1::digest(text), &signature).is_ok()
        };
        assert!(verifies(&signed, &policy(URL, ends, &Limits::default())));
        assert!(!verifies(&signed, &policy(&format!("{URL}&x=y"), ends, &Limits::default())));
        let limits = Limits { source_ip: Some("192.0.2.7".to_owned()), ..Limits::default() };
        let within = key(P256).sign_within(URL, ends, &limits).unwrap();
        let sent = String::from_utf8(from_query(parameter(&within, "Policy"))).unwrap();
        assert_eq!(sent, policy(URL, ends, &limits));
        assert!(verifies(&within, &sent));
    }

    #[test]
    fn an_ecdsa_key_may_be_sec1_and_stand_behind_its_parameters() {
        let ends = at("2026-11-24T10:01:00Z");
        let parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
        for pem in [P256_SEC1.to_owned(), format!("{parameters}{P256_SEC1}"), format!("\n{P256}\n")] {
            assert_eq!(key(&pem).sign(URL, ends).unwrap(), key(P256).sign(URL, ends).unwrap());
        }
    }

    #[test]
    fn other_keys_and_endless_urls_are_refused() {
        for pem in ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"] {
            assert!(matches!(CloudFrontKey::from_pem("K", pem), Err(CloudFrontError::Key)));
        }
        let ends = at("2026-11-24T10:01:00Z");
        let more = MAX_URL_BYTES - key(RSA).sign("https://x/", ends).unwrap().as_str().len();
        let longest = format!("https://x/{}", "y".repeat(more));
        assert!(key(RSA).sign(&longest, ends).is_ok());
        assert!(matches!(key(RSA).sign(&format!("{longest}y"), ends), Err(CloudFrontError::TooLong)));
        let long = format!("https://x/{}", "y".repeat(MAX_URL_BYTES));
        assert!(matches!(key(P256).sign(&long, at("2026-11-24T10:01:00Z")), Err(CloudFrontError::TooLong)));
    }

    #[test]
    fn no_key_and_no_url_is_shown() {
        let key = key(RSA);
        let shown = format!("{key:?} {:?}", key.sign(URL, at("2026-11-24T10:01:00Z")).unwrap());
        assert_eq!(shown, "CloudFrontKey { key_pair_id: \"K2JCJMDEHXQW5F\", .. } SignedUrl(..)");
    }
}
