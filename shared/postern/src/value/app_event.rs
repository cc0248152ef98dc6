//! The events for the app: a written item announces an event.
//!
//! The item has it in the attribute `announces`, because EventBridge Pipes, not a function of Postern, copies
//! records from the table's stream to the app's event bus ([EventBridge
//! Pipes](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-dynamodb.html)). A consumer
//! ignores repetitions by the announcement's id, the `transition_id` of the event.
//!
//! `serve-link` writes this attribute too, because it counts openings. So what only the owner or the
//! recorder may announce of a link also stands in the attribute `event`, which the role of `serve-link` is
//! denied. The pipe compares the two.

use serde::{Deserialize, Serialize};

use super::id::TransitionId;

/// A text as events carry it: Pipes does not escape what it writes into an event, so `"`, `\\` and `%` are
/// percent-encoded.
pub(crate) fn told(text: &str) -> String {
    text.replace('%', "%25").replace('"', "%22").replace('\\', "%5C")
}

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
    /// An opening of a link was counted. The pipe lets it pass where the link tracks its openings.
    #[serde(rename = "Link Opened")]
    LinkOpened,
    /// The link has granted all openings that its terms allow.
    #[serde(rename = "Link Used Up")]
    LinkUsedUp,
    /// The link leads to another upload.
    #[serde(rename = "Link Retargeted")]
    LinkRetargeted,
    /// Wrong passwords have locked the link for the rest of a quarter of an hour.
    #[serde(rename = "Link Locked")]
    LinkLocked,
}

/// An event with the id of the change that it tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// The event's detail type.
    #[serde(rename = "type")]
    pub event: AppEvent,
    /// The id of the change; a repeated event has the same one.
    pub id: TransitionId,
}
