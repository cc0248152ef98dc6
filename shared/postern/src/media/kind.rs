//! The kinds of files that a person expects, and the kind of content of each type. `promise.rs` has the kinds that
//! a name promises.

use file_format::{FileFormat, Kind as Formats};

use super::content_type::ContentType;
use crate::media::kinship::{canonical, is_a, is_playlist, is_textual};

/// A group of types. One may replace another without misleading the person who opens the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Images.
    Image,
    /// Audio and video.
    Media,
    /// PDF.
    Pdf,
    /// Office documents and e-books: containers with a program of their own.
    Document,
    /// Containers to be unpacked.
    Archive,
    /// Programs that the operating system runs.
    Program,
    /// Web pages: HTML, SVG.
    Page,
    /// Text.
    Text,
    /// Fonts.
    Font,
}

impl Kind {
    /// The kind of content of this type; `None` if the type does not determine it, as a ZIP's does not.
    pub fn of_type(essence: &str) -> Option<Self> {
        let essence = canonical(essence);
        if let Some(kind) = of_exact_type(essence) {
            return Some(kind);
        }
        match essence.split('/').next() {
            _ if is_playlist(essence) => Some(Self::Text),
            Some("image") => Some(Self::Image),
            Some("audio" | "video") => Some(Self::Media),
            Some("font") => Some(Self::Font),
            // XML may be a document, a page or data.
            _ if is_a(essence, "application/xml") => None,
            _ if is_textual(essence) => Some(Self::Text),
            _ if is_media_container(essence) => Some(Self::Media),
            _ => None,
        }
    }

    /// Whether content with the found type `essence` satisfies this kind.
    pub(super) fn is_kept_by(self, essence: &str) -> bool {
        match (Self::of_found(essence), self) {
            (Some(kind), promised) if kind == promised => true,
            // Office opens text and tables under its old extensions; a template of a web page is text; a
            // program of Windows may be a web page (`.hta`), and scripts begin as web pages do.
            (Some(Self::Text), Self::Document | Self::Program | Self::Page)
            | (Some(Self::Page), Self::Program) => true,
            (Some(_), _) => false,
            (None, promised) => promised.is_contained_in(canonical(essence)),
        }
    }

    /// Whether a container may contain this kind. Bytes without a signature may be of any kind. A known
    /// format without a kind is none of these.
    fn is_contained_in(self, container: &str) -> bool {
        match container {
            "application/zip" => matches!(self, Self::Document | Self::Archive | Self::Program),
            "application/x-ole-storage" => matches!(self, Self::Document | Self::Program),
            "application/xml" => matches!(self, Self::Document | Self::Text | Self::Page | Self::Program),
            container => container == ContentType::OCTET_STREAM,
        }
    }

    /// The kind of content of this type, for a check of its name only. Disk images, packages and books count
    /// here, which are declared under many types.
    fn of_found(essence: &str) -> Option<Self> {
        let of_format = |format: &FileFormat| match format.kind() {
            Formats::Archive | Formats::Compressed | Formats::Disk => Some(Self::Archive),
            Formats::Executable | Formats::Package => Some(Self::Program),
            Formats::Document | Formats::Ebook | Formats::Presentation | Formats::Spreadsheet => {
                Some(Self::Document)
            }
            _ => None,
        };
        let by_format = || FileFormat::from_media_type(essence).iter().find_map(of_format);
        Self::of_type(essence).or_else(|| by_format().filter(|_| !is_container(canonical(essence))))
    }
}

/// Whether such content may contain content of several kinds.
fn is_container(essence: &str) -> bool {
    matches!(essence, "application/zip" | "application/x-ole-storage" | "application/xml")
}

/// Whether the container may contain audio or video.
fn is_media_container(essence: &str) -> bool {
    ["application/ogg", "application/vnd.ms-asf", "application/x-matroska", "application/mxf"]
        .iter()
        .any(|container| is_a(essence, container))
        || matches!(essence, "application/x-ebml" | "application/vnd.rn-realmedia")
}

fn of_exact_type(essence: &str) -> Option<Kind> {
    Some(match essence {
        "image/svg+xml" | "text/html" | "application/xhtml+xml" | "application/x-mimearchive" => Kind::Page,
        "application/pdf" => Kind::Pdf,
        "application/x-ms-dos-executable"
        | "application/x-ms-ne-executable"
        | "application/x-executable"
        | "application/x-sharedlib"
        | "application/x-object"
        | "application/x-coff"
        | "application/x-mach-binary"
        | "application/x-java"
        | "application/x-msi"
        | "application/x-ms-shortcut"
        | "application/vnd.ms-htmlhelp"
        | "application/vnd.adobe.flash.movie"
        | "application/wasm"
        | "application/x-llvm"
        | "application/vnd.android.dex"
        | "application/vnd.appimage"
        | "application/x-appimage" => Kind::Program,
        "application/gzip"
        | "application/x-compress"
        | "application/x-7z-compressed"
        | "application/vnd.rar"
        | "application/x-bzip"
        | "application/x-xz"
        | "application/x-lzip"
        | "application/x-lzma"
        | "application/x-lz4"
        | "application/zstd"
        | "application/x-tar"
        | "application/x-cpio"
        | "application/x-arj"
        | "application/x-ace"
        | "application/x-lha"
        | "application/vnd.ms-cab-compressed" => Kind::Archive,
        "application/rtf" | "application/msword" | "application/epub+zip" => Kind::Document,
        // For a long time fonts had no top-level type.
        "application/vnd.ms-fontobject" | "application/x-font-type1" => Kind::Font,
        essence if is_office(essence) => Kind::Document,
        _ => return None,
    })
}

fn is_office(essence: &str) -> bool {
    [
        "application/vnd.openxmlformats-officedocument.",
        "application/vnd.oasis.opendocument.",
        "application/vnd.ms-word",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        "application/vnd.sun.xml.",
        "application/vnd.apple.pages",
        "application/vnd.apple.numbers",
        "application/vnd.apple.keynote",
        "application/msword",
    ]
    .iter()
    .any(|family| essence.starts_with(family))
}
