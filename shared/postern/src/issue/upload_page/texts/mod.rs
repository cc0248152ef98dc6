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

#[cfg(test)]
mod tests {
    use super::*;

    /// What the client's element says where it says the same as the page.
    const ENGLISH: &str = include_str!("../../../../../../client/texts.js");
    const OTHERS: &str = include_str!("../../../../../../client/translations.js");

    #[test]
    fn the_element_of_the_client_says_the_same_in_the_same_words() {
        for language in Language::ALL {
            let of_element = if language == Language::English {
                ENGLISH
            } else {
                let name = format!("\n  {}: {{", language.messages().tag.split('-').next().unwrap());
                OTHERS.split_once(&name).unwrap().1.split("\n  }").next().unwrap()
            };
            let Texts { choose, folder, groups, list, buttons, script, .. } = Texts::of(language);
            for (name, text) in [
                ("choose", *choose),
                ("folder", folder),
                ("list", list),
                ("pause", buttons.pause),
                ("resume", buttons.resume),
                ("cancel", buttons.cancel),
                ("retry", buttons.retry),
                ("remove", buttons.remove),
                ("waiting", script.waiting),
                ("preparing", script.preparing),
                ("sending", script.sending),
                ("offline", script.offline),
                ("paused", script.paused),
                ("interrupted", script.interrupted),
                ("choose_again", script.choose_again),
                ("file_changed", script.changed),
                ("sent_elsewhere", script.sent_elsewhere),
                ("checking", script.checking),
                ("rejected", script.rejected),
                ("ongoing", script.ongoing),
                ("halted", script.halted),
                ("unknown", script.unknown),
                ("cancelled", script.cancelled),
                ("not_accepted", &script.wrong_type.replace("{types}", "{accept}")),
                ("too_large", script.too_large),
                ("network", script.network),
                ("upload_token_unknown", script.none_left),
                ("upload_token_revoked", script.none_left),
                ("upload_token_expired", script.none_left),
                ("upload_token_used_up", script.none_left),
                ("'*/*'", groups.any),
                ("'image/*'", groups.image),
                ("'video/*'", groups.video),
                ("'audio/*'", groups.audio),
                ("'text/*'", groups.text),
                ("'font/*'", groups.font),
            ] {
                let line = format!(" {name}: '{text}',");
                assert!(of_element.contains(&line), "{language:?} {line}");
            }
        }
    }
}
