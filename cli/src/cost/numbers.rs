//! Numbers as the tables of `terraform/README.md` write them.

/// Rounds to cents, half away from zero.
pub(super) fn in_cents(usd: f64) -> f64 {
    // Sums of products carry an error far below a cent, which must not decide about half a cent.
    ((usd * 100.0 * (1.0 + f64::EPSILON * 4.0)).round()) / 100.0
}

/// A count: `25`, `1 M`, `0.66 M`.
pub(super) fn millions(number: f64) -> String {
    match number >= 100_000.0 {
        true => format!("{} M", thousands(number / 1e6)),
        false => thousands(number),
    }
}

/// A number with commas between thousands, and at most three digits after the point.
pub(super) fn thousands(number: f64) -> String {
    let rounded = format!("{number:.3}");
    let (whole, fraction) = rounded.split_once('.').unwrap_or((&rounded, ""));
    let mut text = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    match fraction.trim_end_matches('0') {
        "" => text,
        fraction => format!("{text}.{fraction}"),
    }
}

/// An amount in dollars: `1,234.50`.
pub(super) fn dollars(usd: f64) -> String {
    let cents = format!("{usd:.2}");
    let (whole, fraction) = cents.split_once('.').unwrap_or((&cents, "00"));
    format!("{}.{fraction}", thousands(whole.parse().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_in_the_tables() {
        for (number, written) in
            [(4.0, "4"), (1e6, "1 M"), (660_000.0, "0.66 M"), (10.5e6, "10.5 M"), (2.5e9, "2,500 M")]
        {
            assert_eq!(millions(number), written);
        }
        for (number, written) in
            [(12_500.0, "12,500"), (0.75, "0.75"), (999.0, "999"), (1_234_567.0, "1,234,567")]
        {
            assert_eq!(thousands(number), written);
        }
        assert_eq!(dollars(1234.5), "1,234.50");
    }

    #[test]
    fn half_a_cent_is_rounded_up() {
        for (usd, rounded) in [(0.125, 0.13), (4.375, 4.38), (0.375, 0.38), (0.264, 0.26), (0.0, 0.0)] {
            assert!((in_cents(usd) - rounded).abs() < 1e-9, "{usd}");
        }
    }
}
