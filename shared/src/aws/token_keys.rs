//! Keys of tokens, derived by KMS once per cold start.
//!
//! [`GenerateMac`](https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html) over
//! a fixed text under an HMAC key that never leaves KMS. A role that may call it holds the tokens'
//! key for as long as the process lives, and nothing is stored. Link tokens and upload tokens have
//! keys and texts of their own: `serve-link` may only derive the former.

use aws_config::SdkConfig;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::MacAlgorithmSpec;
use futures::future::try_join_all;

use crate::config::TokenKeyRef;
use crate::ports::Unavailable;
use crate::token::{LinkKeys, TokenKey, TokenKeys};
use crate::upload_token::UploadTokenKeys;

/// The text over which a key of link tokens is derived. Another text would be another key.
const LINKS: &[u8] = b"postern link token v1";

/// The text over which a key of upload tokens is derived.
const UPLOAD_TOKENS: &[u8] = b"postern upload token v1";

/// Derives every key of link tokens, side by side.
///
/// # Errors
/// If KMS does not answer or refuses, or two keys have one version.
pub async fn derive_link_keys(sdk: &SdkConfig, keys: &[TokenKeyRef]) -> Result<LinkKeys, Unavailable> {
    Ok(LinkKeys::new(derive_all(sdk, keys, LINKS).await?))
}

/// Derives every key of upload tokens, side by side.
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
    let derived = try_join_all(keys.iter().map(|key| derive(&client, key, context))).await?;
    TokenKeys::new(derived).map_err(|error| Unavailable::new("derive the token keys", error))
}

async fn derive(
    client: &aws_sdk_kms::Client,
    key: &TokenKeyRef,
    context: &'static [u8],
) -> Result<TokenKey, Unavailable> {
    let output = client
        .generate_mac()
        .key_id(&key.key_arn)
        .message(Blob::new(context))
        .mac_algorithm(MacAlgorithmSpec::HmacSha256)
        .send()
        .await
        .map_err(|error| Unavailable::new("derive a token key", error))?;
    let mac = output.mac.map(Blob::into_inner).and_then(|mac| mac.try_into().ok());
    let key_bytes =
        mac.ok_or_else(|| Unavailable::new("derive a token key", "KMS gave no MAC of 32 bytes"))?;
    Ok(TokenKey { version: key.version, key: key_bytes })
}
