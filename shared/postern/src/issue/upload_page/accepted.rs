//! The types that a token and its stack accept, in words.

use file_format::FileFormat;

use super::texts::Texts;
use crate::media::MediaRange;

/// What is accepted, as a person calls it: groups by their name, types by the usual extension of their files.
pub(super) fn in_words(ranges: &[MediaRange], texts: &Texts) -> String {
    let mut words: Vec<String> = Vec::new();
    for range in ranges {
        let word = word(&range.to_string(), texts);
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(", ")
}

fn word(range: &str, texts: &Texts) -> String {
    let groups = &texts.groups;
    let named = match range {
        "*/*" => groups.any,
        "image/*" => groups.image,
        "video/*" => groups.video,
        "audio/*" => groups.audio,
        "text/*" | "text/plain" => groups.text,
        "font/*" => groups.font,
        _ => return extension(range).unwrap_or_else(|| range.to_owned()),
    };
    named.to_owned()
}

/// The extension in capitals; the subtype where it is one, as of `text/csv`.
fn extension(essence: &str) -> Option<String> {
    let known = FileFormat::from_media_type(essence).first().map(FileFormat::extension);
    let subtype = essence
        .split('/')
        .nth(1)
        .filter(|subtype| subtype.len() <= 4 && subtype.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    known.or(subtype).map(str::to_ascii_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::messages::Language;

    #[test]
    fn types_are_named_as_people_name_them() {
        for (ranges, words) in [
            ("*/*", "All kinds of files"),
            ("image/*,video/*,audio/*,text/*,font/*", "Images, Videos, Audio, Text, Fonts"),
            ("image/png,image/jpeg,application/pdf", "PNG, JPG, PDF"),
            ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "DOCX"),
            ("text/csv,text/plain,text/*", "CSV, Text"),
            (
                "application/vnd.example.unknown+json,application/*",
                "application/vnd.example.unknown+json, application/*",
            ),
        ] {
            let ranges: Vec<MediaRange> = ranges.split(',').map(|range| range.parse().unwrap()).collect();
            assert_eq!(in_words(&ranges, Texts::of(Language::English)), words);
        }
    }
}
