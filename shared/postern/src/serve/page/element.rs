//! The kind of a link's file, and how a page shows it.
//!
//! Only what browsers show without running it is embedded: the link's disposition decides first
//! ([`Link::disposition`]), so that SVG, HTML and XML are only offered for download.

use crate::link::Link;
use crate::media::Kind;
use crate::page::FileKind;
use crate::value::filename::Disposition;

/// The element that shows a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    /// `<img>`.
    Image,
    /// `<video>`.
    Video,
    /// `<audio>`.
    Audio,
    /// `<iframe>`, with the browser's own reader.
    Pdf,
    /// `<iframe>` in a sandbox.
    Text,
}

/// The kind of the link's file.
pub(super) fn kind_of(link: &Link) -> FileKind {
    let essence = link.carried_by.as_ref().unwrap_or(&link.sniffed_type).essence();
    let is_video = link.sniffed_type.essence().starts_with("video/");
    // Of a container its name says more, and names fit the bytes.
    let by_name = || Kind::of_name(link.served_filename().as_str());
    match Kind::of_type(&essence).or_else(by_name) {
        Some(kind) => FileKind::new(kind, is_video),
        None if link.reads_as_text => FileKind::Text,
        None => FileKind::Other,
    }
}

impl Element {
    /// How browsers show the link's file; `None` if they save it, or if most of them have no reader for it
    /// (HEIC, TIFF, JPEG XL).
    pub(super) fn of(link: &Link) -> Option<Self> {
        if link.disposition() == Disposition::Attachment {
            return None;
        }
        let served = link.content_type();
        let essence = served.split(';').next().unwrap_or_default();
        match essence {
            "application/pdf" => Some(Self::Pdf),
            "text/plain" => Some(Self::Text),
            "image/apng" | "image/avif" | "image/bmp" | "image/gif" | "image/jpeg" | "image/png"
            | "image/webp" => Some(Self::Image),
            _ if link.is_played() && essence.starts_with("video/") => Some(Self::Video),
            _ if link.is_played() => Some(Self::Audio),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::LinkTerms;

    fn link(sniffed_type: &str) -> Link {
        let reads_as_text = sniffed_type == "text/csv";
        Link {
            sniffed_type: sniffed_type.parse().unwrap(),
            filename: "name".parse().unwrap(),
            reads_as_text,
            ..crate::testing::samples::link(None)
        }
    }

    #[test]
    fn a_file_is_named_and_shown_by_the_type_of_its_bytes() {
        for (sniffed_type, kind, element) in [
            ("image/png", FileKind::Image, Some(Element::Image)),
            ("image/heic", FileKind::Image, None),
            ("image/tiff", FileKind::Image, None),
            ("video/webm", FileKind::Video, Some(Element::Video)),
            ("audio/mpeg", FileKind::Audio, Some(Element::Audio)),
            ("application/pdf", FileKind::Pdf, Some(Element::Pdf)),
            ("text/plain", FileKind::Text, Some(Element::Text)),
            ("text/csv", FileKind::Text, Some(Element::Text)),
            ("application/zip", FileKind::Other, None),
            ("application/x-ms-dos-executable", FileKind::Program, None),
            ("font/woff2", FileKind::Font, None),
            ("application/octet-stream", FileKind::Other, None),
        ] {
            let link = link(sniffed_type);
            assert_eq!((kind_of(&link), Element::of(&link)), (kind, element), "{sniffed_type}");
        }
        for (name, kind) in [("a.zip", FileKind::Archive), ("a.docx", FileKind::Document)] {
            let link = Link { filename: name.parse().unwrap(), ..link("application/zip") };
            assert_eq!(kind_of(&link), kind, "{name}");
        }
        let read = Link { reads_as_text: true, ..link("application/octet-stream") };
        assert_eq!(kind_of(&read), FileKind::Text);
    }

    #[test]
    fn what_a_browser_runs_or_saves_is_never_shown() {
        for active in [
            "image/svg+xml",
            "text/html",
            "application/xhtml+xml",
            "application/xml",
            "text/xml",
            "application/json",
            "audio/x-mpegurl",
        ] {
            assert_eq!(Element::of(&link(active)), None, "{active}");
        }
        let saved = LinkTerms { as_attachment: true, ..LinkTerms::default() };
        for shown in ["image/png", "application/pdf", "text/csv", "video/webm"] {
            assert_eq!(Element::of(&Link { terms: saved.clone(), ..link(shown) }), None, "{shown}");
        }
    }
}
