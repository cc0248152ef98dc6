//! Keys of tokens, derived by KMS once per cold start.
//!
//! [`GenerateMac`](https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html) over
//! a fixed text under an HMAC key that never leaves KMS. A role that may call it holds the tokens'
//! key for as long as the process lives, and nothing is stored. Link tokens and upload tokens have
//! keys and texts of their own: `serve-link` may only derive the former.
//!
//! The newest key is needed, because only it makes tokens; an older key never replaces it. An older key that
//! KMS calls disabled, deleted or unknown counts as removed: its tokens are refused, and those of the other
//! keys stay valid. `AccessDenied`, timeouts and throttling do not show whether the key is usable. The function
//! then retries with the next request.

use aws_config::SdkConfig;
use aws_sdk_kms::operation::generate_mac::GenerateMacError;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::MacAlgorithmSpec;
use futures::future::try_join_all;

use crate::lambda::causes;
use crate::lambda::metrics::{MISSING_TOKEN_KEYS, Metrics};
use postern::config::TokenKeyRef;
use postern::keys::{LinkKeys, TokenKey, TokenKeys, UploadTokenKeys};
use postern::ports::Unavailable;

/// The text over which a key of link tokens is derived. Another text gives another key.
const LINKS: &[u8] = b"postern link token v1";

/// The text over which a key of upload tokens is derived.
const UPLOAD_TOKENS: &[u8] = b"postern upload token v1";

/// Derives the keys of link tokens, side by side.
///
/// # Errors
/// If KMS refuses the newest key, or does not say whether an older one is usable, or two keys have the same
/// version.
pub async fn derive_link_keys(sdk: &SdkConfig, keys: &[TokenKeyRef]) -> Result<LinkKeys, Unavailable> {
    Ok(LinkKeys::new(derive_all(sdk, keys, LINKS).await?))
}

/// Derives the keys of upload tokens, side by side.
///
/// # Errors
/// As [`derive_link_keys`].
pub async fn derive_upload_token_keys(
    sdk: &SdkConfig,
    keys: &[TokenKeyRef],
) -> Result<UploadTokenKeys, Unavailable> {
    Ok(UploadTokenKeys::new(derive_all(sdk, keys, UPLOAD_TOKENS).await?))
}

async fn derive_all(
    sdk: &SdkConfig,
    keys: &[TokenKeyRef],
    context: &'static [u8],
) -> Result<TokenKeys, Unavailable> {
    let client = aws_sdk_kms::Client::new(sdk);
    let newest = keys.iter().map(|key| key.version).max();
    let derive = async |key| match derive(&client, key, context).await {
        Ok(key) => Ok(Some(key)),
        Err(error) if error.is_of_the_key() && Some(key.version) != newest => {
            count_missing(key, &error);
            Ok(None)
        }
        Err(error) => Err(Unavailable::new("derive a token key", error)),
    };
    let derived = try_join_all(keys.iter().map(derive)).await?;
    TokenKeys::new(derived.into_iter().flatten().collect())
        .map_err(|error| Unavailable::new("derive the token keys", error))
}

fn count_missing(key: &TokenKeyRef, error: &DeriveError) {
    Metrics::count(MISSING_TOKEN_KEYS);
    let (version, key_arn) = (key.version.0, &key.key_arn);
    tracing::error!(
        version,
        key_arn,
        cause = causes(error),
        "an older token key is not usable; its tokens will be refused"
    );
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
enum DeriveError {
    #[error("ask KMS for a MAC")]
    Kms(#[source] Box<GenerateMacError>),
    #[error("read the MAC: it does not have 32 bytes")]
    NoMac,
}

impl DeriveError {
    /// Whether KMS says that the key is disabled, pending deletion, or unknown.
    fn is_of_the_key(&self) -> bool {
        matches!(self, Self::Kms(error) if error.is_disabled_exception()
            || error.is_kms_invalid_state_exception()
            || error.is_not_found_exception())
    }
}

async fn derive(
    client: &aws_sdk_kms::Client,
    key: &TokenKeyRef,
    context: &'static [u8],
) -> Result<TokenKey, DeriveError> {
    let output = client
        .generate_mac()
        .key_id(&key.key_arn)
        .message(Blob::new(context))
        .mac_algorithm(MacAlgorithmSpec::HmacSha256)
        .send()
        .await
        .map_err(|error| DeriveError::Kms(Box::new(error.into_service_error())))?;
    let mac = output.mac.map(Blob::into_inner).and_then(|mac| mac.try_into().ok());
    let key_bytes = mac.ok_or(DeriveError::NoMac)?;
    Ok(TokenKey { version: key.version, key: key_bytes })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::json;

    use super::*;
    use crate::scripted::{Answer, answering_by, sdk};
    use postern::keys::KeyVersion;
    use postern::testing::samples::keys;

    /// The keys that a function holds when KMS refuses these versions of 1, 2 and 3 with `refusal`.
    async fn derived(refused: &[u8], refusal: &'static str) -> Result<LinkKeys, Unavailable> {
        let refused: Vec<String> = refused.iter().map(|version| format!("key-{version}")).collect();
        let url = answering_by(move |heard| {
            let key = heard.json()["KeyId"].as_str().unwrap().to_owned();
            if refused.contains(&key) {
                return Answer::Say(400, json!({ "__type": refusal, "message": "no" }).to_string());
            }
            let version = key.as_bytes().last().unwrap() - b'0';
            Answer::Say(200, json!({ "Mac": STANDARD.encode([version; 32]) }).to_string())
        });
        let key = |version| TokenKeyRef { version: KeyVersion(version), key_arn: format!("key-{version}") };
        derive_link_keys(&sdk(&url, Duration::from_millis(300)), &[key(1), key(3), key(2)]).await
    }

    /// The versions whose tokens open.
    fn opening(held: &LinkKeys) -> Vec<u8> {
        let opens =
            |version: &u8| held.verify(&keys(&[*version]).make([version + 100; 16]).reveal()).is_some();
        [1, 2, 3].into_iter().filter(opens).collect()
    }

    const GONE: [&str; 3] = ["DisabledException", "KMSInvalidStateException", "NotFoundException"];

    #[tokio::test]
    async fn the_tokens_of_every_key_open() {
        assert_eq!(opening(&derived(&[], "").await.unwrap()), [1, 2, 3]);
    }

    #[tokio::test]
    async fn a_gone_older_key_ends_its_own_tokens_and_no_other() {
        for refusal in GONE {
            let held = derived(&[1], refusal).await.unwrap();
            assert_eq!(opening(&held), [2, 3], "{refusal}");
            assert_eq!(opening(&derived(&[2, 1], refusal).await.unwrap()), [3], "{refusal}");
            assert_eq!(held.make([9; 16]).reveal(), keys(&[3]).make([9; 16]).reveal(), "{refusal}");
        }
    }

    #[tokio::test]
    async fn no_older_key_makes_tokens_in_place_of_the_newest() {
        for refusal in GONE {
            assert!(derived(&[3], refusal).await.is_err(), "{refusal}");
        }
    }

    #[tokio::test]
    async fn what_says_nothing_of_the_key_ends_none_of_its_tokens() {
        for refusal in ["AccessDeniedException", "ThrottlingException", "KeyUnavailableException"] {
            assert!(derived(&[1], refusal).await.is_err(), "{refusal}");
        }
    }
}
