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
use serde::Deserialize;

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
    Bridged(Box<Bridged>),
}

/// An event as EventBridge sends it.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Bridged {
    source: String,
    detail_type: String,
    time: Option<String>,
    detail: serde_json::Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScanResult {
    s3_object_details: ScannedObject,
    scan_result_details: ScanResultDetails,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScannedObject {
    bucket_name: String,
    object_key: String,
    version_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScanResultDetails {
    scan_result_status: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct S3Record {
    event_version: String,
    event_name: String,
    event_time: Option<String>,
    s3: S3,
}

#[derive(Deserialize)]
struct S3 {
    bucket: S3Bucket,
    object: S3Object,
}

#[derive(Deserialize)]
struct S3Bucket {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct S3Object {
    key: String,
    version_id: Option<String>,
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
    fn a_log_names_each_reason_by_a_word_of_its_own() {
        use Ignored as I;
        let all = [
            I::TestEvent,
            I::UnknownShape,
            I::UnknownVersion,
            I::OtherEvent,
            I::ForeignBucket,
            I::ForeignKey,
            I::NoVersion,
        ];
        insta::assert_snapshot!(all.map(I::as_str).join(" "), @"test_event unknown_shape unknown_version other_event foreign_bucket foreign_key no_version");
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
            let arrival = Arrival {
                key: KEY.parse().unwrap(),
                version: "v1".parse().unwrap(),
                announced: None,
                happened_at,
            };
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

    /// The documented shape.
    fn scan_result(bucket: &str, key: &str, status: &str) -> serde_json::Value {
        json!({
            "version": "0", "id": "72c7d362-737a-6dce-fc78-9e27a0171419",
            "detail-type": "GuardDuty Malware Protection Object Scan Result", "source": "aws.guardduty",
            "account": "111122223333", "time": "2026-11-24T10:00:01Z", "region": "us-east-1",
            "resources": ["arn:aws:guardduty:us-east-1:111122223333:malware-protection-plan/b4c7f464ab3a4EXAMPLE"],
            "detail": {
                "schemaVersion": "1.0", "scanStatus": "COMPLETED", "resourceType": "S3_OBJECT",
                "s3ObjectDetails": {
                    "bucketName": bucket, "objectKey": key, "eTag": "ASIAI44QH8DHBEXAMPLE",
                    "versionId": "v1", "s3Throttled": false,
                },
                "scanResultDetails": { "scanResultStatus": status, "threats": null, "statusReasons": null },
            },
        })
    }

    #[test]
    fn the_result_of_a_scan_asks_for_a_look_at_its_version() {
        for (word, status) in [
            ("NO_THREATS_FOUND", ScanStatus::NoThreatsFound),
            ("THREATS_FOUND", ScanStatus::ThreatsFound),
            ("UNSUPPORTED", ScanStatus::Unsupported),
            ("ACCESS_DENIED", ScanStatus::AccessDenied),
            ("FAILED", ScanStatus::Failed),
            ("A_NEW_WORD", ScanStatus::Failed),
        ] {
            let notices = read(&scan_result("files", KEY, word).to_string(), "files");
            let arrival = Arrival {
                key: KEY.parse().unwrap(),
                version: "v1".parse().unwrap(),
                announced: Some(status),
                happened_at: Some("2026-11-24T10:00:01Z".parse().unwrap()),
            };
            assert_eq!(notices, [Notice::Arrived(arrival)], "{word}");
        }
    }

    #[test]
    fn other_events_of_the_bus_are_named_and_passed_over() {
        let changed = |place: &str, value: serde_json::Value| {
            let mut event = scan_result("files", KEY, "NO_THREATS_FOUND");
            *event.pointer_mut(place).unwrap() = value;
            event
        };
        for (event, ignored) in [
            (changed("/source", json!("postern")), Ignored::OtherEvent),
            (changed("/detail-type", json!("GuardDuty Finding")), Ignored::OtherEvent),
            (changed("/detail", json!({})), Ignored::UnknownShape),
            (changed("/detail/scanResultDetails", json!(null)), Ignored::UnknownShape),
            (changed("/detail/s3ObjectDetails/bucketName", json!("others")), Ignored::ForeignBucket),
            (
                changed(
                    "/detail/s3ObjectDetails/objectKey",
                    json!("malware-protection-resource-validation-object"),
                ),
                Ignored::ForeignKey,
            ),
            (changed("/detail/s3ObjectDetails/versionId", json!(null)), Ignored::NoVersion),
        ] {
            assert_eq!(read(&event.to_string(), "files"), [Notice::Ignored(ignored)], "{event}");
        }
    }

    #[test]
    fn one_bad_record_does_not_hide_the_others() {
        let body = json!({ "Records": [7, record("2.1", "ObjectCreated:Post", "files", KEY)] });
        let notices = read(&body.to_string(), "files");
        assert!(matches!(notices.as_slice(), [Notice::Ignored(_), Notice::Arrived(_)]), "{notices:?}");
    }
}
