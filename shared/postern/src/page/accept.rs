//! What a client accepts: a page, by its header `Accept`, and gzip, by its header `Accept-Encoding`.

use super::weighted;

/// Whether `accept` names HTML. A page is only for clients that do: programs send `*/*`, or nothing.
pub fn names_html(accept: &str) -> bool {
    weight_of(accept, &["text/html"]).is_some_and(|weight| weight > 0)
}

/// Whether the first of the media ranges that `accept` weighs most is among `ranges`.
pub fn prefers(accept: &str, ranges: &[&str]) -> bool {
    let most_wanted = weighted::heaviest(weighted::entries(accept)).unwrap_or_default();
    ranges.iter().any(|range| range.eq_ignore_ascii_case(most_wanted))
}

/// Whether `accept_encoding` allows gzip, and does not prefer the content as it is
/// ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#name-accept-encoding)).
pub fn allows_gzip(accept_encoding: &str) -> bool {
    let weight = |names| weight_of(accept_encoding, names);
    let gzip = weight(&["gzip", "x-gzip"]).or_else(|| weight(&["*"])).unwrap_or_default();
    gzip > 0 && weight(&["identity"]).is_none_or(|identity| identity <= gzip)
}

/// The greatest weight of an entry of `header` with one of `names`.
fn weight_of(header: &str, names: &[&str]) -> Option<u32> {
    let is_named = |value: &str| names.iter().any(|name| value.eq_ignore_ascii_case(name));
    weighted::entries(header).filter(|(value, _)| is_named(value)).map(|(_, weight)| weight).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_allowed_by_name_or_by_the_asterisk_unless_its_weight_is_zero() {
        for (accept_encoding, is_allowed) in [
            ("gzip, deflate, br, zstd", true),
            ("GZIP", true),
            ("x-gzip", true),
            ("*", true),
            ("br;q=1, gzip;q=0.001", true),
            ("*;q=0, gzip", true),
            ("identity, gzip", true),
            ("identity;q=0.5, gzip", true),
            ("identity;q=0", false),
            ("", false),
            ("identity", false),
            ("br, deflate", false),
            ("gzip;q=0", false),
            ("gzip; q=0.000, *", false),
            ("gzip;Q=0", false),
            ("*;q=0", false),
            ("identity, gzip;q=0.5", false),
            ("identity;q=0.5, *;q=0.1", false),
            ("gzipped", false),
        ] {
            assert_eq!(allows_gzip(accept_encoding), is_allowed, "{accept_encoding}");
        }
    }
}
