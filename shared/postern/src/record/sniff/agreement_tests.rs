//! Which files may stand under which declared types, beside those of the corpus.

use super::agreement::ServedAs::{Declared, Found};
use super::agreement::{ServedAs, agreement};
use super::sniff;

const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const BINARY: &[u8] = b"\0\x01\x02\x03";
const TIFF: &[u8] = b"II*\0\x08\0\0\0\0\0";
const ZIP: &[u8] = b"PK\x03\x04\x14\0";
const GZIP: &[u8] = b"\x1F\x8B\x08\0\0\0\0\0";
const PROGRAM: &[u8] = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xFF\xFF\0\0";
const VIDEO: &[u8] = b"\0\0\0\x18ftypisom\0\0\0\0isommp42";
const XHTML: &[u8] = b"<?xml version=\"1.0\"?><html xmlns=\"x\"/>";

fn assert_served(cases: &[(&str, &str, &[u8], Option<ServedAs>)]) {
    for (declared, filename, head, expected) in cases {
        let found = sniff(head);
        let served = agreement(&declared.parse().unwrap(), filename, &found);
        assert_eq!(served, *expected, "{declared} for {}", found.essence);
    }
}

#[test]
fn what_links_show_is_of_the_declared_type() {
    assert_served(&[
        ("audio/mp4", "a.m4a", VIDEO, Some(Found)),
        ("video/mp4", "a.mp4", b"#EXTM3U\n", None),
        ("image/png", "a.png", BINARY, None),
        // By another name for JPEG.
        ("image/pjpeg", "a.jpg", TIFF, None),
        // No signature of this format is known.
        ("audio/mp2", "a.mp2", BINARY, Some(Found)),
        ("text/plain", "a.txt", b"%!PS-Adobe-3.0\n", Some(Found)),
        ("text/plain", "a.txt", b"<svg xmlns=\"x\"/>", None),
        ("text/plain", "a.txt", BINARY, None),
    ]);
}

#[test]
fn a_page_stands_under_what_pages_are_written_in() {
    assert_served(&[
        ("application/xml", "a.xml", b"<html>", Some(Declared)),
        ("application/xhtml+xml", "a.xhtml", b"<html>", Some(Declared)),
        ("text/html", "a.html", XHTML, Some(Found)),
        ("application/msword", "a.doc", b"<html>", None),
        ("application/x-own", "a.own", b"<html>", None),
    ]);
}

#[test]
fn bytes_without_a_signature_are_no_document_and_no_text() {
    assert_served(&[
        (DOCX, "a.docx", BINARY, None),
        ("application/msword", "a.doc", BINARY, None),
        ("application/gpx+xml", "a.gpx", BINARY, None),
        ("text/csv", "a.csv", BINARY, None),
        ("text/html", "a.html", BINARY, None),
        ("application/zip", "a.z01", BINARY, Some(Declared)),
        ("application/pgp-keys", "a.gpg", BINARY, Some(Declared)),
        ("application/x-own", "a.own", BINARY, Some(Declared)),
    ]);
}

#[test]
fn a_container_stands_under_what_it_may_hold() {
    assert_served(&[
        ("application/gzip", "a.gz", ZIP, Some(Found)),
        (DOCX, "a.docx", ZIP, Some(Declared)),
        (DOCX, "a.docx", b"words", None),
        (DOCX, "a.docx", GZIP, None),
        ("application/msword", "a.doc", b"words", Some(Declared)),
        ("application/x-ole-storage", "a.doc", b"{\\rtf1\\ansi words}", Some(Found)),
        ("application/vnd.sqlite3", "a.sqlite", GZIP, None),
        ("application/x-own", "a.own", GZIP, Some(Found)),
        ("application/x-own", "a.own", b"words", Some(Declared)),
    ]);
}

#[test]
fn a_program_stands_under_what_promises_one() {
    assert_served(&[
        ("application/x-msdownload", "a.exe", PROGRAM, Some(Found)),
        ("application/x-own", "a.own", PROGRAM, None),
        (DOCX, "a.docx", PROGRAM, None),
        ("application/zip", "a.zip", PROGRAM, None),
    ]);
}
