//! What a name becomes on its way to a person's disk, and in a person's eyes.
//!
//! Browsers decode encoded words ([RFC 2047](https://www.rfc-editor.org/rfc/rfc2047#section-2)) and percent
//! escapes of a plain `filename=`; they and Windows drop dots and spaces at the end; and nobody sees a
//! character without a width. A rule that asks what a name promises asks all of these.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;

/// The name as each reader may take it, the name itself first.
pub fn readings(name: &str) -> Vec<String> {
    let unescaped = |name: &str| percent_decode_str(name).decode_utf8_lossy().into_owned();
    let words = decoded_words(name);
    let mut readings = vec![seen(name), seen(&unescaped(name)), seen(&unescaped(&words)), seen(&words)];
    readings.dedup();
    readings
}

/// The name as it is saved and seen.
fn seen(name: &str) -> String {
    let seen: String = name.chars().filter(|c| !is_invisible(*c)).map(plain).collect();
    seen.trim_end_matches(|c: char| c == '.' || c.is_whitespace() || c.is_control()).to_owned()
}

/// Characters that have no width of their own.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
            | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}'
    )
}

/// Full-width forms look like the letters and the dot that they stand for.
fn plain(c: char) -> char {
    match c {
        '\u{2024}' => '.',
        '\u{FF01}'..='\u{FF5E}' => u32::from(c).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(c),
        c => c,
    }
}

/// The name with its encoded words decoded; what is none stays.
fn decoded_words(name: &str) -> String {
    let (mut decoded, mut rest) = (String::new(), name);
    while let Some((before, after)) = rest.split_once("=?") {
        let Some((word, after_word)) = word(after) else {
            decoded.push_str(before);
            decoded.push_str("=?");
            rest = after;
            continue;
        };
        // White space between two words belongs to neither.
        if decoded.is_empty() || !before.trim().is_empty() {
            decoded.push_str(before);
        }
        decoded.push_str(&word);
        rest = after_word;
    }
    decoded.push_str(rest);
    decoded
}

/// `charset?encoding?text?=`, decoded, and what follows. ASCII is the same in every charset of names.
fn word(text: &str) -> Option<(String, &str)> {
    let (_charset, text) = text.split_once('?')?;
    let (encoding, text) = text.split_once('?')?;
    let (text, rest) = text.split_once("?=")?;
    let bytes = match encoding {
        "Q" | "q" => {
            percent_decode_str(&text.replace('%', "%25").replace('=', "%").replace('_', " ")).collect()
        }
        "B" | "b" => BASE64_STANDARD.decode(text).ok()?,
        _ => return None,
    };
    Some((String::from_utf8_lossy(&bytes).into_owned(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_browsers_systems_and_people_read_it() {
        for name in [
            "invoice.pdf",
            "invoice.pdf.",
            "invoice.pdf ",
            "invoice.pdf . .",
            "invoice.pdf\u{3000}",
            "invoice.pdf\u{200B}",
            "invoice.p\u{AD}df",
            "invoice.pd\u{FFF9}f",
            "invoice.pdf\u{FFFB}",
            "invoice.p\u{1BCA0}d\u{1BCA3}f",
            "invoice.\u{1D173}pdf\u{1D17A}",
            "invoice.pdf\u{2800}",
            "invoice\u{FF0E}pdf",
            "invoice\u{2024}pdf",
            "invoice.\u{FF50}\u{FF44}\u{FF46}",
            "=?utf-8?Q?invoice=2Epdf?=",
            "=?utf-8?B?aW52b2ljZS5wZGY=?=",
            "=?iso-8859-1?q?invoice?= =?utf-8?Q?=2Epdf?=",
            "=?utf-8?Q?invoice=252Epdf?=",
            "invoice%2Epdf",
            "invoice%2epdf%20",
        ] {
            assert!(
                readings(name).iter().any(|reading| reading == "invoice.pdf"),
                "{name}: {:?}",
                readings(name)
            );
        }
        for name in ["=?", "=?utf-8?Q", "a=?b?c?=", "100%", "%"] {
            assert!(readings(name).iter().any(|reading| reading == name), "{name}");
        }
    }
}
