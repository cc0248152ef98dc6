//! What bytes are, whatever was said of them.
//!
//! Signatures come from the crate `file-format`. What has none is text or binary by the rules of
//! the [MIME Sniffing Standard](https://mimesniff.spec.whatwg.org/), the ones by which a browser
//! would take it for HTML: what a browser could run must not pass for plain text.

use file_format::FileFormat;

use crate::content_type::ContentType;

/// How many bytes at the beginning of an object are looked at.
pub const HEAD_BYTES: usize = 64 * 1024;

/// How many of them decide between text, HTML and binary: the standard's resource header.
const RESOURCE_HEADER_BYTES: usize = 1445;

/// The tags that make a browser take bytes for HTML (MIME Sniffing, 7.1), in lower case.
const HTML_TAGS: &[&str] = &[
    "<!doctype html",
    "<html",
    "<head",
    "<script",
    "<iframe",
    "<h1",
    "<div",
    "<font",
    "<table",
    "<a",
    "<style",
    "<title",
    "<b",
    "<body",
    "<br",
    "<p",
    "<!--",
];

/// The media type of what begins with `head`, without parameters.
///
/// ```
/// assert_eq!(postern::sniff::sniff(b"\x89PNG\r\n\x1a\n...."), "image/png");
/// assert_eq!(postern::sniff::sniff(b"  <script>alert(1)</script>"), "text/html");
/// ```
pub fn sniff(head: &[u8]) -> String {
    let sniffed = match FileFormat::from_bytes(head) {
        FileFormat::ArbitraryBinaryData | FileFormat::Empty | FileFormat::PlainText => {
            without_signature(head)
        }
        _ if looks_like_html(head) => "text/html",
        FileFormat::ExtensibleBinaryMetaLanguage => matroska(head),
        format => return canonical(format.media_type()).to_owned(),
    };
    sniffed.to_owned()
}

/// Whether content that was sniffed as `sniffed` may stand under the type that was declared.
pub fn agrees(declared: &ContentType, sniffed: &str) -> bool {
    let declared = declared.essence();
    let declared = canonical(&declared);
    if declared == sniffed || declared == ContentType::OCTET_STREAM {
        return true;
    }
    match sniffed {
        // Browsers on Windows declare a CSV as what opens it there.
        "text/plain" => is_textual(declared) || declared == "application/vnd.ms-excel",
        "text/html" => matches!(declared, "application/xhtml+xml" | "text/markdown"),
        "application/xml" => declared.ends_with("+xml") && declared != "image/svg+xml",
        "application/zip" => is_zip_based(declared),
        "application/x-cfb" => {
            declared == "application/msword" || declared.starts_with("application/vnd.ms-")
        }
        "application/ogg" => is_audio_or_video(declared),
        ContentType::OCTET_STREAM => has_no_signature(declared),
        sniffed => is_audio_or_video(declared) && is_audio_or_video(sniffed),
    }
}

/// One name for what has several.
fn canonical(essence: &str) -> &str {
    match essence {
        "image/jpg" | "image/pjpeg" => "image/jpeg",
        "image/x-png" => "image/png",
        "image/x-icon" | "image/ico" => "image/vnd.microsoft.icon",
        "image/x-ms-bmp" | "image/x-bmp" => "image/bmp",
        "text/xml" => "application/xml",
        "application/x-zip-compressed" | "application/x-zip" => "application/zip",
        "application/x-gzip" | "application/x-tgz" | "application/x-gtar-compressed" => "application/gzip",
        "application/x-rar" | "application/x-rar-compressed" => "application/vnd.rar",
        "application/x-msdownload" | "application/x-dosexec" | "application/x-msdos-program" => {
            "application/vnd.microsoft.portable-executable"
        }
        "application/x-font-ttf" | "application/font-sfnt" => "font/ttf",
        "application/font-woff" => "font/woff",
        "text/rtf" => "application/rtf",
        // Containers whose first bytes do not tell sound from film: the name that players know.
        "application/mp4" => "video/mp4",
        // A tag that stands before MP3.
        "application/x-id3v2" => "audio/mpeg",
        "application/x-pdf" => "application/pdf",
        other => other,
    }
}

/// What an EBML header says that it holds; it stands within the first bytes.
fn matroska(head: &[u8]) -> &'static str {
    let header = head.get(..64).unwrap_or(head);
    let names = |name: &[u8]| header.windows(name.len()).any(|window| window == name);
    match (names(b"webm"), names(b"matroska")) {
        (true, _) => "video/webm",
        (_, true) => "video/x-matroska",
        _ => "application/x-ebml",
    }
}

fn without_signature(head: &[u8]) -> &'static str {
    let header = head.get(..RESOURCE_HEADER_BYTES).unwrap_or(head);
    let has_bom = [&b"\xFE\xFF"[..], b"\xFF\xFE", b"\xEF\xBB\xBF"].iter().any(|bom| header.starts_with(bom));
    if looks_like_html(header) {
        "text/html"
    } else if head.is_empty() || has_bom || !header.iter().any(|b| is_binary(*b)) {
        "text/plain"
    } else {
        ContentType::OCTET_STREAM
    }
}

