//! Sizes and times as people write them.

use s3_presigned::Timestamp;

use super::messages::Language;

/// A size: thousands as a step, at most one decimal, the language's own mark.
pub(crate) fn size(bytes: u64, language: Language) -> String {
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let (mut tenths, mut unit) = (bytes / 100, "kB");
    for next in ["MB", "GB", "TB"] {
        if tenths >= 10_000 {
            (tenths, unit) = (tenths / 1000, next);
        }
    }
    let mark = match language {
        Language::English | Language::Chinese => '.',
        Language::German | Language::French | Language::Spanish => ',',
    };
    match (tenths / 10, tenths % 10) {
        (whole, 0) => format!("{whole} {unit}"),
        (whole, tenth) => format!("{whole}{mark}{tenth} {unit}"),
    }
}

/// A time to the minute, in UTC: a page without script does not know the visitor's time zone.
pub(crate) fn minute(at: Timestamp, language: Language) -> String {
    let between = match language {
        Language::English | Language::German | Language::Spanish => ", ",
        Language::French => " \u{e0} ",
        Language::Chinese => " ",
    };
    format!("{}{between}{}", day(at, language), clock(at))
}

/// The day of a time, in UTC.
pub(crate) fn day(at: Timestamp, language: Language) -> String {
    let text = at.to_string();
    let date = text.split('T').next().unwrap_or_default();
    let mut parts = date.splitn(3, '-');
    let [year, month, day] = [parts.next(), parts.next(), parts.next()].map(Option::unwrap_or_default);
    let months = language.messages().months;
    let nth = month.parse::<usize>().unwrap_or_default().saturating_sub(1);
    let (month, day) = (months.get(nth).copied().unwrap_or(month), day.trim_start_matches('0'));
    match language {
        Language::English | Language::French => format!("{day} {month} {year}"),
        Language::German => format!("{day}. {month} {year}"),
        Language::Spanish => format!("{day} de {month} de {year}"),
        Language::Chinese => format!("{year}\u{5e74}{month}{day}\u{65e5}"),
    }
}

/// The clock at a time, in UTC.
pub(crate) fn clock(at: Timestamp) -> String {
    let text = at.to_string();
    let clock = text.split('T').nth(1).and_then(|clock| clock.get(..5)).unwrap_or_default();
    format!("{clock} UTC")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::samples::at;

    #[test]
    fn sizes_are_written_for_people() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1 kB"),
            (999_999, "999.9 kB"),
            (1_000_000, "1 MB"),
            (1_234_567, "1.2 MB"),
            (5_368_709_120, "5.3 GB"),
            (u64::MAX, "18446744 TB"),
        ] {
            assert_eq!(size(bytes, Language::English), text);
        }
        assert_eq!(size(1500, Language::German), "1,5 kB");
    }

    #[test]
    fn times_are_written_for_people() {
        for (language, text) in [
            (Language::English, "4 November 2026, 09:05 UTC"),
            (Language::German, "4. November 2026, 09:05 UTC"),
            (Language::French, "4 novembre 2026 \u{e0} 09:05 UTC"),
            (Language::Spanish, "4 de noviembre de 2026, 09:05 UTC"),
            (Language::Chinese, "2026\u{5e74}11\u{6708}4\u{65e5} 09:05 UTC"),
        ] {
            assert_eq!(minute(at("2026-11-04T09:05:59.9Z"), language), text);
        }
        assert_eq!(minute(at("2027-01-31T00:00:00Z"), Language::English), "31 January 2027, 00:00 UTC");
    }
}
