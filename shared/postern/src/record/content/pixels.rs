//! How many pixels an image has by its header.
//!
//! Most formats state their size in the first bytes, which `imagesize` reads. A JPEG states it after its
//! metadata ([ITU T.81, B.1](https://www.w3.org/Graphics/JPEG/itu-t81.pdf)), a TIFF in a directory that may
//! be at its end ([TIFF 6.0](https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf)), HEIF and AVIF
//! in a box that may follow the data.

use crate::media::kinship::canonical;
use crate::ports::ByteRange;

/// The size in an image's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pixels {
    /// Width times height.
    Known(u64),
    /// The header does not state the size, or not in the bytes that were read.
    Unknown,
}

/// The result of reading the bytes at hand.
enum Sight {
    Pixels(u64),
    /// The size is at this offset or later.
    Beyond(u64),
    Nothing,
}

/// The part beyond the first bytes that has the size, if they do not have it.
pub fn further_part(essence: &str, head: &[u8], size_bytes: u64) -> Option<ByteRange> {
    match in_head(essence, head) {
        Sight::Beyond(from) if (head.len() as u64) < size_bytes => ByteRange::at(from, size_bytes),
        _ => None,
    }
}

/// The part after one that does not have the size either: the metadata of a JPEG is in segments of 64 KiB,
/// and may need several.
pub fn next_part(essence: &str, from: u64, part: &[u8], size_bytes: u64) -> Option<ByteRange> {
    match jpeg(part, 0) {
        Sight::Beyond(at) if canonical(essence) == "image/jpeg" && at > 0 => {
            ByteRange::at(from.checked_add(at)?, size_bytes)
        }
        _ => None,
    }
}

/// How many pixels an image with the found type `essence` has. `part` is the part that [`further_part`] asks
/// for.
pub fn pixels(essence: &str, head: &[u8], part: Option<&[u8]>) -> Pixels {
    let sight = match (in_head(essence, head), part) {
        (Sight::Beyond(_), Some(part)) => in_part(essence, head, part),
        (sight, _) => sight,
    };
    match sight {
        Sight::Pixels(pixels) => Pixels::Known(pixels),
        Sight::Beyond(_) | Sight::Nothing => Pixels::Unknown,
    }
}

fn in_head(essence: &str, head: &[u8]) -> Sight {
    match canonical(essence) {
        "image/jpeg" => jpeg(head, 2),
        "image/tiff" => tiff(head),
        "image/heif" | "image/avif" => boxes(head),
        "image/bmp" => bitmap(head),
        _ => by_header(head),
    }
}

fn in_part(essence: &str, head: &[u8], part: &[u8]) -> Sight {
    match canonical(essence) {
        "image/jpeg" => jpeg(part, 0),
        "image/tiff" => Layout::of(head).map_or(Sight::Nothing, |layout| layout.directory(part)),
        // The first box names the format.
        _ => match boxes_of(head).next() {
            Some((_, first, _)) => by_header(&[first, part].concat()),
            None => Sight::Nothing,
        },
    }
}

fn by_header(bytes: &[u8]) -> Sight {
    match imagesize::blob_size(bytes) {
        Ok(size) => area(size.width as u64, size.height as u64),
        Err(_) => Sight::Nothing,
    }
}

fn area(width: u64, height: u64) -> Sight {
    Sight::Pixels(width.saturating_mul(height))
}

/// Reads the segments of a JPEG until its frame, beginning at a marker.
fn jpeg(bytes: &[u8], from: usize) -> Sight {
    let mut at = from;
    loop {
        let Some(&[0xFF, marker]) = bytes.get(at..).and_then(|rest| rest.first_chunk()) else {
            return if at + 1 >= bytes.len() { Sight::Beyond(at as u64) } else { Sight::Nothing };
        };
        match marker {
            // Bytes of 0xFF may precede a marker.
            0xFF => at += 1,
            0x01 | 0xD0..=0xD7 => at += 2,
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => return frame(bytes, at),
            // The scan or the end comes before a frame.
            0xD8..=0xDA | 0x00 => return Sight::Nothing,
            _ => match u16_at(bytes, at + 2, u16::from_be_bytes) {
                Some(length) => at += 2 + usize::from(length),
                None => return Sight::Beyond(at as u64),
            },
        }
    }
}

fn frame(bytes: &[u8], at: usize) -> Sight {
    let number = |offset| u16_at(bytes, at + offset, u16::from_be_bytes).map(u64::from);
    match (number(7), number(5)) {
        (Some(width), Some(height)) => area(width, height),
        _ => Sight::Beyond(at as u64),
    }
}

