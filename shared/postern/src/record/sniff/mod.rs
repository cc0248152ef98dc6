//! The found type of a file, by its bytes only.
//!
//! Signatures come from the crate `file-format`. Bytes without a signature are text or binary by the rules of
//! the [MIME Sniffing Standard](https://mimesniff.spec.whatwg.org/), by which a browser would recognize HTML:
//! content that a browser could run must not count as plain text. A signature that consists of letters, such
//! as `MZ`, does not make a binary format if no binary byte follows.
//!
//! [`agreement`] decides whether a file may have the declared type.

use file_format::FileFormat;

use crate::media::{ContentType, Kind, kinship};

pub mod agreement;
#[cfg(test)]
mod agreement_tests;
mod encoding;
mod exceptions;
mod further_signatures;
mod markup;

use encoding::DecodedText;
pub use encoding::Encoding;
pub(crate) use encoding::is_binary;
use markup::looks_like_html;

/// How many bytes decide between text, HTML and binary: the standard's resource header.
const RESOURCE_HEADER_BYTES: usize = 1445;

/// The type of the first bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sniffed {
    /// The media type, without parameters.
    pub essence: String,
    /// The encoding of the characters, if all bytes are text.
    pub encoding: Option<Encoding>,
    /// Whether the first bytes are text, as far as a browser looks.
    pub begins_as_text: bool,
}

impl Sniffed {
    /// Whether all bytes may occur in text.
    pub fn is_text(&self) -> bool {
        self.encoding.is_some()
    }

    /// Whether people read the bytes as they are, whatever format their first line looks like: text that is
    /// neither a web page nor a PDF.
    pub fn is_plain(&self) -> bool {
        self.is_text() && !matches!(Kind::of_type(&self.essence), Some(Kind::Page | Kind::Pdf))
    }
}

/// What the object is that begins with `head`.
///
/// ```
/// assert_eq!(postern::record::sniff::sniff(b"\x89PNG\r\n\x1a\n....").essence, "image/png");
/// assert_eq!(postern::record::sniff::sniff(b"  <script>alert(1)</script>").essence, "text/html");
/// assert_eq!(postern::record::sniff::sniff(b"MZ,Mozambique\nZM,Zambia\n").essence, "text/plain");
/// ```
pub fn sniff(head: &[u8]) -> Sniffed {
    let text = encoding::text(head);
    let encoding = text.as_ref().map(|text| text.encoding);
    let essence = match text {
        // Signatures consist of single bytes; markup is markup in every encoding.
        Some(DecodedText { encoding: Encoding::Utf16, bytes }) => {
            markup::of_root(&bytes).unwrap_or_else(|| without_signature(&bytes, true)).to_owned()
        }
        _ => essence(head, encoding.is_some()),
    };
    let header = head.get(..RESOURCE_HEADER_BYTES).unwrap_or(head);
    Sniffed { essence, encoding, begins_as_text: encoding::text(header).is_some() }
}

fn essence(head: &[u8], is_text: bool) -> String {
    let format = match FileFormat::from_bytes(head) {
        FileFormat::ArbitraryBinaryData | FileFormat::Empty | FileFormat::PlainText => None,
        format if is_text && !is_spelled(format.media_type()) => None,
        format => Some(format).filter(|format| further_signatures::is_confirmed(*format, head)),
    };
    let essence = match (markup::of_root(head), format) {
        (Some(root), None | Some(FileFormat::ExtensibleMarkupLanguage)) => root,
        (_, None) => further_signatures::find(head, is_text)
            .filter(|_| !looks_like_html(head))
            .unwrap_or_else(|| without_signature(head, is_text)),
        (_, Some(_)) if looks_like_html(head) => "text/html",
        (_, Some(FileFormat::ExtensibleBinaryMetaLanguage)) => matroska(head),
        (_, Some(format)) => return preferred(format.media_type(), head).to_owned(),
    };
    essence.to_owned()
}

/// Whether files of this type may consist of letters only.
fn is_spelled(essence: &str) -> bool {
    let textual =
        essence.starts_with("model/") || kinship::is_textual(essence) || kinship::is_a(essence, "text/xml");
    textual
        || matches!(
            essence,
            "application/pdf"
                | "application/postscript"
                | "application/fits"
                | "application/x-dxf"
                | "application/pgp"
                | "application/x-subrip"
                | "application/x-bittorrent"
                | "image/x-eps"
                | "image/x-xpixmap"
                | "application/x-maya-ascii"
                | "application/vnd.adobe.illustrator"
        )
}

/// The type to serve, if a format has several names or one that players do not know.
fn preferred<'a>(essence: &'a str, head: &[u8]) -> &'a str {
    match essence {
        "image/heif" | "image/heif-sequence" => further_signatures::picture_of_boxes(head).unwrap_or(essence),
        "text/xml" => "application/xml",
        "application/x-dosexec" => "application/vnd.microsoft.portable-executable",
        // Containers whose first bytes do not distinguish audio from video: the name that players know.
        "application/mp4" => "video/mp4",
        "application/vnd.ms-asf" => "video/x-ms-asf",
        // A tag that stands before MP3.
        "application/x-id3v2" => "audio/mpeg",
        "video/matroska" => "video/x-matroska",
        "audio/matroska" => "audio/x-matroska",
        other => other,
    }
}

