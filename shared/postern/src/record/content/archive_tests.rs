//! Which ZIPs are taken for bombs.

use super::archive::{further_part, is_bomb};
use crate::ports::ByteRange;

const LOCAL_HEADER: &[u8] = b"PK\x03\x04";
const DIRECTORY_ENTRY: &[u8] = b"PK\x01\x02";

fn length(bytes: &[u8]) -> [u8; 2] {
    u16::try_from(bytes.len()).unwrap().to_le_bytes()
}

/// A directory entry: its packed size, and its other fields.
fn entry(packed: u32, unpacked: u32, extra: &[u8]) -> Vec<u8> {
    named_entry(packed, unpacked, b"a", extra, b"")
}

fn named_entry(packed: u32, unpacked: u32, name: &[u8], extra: &[u8], comment: &[u8]) -> Vec<u8> {
    let mut entry = vec![0; 46];
    entry[..4].copy_from_slice(DIRECTORY_ENTRY);
    entry[20..24].copy_from_slice(&packed.to_le_bytes());
    entry[24..28].copy_from_slice(&unpacked.to_le_bytes());
    entry[28..30].copy_from_slice(&length(name));
    entry[30..32].copy_from_slice(&length(extra));
    entry[32..34].copy_from_slice(&length(comment));
    [&entry, name, extra, comment].concat()
}

/// An entry at the beginning of a ZIP, with `content` behind its header.
fn local_entry(packed: u32, unpacked: u32, name: &[u8], extra: &[u8], content: &[u8]) -> Vec<u8> {
    let sizes = [packed.to_le_bytes(), unpacked.to_le_bytes()].concat();
    [LOCAL_HEADER, &[0; 14], &sizes, &length(name), &length(extra), name, extra, content].concat()
}

/// The extra field that has the sizes beyond four gigabytes.
fn large_sizes(values: &[u64]) -> Vec<u8> {
    let values: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    [[1, 0].as_slice(), &length(&values), &values].concat()
}

/// An entry that was written into a pipe: its sizes are after the entry and in the directory.
fn stream() -> Vec<u8> {
    [b"PK\x03\x04\x14\0\x08\0\x08\0".as_slice(), &[0; 16], b"\x01\0\0\0a", b"packed", b"PK\x07\x08"].concat()
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
    let described = named_entry(1 << 16, 1 << 24, b"a name", &[9, 9, 1, 0, 7], b"a comment").repeat(32);
    assert!(is_bomb(&stream(), 1 << 17, Some(&described)));
}

#[test]
fn an_entry_is_a_bomb_from_256_megabytes_on_that_take_a_five_hundredth_packed() {
    const UNPACKED: u32 = 500 << 20;
    for (packed, unpacked, expected) in [
        (1 << 20, UNPACKED, true),
        (1 << 20, UNPACKED - 1, false),
        ((1 << 20) + 3000, UNPACKED, false),
        (1, 1 << 28, true),
        (1, (1 << 28) - 1, false),
        (0, 1 << 28, true),
    ] {
        assert_eq!(is_bomb(&stream(), 1 << 30, Some(&entry(packed, unpacked, b""))), expected, "{packed}");
        let first = local_entry(packed, unpacked, b"a", b"", b"");
        assert_eq!(is_bomb(&first, 1 << 30, Some(b"")), expected, "{packed}");
    }
}

#[test]
fn every_entry_of_the_first_bytes_is_judged() {
    let honest = |name: &[u8], extra: &[u8]| local_entry(4, 4, name, extra, b"data");
    let bomb = local_entry(1000, 1 << 30, b"bomb", b"", b"");
    let extra = [9, 9, 3, 0, 1, 2, 3];
    for before in [honest(b"a", b""), honest(b"a longer name", &extra), honest(b"", &extra)] {
        let whole = [before.repeat(3), bomb.clone()].concat();
        assert!(is_bomb(&whole, 1 << 20, Some(b"")), "{before:?}");
        assert!(!is_bomb(&before.repeat(4), 1 << 20, Some(b"")), "{before:?}");
    }
}

#[test]
fn sizes_beyond_four_gigabytes_stand_in_the_extra_field() {
    const ELSEWHERE: u32 = u32::MAX;
    for (packed, unpacked, values, expected) in [
        (ELSEWHERE, ELSEWHERE, [1 << 40, 1 << 20].as_slice(), true),
        (ELSEWHERE, ELSEWHERE, &[1 << 40, 1 << 39], false),
        // Only the size that is beyond has a value.
        (1 << 24, ELSEWHERE, &[1 << 40], true),
        (1 << 24, ELSEWHERE, &[1 << 32], false),
        (ELSEWHERE, 1 << 30, &[1 << 20], true),
        (ELSEWHERE, 1 << 30, &[1 << 33], false),
        // Some writers leave out the last number.
        (ELSEWHERE - 1, ELSEWHERE - 1, &[1 << 40, 1 << 20], true),
        (1 << 24, ELSEWHERE - 1, &[1 << 40], true),
        (ELSEWHERE - 1, 1 << 30, &[1 << 20], true),
        // The number before that is a size.
        (1 << 24, ELSEWHERE - 2, &[1 << 40], false),
        // A field without a value says nothing.
        (1 << 24, ELSEWHERE, &[], false),
    ] {
        let extra = large_sizes(values);
        for tail in [entry(packed, unpacked, &extra), named_entry(packed, unpacked, b"a name", &extra, b"")] {
            assert_eq!(is_bomb(&stream(), 1 << 43, Some(&tail)), expected, "{packed} {unpacked} {values:?}");
        }
        for name in [b"a".as_slice(), b"a longer name"] {
            let first = local_entry(packed, unpacked, name, &extra, b"");
            assert_eq!(is_bomb(&first, 1 << 43, Some(b"")), expected, "{packed} {unpacked} {values:?}");
        }
    }
}

/// Data that is stored as it is may look like an entry, and an entry may be cut.
#[test]
fn what_is_no_entry_of_a_directory_adds_nothing_to_the_sum() {
    let entry = entry(1 << 16, 1 << 24, b"");
    let lone = [entry.clone(), vec![b'x'; 9]].concat().repeat(32);
    assert!(!is_bomb(&stream(), 1 << 17, Some(&lone)));
    let fifteen = entry.repeat(15);
    let cut = named_entry(1 << 16, 1 << 24, &[b'a'; 300], b"", b"");
    let end = b"PK\x05\x06";
    for (last, expected) in [(entry.as_slice(), true), (&cut[..200], false), (&cut, true)] {
        for behind in [b"".as_slice(), end] {
            // A cut entry has nothing behind it.
            let behind = if last.len() == 200 { b"" } else { behind };
            let tail = [fifteen.as_slice(), last, behind].concat();
            assert_eq!(is_bomb(&stream(), 1 << 19, Some(&tail)), expected, "{}", last.len());
        }
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
    for mark in [b"PK\x07\x08", b"PK00"] {
        assert!(is_bomb(&[mark.as_slice(), &local].concat(), 1 << 20, None));
    }
}

#[test]
fn the_end_is_read_of_a_zip_that_is_not_at_hand() {
    assert_eq!(further_part(65_536), None);
    assert_eq!(further_part(65_537), Some(ByteRange { from: 1, length: 65_536 }));
    assert_eq!(further_part(1 << 30), Some(ByteRange { from: (1 << 30) - 65_536, length: 65_536 }));
}
