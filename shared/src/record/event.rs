//! S3's event notifications, as far as the recorder reads them: which version of which key.
//!
//! [Event message structure](https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html).
//! The major version 2 is understood and new fields are passed over. Keys come form-encoded (`+`
//! is a space) and are decoded once. What is not for us is named and acknowledged: it would only
//! poison the queue.

use percent_encoding::percent_decode_str;
use serde::Deserialize;

use crate::id::{ObjectKey, VersionId};
use crate::time::Timestamp;

/// The events upon which a version is looked at. What was removed is looked at as well, because
/// only the object can tell whether the pinned version is missing. A delete marker removes nothing.
const KINDS: &[&str] = &["ObjectCreated:", "ObjectRemoved:Delete", "LifecycleExpiration:Delete"];
const MARKERS: &str = "DeleteMarkerCreated";

/// One version that an event speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// The object's key.
    pub key: ObjectKey,
    /// The version that appeared, or went.
    pub version: VersionId,
    /// When, as S3 says; only for a measure of how long it took to hear of it.
    pub happened_at: Option<Timestamp>,
}

/// One record of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A version appeared or went.
    Arrived(Arrival),
    /// Nothing to do, for this reason.
    Ignored(Ignored),
}

/// Why a record, or a whole message, is acknowledged without being acted upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ignored {
    /// Sent once when notifications are set up.
    TestEvent,
    /// No JSON, or not of the shape of a notification.
    UnknownShape,
    /// A major version that is not understood.
    UnknownVersion,
    /// Another event than a creation or a removal.
    OtherEvent,
    /// Another bucket than the stack's.
    ForeignBucket,
    /// A key that is none of ours.
    ForeignKey,
    /// The bucket did not say which version: it is not versioned.
    NoVersion,
}

