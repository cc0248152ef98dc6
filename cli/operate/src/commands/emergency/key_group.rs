//! CloudFront's key group. A key group needs a key, so it gets one whose private half is thrown away.

use aws_sdk_cloudfront::Client;
use aws_sdk_cloudfront::types::{KeyGroupConfig, PublicKeyConfig};
use p256::pkcs8::{EncodePublicKey as _, LineEnding};
use s3_presigned::Timestamp;

use super::super::aws::Aws;
use super::super::failure::told;

/// The key group of the stack, if it has one.
pub(super) struct KeyGroup {
    client: Client,
    stack_name: String,
    found: Option<Found>,
    /// Ids and names of the account's public keys that an emergency of this stack has made.
    made: Vec<(String, String)>,
}

struct Found {
    id: String,
    name: String,
    items: Vec<String>,
}

impl KeyGroup {
    /// Looks for the key group by its name. Older stacks have names without the region.
    pub(super) async fn find(aws: &Aws, stack_name: &str, region: &str) -> Result<Self, String> {
        let client = Client::new(&aws.sdk);
        let names = [format!("{stack_name}-{region}-files"), format!("{stack_name}-files")];
        let found = group(&client, &names).await?;
        let made = match found {
            Some(_) => keys(&client, &format!("{stack_name}-emergency-")).await?,
            None => Vec::new(),
        };
        Ok(Self { client, stack_name: stack_name.to_owned(), found, made })
    }

    pub(super) fn name(&self) -> Option<&str> {
        self.found.as_ref().map(|found| found.name.as_str())
    }

    /// Whether the group trusts only the key of the emergency of this time; true without a group.
    pub(super) fn is_done(&self, at: Timestamp) -> bool {
        let Some(found) = &self.found else { return true };
        let key = self.key_of(at);
        found.items.len() == 1 && found.items.first() == key
    }

    /// Whether a key of an emergency is all that the group trusts.
    pub(super) fn is_closed(&self) -> bool {
        let is_made = |item: &String| self.made.iter().any(|(id, _)| id == item);
        self.found.as_ref().is_some_and(|found| found.items.iter().all(is_made))
    }

    /// Replaces all keys of the group.
    pub(super) async fn replace_keys(&self, at: Timestamp) -> Result<(), String> {
        let Some(found) = &self.found else { return Ok(()) };
        let key = match self.key_of(at) {
            Some(key) => key.clone(),
            None => self.make_key(at).await?,
        };
        let failed = |error: String| format!("failed to replace the keys of {}: {error}", found.name);
        let group =
            self.client.get_key_group().id(&found.id).send().await.map_err(|error| failed(told(&error)))?;
        let config = KeyGroupConfig::builder().name(&found.name).items(key).build();
        let config = config.map_err(|error| failed(told(&error)))?;
        let update = self.client.update_key_group().id(&found.id).key_group_config(config);
        let updated = update.set_if_match(group.e_tag).send().await;
        updated.map(drop).map_err(|error| failed(told(&error)))
    }

    /// Removes the keys of emergencies, which the group no longer trusts. Returns how many.
    pub(super) async fn remove_keys(&self) -> Result<usize, String> {
        let trusted = self.found.as_ref().map(|found| found.items.as_slice()).unwrap_or_default();
        let mut removed = 0;
        for (id, name) in self.made.iter().filter(|(id, _)| !trusted.contains(id)) {
            let failed = |error: String| format!("failed to remove the public key {name}: {error}");
            let key =
                self.client.get_public_key().id(id).send().await.map_err(|error| failed(told(&error)))?;
            let delete = self.client.delete_public_key().id(id).set_if_match(key.e_tag).send().await;
            delete.map_err(|error| failed(told(&error)))?;
            removed += 1;
        }
        Ok(removed)
    }

    fn key_of(&self, at: Timestamp) -> Option<&String> {
        let name = self.key_name(at);
        self.made.iter().find(|(_, made)| *made == name).map(|(id, _)| id)
    }

    fn key_name(&self, at: Timestamp) -> String {
        format!("{}-emergency-{}", self.stack_name, at.epoch_s())
    }

    async fn make_key(&self, at: Timestamp) -> Result<String, String> {
        let name = self.key_name(at);
        let failed = |error: String| format!("failed to make the public key {name}: {error}");
        let key = public_key().map_err(failed)?;
        let config = PublicKeyConfig::builder().caller_reference(&name).name(&name).encoded_key(key).build();
        let config = config.map_err(|error| failed(told(&error)))?;
        let made = self.client.create_public_key().public_key_config(config).send().await;
        let made = made.map_err(|error| failed(told(&error)))?;
        made.public_key.map(|key| key.id).ok_or_else(|| failed("the answer names no key".to_owned()))
    }
}

/// A public key in PEM. Its private half is dropped here.
fn public_key() -> Result<String, String> {
    loop {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| error.to_string())?;
        // Almost every number of 32 bytes is a key.
        if let Ok(secret) = p256::SecretKey::from_slice(&bytes) {
            return secret.public_key().to_public_key_pem(LineEnding::LF).map_err(|error| error.to_string());
        }
    }
}

async fn group(client: &Client, names: &[String]) -> Result<Option<Found>, String> {
    let mut marker = None;
    loop {
        let page = client.list_key_groups().set_marker(marker).send().await;
        let page =
            page.map_err(|error| format!("failed to list CloudFront's key groups: {}", told(&error)))?;
        let Some(list) = page.key_group_list else { return Ok(None) };
        for group in list.items.unwrap_or_default().into_iter().filter_map(|summary| summary.key_group) {
            if let Some(config) = group.key_group_config.filter(|config| names.contains(&config.name)) {
                return Ok(Some(Found { id: group.id, name: config.name, items: config.items }));
            }
        }
        marker = list.next_marker.filter(|marker| !marker.is_empty());
        if marker.is_none() {
            return Ok(None);
        }
    }
}

async fn keys(client: &Client, prefix: &str) -> Result<Vec<(String, String)>, String> {
    let (mut found, mut marker) = (Vec::new(), None);
    loop {
        let page = client.list_public_keys().set_marker(marker).send().await;
        let page =
            page.map_err(|error| format!("failed to list CloudFront's public keys: {}", told(&error)))?;
        let Some(list) = page.public_key_list else { return Ok(found) };
        let keys = list.items.unwrap_or_default().into_iter().filter(|key| key.name.starts_with(prefix));
        found.extend(keys.map(|key| (key.id, key.name)));
        marker = list.next_marker.filter(|marker| !marker.is_empty());
        if marker.is_none() {
            return Ok(found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_another_one() {
        let (one, other) = (public_key().unwrap(), public_key().unwrap());
        assert!(one.starts_with("-----BEGIN PUBLIC KEY-----\n") && one != other, "{one}");
    }
}
