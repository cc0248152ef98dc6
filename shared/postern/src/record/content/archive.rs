//! Whether a ZIP unpacks to far more bytes than it has.
//!
//! A ZIP states the sizes of an entry twice ([the
//! format](https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT)): before the entry (4.3.7), where a
//! ZIP that was written as a stream has zeros, and in the central directory at the end (4.3.12). Both are
//! read, as far as the first and the last bytes contain them.
//!
//! The offset of the directory is ignored, because an attacker can write a second directory. Every directory
//! entry in the last bytes counts.

use crate::ports::{ByteRange, HEAD_BYTES};

/// A ZIP is a bomb if one entry, or all seen entries together, unpack to at least this many bytes …
const BOMB_BYTES: u64 = 256 * 1024 * 1024;
/// … and to at least this many times their packed size.
const BOMB_RATIO: u64 = 500;

/// The most extra fields that are read of an entry. An ordinary entry has three or four.
const MOST_EXTRA_FIELDS: usize = 32;

const LOCAL_HEADER: &[u8] = b"PK\x03\x04";
const DIRECTORY_ENTRY: &[u8] = b"PK\x01\x02";

/// Marks before the first entry of a ZIP that was split, or that might have been.
const SPLIT_MARKS: [&[u8]; 2] = [b"PK\x07\x08", b"PK00"];

/// The part of a ZIP that has its directory, unless the first bytes are the whole file.
pub fn further_part(size_bytes: u64) -> Option<ByteRange> {
    (size_bytes > HEAD_BYTES as u64).then(|| ByteRange::end_of(size_bytes))
}

/// Whether a ZIP of `size_bytes` is a bomb. `tail` is its last part, if the first bytes are not all of it.
pub fn is_bomb(head: &[u8], size_bytes: u64, tail: Option<&[u8]>) -> bool {
    let is_bomb =
        |entry: &Entry| entry.unpacked >= BOMB_BYTES && entry.unpacked / entry.packed.max(1) >= BOMB_RATIO;
    if local_entries(head).any(|entry| is_bomb(&entry)) {
        return true;
    }
    // Entries may share their bytes, so the sum counts too.
    let mut sum = 0_u64;
    let directory = tail.unwrap_or(head);
    directory_entries(directory).any(|(at, entry)| {
        if is_followed(directory, at, &entry) {
            sum = sum.saturating_add(entry.unpacked);
        }
        is_bomb(&entry) || is_bomb(&Entry { unpacked: sum, packed: size_bytes, length: 0 })
    })
}

struct Entry {
    packed: u64,
    unpacked: u64,
    /// The bytes from this entry's beginning to the next one's.
    length: usize,
}

/// The entries at the beginning, until one does not state where it ends.
fn local_entries(head: &[u8]) -> impl Iterator<Item = Entry> {
    let mark = SPLIT_MARKS.iter().find_map(|mark| head.strip_prefix(*mark));
    let mut rest = Some(mark.unwrap_or(head));
    std::iter::from_fn(move || {
        let bytes = rest?;
        let entry = local_entry(bytes)?;
        rest = bytes.get(entry.length..);
        Some(entry)
    })
}

/// Every directory entry in these bytes.
fn directory_entries(bytes: &[u8]) -> impl Iterator<Item = (usize, Entry)> {
    let read = |at| Some((at, directory_entry(bytes.get(at..)?)?));
    memchr::memmem::find_iter(bytes, DIRECTORY_ENTRY).filter_map(read)
}

/// Whether another entry, or the directory's end, follows this one. So data that only looks like an entry
/// adds nothing to the sum.
fn is_followed(bytes: &[u8], at: usize, entry: &Entry) -> bool {
    bytes
        .get(at.saturating_add(entry.length)..)
        .is_some_and(|next| next.is_empty() || next.starts_with(b"PK"))
}

fn local_entry(bytes: &[u8]) -> Option<Entry> {
    let sizes = Sizes::read(bytes, LOCAL_HEADER, 18)?;
    let (name, extra) = (u16_at(bytes, 26)?, u16_at(bytes, 28)?);
    let header = 30 + name + extra;
    let (unpacked, packed) = sizes.with(bytes.get(30 + name..header));
    let length = usize::try_from(packed).unwrap_or(usize::MAX).saturating_add(header);
    Some(Entry { packed, unpacked, length })
}

