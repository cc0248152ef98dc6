//! How many pixels pictures are found to have, and what is read of them.

use super::pixels::{Pixels, further_part, next_part, pixels};
use crate::ports::ByteRange;

const FRAME: &[u8] = b"\xFF\xC0\0\x0B\x08\x01\x00\x02\x00\x01\x01\x11\0";

fn segment(marker: u8, length: u16) -> Vec<u8> {
    let body = vec![0x55; usize::from(length) - 2];
    [&[0xFF, marker], length.to_be_bytes().as_slice(), &body].concat()
}

fn part_of<'a>(whole: &'a [u8], essence: &str, head_bytes: usize) -> (&'a [u8], Option<ByteRange>) {
    let head = &whole[..head_bytes];
    (head, further_part(essence, head, whole.len() as u64))
}

#[test]
fn a_frame_behind_much_metadata_is_read_in_a_further_part() {
    let exif = segment(0xE1, 60_000);
    let whole = [b"\xFF\xD8".as_slice(), &exif, &exif, &[0xFF], FRAME, &[0; 10]].concat();
    let (head, part) = part_of(&whole, "image/jpeg", 65_536);
    let part = part.unwrap();
    assert_eq!(part.from, 2 + 2 * 60_002);
    assert_eq!(pixels("image/jpeg", head, None), Pixels::Unknown);
    let bytes = &whole[usize::try_from(part.from).unwrap()..];
    assert_eq!(pixels("image/jpeg", head, Some(bytes)), Pixels::Known(512 * 256));
}

#[test]
fn a_frame_behind_very_much_metadata_is_followed_from_part_to_part() {
    let profile = segment(0xE2, 65_535).repeat(5);
    let whole = [b"\xFF\xD8".as_slice(), &profile, FRAME, &[0; 10]].concat();
    let size_bytes = whole.len() as u64;
    let bytes_of = |range: ByteRange| {
        let from = usize::try_from(range.from).unwrap();
        &whole[from..whole.len().min(from + range.length)]
    };
    let mut range = part_of(&whole, "image/jpeg", 65_536).1.unwrap();
    let mut parts = 1;
    while let Some(next) = next_part("image/jpeg", range.from, bytes_of(range), size_bytes) {
        assert!(next.from > range.from && next.length <= 65_536);
        (range, parts) = (next, parts + 1);
    }
    assert_eq!(parts, 5);
    assert_eq!(pixels("image/jpeg", &whole[..65_536], Some(bytes_of(range))), Pixels::Known(512 * 256));
    for (essence, part) in
        [("image/tiff", b"\xFF\xE1\0\x09".as_slice()), ("image/jpeg", b""), ("image/jpeg", b"\xFF\xDA")]
    {
        assert_eq!(next_part(essence, 9, part, 1 << 30), None, "{essence} {part:?}");
    }
}

#[test]
fn a_frame_in_the_first_bytes_needs_no_second_read() {
    let whole = [b"\xFF\xD8".as_slice(), &segment(0xE0, 16), FRAME, vec![0; 70_000].as_slice()].concat();
    let (head, part) = part_of(&whole, "image/jpeg", 65_536);
    assert_eq!((pixels("image/jpeg", head, None), part), (Pixels::Known(512 * 256), None));
}

#[test]
fn the_directory_of_a_tiff_is_followed_to_its_end() {
    for big in [false, true] {
        let u16 = |n: u16| if big { n.to_be_bytes() } else { n.to_le_bytes() };
        let u32 = |n: u32| if big { n.to_be_bytes() } else { n.to_le_bytes() };
        let short = |tag, value| [&u16(tag)[..], &u16(3), &u32(1), &u16(value), &[0, 0]].concat();
        let long = |tag, value| [&u16(tag)[..], &u16(4), &u32(1), &u32(value)].concat();
        let directory = [u16(2).as_slice(), &short(256, 300), &long(257, 200)].concat();
        let mark: &[u8] = if big { b"MM\0*" } else { b"II*\0" };
        let whole = [mark, &u32(100_000), &vec![0; 99_992], &directory].concat();
        let (head, part) = part_of(&whole, "image/tiff", 65_536);
        assert_eq!(part.unwrap().from, 100_000);
        assert_eq!(pixels("image/tiff", head, Some(&directory)), Pixels::Known(60_000));
        let near = [mark, &u32(8), &directory].concat();
        assert_eq!(pixels("image/tiff", &near, None), Pixels::Known(60_000));
    }
}

#[test]
fn a_picture_that_hides_its_size_stays_unknown() {
    for (essence, bytes) in [
        ("image/jpeg", b"\xFF\xD8\xFF\xDA\0\x02".as_slice()),
        ("image/jpeg", b"\xFF\xD8words"),
        ("image/tiff", b"II*\0\xFF\xFF\xFF\xFF"),
        ("image/heic", b"\0\0\0\x18ftypheic"),
        ("image/png", b"\x89PNG\r\n\x1a\n"),
    ] {
        assert_eq!(pixels(essence, bytes, None), Pixels::Unknown, "{essence}");
        assert_eq!(pixels(essence, bytes, Some(bytes)), Pixels::Unknown, "{essence}");
    }
}

#[test]
fn a_file_that_is_at_hand_is_not_read_again() {
    let empty = [b"II*\0\x08\0\0\0".as_slice(), &[0; 40]].concat();
    assert_eq!(further_part("image/tiff", &empty, empty.len() as u64), None);
    assert_eq!(further_part("image/tiff", &empty, 1 << 20).unwrap().from, 8);
}

