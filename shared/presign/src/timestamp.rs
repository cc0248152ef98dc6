//! Times in UTC, in whole milliseconds, with a text of fixed width.
//!
//! The texts sort as the times do. No function reads a clock: `now` is an argument.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[cfg(feature = "serde")]
use serde::de::Error as _;
#[cfg(feature = "serde")]
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// The end of the year 9999, the last time that the text can express, in milliseconds.
const LAST_MS: i64 = 253_402_300_799_999;

/// A time in UTC with a resolution of one millisecond, between 1970 and the year 9999.
///
/// Converts from and to [`SystemTime`]; a time outside of these years becomes the nearest one inside.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use s3_presigned::Timestamp;
///
/// let noon: Timestamp = "2026-11-24T12:00:00Z".parse()?;
/// assert_eq!((noon + Duration::from_millis(1500)).to_string(), "2026-11-24T12:00:01.500Z");
/// assert_eq!(Timestamp::from(SystemTime::from(noon)), noon);
/// # Ok::<(), s3_presigned::ParseTimestampError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The text is not a time in RFC 3339 between 1970 and 9999.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid time: expected RFC 3339 between 1970 and 9999, such as 2026-01-31T12:00:00Z")]
#[non_exhaustive]
pub struct ParseTimestampError;

impl Timestamp {
    /// Makes the time `epoch_s` seconds after 1970-01-01T00:00:00Z.
    pub fn from_epoch_s(epoch_s: u64) -> Self {
        Self::from_ms(i64::try_from(epoch_s).unwrap_or(i64::MAX).saturating_mul(1000))
    }

    /// Returns the seconds since 1970-01-01T00:00:00Z, rounded down.
    pub fn epoch_s(self) -> u64 {
        u64::try_from(self.0 / 1000).unwrap_or(0)
    }

    /// Converts to [`SystemTime`].
    pub fn system_time(self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(u64::try_from(self.0).unwrap_or(0))
    }

    /// Rounds down to a whole second, the resolution of a signature.
    #[must_use]
    pub fn floor_s(self) -> Self {
        Self(self.0 - self.0.rem_euclid(1000))
    }

    /// Returns the time from `self` until `later`; zero if `later` is earlier.
    pub fn until(self, later: Self) -> Duration {
        Duration::from_millis(u64::try_from(later.0.saturating_sub(self.0)).unwrap_or(0))
    }

    /// Writes the whole second in the basic format of ISO 8601, which signatures use: `20151229T000000Z`.
    pub fn basic(self) -> String {
        let mut text = self.seconds("", "");
        text.push('Z');
        text
    }

    /// Date and time up to the second. Written by hand, because every signature contains times, and a
    /// general formatter takes as long as a hash.
    fn seconds(self, dash: &str, colon: &str) -> String {
        let at = self.date_time();
        let (date, time) = (at.date(), at.time());
        let year = date.year().unsigned_abs();
        let mut text = String::with_capacity(24);
        for (before, number) in [
            ("", year / 100),
            ("", year % 100),
            (dash, u32::from(u8::from(date.month()))),
            (dash, u32::from(date.day())),
            ("T", u32::from(time.hour())),
            (colon, u32::from(time.minute())),
            (colon, u32::from(time.second())),
        ] {
            text.push_str(before);
            push_digits(&mut text, 10, number);
        }
        text
    }

    fn from_ms(ms: i64) -> Self {
        Self(ms.clamp(0, LAST_MS))
    }

    fn date_time(self) -> OffsetDateTime {
        let (s, ms) = (self.0 / 1000, self.0 % 1000);
        OffsetDateTime::from_unix_timestamp(s).unwrap_or(OffsetDateTime::UNIX_EPOCH)
            + Duration::from_millis(u64::try_from(ms).unwrap_or(0))
    }
}

/// Appends the decimal digits of `number`, from that of the place `place` (such as 10) down.
fn push_digits(text: &mut String, mut place: u32, number: u32) {
    while place > 0 {
        text.push(char::from_digit(number / place % 10, 10).unwrap_or('0'));
        place /= 10;
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

impl From<Timestamp> for SystemTime {
    fn from(time: Timestamp) -> Self {
        time.system_time()
    }
}

impl std::ops::Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, earlier: Duration) -> Self {
        Self::from_ms(self.0.saturating_sub(i64::try_from(earlier.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        let ms = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self::from_ms(self.0.saturating_add(ms))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.seconds("-", ":");
        text.push('.');
        push_digits(&mut text, 100, u32::try_from(self.0 % 1000).unwrap_or(0));
        text.push('Z');
        f.write_str(&text)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| ParseTimestampError)?;
        let ms = parsed.to_offset(UtcOffset::UTC).unix_timestamp_nanos() / 1_000_000;
        match i64::try_from(ms) {
            Ok(ms @ 0..=LAST_MS) => Ok(Self(ms)),
            _ => Err(ParseTimestampError),
        }
    }
}

#[cfg(feature = "serde")]
impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_time_is_written_with_a_fixed_width() {
        assert_eq!(Timestamp::from_epoch_s(0).to_string(), "1970-01-01T00:00:00.000Z");
        let parsed: Timestamp = "2026-11-24T12:30:00.5+02:00".parse().unwrap();
        assert_eq!(parsed.to_string(), "2026-11-24T10:30:00.500Z");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "2026-11-24", "1969-12-31T23:59:59Z", "2026-13-01T00:00:00Z", "soon"] {
            assert!(text.parse::<Timestamp>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn system_time_converts_both_ways() {
        let time = Timestamp(1_795_514_400_123);
        assert_eq!(SystemTime::from(time), UNIX_EPOCH + Duration::from_millis(1_795_514_400_123));
        assert_eq!(Timestamp::from(SystemTime::from(time)), time);
        assert_eq!(Timestamp::from(UNIX_EPOCH - Duration::from_secs(1)), Timestamp(0));
    }

    #[test]
    fn arithmetic_never_leaves_what_can_be_written() {
        let last = Timestamp::from_epoch_s(u64::MAX) + Duration::MAX;
        assert_eq!(last.to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(last.until(Timestamp::from_epoch_s(0)), Duration::ZERO);
    }

    proptest! {
        #[test]
        fn the_text_sorts_as_the_time_does(a in 0..=LAST_MS, b in 0..=LAST_MS) {
            let (a, b) = (Timestamp(a), Timestamp(b));
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
            prop_assert_eq!(a.to_string().parse::<Timestamp>().unwrap(), a);
        }
    }
}
