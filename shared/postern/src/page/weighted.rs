//! Headers that list what a client accepts, each entry with a weight ([RFC 9110,
//! quality values](https://www.rfc-editor.org/rfc/rfc9110#name-quality-values)).

/// The most entries that are read.
const MAX_ENTRIES: usize = 32;

/// The entries of `header` without their parameters, each with its weight in thousandths: 1000 if it names none.
pub(crate) fn entries(header: &str) -> impl Iterator<Item = (&str, u32)> {
    header.split(',').take(MAX_ENTRIES).map(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        let value = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        (value, weight.map_or(1000, per_mille))
    })
}

/// The value with the greatest weight, the first of equals; `None` if no weight is above 0.
pub(crate) fn heaviest<T>(entries: impl Iterator<Item = (T, u32)>) -> Option<T> {
    let accepted = entries.filter(|(_, weight)| *weight > 0);
    accepted.reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(value, _)| value)
}

/// A weight, `0` to `1` with three decimals, as a whole number.
fn per_mille(weight: &str) -> u32 {
    let (whole, rest) = weight.split_once('.').unwrap_or((weight, ""));
    let decimals = format!("{rest:0<3}");
    let decimals = decimals.get(..3).and_then(|text| text.parse::<u32>().ok()).unwrap_or_default();
    (whole.parse::<u32>().unwrap_or_default().min(1) * 1000 + decimals).min(1000)
}
