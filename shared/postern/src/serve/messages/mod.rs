//! The texts of the pages, in five languages.

mod chinese;
mod english;
mod french;
mod german;
mod spanish;

use super::weighted;
use chinese::CHINESE;
use english::ENGLISH;
use french::FRENCH;
use german::GERMAN;
use spanish::SPANISH;

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

/// A title and a sentence.
pub type Text = (&'static str, &'static str);

/// The texts of the pages in one language.
#[derive(Debug)]
pub struct Messages {
    /// The value of the attribute `lang`.
    pub tag: &'static str,
    /// The link does not exist.
    pub unknown: Text,
    /// The link was revoked.
    pub revoked: Text,
    /// The link has expired.
    pub expired: Text,
    /// The link has no openings left.
    pub used_up: Text,
    /// The link has no openings left in this hour.
    pub busy: Text,
    /// Too many wrong passwords.
    pub locked: Text,
    /// Other passwords are being checked.
    pub password_busy: Text,
    /// The request carried an `Authorization` header.
    pub authorization: Text,
    /// The visitor is outside the link's network.
    pub network: Text,
    /// S3 no longer has the file.
    pub file_gone: Text,
    /// An internal error or a transient failure.
    pub failed: Text,
    /// The page that asks for the password.
    pub password: Text,
    /// The password was wrong.
    pub password_wrong: &'static str,
    /// The label of the field.
    pub password_label: &'static str,
    /// The page that asks for a confirmation.
    pub confirm: Text,
    /// The button.
    pub open: &'static str,
    /// After the button was pressed.
    pub begun: &'static str,
    /// The words before the link's end.
    pub until: &'static str,
    /// Above the sender's note.
    pub note_label: &'static str,
    /// The button that saves the file.
    pub download: &'static str,
    /// The name of the part that shows the content.
    pub preview: &'static str,
    /// In its place, where browsers do not show such a file.
    pub no_preview: &'static str,
    /// What a page of a link uses up that limits its openings.
    pub limited: &'static str,
    /// The types of files.
    pub kinds: Kinds,
    /// From January on.
    pub months: [&'static str; 12],
}

/// The types of files, in a person's words.
#[derive(Debug)]
pub struct Kinds {
    /// Pixels.
    pub image: &'static str,
    /// Moving pictures.
    pub video: &'static str,
    /// Sound.
    pub audio: &'static str,
    /// PDF.
    pub pdf: &'static str,
    /// Characters.
    pub text: &'static str,
    /// Of an office, or an e-book.
    pub document: &'static str,
    /// To be unpacked.
    pub archive: &'static str,
    /// What a system runs.
    pub program: &'static str,
    /// HTML, SVG.
    pub web_page: &'static str,
    /// Letters' shapes.
    pub font: &'static str,
    /// Everything else.
    pub other: &'static str,
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
