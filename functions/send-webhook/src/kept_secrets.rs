//! The secrets that webhooks are signed with. They are read from Secrets Manager and kept for five
//! minutes, so a rotation takes effect after at most five minutes.
//!
//! If they cannot be read again, the function goes on signing with the earlier ones.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use postern::ports::Unavailable;
use postern::webhook::Secrets;
use postern_aws::lambda::causes;
use s3_presigned::Timestamp;

/// How long a secret is used before it is read again.
const KEPT: Duration = Duration::from_secs(300);

/// A secret of Secrets Manager.
pub struct KeptSecrets {
    client: Client,
    arn: String,
    kept: Kept,
}

impl KeptSecrets {
    pub fn new(sdk: &SdkConfig, arn: String) -> Self {
        Self { client: Client::new(sdk), arn, kept: Kept::default() }
    }

    /// Returns the secrets: at most five minutes old, or older ones if they cannot be read now.
    ///
    /// # Errors
    /// If the secrets were never read, and cannot be read now or are malformed.
    pub async fn get(&self, now: Timestamp) -> Result<Arc<Secrets>, Unavailable> {
        if let Some(secrets) = self.kept.fresh(now) {
            return Ok(secrets);
        }
        match self.read().await {
            Ok(secrets) => Ok(self.kept.renew(now, secrets)),
            Err(error) => {
                let kept = self.kept.stale();
                let then =
                    if kept.is_some() { "signing goes on with the earlier one" } else { "nothing is sent" };
                tracing::error!(cause = causes(&error), then, "failed to read the webhook's secret");
                kept.ok_or(error)
            }
        }
    }

    async fn read(&self) -> Result<Secrets, Unavailable> {
        let failed = |error: Box<dyn std::error::Error + Send + Sync>| {
            Unavailable::new("read the webhook's secret", error)
        };
        let answer = self.client.get_secret_value().secret_id(&self.arn).send().await;
        let text = answer.map_err(|error| failed(error.into()))?.secret_string;
        let text = text.ok_or_else(|| failed("the secret has no text".into()))?;
        text.parse().map_err(|error: postern::webhook::ParseSecretsError| failed(error.into()))
    }
}

/// The secrets, and when they were read.
#[derive(Default)]
struct Kept(Mutex<Option<(Timestamp, Arc<Secrets>)>>);

impl Kept {
    fn fresh(&self, now: Timestamp) -> Option<Arc<Secrets>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|(since, _)| since.until(now) < KEPT).map(|(_, secrets)| Arc::clone(secrets))
    }

    fn stale(&self) -> Option<Arc<Secrets>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().map(|(_, secrets)| Arc::clone(secrets))
    }

    fn renew(&self, now: Timestamp, secrets: Secrets) -> Arc<Secrets> {
        let secrets = Arc::new(secrets);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, Arc::clone(&secrets)));
        secrets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_new_for_five_minutes_and_known_for_ever() {
        let (kept, begin) = (Kept::default(), Timestamp::from_epoch_s(1_000));
        assert!(kept.fresh(begin).is_none() && kept.stale().is_none());
        kept.renew(begin, "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD".parse().unwrap());
        assert!(kept.fresh(begin + KEPT - Duration::from_secs(1)).is_some());
        assert!(kept.fresh(begin + KEPT).is_none() && kept.stale().is_some());
    }
}