/// A tag of the list, after white space and a byte order mark, ended by a space or `>`.
fn looks_like_html(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    HTML_TAGS.iter().any(|tag| {
        let Some((begin, rest)) = head.split_at_checked(tag.len()) else { return false };
        begin.eq_ignore_ascii_case(tag.as_bytes())
            && (*tag == "<!--" || matches!(rest.first(), Some(b' ' | b'>' | b'\t' | b'\n' | b'\r' | b'/')))
    })
}

/// A byte that no text has (MIME Sniffing, "binary data byte").
fn is_binary(byte: u8) -> bool {
    matches!(byte, 0..=0x08 | 0x0B | 0x0E..=0x1A | 0x1C..=0x1F)
}

/// Types whose content is text that has no signature of its own.
fn is_textual(essence: &str) -> bool {
    let textual_application = matches!(
        essence,
        "application/json"
            | "application/javascript"
            | "application/xml"
            | "application/yaml"
            | "application/x-yaml"
            | "application/toml"
            | "application/sql"
            | "application/x-sh"
            | "application/x-ndjson"
            | "application/rtf"
            | "application/x-httpd-php"
            | "application/ld+json"
            | "application/csv"
            | "application/x-javascript"
    );
    essence.starts_with("text/") || textual_application || essence.ends_with("+json")
}

fn is_zip_based(essence: &str) -> bool {
    essence.ends_with("+zip")
        || essence.starts_with("application/vnd.openxmlformats-officedocument.")
        || essence.starts_with("application/vnd.oasis.opendocument.")
        || essence.starts_with("application/vnd.ms-")
        || matches!(essence, "application/java-archive" | "application/vnd.android.package-archive")
}

fn is_audio_or_video(essence: &str) -> bool {
    essence.starts_with("audio/") || essence.starts_with("video/")
}

/// No format of this type is known by its first bytes, so that bytes without a signature do not
/// contradict it.
fn has_no_signature(essence: &str) -> bool {
    !essence.starts_with("text/") && FileFormat::from_media_type(essence).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

    #[test]
    fn bytes_are_known_by_what_they_are() {
        let large_svg = format!(
            "<?xml version=\"1.0\"?>\n<!-- drawn -->\n<svg xmlns=\"x\">{}",
            "<g>".repeat(HEAD_BYTES / 3)
        );
        for (head, sniffed) in [
            (PNG, "image/png"),
            (b"\xFF\xD8\xFF\xE0\0\x10JFIF", "image/jpeg"),
            (b"GIF89a\x01\0\x01\0", "image/gif"),
            (b"%PDF-1.7\n", "application/pdf"),
            (b"PK\x03\x04\x14\0", "application/zip"),
            (b"<!DOCTYPE html><html>", "text/html"),
            (b"\n\t <HTML >", "text/html"),
            (b"\xEF\xBB\xBF<script>", "text/html"),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>", "image/svg+xml"),
            (b"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"/>", "image/svg+xml"),
            (large_svg.as_bytes(), "image/svg+xml"),
            (b"plain words", "text/plain"),
            (b"<3 you", "text/plain"),
            (b"latin \xE4 \xF6", "text/plain"),
            (b"\xFF\xFEh\0i\0", "text/plain"),
            (b"", "text/plain"),
            (b"\0\x01\x02\x03binary", "application/octet-stream"),
        ] {
            assert_eq!(sniff(head), sniffed, "{:?}", String::from_utf8_lossy(head));
        }
    }

    #[test]
    fn a_declared_type_that_the_bytes_contradict_does_not_agree() {
        let agrees = |declared: &str, head: &[u8]| agrees(&declared.parse().unwrap(), &sniff(head));
        for (declared, head) in [
            ("text/plain", PNG),
            ("image/png", b"<!DOCTYPE html>".as_slice()),
            ("image/png", b"just text"),
            ("image/png", b"\0\x01\x02\x03"),
            ("text/plain", b"<script>alert(1)</script>"),
            ("text/plain", b"\0\x01\x02\x03"),
            ("image/png", b"<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>"),
            ("image/svg+xml", b"words"),
            ("image/jpeg", PNG),
            ("video/mp4", PNG),
            ("application/pdf", b"PK\x03\x04\x14\0"),
        ] {
            assert!(!agrees(declared, head), "{declared} {:?}", String::from_utf8_lossy(head));
        }
    }

    #[test]
    fn a_declared_type_that_the_bytes_allow_agrees() {
        let agrees = |declared: &str, head: &[u8]| agrees(&declared.parse().unwrap(), &sniff(head));
        for (declared, head) in [
            ("image/png", PNG),
            ("IMAGE/PNG", PNG),
            ("application/octet-stream", PNG),
            ("image/jpg", b"\xFF\xD8\xFF\xE0\0\x10JFIF".as_slice()),
            ("text/csv", b"a,b\n1,2\n"),
            ("text/plain; charset=utf-8", b"words"),
            ("text/plain", b""),
            ("application/json", b"{}"),
            ("text/markdown", b"<p align=\"center\">"),
            ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK\x03\x04\x14\0"),
            ("application/x-own-format", b"\0\x01\x02\x03"),
            ("text/html", b"<!DOCTYPE html>"),
        ] {
            assert!(agrees(declared, head), "{declared} {:?} {}", String::from_utf8_lossy(head), sniff(head));
        }
    }
}
