//! The texts that only the page of an upload token has, in five languages.

use crate::page::messages::Language;

mod chinese;
mod english;
mod french;
mod german;
mod plain_text;
mod spanish;
mod text;

pub(super) use plain_text::Reasons;
pub(super) use text::{ScriptTexts, Texts};

impl Texts {
    /// The texts in this language.
    pub(super) fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &english::ENGLISH,
            Language::German => &german::GERMAN,
            Language::French => &french::FRENCH,
            Language::Spanish => &spanish::SPANISH,
            Language::Chinese => &chinese::CHINESE,
        }
    }
}