/// The content by an EBML header, which is within the first bytes.
fn matroska(head: &[u8]) -> &'static str {
    let header = head.get(..64).unwrap_or(head);
    let names = |name: &[u8]| memchr::memmem::find(header, name).is_some();
    match (names(b"webm"), names(b"matroska")) {
        (true, _) => "video/webm",
        (_, true) => "video/x-matroska",
        _ => "application/x-ebml",
    }
}

fn without_signature(head: &[u8], is_text: bool) -> &'static str {
    match is_text {
        _ if looks_like_html(head) => "text/html",
        true => "text/plain",
        false => ContentType::OCTET_STREAM,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::HEAD_BYTES;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

    #[test]
    fn bytes_are_known_by_what_they_are() {
        let large_svg = format!(
            "<?xml version=\"1.0\"?>\n<!-- drawn -->\n<svg xmlns=\"x\">{}",
            "<g>".repeat(HEAD_BYTES / 3)
        );
        for (head, found) in [
            (PNG, "image/png"),
            (b"\xFF\xD8\xFF\xE0\0\x10JFIF", "image/jpeg"),
            (b"GIF89a\x01\0\x01\0", "image/gif"),
            (b"%PDF-1.7\n", "application/pdf"),
            (b"PK\x03\x04\x14\0", "application/zip"),
            (b"<!DOCTYPE html><html>", "text/html"),
            (b"<!-- a page --><p >", "text/html"),
            (b"\n\t <HTML >", "text/html"),
            (b"\xEF\xBB\xBF<script>", "text/html"),
            (b"<p>a</p>", "text/html"),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>", "image/svg+xml"),
            (b"<!-- drawn --><svg xmlns=\"http://www.w3.org/2000/svg\"/>", "image/svg+xml"),
            (b"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"/>", "image/svg+xml"),
            (b"<?xml version=\"1.0\"?><html xmlns=\"x\"/>", "application/xhtml+xml"),
            (b"<?xml version=\"1.0\"?><plist version=\"1.0\">", "application/xml"),
            (large_svg.as_bytes(), "image/svg+xml"),
            (b"plain words", "text/plain"),
            (b"<3 you", "text/plain"),
            (b"latin \xE4 \xF6", "text/plain"),
            (b"\xFF\xFEh\0i\0", "text/plain"),
            (b"\xFF\xFE<\0p\0>\0", "text/html"),
            (b"\xFE\xFF\0<\0s\0v\0g\0>", "image/svg+xml"),
            (b"\xFF\xFE<\0?\0x\0m\0l\0 \0?\0>\0<\0a\0>\0", "application/xml"),
            (b"\xFF\xFE\0\0\0\0", "application/octet-stream"),
            (b"\xFE\xFF\xDC\xDCab", "application/octet-stream"),
            (b"\xEF\xBB\xBFa\0b", "application/octet-stream"),
            (b"", "text/plain"),
            (b"\0\x01\x02\x03binary", "application/octet-stream"),
        ] {
            assert_eq!(sniff(head).essence, found, "{:?}", String::from_utf8_lossy(head));
        }
    }

    /// A tag comes before every signature, also one that stands behind it.
    #[test]
    fn what_begins_as_a_page_is_one_whatever_stands_in_it() {
        let with_tar = [b"<html>".as_slice(), &[0; 251], b"ustar\x0000", &[0; 300]].concat();
        assert_eq!(sniff(&with_tar).essence, "text/html");
        assert_eq!(sniff(&with_tar[6..]).essence, "application/octet-stream");
        assert_eq!(sniff(b"<!-- never ended \0 %PDF-1.7\n").essence, "text/html");
    }

    #[test]
    fn a_type_is_served_by_the_name_that_programs_know() {
        for (essence, known) in [
            ("text/xml", "application/xml"),
            ("application/x-dosexec", "application/vnd.microsoft.portable-executable"),
            ("application/mp4", "video/mp4"),
            ("application/vnd.ms-asf", "video/x-ms-asf"),
            ("application/x-id3v2", "audio/mpeg"),
            ("video/matroska", "video/x-matroska"),
            ("audio/matroska", "audio/x-matroska"),
            ("image/png", "image/png"),
        ] {
            assert_eq!(preferred(essence, b""), known);
        }
    }

    #[test]
    fn text_that_begins_like_a_signature_is_text() {
        for line in [
            "MAC address,IP\n",
            "true,false\n",
            "ZM,Zambia\n",
            "MZ,Mozambique\n",
            "The free lunch\n",
            "GATTACA\n",
            "ID3 of three\n",
            "BM is a bitmap\n",
            "Rar! said the lion\n",
            "RIFF raff\n",
            "FWS,CWS\n",
            "OTTO,42\n",
            "ftyp,name\n",
            "GIF89a is a format\n",
            "solid state drives\n",
        ] {
            let sniffed = sniff(line.as_bytes());
            assert_eq!((sniffed.essence.as_str(), sniffed.is_text()), ("text/plain", true), "{line}");
        }
    }
}
