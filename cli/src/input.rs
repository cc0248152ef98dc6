//! Reads input of any size in bounded memory.

use std::io::{self, Read};

/// The most bytes that are kept from each end of the input.
pub const KEPT_BYTES: usize = 1024 * 1024;

/// Reads everything, and keeps the first and the last mebibyte: an error stands at the end of a long log, and the URL at
/// the beginning of a transcript. Bytes that are no UTF-8 are replaced.
///
/// # Errors
/// If reading fails.
pub fn read(mut from: impl Read) -> io::Result<String> {
    let mut first = Vec::new();
    from.by_ref().take(KEPT_BYTES as u64).read_to_end(&mut first)?;
    let (mut last, mut chunk) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        let read = match from.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        last.extend_from_slice(chunk.get(..read).unwrap_or_default());
        if last.len() > 2 * KEPT_BYTES {
            last.drain(..last.len() - KEPT_BYTES);
        }
    }
    let from = last.len().saturating_sub(KEPT_BYTES);
    first.extend_from_slice(last.get(from..).unwrap_or_default());
    Ok(decode(&first))
}

/// Decodes UTF-8, and UTF-16 as Windows' shell writes it into files.
pub fn decode(bytes: &[u8]) -> String {
    let little = match bytes {
        [0xff, 0xfe, ..] => true,
        [0xfe, 0xff, ..] => false,
        [0xef, 0xbb, 0xbf, rest @ ..] => return String::from_utf8_lossy(rest).into_owned(),
        _ => return String::from_utf8_lossy(bytes).into_owned(),
    };
    let (pairs, _) = bytes.as_chunks::<2>();
    let units = pairs
        .iter()
        .skip(1)
        .map(|pair| if little { u16::from_le_bytes(*pair) } else { u16::from_be_bytes(*pair) });
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_a_long_input_are_kept() {
        let input = [b"begin".as_slice(), &vec![b'x'; 9 * KEPT_BYTES], b"end"].concat();
        let kept = read(input.as_slice()).unwrap();
        assert!(kept.starts_with("begin") && kept.ends_with("end"));
        assert_eq!(kept.len(), 2 * KEPT_BYTES);
        let short = vec![b'y'; KEPT_BYTES + 10];
        assert_eq!(read(short.as_slice()).unwrap().len(), KEPT_BYTES + 10);
    }

    #[test]
    fn windows_files_are_read() {
        assert_eq!(decode(&[0xff, 0xfe, b'a', 0, b'b', 0]), "ab");
        assert_eq!(decode(&[0xef, 0xbb, 0xbf, b'a']), "a");
        assert_eq!(decode(&[0xfe, 0xff, 0, b'a', 1]), "a");
    }
}
