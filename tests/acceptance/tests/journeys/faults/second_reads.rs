//! The second read, as a proxy sees it: how many bytes the recorder asks for, and how much memory it takes.
//! One server answers with the range that the recorder asks for, and another with the whole object.

use acceptance::{App, shared, skipped};
use serde_json::json;

use super::proxy::Read;
use super::{LONG_VISIBILITY_S, proxied};
use crate::second_reads::{FarFile, far_files, settle};

/// The most bytes that the recorder asks for in one read.
const PART_BYTES: u64 = 64 * 1024;

const GIB: u64 = 1024 * 1024 * 1024;

/// Keeps the reads that found the version. After a rejected version is removed, the event of its removal
/// makes the recorder read once more, and that read finds nothing.
fn found(reads: Vec<Read>) -> Vec<Read> {
    reads.into_iter().filter(|read| read.status != 404).collect()
}

/// Returns the positions of the first and the last byte of `bytes=first-last`.
fn bounds(range: &str) -> (u64, u64) {
    let (first, last) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
    (first.parse().unwrap(), last.parse().unwrap())
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn a_second_read_asks_for_at_most_64_kib() {
    if shared().local.is_none() {
        return skipped("the second read", "only a local stack lets a test put a proxy before AWS");
    }
    let (stack, proxy) = proxied(LONG_VISIBILITY_S).await;
    let app = App::new(stack, Some(stack.jwt.clone()));
    for (number, file) in far_files().iter().enumerate() {
        let form = app.issue(json!({ "filename": file.filename, "content_type": file.content_type })).await;
        proxy.know(&form.upload_id, number);
        assert_eq!(form.post(&file.bytes).await.status, 201);
        settle(&app, file, &form.upload_id).await;
        let reads = found(proxy.reads(number));
        let [first, second] = &reads[..] else { panic!("{}: {reads:?}", file.filename) };
        assert_eq!(bounds(&first.range), (0, PART_BYTES - 1), "{}", file.filename);
        let (from, last) = bounds(&second.range);
        assert!(from > 0 && last - from < PART_BYTES, "{}: {second:?}", file.filename);
        for read in [first, second] {
            assert_eq!(read.status, 206, "{}: {read:?}", file.filename);
            assert!(read.body_bytes as u64 <= PART_BYTES, "{}: {read:?}", file.filename);
        }
    }
}

/// The proxy answers every range with the whole object, and makes it a gibibyte long.
#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn a_second_read_of_a_gibibyte_takes_no_more_memory_than_of_a_small_file() {
    if shared().local.is_none() {
        return skipped("the recorder's memory", "only a local stack lets a test put a proxy before AWS");
    }
    let (stack, proxy) = proxied(LONG_VISIBILITY_S).await;
    let app = App::new(stack, Some(stack.jwt.clone()));
    app.upload("words.txt", "text/plain", &[b'a'; 1024]).await;
    let small = proxy.peak_rss_kib();
    // The recorder reads the end of a ZIP, where the lengthened file has zeros. The JPEG's frame is
    // unchanged. The TIFF names a directory near the end of the lengthened file, where there are zeros too.
    let stretched = far_files().into_iter().filter_map(|file| match file.filename {
        "honest.zip" | "small.jpg" => Some(file),
        "small.tiff" => {
            Some(FarFile { bytes: tiff_of_a_gibibyte(), rejection: Some("image_too_large"), ..file })
        }
        _ => None,
    });
    for (number, file) in stretched.enumerate() {
        let form = app
            .issue(json!({ "filename": file.filename, "content_type": file.content_type, "max_size_bytes": GIB }))
            .await;
        proxy.know(&form.upload_id, number);
        proxy.lengthen(number, GIB);
        assert_eq!(form.post(&file.bytes).await.status, 201);
        settle(&app, &file, &form.upload_id).await;
        assert_eq!(found(proxy.reads(number)).len(), 2, "{}", file.filename);
        let peak = proxy.peak_rss_kib();
        eprintln!("{}: {small} KiB after 1 KiB, {peak} KiB after 1 GiB", file.filename);
        assert!(small > 0 && peak < 64 * 1024, "{}: {small} KiB, then {peak} KiB", file.filename);
    }
}

/// Returns a TIFF whose header says that its directory is near the end of a file of one gibibyte.
fn tiff_of_a_gibibyte() -> Vec<u8> {
    let directory = u32::try_from(GIB - 1000).unwrap();
    [b"II*\0".as_slice(), &directory.to_le_bytes(), &vec![0x55; 70_000]].concat()
}
