//! Whether a file may stand under the type that was declared for it, and as what links serve it.
//!
//! Browsers declare a type by the file's name, and many names are right for the same bytes. So the
//! question is not whether two names are equal. It is whether a link would show the file as something
//! that it is not, or lead a person to believe so: a page as a picture, a program as a document. The
//! bytes alone decide what is shown inline. A declared type that is only ever saved stands where the
//! bytes are what carries it: a `.docx` in a ZIP, GPX in XML, a script in text.

use file_format::FileFormat;

use super::exceptions::{is_also_binary, is_icon_of_a_page, is_page_source, is_shared_extension};
use super::{Encoding, Sniffed};
use crate::media::kinship::{canonical, is_a, is_known, is_textual, names};
use crate::media::{ContentType, Kind};
use crate::value::filename::Disposition;

/// As what a link serves the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServedAs {
    /// As what the bytes are.
    Found,
    /// As what was declared, which says more than the bytes do.
    Declared,
    /// As text, which the bytes are beyond a first line that looks like a format of its own.
    Text,
}

const ZIP: &str = "application/zip";
const COMPOUND_FILE: &str = "application/x-ole-storage";
const XML: &str = "application/xml";
const TEXT: &str = "text/plain";

/// What is served where content that was `found` may stand under `declared`; `None` where it may not.
pub fn agreement(declared: &ContentType, filename: &str, found: &Sniffed) -> Option<ServedAs> {
    let essence = declared.essence();
    let case = Case {
        wanted: canonical(&essence),
        found: canonical(&found.essence),
        is_found_shown: is_shown(&found.essence),
        sniffed: found,
    };
    if is_json_in_another_encoding(declared, found) {
        return None;
    }
    if case.wanted == case.found
        || case.wanted == ContentType::OCTET_STREAM
        || is_shared_extension(filename, case.wanted, found)
    {
        return Some(ServedAs::Found);
    }
    match case.wanted {
        TEXT => case.under_text(),
        wanted if is_shown(&essence) || is_shown(wanted) => case.under_a_shown_type(),
        _ => case.under_a_saved_type(),
    }
}

/// Whether JSON was declared for bytes that are not in UTF-8, which is how every JSON is encoded
/// ([RFC 8259, 8.1](https://www.rfc-editor.org/rfc/rfc8259#section-8.1)).
pub fn is_json_in_another_encoding(declared: &ContentType, found: &Sniffed) -> bool {
    found.encoding != Some(Encoding::Utf8) && is_a(&declared.essence(), "application/json")
}

struct Case<'a> {
    wanted: &'a str,
    found: &'a str,
    is_found_shown: bool,
    sniffed: &'a Sniffed,
}

