//! What the first bytes give away beyond their type: a name that promises something else, a
//! program inside a picture, an archive that unpacks to more than anybody asked for, a picture too
//! large to open.
//!
//! Nothing is decoded or unpacked here: a header is read as what it says. What lies beyond the
//! first [`crate::sniff::HEAD_BYTES`] is not seen; a scanner behind the pipeline sees it.

/// A group of types of which one may stand for another without deceiving whoever opens the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Pixels.
    Image,
    /// Sound and moving pictures.
    Media,
    /// PDF.
    Pdf,
    /// Office documents and e-books: containers with a reader of their own.
    Document,
    /// Containers to be unpacked.
    Archive,
    /// What the system runs.
    Program,
    /// What a browser runs: HTML, SVG.
    Page,
    /// Characters.
    Text,
}

impl Kind {
    /// What a file's name promises by its last extension; `None` for an extension that is not
    /// known.
    pub fn of_name(filename: &str) -> Option<Self> {
        let (_, extension) = filename.rsplit_once('.')?;
        Some(match extension.to_ascii_lowercase().as_str() {
            "png" | "apng" | "jpg" | "jpeg" | "jfif" | "gif" | "webp" | "bmp" | "tif" | "tiff" | "ico"
            | "heic" | "heif" | "avif" | "jxl" => Self::Image,
            "mp3" | "mp4" | "m4a" | "m4v" | "mov" | "avi" | "mkv" | "webm" | "wav" | "flac" | "ogg"
            | "oga" | "ogv" | "opus" | "aac" => Self::Media,
            "pdf" => Self::Pdf,
            "doc" | "docx" | "docm" | "xls" | "xlsx" | "xlsm" | "ppt" | "pptx" | "pptm" | "odt" | "ods"
            | "odp" | "epub" | "rtf" => Self::Document,
            "zip" | "gz" | "tgz" | "bz2" | "xz" | "7z" | "rar" | "tar" | "zst" | "cab" => Self::Archive,
            "exe" | "dll" | "scr" | "msi" | "elf" | "so" | "dylib" | "jar" | "apk" | "class" => Self::Program,
            "html" | "htm" | "xhtml" | "svg" => Self::Page,
            "txt" | "csv" | "json" | "log" | "xml" | "yaml" | "yml" => Self::Text,
            _ => return None,
        })
    }

    /// What bytes are that were sniffed as `essence`; `None` where that says too little.
    pub fn of_type(essence: &str) -> Option<Self> {
        Some(match essence {
            "image/svg+xml" | "text/html" => Self::Page,
            "application/pdf" => Self::Pdf,
            "application/vnd.microsoft.portable-executable"
            | "application/x-executable"
            | "application/x-dosexec"
            | "application/x-msdownload"
            | "application/x-ms-ne-executable"
            | "application/x-sharedlib"
            | "application/x-mach-binary"
            | "application/java-vm"
            | "application/vnd.android.dex" => Self::Program,
            "application/gzip"
            | "application/x-7z-compressed"
            | "application/vnd.rar"
            | "application/x-bzip2"
            | "application/x-xz"
            | "application/zstd"
            | "application/x-tar"
            | "application/vnd.ms-cab-compressed" => Self::Archive,
            // A document, a program and an archive may all be a ZIP or a compound file.
            "application/zip" | "application/x-cfb" => return None,
            essence if essence.starts_with("image/") => Self::Image,
            essence if essence.starts_with("audio/") || essence.starts_with("video/") => Self::Media,
            "application/ogg" => Self::Media,
            _ => return None,
        })
    }

    /// Whether a ZIP or a compound file may carry this kind.
    pub fn is_contained_in(self, essence: &str) -> bool {
        match essence {
            "application/zip" => matches!(self, Self::Document | Self::Archive | Self::Program),
            "application/x-cfb" => matches!(self, Self::Document | Self::Program),
            _ => true,
        }
    }
}

/// What must not stand in the first bytes of a picture, a sound or a film, in lower case: with it
/// the file is also a page, a script or a document for whoever reads it as such.
const FOREIGN: &[&[u8]] = &[b"<script", b"<!doctype html", b"<html", b"<iframe", b"<?php", b"<%@ page"];

/// What of another format stands within bytes that were sniffed as `essence`.
pub fn foreign_content(essence: &str, head: &[u8]) -> Option<&'static str> {
    if !matches!(Kind::of_type(essence), Some(Kind::Image | Kind::Media)) {
        return None;
    }
    if FOREIGN.iter().any(|tag| contains_tag(head, tag)) {
        return Some("a page or a script");
    }
    // A reader of PDF takes a header anywhere in the first kilobyte.
    if head.get(..1024).unwrap_or(head).windows(5).any(|window| window == b"%PDF-") {
        return Some("a PDF document");
    }
    is_script_with_a_signature(head).then_some("a script")
}