fn directory_entry(bytes: &[u8]) -> Option<Entry> {
    let sizes = Sizes::read(bytes, DIRECTORY_ENTRY, 20)?;
    let (name, extra, comment) = (u16_at(bytes, 28)?, u16_at(bytes, 30)?, u16_at(bytes, 32)?);
    let (unpacked, packed) = sizes.with(bytes.get(46 + name..46 + name + extra));
    Some(Entry { packed, unpacked, length: 46 + name + extra + comment })
}

/// The sizes in a header. The largest number means that the extra field has the size.
struct Sizes {
    packed: u32,
    unpacked: u32,
}

impl Sizes {
    fn read(bytes: &[u8], signature: &[u8], at: usize) -> Option<Self> {
        if !bytes.starts_with(signature) {
            return None;
        }
        let u32_at = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
        Some(Self { packed: u32_at(at)?, unpacked: u32_at(at + 4)? })
    }

    /// The unpacked and the packed size. A local header's field always has both (4.5.3), the directory's only
    /// those that the header lacks; some writers write both everywhere.
    fn with(&self, extra: Option<&[u8]>) -> (u64, u64) {
        let (mut unpacked, mut packed) = (u64::from(self.unpacked), u64::from(self.packed));
        if self.unpacked < u32::MAX - 1 && self.packed < u32::MAX - 1 {
            return (unpacked, packed);
        }
        let mut values = extra.and_then(zip64_field).unwrap_or_default().chunks_exact(8);
        let mut next = || Some(u64::from_le_bytes(values.next()?.try_into().ok()?));
        if self.unpacked >= u32::MAX - 1 {
            unpacked = next().unwrap_or(unpacked);
        }
        if self.packed >= u32::MAX - 1 {
            packed = next().unwrap_or(packed);
        }
        (unpacked, packed)
    }
}

/// The extra field 1, if the entry has it. After very many other fields it counts as the largest size.
fn zip64_field(mut extra: &[u8]) -> Option<&[u8]> {
    for _ in 0..MOST_EXTRA_FIELDS {
        let (header, rest) = extra.split_first_chunk::<4>()?;
        let [id_low, id_high, size_low, size_high] = *header;
        let size = usize::from(u16::from_le_bytes([size_low, size_high]));
        let field = rest.get(..size)?;
        if [id_low, id_high] == [1, 0] {
            return Some(field);
        }
        extra = rest.get(size..)?;
    }
    Some(BEYOND_MEASURE)
}