#[test]
fn a_marker_that_is_cut_is_read_whole_in_a_further_part() {
    let cut = [b"\xFF\xD8".as_slice(), &segment(0xE0, 16), &[0xFF]].concat();
    let at = cut.len() as u64 - 1;
    assert_eq!(further_part("image/jpeg", &cut, 1 << 20).unwrap().from, at);
    assert_eq!(further_part("image/jpeg", &cut[..cut.len() - 1], 1 << 20).unwrap().from, at);
}

#[test]
fn a_frame_is_found_behind_markers_without_a_segment_and_never_behind_a_scan() {
    let jpeg = |between: &[u8]| [b"\xFF\xD8", between, FRAME, &[0; 10]].concat();
    for (between, expected) in [
        (b"\xFF\x01".as_slice(), Pixels::Known(512 * 256)),
        (b"\xFF\xD0\xFF\xD7\xFF\xFF", Pixels::Known(512 * 256)),
        (b"\xFF\xDA\0\x02", Pixels::Unknown),
        (b"\xFF\xD8\0\x02", Pixels::Unknown),
        (b"\xFF\0\0\x02", Pixels::Unknown),
    ] {
        assert_eq!(pixels("image/jpeg", &jpeg(between), None), expected, "{between:?}");
    }
}

#[test]
fn a_bitmap_tells_its_size_in_each_of_its_headers() {
    let bitmap = |header: &[u8]| [b"BM".as_slice(), &[0; 12], header, &[0; 30]].concat();
    let of_windows =
        |width: i32, height: i32| [40_i32.to_le_bytes(), width.to_le_bytes(), height.to_le_bytes()].concat();
    for header in [of_windows(300, 200), of_windows(300, -200), b"\x0C\0\0\0\x2C\x01\xC8\0".to_vec()] {
        assert_eq!(pixels("image/bmp", &bitmap(&header), None), Pixels::Known(60_000), "{header:?}");
    }
}

/// Entries of a directory: a tag, the type of its value, and the value.
fn tiff_entries(entries: &[(u16, u16, u64)], big: bool) -> Vec<u8> {
    let value_bytes = if big { 8 } else { 4 };
    let entry = |(tag, kind, value): &(u16, u16, u64)| {
        let count = &1_u64.to_le_bytes()[..value_bytes];
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), count, &value.to_le_bytes()[..value_bytes]].concat()
    };
    entries.iter().flat_map(entry).collect()
}

#[test]
fn a_large_tiff_has_larger_places_and_numbers() {
    let entries = [(254, 4, 7), (256, 16, 300), (257, 3, 200)];
    let directory = [&3_u64.to_le_bytes()[..], &tiff_entries(&entries, true)].concat();
    let whole = [b"II+\0\x08\0\0\0".as_slice(), &16_u64.to_le_bytes(), &directory].concat();
    assert_eq!(pixels("image/tiff", &whole, None), Pixels::Known(60_000));
    let of_motorola = [b"MM\0+\0\x08\0\0".as_slice(), &100_000_u64.to_be_bytes()].concat();
    assert_eq!(further_part("image/tiff", &of_motorola, 1 << 20).unwrap().from, 100_000);
}

#[test]
fn a_directory_has_as_many_entries_as_it_says_and_a_reader_has_an_end() {
    let tiff = |count: u16, entries: &[(u16, u16, u64)]| {
        [b"II*\0\x08\0\0\0".as_slice(), &count.to_le_bytes(), &tiff_entries(entries, false)].concat()
    };
    let entries = [(254, 4, 7), (256, 3, 300), (257, 3, 200)];
    assert_eq!(pixels("image/tiff", &tiff(3, &entries), None), Pixels::Known(60_000));
    assert_eq!(pixels("image/tiff", &tiff(2, &entries), None), Pixels::Unknown);
    let endless = [b"II+\0\x08\0\0\0".as_slice(), &16_u64.to_le_bytes(), &[0xFF; 8], &[0; 40]].concat();
    assert_eq!(pixels("image/tiff", &endless, None), Pixels::Unknown);
}

/// Long data may stand before the box that tells the size.
#[test]
fn the_boxes_of_a_picture_are_followed_to_what_is_not_at_hand() {
    let file = [b"\0\0\0\x18ftypheic".as_slice(), &[0; 12]].concat();
    let meta = b"\0\0\0\x0Cmeta\0\0\0\0";
    for (box_of_data, from) in [
        (b"\0\x01\0\0mdat".to_vec(), Some(24 + (1 << 16))),
        ([b"\0\0\0\x01mdat".as_slice(), &(1_u64 << 17).to_be_bytes()].concat(), Some(24 + (1 << 17))),
        // To the end of the file: what is inside is no box.
        ([b"\0\0\0\0mdat", meta.as_slice()].concat(), Some(24)),
        // Too short to be a box, which must not stop the walk where it is.
        ([b"\0\0\0\x01mdat".as_slice(), &[0; 8]].concat(), Some(32)),
        (meta.to_vec(), None),
        (b"\0\0\0\x08moov".to_vec(), None),
    ] {
        let head = [file.as_slice(), &box_of_data, &[0; 20]].concat();
        let part = further_part("image/heic", &head, 1 << 30);
        assert_eq!(part.map(|part| part.from), from, "{box_of_data:?}");
    }
}
