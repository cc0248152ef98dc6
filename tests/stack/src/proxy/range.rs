//! Reads a `Range` header as S3 does.
//!
//! S3 answers only a single range. It ignores a malformed header and one with several ranges
//! ([`GetObject`](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html)).

use axum::http::{HeaderMap, HeaderValue, header};

/// The part of the object that is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    /// From `first` to `last`, both included.
    Bytes {
        first: u64,
        last: u64,
    },
    /// No byte of the object is in the range.
    None,
}

/// Returns the part of an object that a request asks for. `asked` are the headers of the request, and
/// `object` those of the object.
pub(super) fn part(asked: &HeaderMap, object: &HeaderMap, size_bytes: u64) -> Part {
    let Some(range) = asked.get(header::RANGE).and_then(|range| range.to_str().ok()) else {
        return Part::Whole;
    };
    if asked.get(header::IF_RANGE).is_some_and(|known| !is_current(known, object)) {
        return Part::Whole;
    }
    of(range, size_bytes).unwrap_or(Part::Whole)
}

/// Whether the value of `If-Range` is the object's `ETag` or its `Last-Modified`.
fn is_current(known: &HeaderValue, object: &HeaderMap) -> bool {
    [header::ETAG, header::LAST_MODIFIED].iter().any(|name| object.get(name) == Some(known))
}

/// Returns the part that a header asks for, or `None` if the header is not a single range.
fn of(range: &str, size_bytes: u64) -> Option<Part> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let end = size_bytes.checked_sub(1);
    match (first, last) {
        ("", count) => Some(suffix(number(count)?, size_bytes)),
        (first, "") => Some(between(number(first)?, end, end)),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then(|| between(first, Some(last), end))
        }
    }
}

fn suffix(count: u64, size_bytes: u64) -> Part {
    match size_bytes.checked_sub(1) {
        Some(last) if count > 0 => Part::Bytes { first: size_bytes.saturating_sub(count), last },
        _ => Part::None,
    }
}

fn between(first: u64, last: Option<u64>, end: Option<u64>) -> Part {
    match (last, end) {
        (Some(last), Some(end)) if first <= end => Part::Bytes { first, last: last.min(end) },
        _ => Part::None,
    }
}

/// Parses a number of any length. A number that is too large becomes `u64::MAX`, which is beyond the end of
/// any object.
fn number(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(range: &str) -> Part {
        part(&HeaderMap::from_iter([(header::RANGE, range.parse().unwrap())]), &HeaderMap::new(), 10)
    }

    #[test]
    fn one_range_is_cut_at_the_end_of_the_object() {
        for (range, first, last) in [
            ("bytes=0-0", 0, 0),
            ("bytes=3-7", 3, 7),
            ("bytes=3-", 3, 9),
            ("bytes=9-99999999999999999999999", 9, 9),
            ("bytes=-4", 6, 9),
            ("bytes=-99", 0, 9),
        ] {
            assert_eq!(asked(range), Part::Bytes { first, last }, "{range}");
        }
    }

    #[test]
    fn a_range_beyond_the_end_has_no_byte() {
        for range in ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=99999999999999999999999-"] {
            assert_eq!(asked(range), Part::None, "{range}");
        }
        for range in ["bytes=0-", "bytes=0-5", "bytes=-5"] {
            assert_eq!(of(range, 0), Some(Part::None), "{range} of nothing");
        }
    }

    #[test]
    fn a_header_that_is_not_a_single_range_is_ignored() {
        for range in
            ["bytes=0-1,4-5", "bytes=5-4", "bytes=-", "bytes=+1-2", "bytes=a-b", "items=0-1", "bytes 0-1"]
        {
            assert_eq!(asked(range), Part::Whole, "{range}");
        }
    }

    #[test]
    fn an_object_that_if_range_does_not_name_is_sent_whole() {
        let object = HeaderMap::from_iter([
            (header::ETAG, "\"a\"".parse().unwrap()),
            (header::LAST_MODIFIED, "Sat, 28 Nov 2026 10:00:00 GMT".parse().unwrap()),
        ]);
        let asked = |known: &str| {
            let range = (header::RANGE, "bytes=1-2".parse().unwrap());
            part(&HeaderMap::from_iter([range, (header::IF_RANGE, known.parse().unwrap())]), &object, 10)
        };
        for current in ["\"a\"", "Sat, 28 Nov 2026 10:00:00 GMT"] {
            assert_eq!(asked(current), Part::Bytes { first: 1, last: 2 }, "{current}");
        }
        for other in ["\"b\"", "Sat, 28 Nov 2026 10:00:01 GMT"] {
            assert_eq!(asked(other), Part::Whole, "{other}");
        }
    }
}
