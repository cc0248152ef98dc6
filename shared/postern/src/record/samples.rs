//! Objects and settings for the tests of the recorder.

use std::collections::BTreeMap;

use super::Settings;
use super::evidence::{Evidence, SecondSight};
use super::rules::judge;
use crate::media::AllowedTypes;
use crate::ports::ObservedObject;
use crate::testing::samples::{at, pending, version};
use crate::upload::scan::ScanGate;
use crate::upload::{Settlement, Upload};

pub const KEY_ARN: &str = "arn:aws:kms:eu-central-1:111122223333:key/files";
pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

pub fn settings() -> Settings {
    Settings {
        files_key_arn: KEY_ARN.to_owned(),
        allowed_types: AllowedTypes::all(),
        max_image_pixels: None,
        scan: ScanGate::Off,
    }
}

pub fn png() -> ObservedObject {
    ObservedObject {
        size_bytes: PNG.len() as u64,
        etag: "etag".to_owned(),
        content_type: Some("image/png".to_owned()),
        content_encoding: None,
        kms_key_arn: Some(KEY_ARN.to_owned()),
        metadata: BTreeMap::new(),
        head: PNG.to_vec(),
        scan: None,
    }
}

pub fn judged(
    upload: &Upload,
    object: &ObservedObject,
    settings: &Settings,
    second: &SecondSight,
) -> Settlement {
    let version = version("v");
    let evidence = Evidence { upload, object, version: &version, second, settings };
    judge(&evidence, at("2026-11-24T10:00:00Z"))
}

pub fn large(declared: &str, filename: &str, head: &[u8]) -> (Upload, ObservedObject) {
    let upload = Upload {
        content_type: declared.parse().unwrap(),
        filename: filename.parse().unwrap(),
        max_size_bytes: 1 << 40,
        ..pending()
    };
    let content_type = Some(declared.to_owned());
    (upload, ObservedObject { size_bytes: 1 << 30, content_type, head: head.to_vec(), ..png() })
}
