//! The name that a file had, and the header that gives it back.
//!
//! The name is never part of a key or a path: it lives in the record and comes back as
//! `Content-Disposition`. So any Unicode name is welcome; what is refused is what has no business
//! in a name: path separators, control characters, and the marks that reverse the reading
//! direction, with which `exe.gpj` is made to look like an image.
//!
//! The header's form: [RFC 6266](https://www.rfc-editor.org/rfc/rfc6266), with the extended
//! notation of [RFC 8187](https://www.rfc-editor.org/rfc/rfc8187).

use std::fmt;
use std::str::FromStr;

mod readings;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

/// The longest name, in bytes of UTF-8: what file systems take.
pub const MAX_FILENAME_BYTES: usize = 255;

/// RFC 8187, `attr-char`: what the extended notation carries unescaped.
const NOT_ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// A file's name: 1 to 255 bytes of UTF-8, one path component.
///
/// Its `Debug` shows only the length: file names do not belong in logs.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Filename(String);

/// Why a text is no file name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseFilenameError {
    /// Nothing, or only dots and spaces.
    #[error("a file name has at least one character other than dots and spaces")]
    Empty,
    /// More than [`MAX_FILENAME_BYTES`].
    #[error("a file name has at most 255 bytes in UTF-8")]
    TooLong,
    /// A slash or a backslash.
    #[error("a file name has no path in it: leave out \"/\" and \"\\\"")]
    Path,
    /// A control character, a line end among them.
    #[error("a file name has no control characters and no line ends")]
    Control,
    /// A mark that changes the reading direction.
    #[error(
        "a file name has no marks that change the reading direction (U+202A to U+202E, U+2066 to U+2069)"
    )]
    Direction,
}

/// Whether a browser shows a file or saves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Shown where it was asked for.
    Inline,
    /// Saved.
    Attachment,
}

impl Filename {
    /// The name as it came.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as each reader may take it: decoded as browsers do, cut as systems do, as people see it.
    pub fn readings(&self) -> Vec<String> {
        readings::readings(&self.0)
    }

    /// The value of `Content-Disposition` for this name: always ASCII, one line, with an ASCII
    /// likeness for old clients and the name itself for all others.
    pub fn content_disposition(&self, disposition: Disposition) -> String {
        let kind = match disposition {
            Disposition::Inline => "inline",
            Disposition::Attachment => "attachment",
        };
        let likeness = self.ascii_likeness();
        if likeness == self.0 && self.reads_alike() {
            return format!("{kind}; filename=\"{likeness}\"");
        }
        let exact = utf8_percent_encode(&self.0, NOT_ATTR_CHAR);
        format!("{kind}; filename=\"{likeness}\"; filename*=UTF-8''{exact}")
    }

    /// Quotes and percent signs go too: clients disagree on how to unescape them (RFC 6266,
    /// appendix D). So does what begins an encoded word, which browsers decode.
    fn ascii_likeness(&self) -> String {
        let kept = |c: char| c == ' ' || c.is_ascii_graphic() && !matches!(c, '"' | '%');
        let likeness: String = self.0.chars().map(|c| if kept(c) { c } else { '_' }).collect();
        likeness.replace("=?", "__")
    }

    /// Whether every reader takes the plain form for the name itself.
    fn reads_alike(&self) -> bool {
        let is_cut = |c: char| c == '.' || c == ' ';
        let is_split = self.0.contains([';', '\'']);
        !is_split && !self.0.starts_with(is_cut) && !self.0.ends_with(is_cut)
    }
}

impl FromStr for Filename {
    type Err = ParseFilenameError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        use ParseFilenameError as E;
        let rules = [
            (name.chars().all(|c| c == '.' || c.is_whitespace()), E::Empty),
            (name.len() > MAX_FILENAME_BYTES, E::TooLong),
            (name.contains(['/', '\\']), E::Path),
            (name.chars().any(char::is_control), E::Control),
            (name.contains(['\u{2028}', '\u{2029}']), E::Control),
            (name.chars().any(is_direction_mark), E::Direction),
        ];
        match rules.into_iter().find(|(broken, _)| *broken) {
            Some((_, error)) => Err(error),
            None => Ok(Self(name.to_owned())),
        }
    }
}

fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

impl TryFrom<String> for Filename {
    type Error = ParseFilenameError;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        name.parse()
    }
}

impl From<Filename> for String {
    fn from(name: Filename) -> Self {
        name.0
    }
}

impl fmt::Debug for Filename {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Filename({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hostile_names_are_refused_with_the_rule_that_they_break() {
        use ParseFilenameError as E;
        for (name, error) in [
            ("", E::Empty),
            ("..", E::Empty),
            ("../../etc/passwd", E::Path),
            ("..\\boot.ini", E::Path),
            ("a\r\nSet-Cookie: x", E::Control),
            ("a\0b", E::Control),
            ("a\u{2028}b", E::Control),
            ("photo\u{202E}gpj.exe", E::Direction),
            (&"x".repeat(256), E::TooLong),
            (&"\u{1F600}".repeat(64), E::TooLong),
        ] {
            assert_eq!(name.parse::<Filename>().unwrap_err(), error, "{name:?}");
        }
    }

    #[test]
    fn names_come_back_in_the_form_of_rfc_6266() {
        let header =
            |name: &str| name.parse::<Filename>().unwrap().content_disposition(Disposition::Attachment);
        insta::assert_snapshot!(header("report.pdf"), @r#"attachment; filename="report.pdf""#);
        insta::assert_snapshot!(header("na\u{ef}ve 100%.txt"), @r#"attachment; filename="na_ve 100_.txt"; filename*=UTF-8''na%C3%AFve%20100%25.txt"#);
        insta::assert_snapshot!(header("a\"; filename=\"b.exe"), @r#"attachment; filename="a_; filename=_b.exe"; filename*=UTF-8''a%22%3B%20filename%3D%22b.exe"#);
        insta::assert_snapshot!(header("\u{62a5}\u{544a}.pdf"), @r#"attachment; filename="__.pdf"; filename*=UTF-8''%E6%8A%A5%E5%91%8A.pdf"#);
        insta::assert_snapshot!(header("invoice.pdf."), @r#"attachment; filename="invoice.pdf."; filename*=UTF-8''invoice.pdf."#);
        insta::assert_snapshot!(header("=?utf-8?Q?invoice=2Epdf?="), @r#"attachment; filename="__utf-8?Q?invoice=2Epdf?="; filename*=UTF-8''%3D%3Futf-8%3FQ%3Finvoice%3D2Epdf%3F%3D"#);
        insta::assert_snapshot!(header("a; b.txt"), @r#"attachment; filename="a; b.txt"; filename*=UTF-8''a%3B%20b.txt"#);
        insta::assert_snapshot!(header("\u{1F600}.png"), @r#"attachment; filename="_.png"; filename*=UTF-8''%F0%9F%98%80.png"#);
    }

    #[test]
    fn a_name_is_not_shown_by_debug() {
        let name: Filename = "secret.txt".parse().unwrap();
        assert_eq!(format!("{name:?}"), "Filename(10 bytes)");
    }

    proptest! {
        #[test]
        fn the_header_is_one_line_of_ascii_and_holds_the_name(name in "\\PC{1,60}") {
            if let Ok(name) = name.parse::<Filename>() {
                let header = name.content_disposition(Disposition::Inline);
                prop_assert!(header.bytes().all(|b| (0x20..0x7f).contains(&b)), "{}", header);
                prop_assert_eq!(header.matches('"').count(), 2);
                if let Some((_, exact)) = header.split_once("filename*=UTF-8''") {
                    let back = percent_encoding::percent_decode_str(exact).decode_utf8().unwrap();
                    prop_assert_eq!(back.as_ref(), name.as_str());
                }
            }
        }
    }
}
