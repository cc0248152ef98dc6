//! CloudFront's signed URLs: anyone who has one can download an object through the distribution until it expires.
//!
//! A policy is signed with a private key; its public key is in a key group that the distribution trusts. A canned
//! policy has a URL and an expiry; the signed URL contains only the expiry. A custom policy can also have a start
//! time and a source IP; the signed URL contains the whole policy. The policy names the whole URL, so CloudFront
//! refuses a URL whose query parameters were changed.
//!
//! ```
//! use std::time::{Duration, SystemTime};
//!
//! use s3_presigned::cloudfront::{CloudFrontKey, CustomPolicy};
//!
//! # let pem = include_str!("p256.test.pem");
//! let key = CloudFrontKey::from_pem("K2JCJMDEHXQW5F", pem)?;
//! let expires_at = SystemTime::now() + Duration::from_secs(3600);
//! let url = key.sign("https://d111111abcdef8.cloudfront.net/photo.png", expires_at)?;
//! # assert!(url.as_str().contains("?Expires="));
//!
//! let only_here = CustomPolicy::new(expires_at).source_ip("192.0.2.0/24");
//! let url = key.sign_custom("https://d111111abcdef8.cloudfront.net/photo.png", &only_here)?;
//! # assert!(url.as_str().contains("?Policy="));
//! # Ok::<(), s3_presigned::cloudfront::CloudFrontError>(())
//! ```
//!
//! RSA and ECDSA keys sign a SHA-1 hash, as CloudFront's documentation says. Known collisions of SHA-1 need an
//! attacker who chooses a part of the text that is signed: do not sign a URL that a stranger supplied.
//!
//! Use an ECDSA key where you can choose. RSA signatures are made without blinding, because this crate asks the
//! operating system for no random bytes: only the constant-time arithmetic of the crate `rsa` protects an RSA key from
//! an attacker who measures how long a signature takes. ECDSA signatures have deterministic nonces (RFC 6979).
//!
//! Sources: [canned policy](https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-canned-policy.html),
//! [custom policy](https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-custom-policy.html).

use std::error::Error;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::pkcs8::DecodePrivateKey as _;
use rsa::pkcs1::DecodeRsaPrivateKey as _;
use rsa::signature::{SignatureEncoding as _, Signer as _};
use rsa::traits::PublicKeyParts as _;
use sha1::{Digest as _, Sha1};

use crate::Timestamp;

mod policy;
#[cfg(test)]
mod tests;

pub use policy::CustomPolicy;

/// The only size of an RSA key that CloudFront accepts, in bits.
const RSA_BITS: u32 = 2048;

/// The longest URL that CloudFront accepts, in bytes.
pub const MAX_URL_BYTES: usize = 8192;

/// A private key, with the id that CloudFront gave to its public key. `Debug` shows only the id.
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

/// A URL that allows a download until it expires.
///
/// `Debug` does not show the URL, because anyone who has it can use it.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedUrl(String);

/// Why a key cannot be used, or a URL cannot be signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CloudFrontError {
    /// The text has no private key of a kind that CloudFront accepts.
    #[error(
        "not a CloudFront private key: expected PEM with RSA of 2048 bits (PKCS #8 or PKCS #1) or ECDSA on P-256 (PKCS #8 or SEC1)"
    )]
    Key,
    /// The private key could not sign the policy.
    #[error("CloudFront policy could not be signed with the private key")]
    Sign(#[source] Box<dyn Error + Send + Sync>),
    /// The URL is longer than CloudFront accepts.
    #[error("signed URL is longer than {MAX_URL_BYTES} bytes")]
    TooLong,
}

impl CloudFrontKey {
    /// Reads a private key in PEM: PKCS #8 for both kinds, PKCS #1 for RSA, SEC1 for ECDSA.
    ///
    /// Blocks before the private key are ignored: `openssl ecparam -genkey` writes the curve's parameters there.
    ///
    /// # Errors
    /// If the text has no private key of a kind that CloudFront accepts.
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

    /// Signs `url` with a canned policy that expires at `expires_at`, rounded down to a second. The URL is complete and
    /// escaped.
    ///
    /// # Errors
    /// If the signed URL is longer than [`MAX_URL_BYTES`].
    pub fn sign(&self, url: &str, expires_at: impl Into<Timestamp>) -> Result<SignedUrl, CloudFrontError> {
        let expires_at = expires_at.into();
        let signature = self.signature(CustomPolicy::new(expires_at).document(url).as_bytes())?;
        self.joined(url, &format!("Expires={}", expires_at.epoch_s()), &signature)
    }

    /// Signs `url` with a custom policy. The URL is complete and escaped.
    ///
    /// # Errors
    /// If the signed URL is longer than [`MAX_URL_BYTES`].
    pub fn sign_custom(&self, url: &str, policy: &CustomPolicy) -> Result<SignedUrl, CloudFrontError> {
        let policy = policy.document(url);
        let signature = self.signature(policy.as_bytes())?;
        self.joined(url, &format!("Policy={}", in_query(policy.as_bytes())), &signature)
    }

    fn signature(&self, policy: &[u8]) -> Result<Vec<u8>, CloudFrontError> {
        let failed = |error: rsa::signature::Error| CloudFrontError::Sign(Box::new(error));
        match &self.key {
            Key::Rsa(key) => Ok(key.try_sign(policy).map_err(failed)?.to_vec()),
            Key::P256(key) => {
                let signature: p256::ecdsa::Signature =
                    key.sign_prehash(&Sha1::digest(policy)).map_err(failed)?;
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
    /// Returns the URL. Anyone who has it can download the object until it expires, so keep it out of logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text from the first PEM block with a private key on.
fn private_key_block(pem: &str) -> &str {
    let is_private = |at: &usize| {
        let line = pem.get(*at..).and_then(|rest| rest.lines().next());
        line.is_some_and(|line| line.trim_end().ends_with("PRIVATE KEY-----"))
    };
    let mut blocks = pem.match_indices("-----BEGIN ").map(|(at, _)| at);
    blocks.find(is_private).and_then(|at| pem.get(at..)).unwrap_or(pem).trim()
}

/// Base64 with the characters that CloudFront uses in a query.
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
