//! Files that people have: the test data of public packages, each declared as browsers on Linux, macOS
//! and Windows declare it, and each declared as what it is not. They take the whole way of an upload: the
//! recorder's rules, with a second look where one is asked for, a link, and what the link answers, with
//! both ways of signing.
//!
//! The packages are fetched once ([`fetch`]), so this runs with `--ignored`. `refused.tsv` names every
//! good file that is refused, with the reason; a line that is no longer true fails the test too.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "this is a test, and its numbers are read"
)]

mod answers;
mod fetch;
mod files;
mod platforms;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::LazyLock;

use answers::{Answer, Signing, World};
use files::CorpusFile;
use platforms::Platform;
use postern::record::sniff::sniff;

static CORPUS: LazyLock<Vec<CorpusFile>> = LazyLock::new(|| files::corpus(&fetch::packages()));

const FALSE_TYPES: [&str; 5] =
    ["image/png", "application/pdf", "text/plain", "text/html", "application/json"];

/// What a link may show. The test's own list, on purpose.
const INERT: &[&str] = &[
    "application/pdf",
    "image/apng",
    "image/avif",
    "image/bmp",
    "image/gif",
    "image/heic",
    "image/heic-sequence",
    "image/heif",
    "image/heif-sequence",
    "image/jpeg",
    "image/jxl",
    "image/png",
    "image/tiff",
    "image/webp",
    "text/plain",
    "text/plain; charset=utf-8",
];

#[test]
#[ignore = "it fetches packages"]
fn no_good_file_is_rejected_but_for_a_reason() {
    let good: Vec<_> = CORPUS.iter().filter(|file| file.is_good).collect();
    let world = World::new(Signing::S3, Some(100_000_000));
    let mut rejected = BTreeMap::<String, String>::new();
    for platform in Platform::all() {
        let declared: Vec<_> = good.iter().filter_map(|file| Some((*file, platform.of(file)?))).collect();
        let mut refused = 0;
        for (file, declared) in &declared {
            if let Answer::Rejected(detail) = world.answer(file, declared) {
                refused += 1;
                rejected.insert(file.id.clone(), detail);
            }
        }
        println!("{}: {refused} of {} declared files rejected", platform.name, declared.len());
    }
    println!("{} files, {} of them good, {} refused", CORPUS.len(), good.len(), rejected.len());
    let expected = reasons();
    let unexpected: Vec<_> = rejected.iter().filter(|(id, _)| !expected.contains_key(id.as_str())).collect();
    let stale: Vec<_> = expected.keys().filter(|id| !rejected.contains_key(**id)).collect();
    assert!(unexpected.is_empty(), "rejected without a line in refused.tsv: {unexpected:#?}");
    assert!(stale.is_empty(), "accepted although refused.tsv says otherwise: {stale:#?}");
    assert!(good.len() >= 800, "{}", good.len());
}

#[test]
#[ignore = "it fetches packages"]
fn nothing_active_is_shown_inline_whatever_was_declared() {
    let (mut runs, mut shown, mut wrong) = (0, 0, Vec::new());
    for signing in [Signing::S3, Signing::CloudFront] {
        let world = World::new(signing, None);
        for (file, declared) in runs_of_all() {
            runs += 1;
            let Answer::Opened { content_type, disposition } = world.answer(file, &declared) else {
                continue;
            };
            // JSON is UTF-8, whether it is shown or saved.
            if declared == "application/json" && !is_utf8(&file.head) {
                wrong.push(format!("{} declared {declared}: it is no UTF-8", file.id));
            }
            let is_attachment = disposition.starts_with("attachment;");
            assert!(is_attachment || disposition.starts_with("inline;"), "{disposition}");
            if is_attachment {
                continue;
            }
            shown += 1;
            if !is_inert(&content_type) || is_active(file) || !is_truly(&content_type, file) {
                wrong.push(format!("{} declared {declared}: {content_type}", file.id));
            }
        }
    }
    println!("{runs} runs, {shown} shown inline, {} of them wrongly", wrong.len());
    assert_eq!(wrong, [""; 0]);
    assert!(runs >= 3000, "{runs}");
}

