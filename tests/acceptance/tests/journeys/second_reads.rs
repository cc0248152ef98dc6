//! Files whose verdict depends on bytes after the first 64 KiB. The recorder reads one more part of them, and
//! counts this read in a metric.

use std::time::Duration;

use acceptance::App;
use serde_json::{Value, json};

use crate::metrics::{assert_is_well_formed, documents, values};

/// A file whose verdict depends on bytes after its first 64 KiB.
pub struct FarFile {
    pub filename: &'static str,
    pub content_type: &'static str,
    pub bytes: Vec<u8>,
    /// The reason for which the recorder rejects the file, or `None` if the file is valid.
    pub rejection: Option<&'static str>,
}

/// Returns valid and invalid files. The local stack accepts images of up to 100 megapixels.
pub fn far_files() -> Vec<FarFile> {
    let far = |filename, content_type, bytes, rejection| FarFile { filename, content_type, bytes, rejection };
    let (too_large, bomb) = (Some("image_too_large"), Some("archive_bomb"));
    vec![
        far("small.tiff", "image/tiff", tiff(300, 300), None),
        far("large.tiff", "image/tiff", tiff(20_000, 20_000), too_large),
        far("small.jpg", "image/jpeg", jpeg(300, 300), None),
        far("large.jpg", "image/jpeg", jpeg(20_000, 20_000), too_large),
        far("honest.zip", "application/zip", streamed_zip(200_000), None),
        far("bomb.zip", "application/zip", streamed_zip(1 << 30), bomb),
    ]
}

/// Returns a TIFF whose directory comes after 200,000 bytes of pixels.
fn tiff(width: u32, height: u32) -> Vec<u8> {
    let entry = |tag: u16, value: u32| {
        [&tag.to_le_bytes()[..], &4_u16.to_le_bytes(), &1_u32.to_le_bytes(), &value.to_le_bytes()].concat()
    };
    let pixels = vec![0x55; 200_000];
    let directory = 8 + 200_000_u32;
    let (width, height) = (entry(256, width), entry(257, height));
    [b"II*\0".as_slice(), &directory.to_le_bytes(), &pixels, &2_u16.to_le_bytes(), &width, &height, &[0; 4]]
        .concat()
}

/// Returns a JPEG with 80 KB of Exif data before its frame, in two segments.
fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let exif = [b"\xFF\xE1\x9C\x42Exif\0\0".as_slice(), &vec![0x55; 39_994]].concat();
    let frame =
        [b"\xFF\xC0\0\x0B\x08".as_slice(), &height.to_be_bytes(), &width.to_be_bytes(), b"\x01\x01\x11\0"];
    [b"\xFF\xD8".as_slice(), &exif, &exif, &frame.concat(), b"\xFF\xDA\0\x08\x01\x01\0\0\x3F\0words\xFF\xD9"]
        .concat()
}

/// Returns a ZIP as a program writes it into a pipe. Its local header has no sizes. The data descriptor and
/// the central directory at the end have them.
fn streamed_zip(unpacked: u32) -> Vec<u8> {
    let packed = 100_000_u32;
    let sizes = [[0; 4], packed.to_le_bytes(), unpacked.to_le_bytes()].concat();
    let local = [b"PK\x03\x04\x14\0\x08\0\x08\0\0\0\0\0".as_slice(), &[0; 12], b"\x05\0\0\0a.txt"].concat();
    let body = vec![0x55; packed as usize];
    let descriptor = [b"PK\x07\x08".as_slice(), &sizes].concat();
    let start = u32::try_from(local.len() + body.len() + descriptor.len()).unwrap();
    let entry =
        [b"PK\x01\x02\x14\0\x14\0\x08\0\x08\0\0\0\0\0".as_slice(), &sizes, b"\x05\0", &[0; 16], b"a.txt"]
            .concat();
    let length = u32::try_from(entry.len()).unwrap();
    let end =
        [b"PK\x05\x06\0\0\0\0\x01\0\x01\0".as_slice(), &length.to_le_bytes(), &start.to_le_bytes(), &[0; 2]];
    [local, body, descriptor, entry, end.concat()].concat()
}

/// Waits until the upload is no longer pending, and asserts that its state is the one that the file must get.
pub async fn settle(app: &App, file: &FarFile, upload_id: &str) {
    let upload = app.settled(upload_id).await;
    let found = (&upload["state"], &upload["rejection"]["reason"]);
    let (state, reason) = match file.rejection {
        Some(reason) => ("rejected", json!(reason)),
        None => ("available", Value::Null),
    };
    assert_eq!(found, (&json!(state), &reason), "{}: {upload}", file.filename);
}

#[tokio::test]
async fn bytes_after_the_first_64_kib_decide_and_each_second_read_is_counted() {
    let (app, files) = (App::user(), far_files());
    for file in &files {
        assert!(file.bytes.len() > 64 * 1024);
        let form = app.issue(json!({ "filename": file.filename, "content_type": file.content_type })).await;
        assert_eq!(form.post(&file.bytes).await.status, 201);
        settle(&app, file, &form.upload_id).await;
    }
    let mut counted = Vec::new();
    for _ in 0..100 {
        let found = documents(&app).await;
        found.iter().for_each(assert_is_well_formed);
        counted = values(&found, "SecondReads", &["Function"]);
        if counted.iter().sum::<f64>() >= 6.0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("expected a count of 6 second reads, found {counted:?}");
}
