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

/// A size from this one on means that the extra field has the size.
const IN_EXTRA_FIELD: u32 = u32::MAX - 1;

/// The sizes in a header.
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
        let mut values = extra.and_then(zip64_field).unwrap_or_default().chunks_exact(8);
        let mut value_of = |size: u32| {
            let in_field = (size >= IN_EXTRA_FIELD).then(|| values.next()).flatten();
            let value = in_field.and_then(|value| value.try_into().ok()).map(u64::from_le_bytes);
            value.unwrap_or(size.into())
        };
        let unpacked = value_of(self.unpacked);
        (unpacked, value_of(self.packed))
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