/// A bitmap that is stored from the top down has a negative height.
fn bitmap(head: &[u8]) -> Sight {
    let i32_at = |at: usize| head.get(at..at + 4)?.try_into().ok().map(i32::from_le_bytes);
    let size = match i32_at(14) {
        Some(12) => u16_at(head, 18, u16::from_le_bytes)
            .zip(u16_at(head, 20, u16::from_le_bytes))
            .map(|(w, h)| (w.into(), h.into())),
        _ => i32_at(18).zip(i32_at(22)).map(|(w, h)| (w.unsigned_abs(), h.unsigned_abs())),
    };
    size.map_or(Sight::Nothing, |(width, height): (u32, u32)| area(width.into(), height.into()))
}

fn tiff(head: &[u8]) -> Sight {
    let Some(layout) = Layout::of(head) else { return Sight::Nothing };
    let Some(at) = layout.first_directory(head) else { return Sight::Nothing };
    match usize::try_from(at).ok().and_then(|at| head.get(at..)).map(|rest| layout.directory(rest)) {
        Some(Sight::Pixels(pixels)) => Sight::Pixels(pixels),
        _ => Sight::Beyond(at),
    }
}

/// The number format of a TIFF. `BigTIFF` has offsets of eight bytes and longer entries.
#[derive(Clone, Copy)]
struct Layout {
    is_big_endian: bool,
    is_big: bool,
}

impl Layout {
    fn of(head: &[u8]) -> Option<Self> {
        let (is_big_endian, is_big) = match head.first_chunk()? {
            b"II*\0" => (false, false),
            b"MM\0*" => (true, false),
            b"II+\0" => (false, true),
            b"MM\0+" => (true, true),
            _ => return None,
        };
        Some(Self { is_big_endian, is_big })
    }

    fn first_directory(self, head: &[u8]) -> Option<u64> {
        if self.is_big { self.number(head, 8, 8) } else { self.number(head, 4, 4) }
    }

    /// Width and length are among the first entries of a directory, because it is sorted.
    fn directory(self, bytes: &[u8]) -> Sight {
        let (count_bytes, entry_bytes, value_at) = if self.is_big { (8, 20, 12) } else { (2, 12, 8) };
        let entries = usize::try_from(self.number(bytes, 0, count_bytes).unwrap_or(0)).unwrap_or(usize::MAX);
        let value = |wanted| {
            (0..entries.min(MOST_ENTRIES)).map(|entry| count_bytes + entry_bytes * entry).find_map(|at| {
                let value_bytes = match self.number(bytes, at + 2, 2)? {
                    3 => 2,
                    16 => 8,
                    _ => 4,
                };
                let is_it = self.number(bytes, at, 2)? == wanted;
                is_it.then(|| self.number(bytes, at + value_at, value_bytes))?
            })
        };
        match (value(256), value(257)) {
            (Some(width), Some(height)) => area(width, height),
            _ => Sight::Nothing,
        }
    }

    /// The number of this length at an offset.
    fn number(self, bytes: &[u8], at: usize, length: usize) -> Option<u64> {
        let bytes = bytes.get(at..at.checked_add(length)?)?;
        let add = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        Some(if self.is_big_endian { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) })
    }
}

/// More entries than a part of [`crate::ports::HEAD_BYTES`] contains.
const MOST_ENTRIES: usize = 6000;

/// The box `meta` has the size. The boxes before it may be as long as the data.
fn boxes(head: &[u8]) -> Sight {
    let mut end = 0;
    for (name, _, next) in boxes_of(head) {
        if name == b"meta" || name == b"moov" {
            return by_header(head);
        }
        end = next;
    }
    Sight::Beyond(end)
}

/// The boxes that begin within `head`: name, the bytes at hand, and where the next one begins
/// ([ISO 14496-12, 4.2](https://www.iso.org/standard/83102.html)).
fn boxes_of(head: &[u8]) -> impl Iterator<Item = (&[u8], &[u8], u64)> {
    let mut at = 0_u64;
    std::iter::from_fn(move || {
        let rest = head.get(usize::try_from(at).ok()?..)?;
        let short = u32::from_be_bytes(rest.get(..4)?.try_into().ok()?);
        let name = rest.get(4..8)?;
        let length = match short {
            // A box to the end of the file.
            0 => return None,
            1 => u64::from_be_bytes(rest.get(8..16)?.try_into().ok()?),
            short => short.into(),
        };
        at = at.checked_add(length.max(8))?;
        let bytes = usize::try_from(length).ok().and_then(|length| rest.get(..length)).unwrap_or(rest);
        Some((name, bytes, at))
    })
}

fn u16_at(bytes: &[u8], at: usize, read: fn([u8; 2]) -> u16) -> Option<u16> {
    bytes.get(at..at.checked_add(2)?)?.try_into().ok().map(read)
}
