//! The parts that a file may have: their sizes, their number, and the check of those that S3 lists.
//!
//! Source: [S3's limits](https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html).

use crate::ports::StoredPart;
use crate::upload::Upload;

/// S3's smallest part, except for the last one.
pub const MIN_PART_BYTES: u64 = 5 * 1024 * 1024;

/// The highest number of a part.
pub const MAX_PARTS: u64 = 10_000;

/// The largest object: 10,000 parts of 5 GiB.
pub const MAX_OBJECT_BYTES: u64 = MAX_PARTS * 5 * 1024 * 1024 * 1024;

/// All parts that the upload can have, with their sizes if the API has planned the parts.
pub fn planned(upload: &Upload) -> impl Iterator<Item = (u64, Option<u64>)> {
    (1..=last_part(upload)).map(|number| (number, length_of(upload, number)))
}

/// The size of every part except the last one, for a file of exactly `size_bytes`: whole mebibytes, at least
/// eight, and enough for 10,000 parts to suffice.
pub fn part_size_bytes(size_bytes: u64) -> u64 {
    const MIB: u64 = 1024 * 1024;
    size_bytes.div_ceil(MAX_PARTS).div_ceil(MIB).max(8) * MIB
}

/// The length of part `number` of a file of exactly `size_bytes`; `None` if the file has no such part.
fn planned_bytes(size_bytes: u64, number: u64) -> Option<u64> {
    let part = part_size_bytes(size_bytes);
    let begin = part.checked_mul(number.checked_sub(1)?)?;
    let left = size_bytes.checked_sub(begin).filter(|left| *left > 0 || number == 1)?;
    Some(left.min(part))
}

/// The highest part number of this upload, by the plan if the size was declared.
pub(super) fn last_part(upload: &Upload) -> u64 {
    let size = upload.max_size_bytes;
    match is_planned(upload) {
        true => size.div_ceil(part_size_bytes(size)).max(1),
        false => most_parts(size),
    }
}

/// The length of part `number`, if the API has planned the parts.
pub(super) fn length_of(upload: &Upload, number: u64) -> Option<u64> {
    if is_planned(upload) { planned_bytes(upload.max_size_bytes, number) } else { None }
}

fn is_planned(upload: &Upload) -> bool {
    upload.min_size_bytes == upload.max_size_bytes
}

/// The most parts that so many bytes can have: every part except the last one has S3's smallest size.
fn most_parts(max_size_bytes: u64) -> u64 {
    max_size_bytes.div_ceil(MIN_PART_BYTES).clamp(1, MAX_PARTS)
}

/// The bytes of all parts.
pub(super) fn total_bytes(stored: &[StoredPart]) -> u64 {
    stored.iter().map(|part| part.size_bytes).sum()
}

/// Checks what S3 would report too late, or not at all.
pub(super) fn check(upload: &Upload, stored: &[StoredPart], said: Option<&[u64]>) -> Result<(), String> {
    let total = total_bytes(stored);
    let (least, most) = (upload.min_size_bytes, upload.max_size_bytes);
    if stored.is_empty() {
        return Err("none has arrived".to_owned());
    }
    if total > most {
        return Err(format!("they have {total} bytes, at most {most} are allowed"));
    }
    if total < least {
        return Err(format!("they have {total} bytes, at least {least} are needed"));
    }
    let numbers = |parts: &[StoredPart]| parts.iter().map(|part| u64::from(part.number)).collect::<Vec<_>>();
    let ours = numbers(stored);
    if ours.iter().zip(1..).any(|(number, expected)| *number != expected) {
        return Err(format!("one is missing: {} have arrived, the last is {:?}", ours.len(), ours.last()));
    }
    if let Some(said) = said
        && said != ours
    {
        return Err(format!("{} are named, {} have arrived", said.len(), ours.len()));
    }
    match stored.split_last() {
        Some((_, before)) if before.iter().any(|part| part.size_bytes < MIN_PART_BYTES) => {
            Err(format!("every one but the last has at least {MIN_PART_BYTES} bytes"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::samples::pending;

    fn part(number: u16, size_bytes: u64) -> StoredPart {
        StoredPart { number, etag: "\"e\"".to_owned(), size_bytes }
    }

    #[test]
    fn the_plan_covers_the_file_exactly() {
        const GIB: u64 = 1024 * 1024 * 1024;
        for size in [0, 1, 8 << 20, (8 << 20) + 1, 6 * GIB, 48 * 1024 * GIB] {
            let part = part_size_bytes(size);
            let count = size.div_ceil(part).max(1);
            assert!(count <= MAX_PARTS && (MIN_PART_BYTES..=5 * GIB).contains(&part), "{size}");
            let (first, last) = (planned_bytes(size, 1).unwrap(), planned_bytes(size, count).unwrap());
            assert_eq!(if count == 1 { last } else { first * (count - 1) + last }, size);
            assert_eq!((planned_bytes(size, count + 1), planned_bytes(size, 0)), (None, None));
        }
    }

    #[test]
    fn no_more_parts_are_signed_than_the_largest_file_has() {
        for (most, parts) in [(0, 1), (1, 1), (MIN_PART_BYTES, 1), (MIN_PART_BYTES + 1, 2), (10_000_000, 2)] {
            assert_eq!(most_parts(most), parts, "{most}");
        }
        assert_eq!(most_parts(MAX_OBJECT_BYTES), MAX_PARTS);
    }

    #[test]
    fn parts_that_are_not_what_was_granted_are_refused_with_numbers() {
        let upload = Upload { min_size_bytes: 10, max_size_bytes: 2 * MIN_PART_BYTES, ..pending() };
        let full = part(1, MIN_PART_BYTES);
        for (stored, said, why) in [
            (vec![], None, "none has arrived"),
            (vec![part(1, 9)], None, "they have 9 bytes, at least 10 are needed"),
            (vec![full.clone(), part(2, MIN_PART_BYTES + 1)], None, "at most 10485760 are allowed"),
            (vec![part(2, 10)], None, "one is missing"),
            (vec![full.clone(), part(3, 1)], None, "one is missing"),
            (vec![part(1, 100), part(2, 1)], None, "every one but the last"),
            (vec![part(1, 100)], Some(vec![1, 2]), "2 are named, 1 have arrived"),
        ] {
            let refused = check(&upload, &stored, said.as_deref()).unwrap_err();
            assert!(refused.contains(why), "{refused}");
        }
        assert_eq!(check(&upload, &[full, part(2, 1)], Some(&[1, 2])), Ok(()));
    }
}
