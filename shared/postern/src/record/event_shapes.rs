//! The messages of S3 and `GuardDuty`, as far as the recorder reads them.

use serde::Deserialize;

/// A message of the queue.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Message {
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
pub(super) struct Bridged {
    pub(super) source: String,
    pub(super) detail_type: String,
    pub(super) time: Option<String>,
    pub(super) detail: serde_json::Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScanResult {
    pub(super) s3_object_details: ScannedObject,
    pub(super) scan_result_details: ScanResultDetails,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScannedObject {
    pub(super) bucket_name: String,
    pub(super) object_key: String,
    pub(super) version_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScanResultDetails {
    pub(super) scan_result_status: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct S3Record {
    pub(super) event_version: String,
    pub(super) event_name: String,
    pub(super) event_time: Option<String>,
    pub(super) s3: S3,
}

#[derive(Deserialize)]
pub(super) struct S3 {
    pub(super) bucket: S3Bucket,
    pub(super) object: S3Object,
}

#[derive(Deserialize)]
pub(super) struct S3Bucket {
    pub(super) name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct S3Object {
    pub(super) key: String,
    pub(super) version_id: Option<String>,
}
