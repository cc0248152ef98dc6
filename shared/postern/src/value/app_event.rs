//! The events for the app: a written item names the kind of event.
//!
//! The item has it in the attribute `event`, because EventBridge Pipes, not a function of Postern, copies
//! records from the table's stream to the app's event bus ([EventBridge
//! Pipes](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-dynamodb.html)). A consumer
//! ignores repetitions by the item's `transition_id`.

use serde::{Deserialize, Serialize};

/// The event's detail type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AppEvent {
    /// A version was pinned: links can be made.
    #[serde(rename = "Upload Available")]
    UploadAvailable,
    /// A file broke a rule.
    #[serde(rename = "Upload Rejected")]
    UploadRejected,
    /// A scan of a version failed; the version waits.
    #[serde(rename = "Upload Scan Failed")]
    UploadScanFailed,
    /// The upload was deleted.
    #[serde(rename = "Upload Deleted")]
    UploadDeleted,
    /// The link was revoked.
    #[serde(rename = "Link Revoked")]
    LinkRevoked,
}
