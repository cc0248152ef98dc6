//! S3's event notifications: the recorder reads which version of which key to look at.
//!
//! If the stack asks for scans, EventBridge also sends the results of scans: [GuardDuty's
//! events](https://docs.aws.amazon.com/guardduty/latest/ug/monitor-with-eventbridge-s3-malware-protection.html).
//! Such an event makes the recorder look at the version again.
//!
//! [Event message
//! structure](https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html). The
//! major version 2 is supported, and new fields are ignored. Keys are form-encoded (`+` is a space) and are
//! decoded once. Other events are acknowledged and logged as `ignored`, because retrying them cannot succeed.

use percent_encoding::percent_decode_str;

use super::event_shapes::{Bridged, Message, S3Record, ScanResult};
use crate::upload::scan::ScanStatus;
use crate::value::id::{ObjectKey, VersionId};
use s3_presigned::Timestamp;

/// The events that make the recorder look at a version. Removals are included, because only a look at the
/// object shows whether the pinned version is missing. A delete marker removes nothing.
const KINDS: &[&str] = &["ObjectCreated:", "ObjectRemoved:Delete", "LifecycleExpiration:Delete"];
const SCAN_RESULT: &str = "GuardDuty Malware Protection Object Scan Result";
const MARKERS: &str = "DeleteMarkerCreated";

/// The version that an event names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// The object's key.
    pub key: ObjectKey,
    /// The version that was created or removed.
    pub version: VersionId,
    /// What a scan's result event says about the scan. Only a hint, like the whole event.
    pub announced: Option<ScanStatus>,
    /// The time in the event. It is used only to measure the delay until the recorder's verdict.
    pub happened_at: Option<Timestamp>,
}

/// One record of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A version was created or removed.
    Arrived(Arrival),
    /// Nothing to do, for this reason.
    Ignored(Ignored),
}

/// Why a record, or a whole message, is acknowledged without further work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ignored {
    /// S3 sends it once when notifications are configured.
    TestEvent,
    /// Not JSON, or not the structure of a notification.
    UnknownShape,
    /// An unsupported major version.
    UnknownVersion,
    /// An event other than a creation or a removal.
    OtherEvent,
    /// A bucket other than the stack's.
    ForeignBucket,
    /// A key that is not an upload's.
    ForeignKey,
    /// The event has no version id: the bucket is not versioned.
    NoVersion,
}

impl Ignored {
    /// The reason as the log has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TestEvent => "test_event",
            Self::UnknownShape => "unknown_shape",
            Self::UnknownVersion => "unknown_version",
            Self::OtherEvent => "other_event",
            Self::ForeignBucket => "foreign_bucket",
            Self::ForeignKey => "foreign_key",
            Self::NoVersion => "no_version",
        }
    }
}

/// Reads the body of one SQS message; `bucket` is the stack's.
pub fn read(body: &str, bucket: &str) -> Vec<Notice> {
    match serde_json::from_str(body) {
        Ok(Message::Notification { records }) => {
            let notice = |record| arrival(record, bucket).map_or_else(Notice::Ignored, Notice::Arrived);
            records.into_iter().map(notice).collect()
        }
        Ok(Message::Test { event }) if event == "s3:TestEvent" => vec![Notice::Ignored(Ignored::TestEvent)],
        Ok(Message::Bridged(event)) => {
            vec![scanned(*event, bucket).map_or_else(Notice::Ignored, Notice::Arrived)]
        }
        Ok(Message::Test { .. }) | Err(_) => vec![Notice::Ignored(Ignored::UnknownShape)],
    }
}

fn arrival(record: serde_json::Value, bucket: &str) -> Result<Arrival, Ignored> {
    let record: S3Record = serde_json::from_value(record).map_err(|_| Ignored::UnknownShape)?;
    if !record.event_version.starts_with("2.") {
        return Err(Ignored::UnknownVersion);
    }
    let name = record.event_name.strip_prefix("s3:").unwrap_or(&record.event_name);
    if !KINDS.iter().any(|kind| name.starts_with(kind)) || name.ends_with(MARKERS) {
        return Err(Ignored::OtherEvent);
    }
    if record.s3.bucket.name != bucket {
        return Err(Ignored::ForeignBucket);
    }
    let key = decode(&record.s3.object.key).and_then(|key| key.parse().ok()).ok_or(Ignored::ForeignKey)?;
    let version = record.s3.object.version_id.and_then(|id| id.parse().ok()).ok_or(Ignored::NoVersion)?;
    let happened_at = record.event_time.and_then(|time| time.parse().ok());
    Ok(Arrival { key, version, announced: None, happened_at })
}

/// The result of a scan. Its key is not form-encoded.
fn scanned(event: Bridged, bucket: &str) -> Result<Arrival, Ignored> {
    if event.source != "aws.guardduty" || event.detail_type != SCAN_RESULT {
        return Err(Ignored::OtherEvent);
    }
    let result: ScanResult = serde_json::from_value(event.detail).map_err(|_| Ignored::UnknownShape)?;
    let object = result.s3_object_details;
    if object.bucket_name != bucket {
        return Err(Ignored::ForeignBucket);
    }
    let key = object.object_key.parse().map_err(|_| Ignored::ForeignKey)?;
    let version = object.version_id.and_then(|id| id.parse().ok()).ok_or(Ignored::NoVersion)?;
    let announced = Some(ScanStatus::read(&result.scan_result_details.scan_result_status));
    Ok(Arrival { key, version, announced, happened_at: event.time.and_then(|time| time.parse().ok()) })
}

/// Decodes a key, once.
pub(super) fn decode(key: &str) -> Option<String> {
    let spaced = key.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}
