//! What the rules cost on heads that were made to cost much: the time grows as the head does, and no faster.

use std::hint::black_box;
use std::time::Duration;

use postern::media::AllowedTypes;
use postern::ports::HEAD_BYTES;
use postern::record::content::{archive, pixels};
use rustix::time::{ClockId, clock_gettime};

use crate::{ANY, settings, verdict};

/// A beginning, and what is repeated behind it.
const HOSTILE: &[(&[u8], &[u8])] = &[
    (b"", b" "),
    (b"", b"<"),
    (b"", b"<!-- "),
    (b"", b"<!---->"),
    (b"", b"<?a?>"),
    (b"<!DOCTYPE a [", b"<!--"),
    (b"<!DOCTYPE a [", b"''"),
    (b"<!DOCTYPE a [", b"]"),
    (b"", b"<!DOCTYPE a>"),
    (b"", b"<!DOCTYPE a [<"),
    (b"\xFF\xFE", b"<\0"),
    (b"\xFF\xFE", b"<\0!\0-\0-\0"),
    (b"GIF89a\x01\0\x01\0\0\0\0", b"<"),
    (b"GIF89a\x01\0\x01\0\0\0\0", b"<scripx"),
    (b"GIF89a\x01\0\x01\0\0\0\0", b"<!doctype htm"),
    (b"GIF89a\x01\0\x01\0\0\0\0", b"%PDF"),
    (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"<%@ pag"),
    (b"\xFF\xD8", b"\xFF"),
    (b"\xFF\xD8", b"\xFF\xE1\0\x02"),
    (b"II*\0\x08\0\0\0\xFF\xFF", b"\0"),
    (b"\0\0\0\x18ftypheic\0\0\0\0heicmif1", b"\0\0\0\x08free"),
    (b"PK\x03\x04", b"PK"),
    (b"PK\x03\x04", b"PK\x01\x02"),
    // Each entry's extra fields reach over the entries behind it.
    (
        b"PK\x03\x04",
        b"PK\x01\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\0\0\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    ),
    (b"solid ", b"face"),
    (b"\n", b"%PDF"),
    (b"words", b"\x1A"),
    (b"\xFF\xFF\xFF\xFFftypmif1", b"avi"),
    (b"", b"PK\x03\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
    (
        b"PK\x03\x04",
        b"PK\x01\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    ),
];

/// Twice what a linear rule takes beside the smaller head; a quadratic one takes eight times as much.
const MOST_GROWTH: u32 = 16;

fn head((begin, repeated): (&[u8], &[u8]), length: usize) -> Vec<u8> {
    begin.iter().chain(repeated.iter().cycle()).copied().take(length).collect()
}

/// The least of several runs.
fn time(head: &[u8]) -> Duration {
    let settings = settings(&AllowedTypes::all().to_string(), Some(1));
    let case = ("", "a", ANY, head.to_vec(), None);
    let run = || {
        let began = on_the_processor();
        let _ = verdict(&settings, &case);
        let _ = archive::is_bomb(head, u64::MAX, Some(head));
        for essence in ["image/jpeg", "image/tiff", "image/heic"] {
            let _ =
                (pixels::pixels(essence, head, Some(head)), pixels::further_part(essence, head, u64::MAX));
        }
        on_the_processor().checked_sub(began).unwrap()
    };
    (0..5).map(|_| run()).min().unwrap()
}

/// The time for which this thread has run: what others do on the machine does not count.
fn on_the_processor() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap()
}

#[test]
fn the_time_of_all_rules_grows_as_the_head_does() {
    for hostile in HOSTILE {
        let growth =
            time(&head(*hostile, HEAD_BYTES)).as_nanos() / time(&head(*hostile, HEAD_BYTES / 8)).as_nanos();
        assert!(growth < MOST_GROWTH.into(), "{hostile:?}: {growth}");
    }
}

/// The rules take about one and a half. A search for each tag of its own, six in all, takes 18.
const MOST_PASSES: u128 = 6;

#[test]
fn the_rules_take_no_longer_than_a_few_passes_over_an_ordinary_image() {
    let image = head((b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"compressed pixels\x00\x80\xff"), HEAD_BYTES);
    let pass = || {
        let began = on_the_processor();
        black_box(image.iter().fold(0_u8, |sum, byte| black_box(sum ^ byte)));
        on_the_processor().checked_sub(began).unwrap()
    };
    let pass = (0..5).map(|_| pass()).min().unwrap();
    let passes = time(&image).as_nanos() / pass.as_nanos();
    assert!(passes < MOST_PASSES, "{passes} passes");
}

#[test]
#[ignore = "a measurement: cargo test --release -p postern --test corpus measured -- --ignored --nocapture"]
#[expect(clippy::print_stdout, reason = "its numbers are read")]
fn measured_on_64_kib() {
    for hostile in HOSTILE {
        let (begin, repeated) = hostile;
        let whole = time(&head(*hostile, HEAD_BYTES));
        let eighth = time(&head(*hostile, HEAD_BYTES / 8));
        println!("{whole:>10.1?} {eighth:>10.1?}  {}{}…", begin.escape_ascii(), repeated.escape_ascii());
    }
}
