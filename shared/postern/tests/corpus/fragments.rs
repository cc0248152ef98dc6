//! Fragments of pages, written for this test: each way in which markup may begin stands here once, so that
//! whoever takes one rule of the sniffer away sees it. Public files hold too few of them.

use postern::media::AllowedTypes;
use postern::record::sniff::sniff;
use postern::upload::{RejectionReason as R, Settlement};
use postern::value::filename::Disposition;

use crate::{ANY, settings, verdict};

/// Elements with which a page or a fragment of one begins.
const ELEMENTS: &[&str] = &[
    "html", "head", "script", "iframe", "h1", "h2", "h3", "h4", "h5", "h6", "div", "font", "table", "a",
    "style", "title", "b", "body", "br", "p", "ul", "ol", "form", "img", "meta", "link", "object", "embed",
    "center", "span", "input", "button", "video", "audio", "frameset", "base",
];

/// What stands between an element's name and the rest.
const ENDS: &[&str] = &[">", " x=1>", "\tx=1>", "\nx=1>", "\r\nx=1>", "/>"];

/// What stands before a page without making it another thing.
const BEGINNINGS: &[&str] = &[
    "",
    "\u{FEFF}",
    " \t\r\n",
    "\u{FEFF}\n",
    "<!doctype html>",
    "<!DocType HTML PUBLIC \"x\">\n",
    "<!-- a > b -->",
    "<?php ?>\n",
];

/// Markup, each with what it is.
const DOCUMENTS: &[(&str, &str)] = &[
    ("<!doctype html>", "text/html"),
    ("<!doctype html>words", "text/html"),
    ("<!doctype html><x:script xmlns:x='http://www.w3.org/1999/xhtml'>alert(1)</x:script>", "text/html"),
    ("<!--", "text/html"),
    ("<!-- words --> words", "text/html"),
    ("<svg>", "image/svg+xml"),
    ("<SVG onload=alert(1)>", "image/svg+xml"),
    ("<s:svg xmlns:s='http://www.w3.org/2000/svg'>", "image/svg+xml"),
    ("<!DOCTYPE svg PUBLIC 'x' 'y'><svg/>", "image/svg+xml"),
    ("<!DOCTYPE svg [<!ENTITY a '>'> <!ENTITY b ']'>]><svg/>", "image/svg+xml"),
    ("<?xml version='1.0'?><!-- a --><?xml-stylesheet href='#a'?><svg/>", "image/svg+xml"),
    ("<?xml version='1.0'?><html xmlns='x'/>", "application/xhtml+xml"),
    ("<?xml version='1.0'?><h:html xmlns:h='x'/>", "application/xhtml+xml"),
    ("<h:html xmlns:h='x'>", "application/xhtml+xml"),
    ("<?xml version='1.0'?><a:b/>", "application/xml"),
    ("<?xml-stylesheet type='text/xsl' href='#a'?><a/>", "application/xml"),
    ("<?xml version='1.0'?><p />", "application/xml"),
    ("<gpx version='1.1'>", "application/gpx+xml"),
    ("<kml xmlns='x'>", "application/vnd.google-earth.kml+xml"),
    ("<rss version='2.0'>", "application/rss+xml"),
    ("<feed xmlns='x'>", "application/atom+xml"),
];

/// What makes an image, audio or video a page, a script or a document too.
const FOREIGN: &[&str] = &["script", "!doctype html", "html", "iframe", "?php", "%@ page"];

/// Signatures of images that are names in JavaScript, and what makes the rest of the file a script.
const SCRIPTS: &[&[u8]] = &[
    b"GIF89a=1;alert(1)//\0",
    b"GIF87a=1;alert(1)//\0",
    b"GIF89a/*\x01\0\x80\0\0*/=1;alert(1)",
    b"GIF89a//\x01\0\x80\0\0\n=1;alert(1)",
    b"GIF89a=/*\0\x01\0*/1;alert(1)",
    b"GIF89a=\"\x01\0\x80\0\";alert(1)",
    b"GIF89a='\x01\0\x80\0';alert(1)",
    b"GIF89a=`\x01\0\x80\0`;alert(1)",
    b"GIF89a\n=1;alert(1)//\0",
    // A letter beyond ASCII, in UTF-8.
    b"GIF89a\xC3\xA9=1;alert(1)//\0",
];

/// Text that no browser takes for a page when it is served as plain text, each with a reason to try it.
const TEXTS: &[(&str, &str)] = &[
    ("a heart", "<3 you"),
    ("a mail's sender", "<ann@example.com> wrote"),
    ("an element that nobody knows", "<ann> hello"),
    ("a name that only begins as an element's", "<pre-release> <bold <scripted <h10>"),
    ("an element within text", "words <script>alert(1)</script>"),
    ("another escape", "&lt;script&gt;"),
    ("UTF-7", "+ADw-script+AD4-alert(1)+ADw-/script+AD4-"),
    ("the escapes of ISO-2022-JP", "\x1B$B\x1B(B<script>alert(1)</script>"),
    ("the escapes of HZ", "~{<script>alert(1)</script>~}"),
    (
        "a saved page, which is a mail",
        "MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n\r\n<html><script>",
    ),
    ("a script", "alert(document.domain)//"),
    ("a vertical bar before", "|<html>"),
];

