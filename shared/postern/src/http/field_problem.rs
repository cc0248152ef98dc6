//! Fields that break rules.

use serde::Serialize;

/// A field that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldProblem {
    /// The field, header or query parameter; a path such as `metadata.album` inside the body.
    pub field: String,
    /// The rule, as a sentence.
    pub rule: String,
}

/// The most fields that an answer names, and the most characters of each name: a client chooses both.
pub(super) const MAX_ERRORS: usize = 20;
const MAX_FIELD_CHARS: usize = 100;

impl FieldProblem {
    /// `field` breaks `rule`. A long name is cut.
    pub fn new(field: impl Into<String>, rule: impl Into<String>) -> Self {
        let mut field = field.into();
        if let Some((end, _)) = field.char_indices().nth(MAX_FIELD_CHARS) {
            field.truncate(end);
            field.push('\u{2026}');
        }
        Self { field, rule: rule.into() }
    }
}

/// The first few fields by name.
pub(super) fn named(errors: &[FieldProblem]) -> String {
    const SHOWN: usize = 3;
    let names: Vec<_> = errors.iter().take(SHOWN).map(|error| error.field.as_str()).collect();
    match errors.len().saturating_sub(SHOWN) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// The rules of all fields, as sentences.
pub(super) fn told(errors: &[FieldProblem]) -> String {
    let sentences: Vec<_> = errors.iter().map(|error| format!("{}: {}.", error.field, error.rule)).collect();
    sentences.join(" ")
}
