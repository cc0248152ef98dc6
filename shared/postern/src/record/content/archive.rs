//! Whether a ZIP unpacks to far more bytes than it has.
//!
//! What entries take stands twice in a ZIP ([the format](https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT)):
//! before each entry (4.3.7), where a ZIP that was written as a stream has zeros, and in the central
//! directory at the end (4.3.12). Both are read, as far as the first and the last bytes show them.

use crate::ports::{ByteRange, HEAD_BYTES};

/// More than so many bytes out of one entry, or out of all that are seen, …
const BOMB_BYTES: u64 = 256 * 1024 * 1024;
/// … and so many times what it takes packed: no honest entry of that size packs so well.
const BOMB_RATIO: u64 = 500;

const LOCAL_HEADER: &[u8] = b"PK\x03\x04";
const DIRECTORY_ENTRY: &[u8] = b"PK\x01\x02";

/// The part of a ZIP that holds its directory, unless the first bytes are the whole file.
pub fn further_part(head: &[u8], size_bytes: u64) -> Option<ByteRange> {
    (size_bytes > HEAD_BYTES as u64 && head.starts_with(b"PK")).then(|| ByteRange::end_of(size_bytes))
}

/// Whether a ZIP of `size_bytes` tells of content that unpacks without measure. `tail` is its last part,
/// where the first bytes are not all of it.
pub fn is_bomb(head: &[u8], size_bytes: u64, tail: Option<&[u8]>) -> bool {
    let is_bomb =
        |entry: &Entry| entry.unpacked >= BOMB_BYTES && entry.unpacked / entry.packed.max(1) >= BOMB_RATIO;
    if local_entries(head).any(|entry| is_bomb(&entry)) {
        return true;
    }
    // Entries may share their bytes, so the sum counts too.
    let mut sum = 0_u64;
    directory(tail.unwrap_or(head)).any(|entry| {
        sum = sum.saturating_add(entry.unpacked);
        is_bomb(&entry) || is_bomb(&Entry { unpacked: sum, packed: size_bytes, length: 0 })
    })
}

struct Entry {
    packed: u64,
    unpacked: u64,
    /// From this entry's beginning to the next one's.
    length: usize,
}

/// The entries at the beginning, until one does not say where it ends.
fn local_entries(head: &[u8]) -> impl Iterator<Item = Entry> {
    walk(head, local_entry)
}

/// The entries of the directory, from the first that can be seen on.
fn directory(bytes: &[u8]) -> impl Iterator<Item = Entry> {
    let start = memchr::memmem::find(bytes, DIRECTORY_ENTRY).and_then(|at| bytes.get(at..));
    walk(start.unwrap_or_default(), directory_entry)
}

fn walk(bytes: &[u8], read: fn(&[u8]) -> Option<Entry>) -> impl Iterator<Item = Entry> {
    let mut rest = Some(bytes);
    std::iter::from_fn(move || {
        let bytes = rest?;
        let entry = read(bytes)?;
        rest = bytes.get(entry.length..);
        Some(entry)
    })
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

/// The sizes of a header; the largest number stands for one that the extra field tells.
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

    /// Unpacked, packed. A local header's field always has both (4.5.3), the directory's only those that
    /// are asked for; some writers fill in both everywhere.
    fn with(&self, extra: Option<&[u8]>) -> (u64, u64) {
        let (mut unpacked, mut packed) = (u64::from(self.unpacked), u64::from(self.packed));
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

/// The extra field 1, if it is there.
fn zip64_field(mut extra: &[u8]) -> Option<&[u8]> {
    while let Some((header, rest)) = extra.split_first_chunk::<4>() {
        let [id_low, id_high, size_low, size_high] = *header;
        let size = usize::from(u16::from_le_bytes([size_low, size_high]));
        let field = rest.get(..size)?;
        if [id_low, id_high] == [1, 0] {
            return Some(field);
        }
        extra = rest.get(size..)?;
    }
    None
}

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    bytes.get(at..at + 2)?.try_into().ok().map(|pair| usize::from(u16::from_le_bytes(pair)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An entry of the directory: what it takes packed, and what it says of the rest.
    fn entry(packed: u32, unpacked: u32, extra: &[u8]) -> Vec<u8> {
        let mut entry = vec![0; 46];
        entry[..4].copy_from_slice(DIRECTORY_ENTRY);
        entry[20..24].copy_from_slice(&packed.to_le_bytes());
        entry[24..28].copy_from_slice(&unpacked.to_le_bytes());
        entry[28] = 1;
        entry[30..32].copy_from_slice(&u16::try_from(extra.len()).unwrap().to_le_bytes());
        [entry.as_slice(), b"a", extra].concat()
    }

    /// As it is written into a pipe: sizes stand behind the entry and in the directory.
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

    #[test]
    fn the_end_is_read_of_a_zip_that_is_not_at_hand() {
        assert_eq!(further_part(&stream(), 100), None);
        assert_eq!(further_part(b"%PDF", 1 << 30), None);
        assert_eq!(
            further_part(&stream(), 1 << 30),
            Some(ByteRange { from: (1 << 30) - 65_536, length: 65_536 })
        );
    }
}