/// A size unpacked as large as possible, and a packed size of zero.
const BEYOND_MEASURE: &[u8] = &[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0];

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    bytes.get(at..at + 2)?.try_into().ok().map(|pair| usize::from(u16::from_le_bytes(pair)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory entry: its packed size, and its other fields.
    fn entry(packed: u32, unpacked: u32, extra: &[u8]) -> Vec<u8> {
        let mut entry = vec![0; 46];
        entry[..4].copy_from_slice(DIRECTORY_ENTRY);
        entry[20..24].copy_from_slice(&packed.to_le_bytes());
        entry[24..28].copy_from_slice(&unpacked.to_le_bytes());
        entry[28] = 1;
        entry[30..32].copy_from_slice(&u16::try_from(extra.len()).unwrap().to_le_bytes());
        [entry.as_slice(), b"a", extra].concat()
    }

    /// An entry that was written into a pipe: its sizes are after the entry and in the directory.
    fn stream() -> Vec<u8> {
        [b"PK\x03\x04\x14\0\x08\0\x08\0".as_slice(), &[0; 16], b"\x01\0\0\0a", b"packed", b"PK\x07\x08"]
            .concat()
    }

    #[test]
    fn a_zip_that_was_written_as_a_stream_is_judged_by_its_directory() {
        let honest = [vec![b'x'; 30], entry(1000, 5000, b""), entry(1 << 20, 1 << 28, b"")].concat();
        let bomb = [vec![b'x'; 30], entry(1000, 5000, b""), entry(1 << 18, 1 << 30, b"")].concat();
        assert!(!is_bomb(&stream(), 1 << 21, None));
        assert!(!is_bomb(&stream(), 1 << 21, Some(&honest)));
        assert!(is_bomb(&stream(), 1 << 21, Some(&bomb)));
        assert!(is_bomb(&[stream(), bomb].concat(), 600_000, None));
    }

    #[test]
    fn entries_that_share_their_bytes_are_summed() {
        let overlapping = entry(1 << 16, 1 << 24, b"").repeat(32);
        assert!(is_bomb(&stream(), 1 << 17, Some(&overlapping)));
        assert!(!is_bomb(&stream(), 1 << 27, Some(&overlapping)));
    }

    #[test]
    fn sizes_beyond_four_gigabytes_stand_in_the_extra_field() {
        let field = |values: &[u64]| {
            let values: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            [[1, 0].as_slice(), &u16::try_from(values.len()).unwrap().to_le_bytes(), &values].concat()
        };
        let both = entry(u32::MAX, u32::MAX, &field(&[1 << 42, 1 << 20]));
        let one = entry(1000, u32::MAX, &field(&[1 << 42]));
        let honest = entry(u32::MAX, u32::MAX, &field(&[1 << 42, 1 << 41]));
        for (tail, expected) in [(both, true), (one, true), (honest, false)] {
            assert_eq!(is_bomb(&stream(), 1 << 43, Some(&tail)), expected);
        }
    }

    /// A stored archive within the archive, a lone mark in noise, and a mark whose entry seems to reach far.
    #[test]
    fn no_decoy_hides_the_directory() {
        let bomb = entry(1 << 18, 1 << 30, b"");
        let far = [DIRECTORY_ENTRY, &[0; 24], &[0xFF; 6], &[0; 12]].concat();
        for decoy in [
            DIRECTORY_ENTRY.to_vec(),
            entry(3, 3, b""),
            [entry(3, 3, b""), b"PK\x05\x06".to_vec(), vec![0; 18]].concat(),
            far,
            DIRECTORY_ENTRY.repeat(9),
        ] {
            for between in [0, 1, 46, 500] {
                let tail = [vec![b'x'; 30], decoy.clone(), vec![b'x'; between], bomb.clone()].concat();
                assert!(is_bomb(&stream(), 1 << 21, Some(&tail)), "{decoy:?} {between}");
            }
        }
        let honest = [DIRECTORY_ENTRY.to_vec(), vec![b'x'; 50], entry(1 << 20, 1 << 28, b"")].concat();
        assert!(!is_bomb(&stream(), 1 << 21, Some(&honest)));
    }

    #[test]
    fn many_extra_fields_hide_no_size() {
        let field = [[1, 0, 8, 0].as_slice(), &(1_u64 << 42).to_le_bytes()].concat();
        for before in [0, 3, 31, 32, 1000] {
            let extra = [[9, 9, 0, 0].repeat(before), field.clone()].concat();
            assert!(is_bomb(&stream(), 1 << 30, Some(&entry(1 << 20, u32::MAX, &extra))), "{before}");
            assert!(!is_bomb(&stream(), 1 << 30, Some(&entry(1 << 20, 1 << 21, &extra))), "{before}");
            let both = [[1, 0, 16, 0].as_slice(), &(1_u64 << 42).to_le_bytes(), &(1_u64 << 20).to_le_bytes()];
            let extra = [[9, 9, 0, 0].repeat(before), both.concat()].concat();
            assert!(is_bomb(&stream(), 1 << 40, Some(&entry(u32::MAX, u32::MAX, &extra))), "{before}");
        }
    }

    #[test]
    fn the_marks_of_a_split_zip_are_skipped() {
        let local =
            [LOCAL_HEADER, &[0; 14], &1_u32.to_le_bytes(), &(1_u32 << 30).to_le_bytes(), &[0; 4]].concat();
        for mark in SPLIT_MARKS {
            assert!(is_bomb(&[mark, &local].concat(), 1 << 20, None));
        }
    }

    #[test]
    fn the_end_is_read_of_a_zip_that_is_not_at_hand() {
        assert_eq!(further_part(100), None);
        assert_eq!(further_part(1 << 30), Some(ByteRange { from: (1 << 30) - 65_536, length: 65_536 }));
    }
}
