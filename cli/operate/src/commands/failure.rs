//! Errors of AWS as one line of text.

use std::error::Error;

use super::report::clean;

/// An error and what caused it. A cause that repeats the text before it is left out.
pub(super) fn told(error: &(dyn Error + 'static)) -> String {
    let (mut text, mut source) = (error.to_string(), error.source());
    while let Some(error) = source {
        let cause = error.to_string();
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
        source = error.source();
    }
    clean(&text)
}

#[cfg(test)]
mod tests {
    use postern::ports::Unavailable;

    use super::*;

    #[test]
    fn each_cause_is_told_once() {
        let inner = Unavailable::new("read a link", "no right");
        assert_eq!(
            told(&Unavailable::new("show a link", inner)),
            "failed to show a link: failed to read a link: no right"
        );
    }
}
