//! Cuts texts of the input that are repeated.

/// The most characters of a text from the input that are repeated.
const MAX_SHOWN: usize = 300;

/// Cuts a long text.
pub(super) fn shorten(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}\u{2026}", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
