//! Times as S3, HTTP and people write them.

use std::time::Duration;

use s3_presigned::Timestamp;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// Parses `20151229T000000Z`, RFC 3339, or the date of HTTP.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    basic(text).or_else(|| text.parse().ok()).or_else(|| http(text))
}

fn basic(text: &str) -> Option<Timestamp> {
    let digits = |range| text.get(range).filter(|part: &&str| part.bytes().all(|b| b.is_ascii_digit()));
    let (year, month, day) = (digits(0..4)?, digits(4..6)?, digits(6..8)?);
    let (hour, minute, second) = (digits(9..11)?, digits(11..13)?, digits(13..15)?);
    let is_whole = text.len() == 16 && text.get(8..9) == Some("T") && text.ends_with('Z');
    is_whole.then(|| format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z").parse().ok()).flatten()
}

fn http(text: &str) -> Option<Timestamp> {
    let date = OffsetDateTime::parse(text, &Rfc2822).ok()?;
    u64::try_from(date.unix_timestamp()).ok().map(Timestamp::from_epoch_s)
}

/// Writes a time without milliseconds that are zero.
pub(super) fn shown(at: Timestamp) -> String {
    at.floor_s().to_string().replace(".000Z", "Z")
}

/// Writes a duration in its two largest units: `3 min 20 s`.
pub(super) fn length(duration: Duration) -> String {
    let s = duration.as_secs();
    let units = [(s / 86400, "d"), (s / 3600 % 24, "h"), (s / 60 % 60, "min"), (s % 60, "s")];
    let from = units.iter().position(|(number, _)| *number > 0).unwrap_or(3);
    let two = units.iter().skip(from).take(2).filter(|(number, _)| *number > 0);
    let text: Vec<_> = two.map(|(number, unit)| format!("{number} {unit}")).collect();
    if text.is_empty() { "0 s".to_owned() } else { text.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notation_is_read() {
        for text in ["20261124T100000Z", "2026-11-24T10:00:00Z", "Tue, 24 Nov 2026 10:00:00 GMT"] {
            assert_eq!(parse(text).map(shown).as_deref(), Some("2026-11-24T10:00:00Z"), "{text}");
        }
        assert_eq!(parse("20261324T100000Z"), None);
        assert_eq!(parse("yesterday"), None);
    }

    #[test]
    fn a_length_has_two_units() {
        for (s, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (200, "3 min 20 s"),
            (3600, "1 h"),
            (604_800, "7 d"),
            (90_061, "1 d 1 h"),
        ] {
            assert_eq!(length(Duration::from_secs(s)), text);
        }
    }
}
