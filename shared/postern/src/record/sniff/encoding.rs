//! Whether bytes are text, and how its characters are encoded.
//!
//! Text in UTF-8, or in an older encoding of single bytes, has no byte that the
//! [MIME Sniffing Standard](https://mimesniff.spec.whatwg.org/#binary-data-byte) calls binary. Text in
//! UTF-16 has such bytes, so it is decoded: a byte order mark at the beginning of binary data does not
//! make that data text.

use std::borrow::Cow;

/// How the characters of a text are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, ASCII included.
    Utf8,
    /// UTF-16 with a byte order mark.
    Utf16,
    /// Another encoding, such as Windows-1252. Bytes do not show which.
    Other,
}

/// Text, with its characters as UTF-8 where the encoding is known.
pub struct DecodedText<'a> {
    pub encoding: Encoding,
    pub bytes: Cow<'a, [u8]>,
}

/// Reads `head` as text; `None` for binary data. The last character may be cut.
pub fn text(head: &[u8]) -> Option<DecodedText<'_>> {
    if let Some(read) = utf16_units(head) {
        let text = utf16(head.get(2..)?, read)?;
        return Some(DecodedText { encoding: Encoding::Utf16, bytes: text.into_bytes().into() });
    }
    if without_end_mark(head).iter().any(|b| is_binary(*b)) {
        return None;
    }
    let is_utf8 = std::str::from_utf8(head).err().is_none_or(|error| error.error_len().is_none());
    let encoding = if is_utf8 { Encoding::Utf8 } else { Encoding::Other };
    Some(DecodedText { encoding, bytes: head.into() })
}

/// A byte that no text has (MIME Sniffing, "binary data byte").
pub fn is_binary(byte: u8) -> bool {
    matches!(byte, 0..=0x08 | 0x0B | 0x0E..=0x1A | 0x1C..=0x1F)
}

/// Text of DOS ends with Ctrl-Z, and text of CP/M fills its last block with it.
fn without_end_mark(head: &[u8]) -> &[u8] {
    let end = head.iter().rposition(|b| *b != 0x1A).map_or(0, |last| last + 1);
    head.get(..end).filter(|text| !text.is_empty()).unwrap_or(head)
}

/// How the byte order mark at the beginning tells to read two bytes.
fn utf16_units(head: &[u8]) -> Option<fn([u8; 2]) -> u16> {
    match head.first_chunk()? {
        [0xFE, 0xFF] => Some(u16::from_be_bytes),
        [0xFF, 0xFE] => Some(u16::from_le_bytes),
        _ => None,
    }
}

/// Decodes UTF-16. `None` for what no text has: half of a surrogate pair, a control character, or a code
/// point that stands for no character.
fn utf16(bytes: &[u8], read: fn([u8; 2]) -> u16) -> Option<String> {
    let (units, _) = bytes.as_chunks::<2>();
    let mut units: Vec<u16> = units.iter().map(|unit| read(*unit)).collect();
    if units.last().is_some_and(|last| (0xD800..0xDC00).contains(last)) {
        units.pop();
    }
    let text = String::from_utf16(&units).ok()?;
    let is_character = |c: char| {
        let is_control = u8::try_from(c).is_ok_and(is_binary);
        !is_control && u32::from(c) & 0xFFFE != 0xFFFE && !('\u{FDD0}'..='\u{FDEF}').contains(&c)
    };
    text.chars().all(is_character).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoding(head: &[u8]) -> Option<Encoding> {
        text(head).map(|text| text.encoding)
    }

    fn utf16(text: &str) -> [Vec<u8>; 2] {
        let units = || "\u{FEFF}".encode_utf16().chain(text.encode_utf16());
        [units().flat_map(u16::to_le_bytes).collect(), units().flat_map(u16::to_be_bytes).collect()]
    }

    #[test]
    fn text_is_told_from_binary_data() {
        for (head, expected) in [
            (b"words".as_slice(), Some(Encoding::Utf8)),
            (b"", Some(Encoding::Utf8)),
            ("\u{FEFF}na\u{ef}ve".as_bytes(), Some(Encoding::Utf8)),
            // Cut within a character.
            (b"na\xC3", Some(Encoding::Utf8)),
            (b"na\xEFve", Some(Encoding::Other)),
            (b"\x1B$B%F%9%H", Some(Encoding::Utf8)),
            (b"a\r\n\x1A", Some(Encoding::Utf8)),
            (b"a\r\n\x1A\x1A", Some(Encoding::Utf8)),
            (b"a\x1Ab", None),
            (b"\x1A", None),
            (b"a\0b", None),
            (b"a\x01b", None),
        ] {
            assert_eq!(encoding(head), expected, "{head:?}");
        }
    }

    #[test]
    fn text_in_utf_16_is_what_decodes_to_characters() {
        for whole in utf16("a,b\r\n1,\u{62a5}\u{1F600}\n") {
            assert_eq!(encoding(&whole), Some(Encoding::Utf16));
            assert_eq!(text(&whole).unwrap().bytes, "a,b\r\n1,\u{62a5}\u{1F600}\n".as_bytes());
            // Every cut of a text is text.
            for length in 2..whole.len() {
                assert_eq!(encoding(&whole[..length]), Some(Encoding::Utf16), "{length}");
            }
        }
        for head in [
            b"\xFF\xFE\0\0\0\0".as_slice(),
            b"\xFF\xFEa\0\x01\0b\0",
            b"\xFF\xFEa\0\0\0b\0",
            // The second half of a pair, the first half without the second, and no character.
            b"\xFF\xFE\0\xDCa\0",
            b"\xFF\xFE\0\xD8a\0b\0",
            b"\xFE\xFF\xFF\xFEab",
            b"\xFF\xFE\xD0\xFDa\0",
        ] {
            assert_eq!(encoding(head), None, "{head:?}");
        }
    }
}