/// A tag is ended by white space, `>` or `/`; chance alone makes five letters of noise too often.
fn contains_tag(head: &[u8], tag: &[u8]) -> bool {
    head.windows(tag.len() + 1).any(|window| {
        let (begin, end) = window.split_at(tag.len());
        begin.eq_ignore_ascii_case(tag)
            && end.iter().all(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/' | b'='))
    })
}

/// `GIF89a=…` or `BM/*…`: the signature is a name in JavaScript and what follows makes it run. A
/// real header has a byte there that no text has.
fn is_script_with_a_signature(head: &[u8]) -> bool {
    let header = head.strip_prefix(b"GIF89a").or_else(|| head.strip_prefix(b"GIF87a"));
    let header = header.or_else(|| head.strip_prefix(b"BM"));
    let header = header.and_then(|header| header.get(..7));
    header.is_some_and(|header| {
        header.starts_with(b"/*") || header.iter().all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace())
    })
}

/// More than so many bytes out of one entry of an archive, …
const BOMB_BYTES: u64 = 256 * 1024 * 1024;
/// … and so many times what it takes packed: no honest entry of that size packs so well.
const BOMB_RATIO: u64 = 500;

/// Whether a ZIP's local headers within `head` tell of an entry that unpacks without measure.
///
/// [The format](https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT), 4.3.7 and 4.5.3.
pub fn is_archive_bomb(head: &[u8]) -> bool {
    let mut rest = head;
    while let Some(entry) = LocalHeader::read(rest) {
        if entry.unpacked >= BOMB_BYTES && entry.unpacked / entry.packed.max(1) >= BOMB_RATIO {
            return true;
        }
        let next =
            usize::try_from(entry.packed).ok().and_then(|packed| entry.header_bytes.checked_add(packed));
        match next.and_then(|next| rest.get(next..)) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    false
}

struct LocalHeader {
    packed: u64,
    unpacked: u64,
    header_bytes: usize,
}

impl LocalHeader {
    fn read(bytes: &[u8]) -> Option<Self> {
        let fixed: &[u8; 30] = bytes.first_chunk()?;
        if !fixed.starts_with(b"PK\x03\x04") {
            return None;
        }
        let u16_at = |at: usize| bytes.get(at..at + 2)?.try_into().ok().map(u16::from_le_bytes);
        let u32_at = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
        let (packed, unpacked) = (u64::from(u32_at(18)?), u64::from(u32_at(22)?));
        let (name, extra) = (usize::from(u16_at(26)?), usize::from(u16_at(28)?));
        let header_bytes = 30 + name + extra;
        let zip64 = bytes.get(30 + name..header_bytes).and_then(zip64_sizes);
        match zip64 {
            Some((unpacked, packed)) => Some(Self { packed, unpacked, header_bytes }),
            None => Some(Self { packed, unpacked, header_bytes }),
        }
    }
}

/// The sizes of the extra field 1, if it is there: unpacked, packed.
fn zip64_sizes(mut extra: &[u8]) -> Option<(u64, u64)> {
    while let Some((header, rest)) = extra.split_first_chunk::<4>() {
        let [id_low, id_high, size_low, size_high] = *header;
        let size = usize::from(u16::from_le_bytes([size_low, size_high]));
        let field = rest.get(..size)?;
        if [id_low, id_high] == [1, 0] {
            let (unpacked, rest) = field.split_first_chunk::<8>()?;
            let (packed, _) = rest.split_first_chunk::<8>()?;
            return Some((u64::from_le_bytes(*unpacked), u64::from_le_bytes(*packed)));
        }
        extra = rest.get(size..)?;
    }
    None
}

/// What an image's header says of its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pixels {
    /// Width times height.
    Known(u64),
    /// The header does not tell, or not within the first bytes.
    Unknown,
}

/// How many pixels a picture has whose first bytes these are.
pub fn pixels(head: &[u8]) -> Pixels {
    match imagesize::blob_size(head) {
        Ok(size) => Pixels::Known((size.width as u64).saturating_mul(size.height as u64)),
        Err(_) => Pixels::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_bytes_stop_the_reader(mut head in proptest::collection::vec(any::<u8>(), 0..400), start in 0..8usize) {
            let starts: [&[u8]; 8] = [b"", b"PK\x03\x04", b"GIF89a", b"BM", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
                b"\xFF\xD8\xFF\xE0", b"RIFF\0\0\0\0WEBPVP8 ", b"\0\0\0\x18ftypheic"];
            head.splice(0..0, starts[start].iter().copied());
            let _ = (is_archive_bomb(&head), pixels(&head), foreign_content("image/png", &head));
        }
    }
}