fn pages() -> Vec<String> {
    let of_elements =
        ELEMENTS.iter().flat_map(|element| ENDS.iter().map(move |end| format!("<{element}{end}")));
    let of_beginnings = BEGINNINGS.iter().map(|beginning| format!("{beginning}<Div>words"));
    of_elements.chain(of_beginnings).collect()
}

/// The same characters as a person's editor may save them.
fn encoded(text: &str) -> [Vec<u8>; 4] {
    let units = || "\u{FEFF}".encode_utf16().chain(text.trim_start_matches('\u{FEFF}').encode_utf16());
    [
        text.as_bytes().to_vec(),
        text.to_uppercase().into_bytes(),
        units().flat_map(u16::to_le_bytes).collect(),
        units().flat_map(u16::to_be_bytes).collect(),
    ]
}

fn answer(filename: &'static str, declared: &'static str, bytes: &[u8]) -> Result<Disposition, R> {
    let settings = settings(&AllowedTypes::all().to_string(), None);
    match verdict(&settings, &("", filename, declared, bytes.to_vec(), None)) {
        Settlement::Pin(recorded) if recorded.reads_as_text => Ok(Disposition::Inline),
        Settlement::Pin(recorded) => Ok(recorded.sniffed_type.disposition()),
        Settlement::Condemn(rejection) => Err(rejection.reason),
    }
}

#[test]
fn every_beginning_of_a_page_is_a_page_in_every_encoding() {
    for page in pages() {
        for bytes in encoded(&page) {
            assert_eq!(sniff(&bytes).essence, "text/html", "{page:?} {bytes:?}");
            for declared in ["text/plain", "text/csv", "image/png", "application/pdf", "application/json"] {
                assert_eq!(answer("a", declared, &bytes), Err(R::ContentTypeMismatch), "{page:?} {declared}");
            }
            for declared in ["text/html", ANY] {
                assert_eq!(
                    answer("a.html", declared, &bytes),
                    Ok(Disposition::Attachment),
                    "{page:?} {declared}"
                );
                for filename in ["a.jpg", "a.txt", "a.pdf"] {
                    assert_eq!(
                        answer(filename, declared, &bytes),
                        Err(R::ExtensionMismatch),
                        "{page:?} {filename}"
                    );
                }
            }
        }
    }
}

#[test]
fn markup_is_what_its_root_is_in_every_encoding() {
    for (markup, expected) in DOCUMENTS {
        let [utf8, _, little, big] = encoded(markup);
        for bytes in [utf8, little, big] {
            assert_eq!(sniff(&bytes).essence, *expected, "{markup}");
            assert_eq!(answer("a", ANY, &bytes), Ok(Disposition::Attachment), "{markup}");
            assert_ne!(answer("a", "text/plain", &bytes), Ok(Disposition::Inline), "{markup}");
            assert!(answer("a", "image/png", &bytes).is_err(), "{markup}");
        }
    }
}

#[test]
fn text_that_speaks_of_markup_is_text() {
    for (what, text) in TEXTS {
        assert_eq!(sniff(text.as_bytes()).essence, "text/plain", "{what}");
        assert_eq!(answer("a.txt", "text/plain", text.as_bytes()), Ok(Disposition::Inline), "{what}");
        assert!(answer("a.png", "image/png", text.as_bytes()).is_err(), "{what}");
    }
}

#[test]
fn a_picture_is_nothing_else_beside() {
    let within = |text: &str| [b"GIF89a\x01\0\x01\0\x80\0\0".as_slice(), text.as_bytes()].concat();
    for tag in FOREIGN {
        for end in ENDS {
            for tag in [format!("<{tag}{end}"), format!("words<{}{end}", tag.to_uppercase())] {
                let answer = answer("a.gif", "image/gif", &within(&tag));
                assert_eq!(answer, Err(R::ForeignContent), "{tag}");
            }
        }
        assert_eq!(
            answer("a.gif", "image/gif", &within(&format!("<{tag}x>"))),
            Ok(Disposition::Inline),
            "{tag}"
        );
    }
    for script in SCRIPTS {
        assert_eq!(answer("a.gif", "image/gif", script), Err(R::ForeignContent), "{script:?}");
    }
    // Pictures of 34, 61 and 96 pixels, and of 2560: no script begins so.
    for width in [b"\"\0", b"=\0", b"`\0", b"\0\x0A"] {
        let gif = [b"GIF89a".as_slice(), width, b"\x10\0\x80\0\0\0"].concat();
        assert_eq!(answer("a.gif", "image/gif", &gif), Ok(Disposition::Inline), "{width:?}");
    }
}
