//! Limits of every search.

/// The most findings of one kind that are looked at.
const MAX_FOUND: usize = 16;

/// Appends unless the limit is reached.
pub(super) fn push<T>(found: &mut Vec<T>, item: T) {
    if found.len() < MAX_FOUND {
        found.push(item);
    }
}

/// The beginning of a text, at most `bytes` long.
pub(super) fn head(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}
