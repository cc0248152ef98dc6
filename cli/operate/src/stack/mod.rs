//! Which stack a command works on, and what is known of it.
//!
//! ```text
//! --outputs FILE    what `terraform output -json` prints          outputs.rs
//! --env-file FILE   what `cargo dev --env-file FILE` writes       env_file.rs
//! flags             single values, which replace those above      arguments.rs
//! ```
//!
//! A value that no source names stays unknown. What needs it says so. Nothing is looked up in AWS here.

mod arguments;
mod env_file;
mod error;
mod outputs;
mod secret;

use std::collections::BTreeMap;

pub use self::arguments::StackArguments;
pub use self::error::StackError;
pub use self::secret::Secret;

/// What is known of a stack. The keys of the maps are the names that Terraform's outputs have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stack {
    /// AWS region.
    pub region: Option<String>,
    /// The endpoint of all AWS services, if it is not AWS's own.
    pub endpoint: Option<String>,
    /// The URL of the API, without a slash at the end.
    pub api_url: Option<String>,
    /// The id of the HTTP API.
    pub api_id: Option<String>,
    /// The id of the API's JWT authorizer.
    pub authorizer_id: Option<String>,
    /// The address that links begin with.
    pub link_base_url: Option<String>,
    /// The bucket's name.
    pub bucket: Option<String>,
    /// The table's name.
    pub table: Option<String>,
    /// The names of the functions in AWS: `issue-upload`, `record-upload`, `serve-link`, and `send-webhook` if any.
    pub functions: BTreeMap<String, String>,
    /// The names of the queues: `uploads`, `webhook`, and the dead-letter queues, which begin with `dead_`.
    pub queues: BTreeMap<String, String>,
    /// The names of the roles: one for each function, `upload-signer`, `download-signer`, `schedule`.
    pub roles: BTreeMap<String, String>,
    /// The ARN of the key that encrypts the files.
    pub files_key_arn: Option<String>,
    /// The ARN of the key that encrypts table, logs and secrets.
    pub operations_key_arn: Option<String>,
    /// The ARNs of the keys behind link tokens, by version.
    pub link_keys: BTreeMap<String, String>,
    /// The ARNs of the keys behind upload tokens, by version.
    pub upload_token_keys: BTreeMap<String, String>,
    /// The names of the alarms. `None` if no source says which alarms there are.
    pub alarms: Option<Vec<String>>,
    /// The name of the event bus for the app.
    pub event_bus: Option<String>,
    /// The ARN of the secret with which webhooks are signed.
    pub webhook_secret_arn: Option<String>,
    /// A JWT that the API accepts.
    pub jwt: Option<Secret>,
    /// An origin that the CORS rules allow.
    pub origin: Option<String>,
}

impl Stack {
    /// The dead-letter queues by what failed, with their names in AWS.
    pub fn dead_letter_queues(&self) -> impl Iterator<Item = (&str, &str)> {
        self.queues.iter().filter_map(|(name, queue)| Some((name.strip_prefix("dead_")?, queue.as_str())))
    }

    /// Whether the stack runs on a local AWS rather than on AWS itself.
    pub fn is_local(&self) -> bool {
        self.endpoint.as_deref().is_some_and(|endpoint| !endpoint.contains(".amazonaws.com"))
    }
}
