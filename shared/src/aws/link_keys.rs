//! Keys of link tokens, derived by KMS once per cold start.
//!
//! [`GenerateMac`](https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html) over
//! a fixed text under an HMAC key that never leaves KMS: whoever may call it holds the tokens'
//! key for as long as the process lives, and nothing is stored.

use aws_config::SdkConfig;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::MacAlgorithmSpec;
use futures::future::try_join_all;

use crate::config::LinkKeyRef;
use crate::ports::Unavailable;
use crate::token::{LinkKey, LinkKeys};

/// The text over which the key is derived. Another text would be another key.
const CONTEXT: &[u8] = b"postern link token v1";

/// Derives every key, side by side.
///
/// # Errors
/// If KMS does not answer or refuses, or two keys have one version.
pub async fn derive_link_keys(sdk: &SdkConfig, keys: &[LinkKeyRef]) -> Result<LinkKeys, Unavailable> {
    let client = aws_sdk_kms::Client::new(sdk);
    let derived = try_join_all(keys.iter().map(|key| derive(&client, key))).await?;
    LinkKeys::new(derived).map_err(|error| Unavailable::new("derive the link keys", error))
}

async fn derive(client: &aws_sdk_kms::Client, key: &LinkKeyRef) -> Result<LinkKey, Unavailable> {
    let output = client
        .generate_mac()
        .key_id(&key.key_arn)
        .message(Blob::new(CONTEXT))
        .mac_algorithm(MacAlgorithmSpec::HmacSha256)
        .send()
        .await
        .map_err(|error| Unavailable::new("derive a link key", error))?;
    let mac = output.mac.map(Blob::into_inner).and_then(|mac| mac.try_into().ok());
    let key_bytes =
        mac.ok_or_else(|| Unavailable::new("derive a link key", "KMS gave no MAC of 32 bytes"))?;
    Ok(LinkKey { version: key.version, key: key_bytes })
}
