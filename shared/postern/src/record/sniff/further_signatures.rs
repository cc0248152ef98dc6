//! Signatures that the crate `file-format` lacks.

/// What begins with `head`, if one of these signatures says so.
pub fn find(head: &[u8]) -> Option<&'static str> {
    match head {
        [b'A', b'D', b'I', b'F', ..] => Some("audio/aac"),
        // A printer's font: a segment's mark before its PostScript.
        [0x80, 0x01, _, _, _, _, b'%', b'!', ..] => Some("application/x-font-type1"),
        [b'B', b'M', ..] if is_bitmap(head) => Some("image/bmp"),
        _ => media_file(head),
    }
}

/// The bitmaps of OS/2 have a header of their own.
fn is_bitmap(head: &[u8]) -> bool {
    let (reserved, header_bytes) = (head.get(6..10), head.get(14..18));
    reserved == Some(&[0; 4])
        && matches!(header_bytes, Some([12 | 16 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0]))
}

/// A file of boxes ([ISO 14496-12, 4.3](https://www.iso.org/standard/83102.html)) under a brand that is
/// not known, such as a telephone company's.
fn media_file(head: &[u8]) -> Option<&'static str> {
    if head.get(4..8)? != b"ftyp" {
        return None;
    }
    let brands = head.get(8..64).unwrap_or(head);
    Some(if memchr::memmem::find(brands, b"3g2").is_some() { "video/3gpp2" } else { "video/mp4" })
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
        ] {
            assert_eq!(sniff(head).essence, found);
        }
        assert_eq!(sniff(b"BM is a bitmap\0").essence, "application/octet-stream");
    }
}
