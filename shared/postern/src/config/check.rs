//! Reads an environment as a function does at its start, and says what is wrong.

use super::webhook::WebhookConfig;
use super::{ConfigError, IssueConfig, Lookup, RecordConfig, ServeConfig};

/// Whether the function `name` can read its environment, as it does at its start. Another name has no rules here.
///
/// # Errors
/// For the first variable that is missing or malformed.
pub fn check(name: &str, lookup: impl Lookup) -> Result<(), ConfigError> {
    match name {
        "issue-upload" => IssueConfig::read(lookup).map(drop),
        "record-upload" => RecordConfig::read(lookup).map(drop),
        "send-webhook" => WebhookConfig::read(lookup).map(drop),
        "serve-link" => ServeConfig::read(lookup).map(drop),
        _ => Ok(()),
    }
}
