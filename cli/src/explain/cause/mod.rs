//! The causes that the program tells apart.
//!
//! Each cause has its texts in one place. `docs/troubleshooting.md` is made of them and of the corpus in
//! `cli/tests/corpus`.

mod browser;
mod kind;
mod service;
mod signature;
mod stored;

pub use browser::*;
pub use kind::{Cause, Part};
pub use service::*;
pub use signature::*;
pub use stored::*;

/// Returns all causes, in the order of the documentation.
pub fn all() -> impl Iterator<Item = &'static Cause> {
    [STORED, SIGNATURES, BROWSERS, SERVICES].into_iter().flatten().copied()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_cause_has_its_own_name_and_says_what_to_change() {
        let mut codes = BTreeSet::new();
        for cause in all() {
            assert!(codes.insert(cause.code), "{} twice", cause.code);
            assert!(!cause.change.is_empty(), "{}", cause.code);
            let texts = [cause.happened].into_iter().chain(cause.change.iter().copied());
            for text in texts.chain(cause.unknown.iter().copied()) {
                assert!(text.ends_with('.') || text.ends_with('`'), "{}: {text}", cause.code);
            }
        }
        assert!(codes.len() > 60);
    }
}
