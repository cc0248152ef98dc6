//! Tests of the reading of events.

use serde_json::json;

use super::event::*;
use crate::upload::scan::ScanStatus;

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
