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

/// The ends of the names of queues. An option may bring a queue, so a stack may lack some.
const QUEUE_ENDS: [(&str, &str); 7] = [
    ("uploads", "uploads"),
    ("webhook", "webhook"),
    ("dead_app_events", "app-events-dead"),
    ("dead_removals", "removals-dead"),
    ("dead_tidy", "tidy-dead"),
    ("dead_uploads", "uploads-dead"),
    ("dead_webhook", "webhook-dead"),
];

/// A queue that a command looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoughtQueue {
    /// Its name among the stack's queues, such as `dead_uploads`.
    pub role: String,
    /// Its name in AWS.
    pub name: String,
    /// Whether a source says that the stack has it. Otherwise its name follows from the stack's name.
    pub is_certain: bool,
}

/// What is known of a stack. The keys of the maps are the names that Terraform's outputs have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stack {
    /// The name from which the other names follow, if that is how the stack is named.
    pub name: Option<String>,
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
    /// The table's ARN.
    pub table_arn: Option<String>,
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
    /// The queue of this name among the stack's queues, such as `dead_uploads`.
    pub fn sought_queue(&self, role: &str) -> Option<SoughtQueue> {
        let sought = |name, is_certain| SoughtQueue { role: role.to_owned(), name, is_certain };
        if let Some(queue) = self.queues.get(role) {
            return Some(sought(queue.clone(), self.name.is_none()));
        }
        let (_, end) = QUEUE_ENDS.iter().find(|(queue, _)| *queue == role)?;
        self.name.as_ref().map(|name| sought(format!("{name}-{end}"), false))
    }

    /// All dead-letter queues that the stack has or, if only its name is known, may have.
    pub fn sought_dead_letter_queues(&self) -> Vec<SoughtQueue> {
        let known = QUEUE_ENDS.iter().map(|(role, _)| *role);
        let mut roles: Vec<_> = known.chain(self.queues.keys().map(String::as_str)).collect();
        roles.sort_unstable();
        roles.dedup();
        let dead = roles.into_iter().filter(|role| role.starts_with("dead_"));
        dead.filter_map(|role| self.sought_queue(role)).collect()
    }

    /// The partition and the account that the stack is in; `None` if no source has an ARN that the module made.
    pub fn home(&self) -> Option<(&str, &str)> {
        let keys = self.link_keys.values().chain(self.upload_token_keys.values());
        let arn = self.table_arn.iter().chain(keys).next()?;
        let mut parts = arn.split(':').skip(1);
        Some((parts.next()?, parts.nth(2)?))
    }

    /// Whether the stack runs on a local AWS rather than on AWS itself.
    pub fn is_local(&self) -> bool {
        self.endpoint.as_deref().is_some_and(|endpoint| !endpoint.contains(".amazonaws.com"))
    }
}
