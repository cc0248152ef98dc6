//! The KMS keys: one encrypts files, and one encrypts other data at rest. Two HMAC keys are for link tokens
//! and for upload tokens.

use aws_sdk_kms::types::{KeySpec, KeyUsageType};

use super::{ProvisionError, Step};
use crate::clients::Clients;

/// The ARNs of the keys.
pub(super) struct Keys {
    pub(super) files: String,
    pub(super) operations: String,
    pub(super) links: String,
    pub(super) upload_tokens: String,
}

pub(super) async fn create(clients: &Clients) -> Result<Keys, ProvisionError> {
    let (files, operations, links, upload_tokens) = tokio::try_join!(
        key(clients, "files", KeySpec::SymmetricDefault, KeyUsageType::EncryptDecrypt),
        key(clients, "operations", KeySpec::SymmetricDefault, KeyUsageType::EncryptDecrypt),
        key(clients, "links", KeySpec::Hmac256, KeyUsageType::GenerateVerifyMac),
        key(clients, "upload tokens", KeySpec::Hmac256, KeyUsageType::GenerateVerifyMac),
    )?;
    Ok(Keys { files, operations, links, upload_tokens })
}

async fn key(
    clients: &Clients,
    purpose: &str,
    spec: KeySpec,
    usage: KeyUsageType,
) -> Result<String, ProvisionError> {
    let step = format!("create the key for {purpose}");
    let request = clients.kms.create_key().description(purpose).key_spec(spec).key_usage(usage);
    request.send().await.step(&step)?.key_metadata.and_then(|key| key.arn).step(&step)
}