/// The heads are what the fuzzer begins with: `tests/fuzz/run` looks for them here.
#[test]
#[ignore = "it fetches packages"]
fn heads_of_the_corpus_are_laid_out_for_the_fuzzer() {
    let folder = fetch::root().join("heads");
    fs::create_dir_all(&folder).unwrap();
    let mut taken = BTreeMap::<String, usize>::new();
    for (number, file) in CORPUS.iter().enumerate() {
        let count = taken.entry(sniff(&file.head).essence).or_default();
        *count += 1;
        if *count <= 5 {
            let head: Vec<u8> = file.head.iter().take(4000).copied().collect();
            fs::write(folder.join(number.to_string()), [&[0], head.as_slice()].concat()).unwrap();
        }
    }
    println!("{} formats", taken.len());
    assert!(taken.len() > 80, "{taken:?}");
}

/// Every file as each platform declares it, as nothing, and as what it is not.
fn runs_of_all() -> impl Iterator<Item = (&'static CorpusFile, String)> {
    let platforms = Platform::all();
    CORPUS.iter().flat_map(move |file| {
        let of_platforms = platforms.iter().filter_map(|platform| platform.of(file));
        let declared = of_platforms.chain(FALSE_TYPES).chain(["application/octet-stream"]);
        let declared: BTreeSet<_> = declared.map(ToOwned::to_owned).collect();
        declared.into_iter().map(move |declared| (file, declared))
    })
}

/// The files that are refused, each with the reason.
fn reasons() -> BTreeMap<&'static str, &'static str> {
    let rows = include_str!("refused.tsv").lines().filter(|row| !row.starts_with('#'));
    rows.map(|row| row.split_once('\t').unwrap_or_else(|| panic!("refused.tsv: {row}"))).collect()
}

fn is_inert(content_type: &str) -> bool {
    let is_media = content_type.starts_with("audio/") || content_type.starts_with("video/");
    is_media && !content_type.contains("mpegurl") || INERT.contains(&content_type)
}

/// Whether the bytes are a page or other markup, found in another way than the recorder does.
fn is_active(file: &CorpusFile) -> bool {
    let head = String::from_utf8_lossy(&file.head).to_ascii_lowercase();
    let start = head.trim_start_matches('\u{FEFF}').trim_start();
    let is_page =
        ["<!doctype html", "<html", "<script", "<svg", "<?xml"].iter().any(|tag| start.starts_with(tag));
    let is_named = file.extension().is_some_and(|extension| {
        matches!(extension.as_str(), "html" | "htm" | "xhtml" | "svg" | "svgz" | "swf" | "mht" | "mhtml")
    });
    is_page || is_named && start.starts_with('<')
}

/// Whether the bytes begin as what is shown.
fn is_truly(content_type: &str, file: &CorpusFile) -> bool {
    let head = &file.head;
    match content_type {
        "image/png" | "image/apng" => head.starts_with(b"\x89PNG\r\n\x1a\n"),
        "image/jpeg" => head.starts_with(b"\xFF\xD8\xFF"),
        "image/gif" => head.starts_with(b"GIF8"),
        "application/pdf" => head.windows(5).take(1024).any(|window| window == b"%PDF-"),
        "text/plain" | "text/plain; charset=utf-8" => {
            !head.starts_with(b"%PDF") && (!head.contains(&0) || is_utf16(head))
        }
        _ => true,
    }
}

/// The last character may be cut.
fn is_utf8(head: &[u8]) -> bool {
    let without_cut = head.len().saturating_sub(3);
    (without_cut..=head.len())
        .any(|length| head.get(..length).is_some_and(|head| str::from_utf8(head).is_ok()))
}

/// Whether bytes with a mark of UTF-16 are characters, without those of the smallest numbers.
fn is_utf16(head: &[u8]) -> bool {
    let read = match head.first_chunk() {
        Some([0xFF, 0xFE]) => u16::from_le_bytes,
        Some([0xFE, 0xFF]) => u16::from_be_bytes,
        _ => return false,
    };
    let units = head.as_chunks::<2>().0.iter().map(|unit| read(*unit));
    let characters: Vec<_> = char::decode_utf16(units).collect();
    let whole = characters.split_last().map_or(&[][..], |(_, whole)| whole);
    whole.iter().all(|character| character.as_ref().is_ok_and(|character| *character > '\u{8}'))
}