impl Ignored {
    /// The reason as logs write it.
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

#[derive(Deserialize)]
#[serde(untagged)]
enum Message {
    Notification {
        #[serde(rename = "Records")]
        records: Vec<serde_json::Value>,
    },
    Test {
        #[serde(rename = "Event")]
        event: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    event_version: String,
    event_name: String,
    event_time: Option<String>,
    s3: S3,
}

#[derive(Deserialize)]
struct S3 {
    bucket: Bucket,
    object: Object,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    key: String,
    version_id: Option<String>,
}

/// Reads the body of one message of the queue; `bucket` is the stack's.
pub fn read(body: &str, bucket: &str) -> Vec<Notice> {
    match serde_json::from_str(body) {
        Ok(Message::Notification { records }) => {
            let notice = |record| arrival(record, bucket).map_or_else(Notice::Ignored, Notice::Arrived);
            records.into_iter().map(notice).collect()
        }
        Ok(Message::Test { event }) if event == "s3:TestEvent" => vec![Notice::Ignored(Ignored::TestEvent)],
        Ok(Message::Test { .. }) | Err(_) => vec![Notice::Ignored(Ignored::UnknownShape)],
    }
}

fn arrival(record: serde_json::Value, bucket: &str) -> Result<Arrival, Ignored> {
    let record: Record = serde_json::from_value(record).map_err(|_| Ignored::UnknownShape)?;
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
    Ok(Arrival { key, version, happened_at })
}

/// Decodes a key, once.
fn decode(key: &str) -> Option<String> {
    let spaced = key.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const KEY: &str = "uploads/07070707-0707-4707-8707-070707070707";

    fn record(version: &str, name: &str, bucket: &str, key: &str) -> serde_json::Value {
        json!({
            "eventVersion": version, "eventTime": "2026-11-24T10:00:00.123Z", "eventSource": "aws:s3", "eventName": name, "aNewField": [1],
            "s3": { "bucket": { "name": bucket }, "object": { "key": key, "versionId": "v1", "sequencer": "00" } },
        })
    }

    fn one(record: &serde_json::Value) -> Notice {
        let mut notices = read(&json!({ "Records": [record] }).to_string(), "files");
        assert_eq!(notices.len(), 1);
        notices.remove(0)
    }

    #[test]
    fn creations_and_removals_of_every_kind_are_read() {
        for name in [
            "ObjectCreated:Post",
            "ObjectCreated:Put",
            "ObjectCreated:Copy",
            "ObjectCreated:CompleteMultipartUpload",
            "ObjectRemoved:Delete",
            "LifecycleExpiration:Delete",
        ] {
            let notice = one(&record("2.3", name, "files", KEY));
            let happened_at = Some("2026-11-24T10:00:00.123Z".parse().unwrap());
            let arrival = Arrival { key: KEY.parse().unwrap(), version: "v1".parse().unwrap(), happened_at };
            assert_eq!(notice, Notice::Arrived(arrival));
        }
    }

    #[test]
    fn a_time_that_cannot_be_read_hides_no_version() {
        for time in [json!(null), json!("yesterday")] {
            let mut record = record("2.1", "ObjectCreated:Post", "files", KEY);
            record["eventTime"] = time;
            assert!(matches!(one(&record), Notice::Arrived(Arrival { happened_at: None, .. })));
        }
    }

    #[test]
    fn keys_are_decoded_once() {
        let encoded = KEY.replace('/', "%2F");
        assert!(matches!(one(&record("2.1", "ObjectCreated:Post", "files", &encoded)), Notice::Arrived(_)));
        let twice = encoded.replace('%', "%25");
        let notice = one(&record("2.1", "ObjectCreated:Post", "files", &twice));
        assert_eq!(notice, Notice::Ignored(Ignored::ForeignKey));
        assert_eq!(decode("a+b%2Bc").as_deref(), Some("a b+c"));
    }

    #[test]
    fn what_is_not_for_us_is_named_and_passed_over() {
        let created = "ObjectCreated:Post";
        for (record, ignored) in [
            (record("3.0", created, "files", KEY), Ignored::UnknownVersion),
            (record("2.4", "ObjectRemoved:DeleteMarkerCreated", "files", KEY), Ignored::OtherEvent),
            (record("2.4", "LifecycleExpiration:DeleteMarkerCreated", "files", KEY), Ignored::OtherEvent),
            (record("2.4", "ObjectTagging:Put", "files", KEY), Ignored::OtherEvent),
            (record("2.1", created, "others", KEY), Ignored::ForeignBucket),
            (record("2.1", created, "files", "uploads/x"), Ignored::ForeignKey),
            (record("2.1", created, "files", "%FF"), Ignored::ForeignKey),
            (json!({ "eventVersion": "2.1" }), Ignored::UnknownShape),
            (json!(7), Ignored::UnknownShape),
        ] {
            assert_eq!(one(&record), Notice::Ignored(ignored), "{record}");
        }
        let mut unversioned = record("2.1", created, "files", KEY);
        unversioned["s3"]["object"]["versionId"] = json!(null);
        assert_eq!(one(&unversioned), Notice::Ignored(Ignored::NoVersion));
    }

    #[test]
    fn whole_messages_of_other_shapes_are_passed_over() {
        let test = r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"files"}"#;
        assert_eq!(read(test, "files"), [Notice::Ignored(Ignored::TestEvent)]);
        for body in ["", "not json", "{}", "[]", r#"{"Event":"other"}"#, r#"{"Records":{}}"#] {
            assert_eq!(read(body, "files"), [Notice::Ignored(Ignored::UnknownShape)], "{body}");
        }
        assert_eq!(read(r#"{"Records":[]}"#, "files"), []);
    }

    #[test]
    fn one_bad_record_does_not_hide_the_others() {
        let body = json!({ "Records": [7, record("2.1", "ObjectCreated:Post", "files", KEY)] });
        let notices = read(&body.to_string(), "files");
        assert!(matches!(notices.as_slice(), [Notice::Ignored(_), Notice::Arrived(_)]), "{notices:?}");
    }
}
