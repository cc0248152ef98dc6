//! What `send-webhook` reads from its environment.

use super::{ConfigError, Lookup, parsed, required};
use crate::webhook::WebhookUrl;

/// The environment of `send-webhook`.
#[derive(Debug, Clone)]
pub struct WebhookConfig {
    /// The receiver's address.
    pub url: WebhookUrl,
    /// The ARN of the secret with the signing keys.
    pub secret_arn: String,
    /// The queue of the events.
    pub queue_url: String,
    /// The queue's dead-letter queue.
    pub dead_letter_queue_url: String,
}

impl WebhookConfig {
    /// Reads the environment.
    ///
    /// # Errors
    /// For the first variable that is missing or malformed.
    pub fn read(lookup: impl Lookup) -> Result<Self, ConfigError> {
        Ok(Self {
            url: parsed(&lookup, "POSTERN_WEBHOOK_URL")?,
            secret_arn: required(&lookup, "POSTERN_WEBHOOK_SECRET_ARN")?,
            queue_url: required(&lookup, "POSTERN_WEBHOOK_QUEUE_URL")?,
            dead_letter_queue_url: required(&lookup, "POSTERN_WEBHOOK_DEAD_LETTER_QUEUE_URL")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn read(changed: &str, value: &str) -> Result<WebhookConfig, ConfigError> {
        let mut variables = HashMap::from([
            ("POSTERN_WEBHOOK_URL", "https://app.example.com/hooks"),
            ("POSTERN_WEBHOOK_SECRET_ARN", "arn:secret"),
            ("POSTERN_WEBHOOK_QUEUE_URL", "https://sqs/queue"),
            ("POSTERN_WEBHOOK_DEAD_LETTER_QUEUE_URL", "https://sqs/dead"),
        ]);
        variables.insert(changed, value);
        WebhookConfig::read(|name: &str| variables.get(name).map(ToString::to_string))
    }

    #[test]
    fn what_is_missing_or_malformed_is_named() {
        assert_eq!(read("OTHER", "x").unwrap().secret_arn, "arn:secret");
        let variables = ["URL", "SECRET_ARN", "QUEUE_URL", "DEAD_LETTER_QUEUE_URL"];
        for variable in variables.map(|name| format!("POSTERN_WEBHOOK_{name}")) {
            assert!(read(&variable, "").unwrap_err().to_string().contains(&variable), "{variable}");
        }
        let error = read("POSTERN_WEBHOOK_URL", "http://app.example.com/secret").unwrap_err().to_string();
        assert!(error.contains("https") && !error.contains("secret"), "{error}");
    }
}
