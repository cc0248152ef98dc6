//! A corpus of files with the verdict that each must get: whole files of each common type, and
//! empty, cut, mislabelled, doubled and exploding ones. All are made here, byte by byte.
//!
//! What is accepted although it is broken or active is in the list too, because that is a promise
//! as well: nothing is decoded, and what a browser could run is only ever served as an attachment.

#![expect(
    clippy::unwrap_used,
    clippy::trivially_copy_pass_by_ref,
    clippy::indexing_slicing,
    reason = "files are made of constants; magic bytes are written as byte strings"
)]

mod advice;
mod cost;
mod files;
mod fragments;
mod people;

use files::*;
use postern::media::AllowedTypes;
use postern::ports::{HEAD_BYTES, ObservedObject};
use postern::record::Settings;
use postern::record::evidence::{Evidence, SecondSight};
use postern::record::rules::judge;
use postern::testing::samples::pending;
use postern::upload::{RejectionReason as R, Settlement, Upload, tombstone_ttl};
use postern::value::filename::Disposition;
use postern::value::id::VersionId;
use s3_presigned::Timestamp;

const KEY_ARN: &str = "arn:aws:kms:eu-central-1:111122223333:key/files";

/// What it is, the name that it came under, what was declared, its bytes, and why it is rejected.
type Case = (&'static str, &'static str, &'static str, Vec<u8>, Option<R>);

const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const ODT: &str = "application/vnd.oasis.opendocument.text";
const ANY: &str = "application/octet-stream";

fn whole_files() -> Vec<Case> {
    vec![
        ("a PNG", "a.png", "image/png", png(4, 4, b""), None),
        ("a JPEG", "a.jpg", "image/jpeg", jpeg(4, 4, b"a comment"), None),
        ("a JPEG by its other name", "a.jpg", "image/jpg", jpeg(4, 4, b""), None),
        ("a GIF", "a.gif", "image/gif", gif(4, 4, b"a comment"), None),
        ("a WebP", "a.webp", "image/webp", webp(4, 4), None),
        ("a BMP", "a.bmp", "image/bmp", bmp(4, 4), None),
        ("a TIFF", "a.tiff", "image/tiff", tiff(), None),
        ("an icon", "favicon.ico", "image/x-icon", ico(), None),
        ("a HEIC", "IMG_1.HEIC", "image/heic", box_file(b"heic"), None),
        ("an AVIF", "a.avif", "image/avif", box_file(b"avif"), None),
        ("an SVG", "a.svg", "image/svg+xml", SVG.to_vec(), None),
        ("an MP4", "a.mp4", "video/mp4", box_file(b"isom"), None),
        ("a QuickTime video", "a.mov", "video/quicktime", box_file(b"qt  "), None),
        ("a WebM", "a.webm", "video/webm", webm(), None),
        ("an AVI", "a.avi", "video/x-msvideo", avi(), None),
        ("an MP3", "a.mp3", "audio/mpeg", mp3(), None),
        ("a WAV", "a.wav", "audio/wav", wav(), None),
        ("a FLAC", "a.flac", "audio/flac", flac(), None),
        ("an Ogg", "a.ogg", "audio/ogg", ogg(), None),
        ("a PDF", "a.pdf", "application/pdf", pdf(""), None),
        ("a Word document", "a.docx", DOCX, office("word", "document"), None),
        ("a workbook", "a.xlsx", XLSX, office("xl", "workbook"), None),
        ("an OpenDocument text", "a.odt", ODT, open_document("text"), None),
        ("an old Word document", "a.doc", "application/msword", compound_file(), None),
        ("a ZIP", "a.zip", "application/zip", zip(&[entry("a.txt", b"words")]), None),
        ("an empty ZIP", "a.zip", "application/zip", zip(&[]), None),
        ("a gzip", "a.gz", "application/gzip", gzip(), None),
        ("a gzip under the name and type of a ZIP", "a.zip", "application/zip", gzip(), None),
        ("an encrypted Word document", "a.docx", DOCX, compound_file(), None),
        ("a 7z", "a.7z", "application/x-7z-compressed", seven_zip(), None),
        ("a tar", "a.tar", "application/x-tar", tar(), None),
        (
            "a RAR by its older name",
            "a.rar",
            "application/x-rar-compressed",
            b"Rar!\x1A\x07\x01\0\x33\x92\xB5\xE5".to_vec(),
            None,
        ),
        ("a program, declared as one", "a.exe", "application/x-msdownload", windows_program(), None),
        ("a Matroska", "a.mkv", "video/x-matroska", matroska(), None),
        ("a song in an MP4", "a.m4a", "audio/mp4", box_file(b"M4A "), None),
        ("a CSV from Windows", "a.csv", "application/vnd.ms-excel", b"a;b\r\n1;2\r\n".to_vec(), None),
        ("an old workbook", "a.xls", "application/vnd.ms-excel", compound_file(), None),
        ("RTF", "a.rtf", "text/rtf", b"{\\rtf1\\ansi words}".to_vec(), None),
        ("plain text", "a.txt", "text/plain", b"words".to_vec(), None),
        ("text in another script", "a.txt", "text/plain; charset=utf-8", "\u{62a5}\u{544a}".into(), None),
        ("text in UTF-16", "a.txt", "text/plain", b"\xFF\xFEh\0i\0".to_vec(), None),
        ("a CSV", "a.csv", "text/csv", b"a,b\n1,2\n".to_vec(), None),
        ("JSON", "a.json", "application/json", b"{\"a\":1}".to_vec(), None),
        ("XML", "a.xml", "application/xml", b"<?xml version=\"1.0\"?><a/>".to_vec(), None),
        (
            "Markdown that begins with a tag",
            "README.md",
            "text/markdown",
            b"<p align=\"center\">".to_vec(),
            None,
        ),
        ("a page, declared as one", "a.html", "text/html", HTML.to_vec(), None),
        ("a program, declared as nothing", "setup.exe", ANY, windows_program(), None),
        ("a format of one's own", "a.own", "application/x-own-format", b"\0\x01\x02\x03".to_vec(), None),
        ("a name without an extension", "photo", "image/png", png(4, 4, b""), None),
        ("a PNG under the name of a JPEG", "a.jpg", "image/png", png(4, 4, b""), None),
        (
            "an ordinary archive of zeros",
            "a.zip",
            "application/zip",
            zip(&[Entry { packed: 1000, unpacked: 1_000_000, ..entry("zeros", &[0; 1000]) }]),
            None,
        ),
    ]
}

fn broken_or_active_and_taken_as_they_are() -> Vec<Case> {
    vec![
        ("an empty text", "a.txt", "text/plain", vec![], None),
        ("a PNG cut after its header", "a.png", "image/png", png(4, 4, b"")[..40].to_vec(), None),
        ("a JPEG cut in its middle", "a.jpg", "image/jpeg", jpeg(4, 4, b"")[..30].to_vec(), None),
        ("a PDF without its end", "a.pdf", "application/pdf", pdf("")[..30].to_vec(), None),
        (
            "a ZIP without its directory",
            "a.zip",
            "application/zip",
            zip(&[entry("a", b"a")])[..32].to_vec(),
            None,
        ),
        ("an SVG with a script", "a.svg", "image/svg+xml", SVG_WITH_SCRIPT.to_vec(), None),
        ("a PDF with a script", "a.pdf", "application/pdf", pdf("<</S/JavaScript/JS(app.alert(1))>>"), None),
        ("a shortcut, named as one", "a.lnk", ANY, shortcut(), None),
        ("an application of HTML, named as one", "a.hta", ANY, HTML.to_vec(), None),
        ("a disk image, named as one", "a.iso", ANY, disk_image(), None),
        ("a package, named as one", "a.deb", ANY, b"!<arch>\ndebian-binary   \0".to_vec(), None),
        ("a script, named as one", "a.vbs", ANY, b"MsgBox 1\r\n".to_vec(), None),
        ("a binary workbook", "a.xlsb", ANY, zip(&[entry("a", b"a")]), None),
        ("a book", "a.mobi", ANY, [[0; 60].as_slice(), b"BOOKMOBI", &[0; 60]].concat(), None),
        ("a PNG that speaks of HTML", "a.png", "image/png", png_with_text(b"made with <htmlkit>"), None),
    ]
}

fn mislabelled() -> Vec<Case> {
    let mismatch = Some(R::ContentTypeMismatch);
    vec![
        ("an empty image", "a.png", "image/png", vec![], mismatch),
        ("an empty PDF", "a.pdf", "application/pdf", vec![], mismatch),
        ("a PNG cut within its signature", "a.png", "image/png", b"\x89PN".to_vec(), mismatch),
        ("a page as an image", "a.png", "image/png", HTML.to_vec(), mismatch),
        ("a page as text", "a.txt", "text/plain", HTML.to_vec(), mismatch),
        ("a PDF as text", "a.txt", "text/plain", pdf(""), mismatch),
        ("a PDF as CSV", "a.csv", "text/csv", pdf(""), mismatch),
        (
            "a page as text after a byte order mark",
            "a.txt",
            "text/plain",
            [b"\xEF\xBB\xBF", HTML].concat(),
            mismatch,
        ),
        ("a page as CSV", "a.csv", "text/csv", HTML.to_vec(), mismatch),
        ("an SVG as a PNG", "a.png", "image/png", SVG.to_vec(), mismatch),
        ("text as an SVG", "a.svg", "image/svg+xml", b"words".to_vec(), mismatch),
        ("a PNG as a JPEG", "a.jpg", "image/jpeg", png(4, 4, b""), mismatch),
        ("a program as an image", "a.png", "image/png", windows_program(), mismatch),
        ("a program as a PDF", "invoice.pdf", "application/pdf", windows_program(), mismatch),
        ("a program as text", "a.txt", "text/plain", linux_program(), mismatch),
        ("a program as a Word document", "a.docx", DOCX, windows_program(), mismatch),
        ("an image as a video", "a.mp4", "video/mp4", png(4, 4, b""), mismatch),
        ("an archive as a PDF", "a.pdf", "application/pdf", zip(&[entry("a", b"a")]), mismatch),
        ("a PDF as a Word document", "a.docx", DOCX, pdf(""), mismatch),
        ("noise as text", "a.txt", "text/plain", b"\0\x01\x02\x03\x04".to_vec(), mismatch),
        ("noise as an image", "a.png", "image/png", vec![0xA5; 64], mismatch),
        (
            "a BMP that is JavaScript",
            "a.bmp",
            "image/bmp",
            [b"BM/*\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", &[0; 40][..], b"*/=1;alert(1)"].concat(),
            Some(R::ForeignContent),
        ),
        (
            "bytes before a PNG's signature",
            "a.png",
            "image/png",
            [b"\n", png(4, 4, b"").as_slice()].concat(),
            mismatch,
        ),
    ]
}

fn two_things_at_once() -> Vec<Case> {
    let foreign = Some(R::ForeignContent);
    vec![
        (
            "a PNG with a script in its text",
            "a.png",
            "image/png",
            png_with_text(b"<script>alert(1)</script>"),
            foreign,
        ),
        (
            "a PNG with PHP in its text",
            "a.png",
            "image/png",
            png_with_text(b"<?php system($_GET[0]); ?>"),
            foreign,
        ),
        ("a JPEG with a page in its comment", "a.jpg", "image/jpeg", jpeg(4, 4, b"<HTML><body>"), foreign),
        (
            "a JPEG with a script that takes arguments",
            "a.jpg",
            "image/jpeg",
            jpeg(4, 4, b"<ScRiPt src=//x>"),
            foreign,
        ),
        ("a GIF with a frame in its comment", "a.gif", "image/gif", gif(4, 4, b"<iframe src=x>"), foreign),
        (
            "a GIF that is JavaScript",
            "a.gif",
            "image/gif",
            b"GIF89a=1;alert(document.domain)//\0\0".to_vec(),
            foreign,
        ),
        (
            "a GIF that is JavaScript in a comment",
            "a.gif",
            "image/gif",
            b"GIF89a/*\x01\0\x80\0\0*/=1;alert(1)".to_vec(),
            foreign,
        ),
        ("a JPEG that is a PDF", "a.jpg", "image/jpeg", jpeg(4, 4, &pdf("")), foreign),
        ("a sound with a page in its tag", "a.mp3", "audio/mpeg", [mp3(), HTML.to_vec()].concat(), foreign),
        (
            "an image with a page behind it",
            "a.png",
            "image/png",
            [png(4, 4, b""), HTML.to_vec()].concat(),
            foreign,
        ),
        ("a declared nothing with a script in an image", "a.png", ANY, png_with_text(b"<script >"), foreign),
    ]
}

fn names_that_promise_something_else() -> Vec<Case> {
    let name = Some(R::ExtensionMismatch);
    vec![
        ("a program under an image's name", "a.png", ANY, windows_program(), name),
        ("a program under a document's name", "invoice.pdf", ANY, linux_program(), name),
        ("a program under a text's name", "read.me.txt", ANY, windows_program(), name),
        ("a page under an image's name", "a.jpg", ANY, HTML.to_vec(), name),
        ("an SVG under a PNG's name", "a.png", ANY, SVG.to_vec(), name),
        ("an image under a program's name", "a.exe", "image/png", png(4, 4, b""), name),
        ("an archive under a PDF's name", "a.PDF", ANY, zip(&[entry("a", b"a")]), name),
        ("a compound file under an image's name", "a.gif", ANY, compound_file(), name),
        ("a video under a document's name", "a.docx", ANY, box_file(b"isom"), name),
        ("a program behind a document's name", "invoice.pdf.exe", ANY, windows_program(), name),
        ("a shortcut behind a document's name", "invoice.pdf.lnk", ANY, shortcut(), name),
        ("a script behind a text's name", "LOVE-LETTER.TXT.vbs", ANY, b"MsgBox 1\r\n".to_vec(), name),
        ("a document behind a document's name", "invoice.pdf.scr", "application/pdf", pdf(""), name),
        (
            "a help file under a document's name",
            "invoice.pdf",
            ANY,
            [b"ITSF\x03".as_slice(), &[0; 60]].concat(),
            name,
        ),
        (
            "a package under a document's name",
            "invoice.pdf",
            ANY,
            b"!<arch>\ndebian-binary   \0".to_vec(),
            name,
        ),
        ("an extension under a document's name", "invoice.docx", ANY, b"Cr24\x03\0\0\0".to_vec(), name),
        ("a disk image under a document's name", "invoice.pdf", ANY, disk_image(), name),
        ("WebAssembly under an image's name", "a.png", ANY, b"\0asm\x01\0\0\0".to_vec(), name),
        ("a database under a document's name", "a.docx", ANY, b"SQLite format 3\0\x10\0".to_vec(), name),
        ("a program under a book's name", "a.mobi", ANY, windows_program(), name),
        ("a program under a workbook's name", "a.xlsb", ANY, windows_program(), name),
        ("a program under a video's name", "a.mpg", ANY, windows_program(), name),
        ("an image under a shortcut's name", "a.lnk", ANY, png(4, 4, b""), name),
    ]
}

fn archives_that_explode() -> Vec<Case> {
    let bomb = Some(R::ArchiveBomb);
    vec![
        ("a ZIP whose entry is a thousand times its size", "a.zip", "application/zip", zip_bomb(), bomb),
        ("the same as a Word document", "a.docx", DOCX, zip_bomb(), bomb),
        ("a ZIP64 whose second entry is four terabytes", "a.zip", "application/zip", zip64_bomb(), bomb),
    ]
}

/// Under a list of types and a ceiling of a million pixels.
fn against_the_settings_of_a_stack() -> Vec<Case> {
    let (large, listed) = (Some(R::ImageTooLarge), Some(R::TypeNotAllowed));
    vec![
        ("a PNG below the ceiling", "a.png", "image/png", png(1000, 1000, b""), None),
        ("a PNG above the ceiling", "a.png", "image/png", png(1000, 1001, b""), large),
        ("a PNG that fills memory", "a.png", "image/png", png(50_000, 50_000, b""), large),
        ("a JPEG above the ceiling", "a.jpg", "image/jpeg", jpeg(60_000, 60_000, b""), large),
        ("a GIF above the ceiling", "a.gif", "image/gif", gif(2000, 2000, b""), large),
        ("a WebP above the ceiling", "a.webp", "image/webp", webp(8000, 8000), large),
        ("a BMP above the ceiling", "a.bmp", "image/bmp", bmp(4000, 4000), large),
        ("a PNG that hides its size", "a.png", "image/png", png(4, 4, b"")[..12].to_vec(), large),
        ("a PDF, which is on the list", "a.pdf", "application/pdf", pdf(""), None),
        ("an archive, which is not", "a.zip", "application/zip", zip(&[]), listed),
        ("nothing declared, which is not", "a.png", ANY, png(4, 4, b""), listed),
    ]
}

fn upload(filename: &str, declared: &str) -> Upload {
    let now = Timestamp::from_epoch_s(1_800_000_000);
    Upload {
        filename: filename.parse().unwrap(),
        content_type: declared.parse().unwrap(),
        min_size_bytes: 0,
        max_size_bytes: 1 << 30,
        uploaded_at: now,
        policy_expires_at: now,
        ttl: Some(tombstone_ttl(now)),
        ..pending()
    }
}

fn verdict(settings: &Settings, (_, filename, declared, bytes, _): &Case) -> Settlement {
    let upload = upload(filename, declared);
    let version: VersionId = "v".parse().unwrap();
    let object = ObservedObject {
        size_bytes: bytes.len() as u64,
        etag: "etag".to_owned(),
        content_type: Some((*declared).to_owned()),
        content_encoding: None,
        kms_key_arn: Some(KEY_ARN.to_owned()),
        metadata: [].into(),
        head: bytes[..bytes.len().min(HEAD_BYTES)].to_vec(),
        scan: None,
    };
    let evidence = Evidence {
        upload: &upload,
        object: &object,
        version: &version,
        second: &SecondSight::default(),
        settings,
    };
    judge(&evidence, upload.uploaded_at)
}

fn settings(types: &str, max_image_pixels: Option<u64>) -> Settings {
    Settings {
        files_key_arn: KEY_ARN.to_owned(),
        allowed_types: types.parse().unwrap(),
        max_image_pixels,
        scan: postern::upload::scan::ScanGate::Off,
    }
}

/// Gives the cases whose verdict is another one, so that all of them show at once.
fn wrong(settings: &Settings, cases: &[Case]) -> Vec<String> {
    let mut wrong = Vec::new();
    for case in cases {
        let (what, .., expected) = case;
        let found = match verdict(settings, case) {
            Settlement::Pin(_) => None,
            Settlement::Condemn(rejection) => Some((rejection.reason, rejection.detail)),
        };
        if found.as_ref().map(|(reason, _)| *reason) != *expected {
            wrong.push(format!("{what}: {found:?} and not {expected:?}"));
        }
    }
    wrong
}

fn all() -> Vec<Case> {
    [
        whole_files(),
        broken_or_active_and_taken_as_they_are(),
        mislabelled(),
        two_things_at_once(),
        names_that_promise_something_else(),
        archives_that_explode(),
    ]
    .concat()
}

#[test]
fn every_file_gets_its_verdict() {
    let settings = settings(&AllowedTypes::all().to_string(), None);
    assert_eq!(wrong(&settings, &all()), [""; 0]);
}

#[test]
fn a_list_of_types_and_a_ceiling_on_pixels_are_kept() {
    let settings = settings("image/*, application/pdf", Some(1_000_000));
    assert_eq!(wrong(&settings, &against_the_settings_of_a_stack()), [""; 0]);
}

#[test]
fn there_are_enough_of_them_and_none_twice() {
    let cases = [all(), against_the_settings_of_a_stack()].concat();
    let names: std::collections::HashSet<_> = cases.iter().map(|(what, ..)| *what).collect();
    assert_eq!(names.len(), cases.len());
    assert!(cases.len() >= 60, "{}", cases.len());
}

#[test]
fn whatever_is_accepted_and_active_is_served_as_an_attachment() {
    let settings = settings(&AllowedTypes::all().to_string(), None);
    for case in all() {
        let Settlement::Pin(recorded) = verdict(&settings, &case) else { continue };
        let active = ["<script", "<html"]
            .iter()
            .any(|tag| case.3.windows(tag.len()).any(|window| window.eq_ignore_ascii_case(tag.as_bytes())));
        if active && recorded.sniffed_type.essence() != "image/png" {
            assert_eq!(recorded.sniffed_type.disposition(), Disposition::Attachment, "{}", case.0);
        }
    }
}
