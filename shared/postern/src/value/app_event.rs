//! What the app is told of a change: the kind of event that a written item announces.
//!
//! The item itself carries it, in the attribute `event`, because nothing of ours stands between
//! the table's stream and the app's event bus
//! ([EventBridge Pipes](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-dynamodb.html)).
//! A consumer drops repetitions by the item's `transition_id`.

use serde::{Deserialize, Serialize};

/// The event's detail type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AppEvent {
    /// A version was pinned: links can be made.
    #[serde(rename = "Upload Available")]
    UploadAvailable,
    /// What arrived broke a rule.
    #[serde(rename = "Upload Rejected")]
    UploadRejected,
    /// A scan of a version failed; the version waits.
    #[serde(rename = "Upload Scan Failed")]
    UploadScanFailed,
    /// The upload is gone.
    #[serde(rename = "Upload Deleted")]
    UploadDeleted,
    /// The link is dead.
    #[serde(rename = "Link Revoked")]
    LinkRevoked,
}
