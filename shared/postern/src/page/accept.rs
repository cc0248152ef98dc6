//! Whether a client wants a page, by its header `Accept`.

use super::weighted;

/// Whether `accept` names HTML. A page is only for clients that do: programs send `*/*`, or nothing.
pub fn names_html(accept: &str) -> bool {
    let is_html = |range: &str| {
        let mut parts = range.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("text/html"));
        named && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    };
    accept.split(',').any(is_html)
}

/// Whether the first of the media ranges that `accept` weighs most is among `ranges`.
pub fn prefers(accept: &str, ranges: &[&str]) -> bool {
    let most_wanted = weighted::heaviest(weighted::entries(accept)).unwrap_or_default();
    ranges.iter().any(|range| range.eq_ignore_ascii_case(most_wanted))
}
