//! The texts of the pages, in five languages.

mod chinese;
mod english;
mod french;
mod german;
mod spanish;
mod texts;

use super::weighted;
use chinese::CHINESE;
use english::ENGLISH;
use french::FRENCH;
use german::GERMAN;
use spanish::SPANISH;

pub use texts::{Kinds, Messages, Text};

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English, also for every other language.
    English,
    /// German.
    German,
    /// French.
    French,
    /// Spanish.
    Spanish,
    /// Chinese, simplified.
    Chinese,
}

impl Language {
    /// All languages.
    pub const ALL: [Self; 5] = [Self::English, Self::German, Self::French, Self::Spanish, Self::Chinese];

    /// Returns the language with the greatest weight in `Accept-Language`, the first of equals; English if it
    /// names none.
    pub fn accepted(header: &str) -> Self {
        let named = weighted::entries(header).filter_map(|(tag, weight)| {
            let primary = tag.split('-').next()?;
            let language = Self::ALL.into_iter().find(|language| language.is_named(primary))?;
            Some((language, weight))
        });
        weighted::heaviest(named).unwrap_or(Self::English)
    }

    /// The texts in this language.
    pub fn messages(self) -> &'static Messages {
        match self {
            Self::English => &ENGLISH,
            Self::German => &GERMAN,
            Self::French => &FRENCH,
            Self::Spanish => &SPANISH,
            Self::Chinese => &CHINESE,
        }
    }

    fn is_named(self, primary: &str) -> bool {
        self.messages().tag.split('-').next().is_some_and(|tag| tag.eq_ignore_ascii_case(primary))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reader_is_spoken_to_in_a_language_that_was_asked_for() {
        for (header, language) in [
            ("", Language::English),
            ("de-AT,de;q=0.9,en;q=0.8", Language::German),
            ("nl,fr-CA;q=0.7,en;q=0.3", Language::French),
            ("en;q=0.5, es", Language::Spanish),
            ("zh-TW", Language::Chinese),
            ("ZH-cn", Language::Chinese),
            ("ja,ko", Language::English),
            ("de;q=0,fr;q=0.1", Language::French),
            ("*", Language::English),
            ("de;q=1", Language::German),
            ("de;q=0.5,en;q=0.5", Language::German),
            ("en;q=0.5,de;q=0.5", Language::English),
            ("en,de;q=1.5", Language::English),
            ("de;q=4294968", Language::German),
            ("den,frr", Language::English),
        ] {
            assert_eq!(Language::accepted(header), language, "{header:?}");
        }
    }
}
