//! Signatures that the crate `file-format` lacks, and further conditions for some of its own.

use file_format::FileFormat;
use memchr::memmem;

/// How far from the beginning readers look for the header of a PDF.
const PDF_HEADER_WITHIN: usize = 1024;

/// The format of `head`, if one of these signatures matches.
pub fn find(head: &[u8], is_text: bool) -> Option<&'static str> {
    match head {
        _ if is_pdf_behind_junk(head, is_text) => Some("application/pdf"),
        _ if is_text => None,
        [b'A', b'D', b'I', b'F', ..] => Some("audio/aac"),
        // A printer's font: a segment's mark before its PostScript.
        [0x80, 0x01, _, _, _, _, b'%', b'!', ..] => Some("application/x-font-type1"),
        [b'B', b'M', ..] if is_bitmap(head) => Some("image/bmp"),
        [b'b', b'p', b'l', b'i', b's', b't', b'0' | b'1', ..] => Some("application/x-plist"),
        // The first part of a ZIP that was split.
        [b'P', b'K', 0x07, 0x08, ..] => Some("application/zip"),
        // WAV of more than four gigabytes, and in the other order of bytes.
        [b'R', b'F', b'6', b'4', ..] | [b'B', b'W', b'6', b'4', ..] | [b'R', b'I', b'F', b'X', ..]
            if head.get(8..12) == Some(b"WAVE") =>
        {
            Some("audio/vnd.wave")
        }
        _ => picture_of_boxes(head).or_else(|| media_file(head)),
    }
}

/// Whether the bytes have more of this format than a short signature. A word of prose, or four bytes that
/// other formats have too, are not enough.
pub fn is_confirmed(format: FileFormat, head: &[u8]) -> bool {
    let has = |word| memmem::find(head, word).is_some();
    match format {
        FileFormat::StereolithographyAscii => has(b"facet") || has(b"endsolid"),
        // An image in TGA has zeros where a cursor states how many images it has.
        FileFormat::WindowsCursor | FileFormat::WindowsIcon => head.get(4..6) != Some(&[0, 0]),
        _ => true,
    }
}

/// Readers skip a line, a mark or other bytes before the header. Text that quotes the header in its middle is
/// text.
fn is_pdf_behind_junk(head: &[u8], is_text: bool) -> bool {
    let begin = head.get(..PDF_HEADER_WITHIN + 8).unwrap_or(head);
    let Some(at) = memmem::find(begin, b"%PDF-") else { return false };
    let is_version = matches!(begin.get(at + 5..at + 8), Some([b'0'..=b'9', b'.', b'0'..=b'9']));
    let junk = begin.get(..at).unwrap_or_default();
    let is_blank = junk.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(junk).trim_ascii().is_empty();
    is_version && (is_blank || !is_text)
}

/// The format of an image by its compatible brands, if its first brand only says that it is an image ([ISO
/// 23000-22](https://www.iso.org/standard/87576.html)).
pub fn picture_of_boxes(head: &[u8]) -> Option<&'static str> {
    let [a, b, c, d, b'f', b't', b'y', b'p', brand @ ..] = head else { return None };
    let major = brand.first_chunk::<4>()?;
    if !matches!(major, b"mif1" | b"mif2" | b"msf1" | b"miaf") {
        return None;
    }
    let length = usize::try_from(u32::from_be_bytes([*a, *b, *c, *d])).unwrap_or(usize::MAX);
    let brands = head.get(16..length.min(MOST_BRANDS)).unwrap_or_default().as_chunks::<4>().0;
    Some(match brands {
        brands if brands.contains(b"avif") => "image/avif",
        brands if brands.contains(b"avis") => "image/avif-sequence",
        _ if major == b"msf1" => "image/heif-sequence",
        _ => "image/heif",
    })
}

/// The last offset at which the list of brands may end.
const MOST_BRANDS: usize = 256;

/// The bitmaps of OS/2 have a header of their own.
fn is_bitmap(head: &[u8]) -> bool {
    let (reserved, header_bytes) = (head.get(6..10), head.get(14..18));
    reserved == Some(&[0; 4])
        && matches!(header_bytes, Some([12 | 16 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0]))
}

/// A file of boxes ([ISO 14496-12, 4.3](https://www.iso.org/standard/83102.html)) with an unknown brand, such
/// as a telephone company's.
fn media_file(head: &[u8]) -> Option<&'static str> {
    if head.get(4..8)? != b"ftyp" {
        return None;
    }
    let brands = head.get(8..64).unwrap_or(head);
    Some(if memmem::find(brands, b"3g2").is_some() { "video/3gpp2" } else { "video/mp4" })
}

#[cfg(test)]
mod tests {
    use super::super::sniff;

    #[test]
    fn formats_that_are_seldom_met_are_known() {
        for (head, found) in [
            (b"\0\0\0\x18ftypkddi\0\0\0\0kddi3g2a\0\0\0\0".as_slice(), "video/3gpp2"),
            (b"\0\0\0\x18ftypzzzz\0\0\0\0zzzz\0\0\0\0", "video/mp4"),
            (b"ADIF\0\x3E\x80\0", "audio/aac"),
            (b"BM\x1A\x23\0\0\0\0\0\0\x1A\x03\0\0\x0C\0\0\0\x7F\0\x40\0", "image/bmp"),
            (b"\x80\x01\x10\0\0\0%!PS-AdobeFont", "application/x-font-type1"),
            (b"PK\x07\x08\0\x01\0\0", "application/zip"),
            (b"RF64\xFF\xFF\xFF\xFFWAVEds64\0", "audio/vnd.wave"),
            (b"RF64\xFF\xFF\xFF\xFFmist\0\0\0\0", "application/octet-stream"),
            (b"BM\x1A\x23\0\0\0\0\0\0\x1A\x03\0\0\x0D\0\0\0\x7F\0\x40\0", "application/octet-stream"),
            (b"ADIF is a format", "text/plain"),
        ] {
            assert_eq!(sniff(head).essence, found);
        }
        assert_eq!(sniff(b"BM is a bitmap\0").essence, "application/octet-stream");
    }

    #[test]
    fn a_picture_of_boxes_is_named_by_its_brands() {
        let file = |length: u32, major: &[u8], brands: &[u8], more: usize| {
            [&length.to_be_bytes(), b"ftyp".as_slice(), major, &[0; 4], brands, &vec![0; more]].concat()
        };
        for (head, found) in [
            (file(24, b"mif1", b"mif1heic", 0), "image/heif"),
            (file(24, b"mif1", b"mif1avif", 0), "image/avif"),
            (file(24, b"mif1", b"mif1avis", 0), "image/avif-sequence"),
            (file(24, b"msf1", b"msf1hevc", 0), "image/heif-sequence"),
            // A brand behind the end of the list is none.
            (file(20, b"mif1", b"mif1avif", 0), "image/heif"),
            (file(1 << 20, b"mif1", b"mif1avif", 300), "image/avif"),
        ] {
            assert_eq!(super::picture_of_boxes(&head), Some(found), "{head:?}");
        }
    }

    #[test]
    fn the_header_of_a_pdf_stands_within_the_first_kilobyte() {
        let behind = |junk: usize| sniff(&[vec![0; junk].as_slice(), b"%PDF-1.7\n"].concat()).essence;
        assert_eq!(behind(1024), "application/pdf");
        assert_eq!(behind(1025), "application/octet-stream");
    }
}