impl Case<'_> {
    /// The declared type is one that links show: the bytes must be of it. Players tell audio and video
    /// apart by themselves.
    fn under_a_shown_type(&self) -> Option<ServedAs> {
        let Self { wanted, found, .. } = *self;
        let is_media = |essence| Kind::of_type(essence) == Some(Kind::Media) && !is_textual(essence);
        if is_media(wanted) && is_media(found) {
            return Some(if is_a(wanted, found) { ServedAs::Declared } else { ServedAs::Found });
        }
        if found == ContentType::OCTET_STREAM {
            return (!has_signature(wanted)).then_some(ServedAs::Found);
        }
        is_a(found, wanted).then_some(ServedAs::Found)
    }

    /// Text is shown. What only begins like a format of its own is text; what has a reader of its own is
    /// saved, and so is what ends as binary data.
    fn under_text(&self) -> Option<ServedAs> {
        let found = self.found;
        let has_reader = is_a(found, XML) || found.starts_with("application/") && is_textual(found);
        match self.sniffed.is_plain() {
            true if has_reader && !reads_as_text(found) => Some(ServedAs::Found),
            true => Some(ServedAs::Text),
            false => self.begins_as_text().then_some(ServedAs::Found),
        }
    }

    /// The declared type is only ever saved. The bytes may be a picture all the same: what a link would
    /// show then is not what was declared.
    fn under_a_saved_type(&self) -> Option<ServedAs> {
        let Self { wanted, found, .. } = *self;
        let (promised, is) = (promised(wanted), Kind::of_type(found));
        match is {
            Some(Kind::Program) => return (promised == is).then_some(ServedAs::Found),
            Some(Kind::Page) => return self.over_a_page(),
            _ if found == ContentType::OCTET_STREAM => {
                return self.is_no_container().then_some(ServedAs::Declared);
            }
            _ if wanted == "image/svg+xml" && self.sniffed.is_plain() && !is_a(found, XML) => return None,
            _ => {}
        }
        if is_a(wanted, found) {
            return Some(ServedAs::Declared);
        }
        let is_contained = is_a(found, wanted) || promised == Some(Kind::Media) && promised == is;
        if is_contained || is_icon_of_a_page(wanted, found) {
            return Some(ServedAs::Found);
        }
        if self.sniffed.is_plain() && (is_textual(wanted) || promised == Some(Kind::Program)) {
            return Some(ServedAs::Declared);
        }
        if self.is_found_shown && found != TEXT {
            return None;
        }
        if promised.is_some() && promised == is {
            return Some(ServedAs::Found);
        }
        self.in_a_container(promised)
    }

    /// A page stands under another name for a page, and under what pages are written in.
    fn over_a_page(&self) -> Option<ServedAs> {
        let Self { wanted, found, .. } = *self;
        if is_page_source(wanted) {
            return Some(ServedAs::Declared);
        }
        // XML without a declaration may begin as HTML does.
        let is_page = wanted == XML || is_a(found, wanted) || Kind::of_type(wanted) == Some(Kind::Page);
        let served = if is_a(found, XML) { ServedAs::Found } else { ServedAs::Declared };
        is_page.then_some(served)
    }

    /// Whether nothing is known by which bytes without a signature could be told from this type. The last
    /// part of a ZIP that was split begins anywhere.
    fn is_no_container(&self) -> bool {
        let carries = [COMPOUND_FILE, XML].iter().any(|carrier| is_a(self.wanted, carrier))
            || is_a(self.wanted, ZIP) && self.wanted != ZIP;
        let is_text = is_textual(self.wanted) && !self.begins_as_text();
        is_also_binary(self.wanted) || !carries && !is_text && promised(self.wanted) != Some(Kind::Page)
    }

    /// Whether the bytes are a text with binary data behind it.
    fn begins_as_text(&self) -> bool {
        self.found == ContentType::OCTET_STREAM && self.sniffed.begins_as_text
    }

    /// What may be inside of what could hold anything.
    fn in_a_container(&self, promised: Option<Kind>) -> Option<ServedAs> {
        let is_unknown = promised.is_none() && !is_known(self.wanted);
        match (self.found, promised) {
            (ZIP, Some(Kind::Archive)) => Some(ServedAs::Found),
            // An encrypted office document is a compound file, and so is an installer.
            (ZIP | COMPOUND_FILE | XML, None | Some(Kind::Document))
            | (ZIP | COMPOUND_FILE, Some(Kind::Program)) => Some(ServedAs::Declared),
            // Tables and texts open as what writes them.
            (TEXT, _) if is_unknown || is_old_office(self.wanted) => Some(ServedAs::Declared),
            (_, None) if is_unknown => Some(ServedAs::Found),
            _ => None,
        }
    }
}

/// Whether a link that was asked for such content shows it: by any of the type's names.
fn is_shown(essence: &str) -> bool {
    essence.parse::<ContentType>().is_ok_and(|parsed| parsed.disposition() == Disposition::Inline)
}

/// What a declared type promises: more than it says of bytes.
fn promised(wanted: &str) -> Option<Kind> {
    match wanted {
        ZIP => Some(Kind::Archive),
        COMPOUND_FILE => Some(Kind::Document),
        wanted => Kind::of_type(wanted),
    }
}

/// Whether people read such text as it stands, beyond a first line that looks like a format's.
pub fn reads_as_text(essence: &str) -> bool {
    let is_script =
        matches!(essence, "application/x-shellscript" | "application/x-pem-file" | "application/x-subrip");
    is_script || essence.starts_with("text/") && Kind::of_type(essence) == Some(Kind::Text)
}

/// Types under which spreadsheets and texts without any format are declared.
fn is_old_office(essence: &str) -> bool {
    matches!(essence, "application/msword" | "application/vnd.ms-excel")
}

/// Whether some format of this type, by any of its names, is known by its first bytes.
fn has_signature(essence: &str) -> bool {
    names(essence).any(|name| !FileFormat::from_media_type(name).is_empty())
}
