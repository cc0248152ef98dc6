//! Whether a file may have the type that was declared for it, and which type links serve.
//!
//! Browsers declare a type by the file's name, and many names are right for the same bytes. So the question
//! is not whether two names are equal. The question is whether a link would show the file as something else,
//! or mislead a person: a web page as an image, a program as a document. Only the bytes decide what is shown
//! inline. A declared type that links only save is accepted if the bytes are of its container type: a `.docx`
//! in a ZIP, GPX in XML, a script in text.

use file_format::FileFormat;

use super::exceptions::{is_also_binary, is_icon_of_a_page, is_page_source, is_shared_extension};
use super::{Encoding, Sniffed};
use crate::media::kinship::{canonical, is_a, is_known, is_textual, names};
use crate::media::{ContentType, Kind};
use crate::value::filename::{Disposition, Filename};

/// Which type a link serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServedAs {
    /// The found type.
    Found,
    /// The declared type, which is more specific than the found one.
    Declared,
    /// `text/plain`: the bytes are text, although the first line looks like another format.
    Text,
}

const ZIP: &str = "application/zip";
const COMPOUND_FILE: &str = "application/x-ole-storage";
const XML: &str = "application/xml";
const TEXT: &str = "text/plain";

/// The served type, if content with the type `found` may be declared as `declared`; `None` if it may not.
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

/// Whether JSON was declared for bytes that are not UTF-8, the encoding of all JSON ([RFC 8259,
/// 8.1](https://www.rfc-editor.org/rfc/rfc8259#section-8.1)).
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
    /// Links show the declared type: the bytes must be of it. Players distinguish audio and video by
    /// themselves.
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

    /// Links show text. Bytes that only begin like another format are text. Bytes of a format with a program
    /// of its own are saved, and so are bytes that end as binary data.
    fn under_text(&self) -> Option<ServedAs> {
        let found = self.found;
        let has_reader = is_a(found, XML) || found.starts_with("application/") && is_textual(found);
        match self.sniffed.is_plain() {
            true if has_reader && !reads_as_text(found) => Some(ServedAs::Found),
            true => Some(ServedAs::Text),
            false => self.begins_as_text().then_some(ServedAs::Found),
        }
    }

    /// Links only save the declared type. The bytes may be an image nevertheless; a link would then show
    /// something that was not declared.
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

    /// A web page is accepted under another name of web pages, and under types in which web pages are
    /// written.
    fn over_a_page(&self) -> Option<ServedAs> {
        let Self { wanted, found, .. } = *self;
        if is_page_source(wanted) {
            return Some(ServedAs::Declared);
        }
        // XML without a declaration may begin like HTML.
        let is_page = wanted == XML || is_a(found, wanted) || Kind::of_type(wanted) == Some(Kind::Page);
        let served = if is_a(found, XML) { ServedAs::Found } else { ServedAs::Declared };
        is_page.then_some(served)
    }

    /// Whether files of this type may lack a known signature, so that unknown bytes are accepted. The last
    /// part of a split ZIP may begin with any bytes.
    fn is_no_container(&self) -> bool {
        let carries = [COMPOUND_FILE, XML].iter().any(|carrier| is_a(self.wanted, carrier))
            || is_a(self.wanted, ZIP) && self.wanted != ZIP;
        let is_text = is_textual(self.wanted) && !self.begins_as_text();
        is_also_binary(self.wanted) || !carries && !is_text && promised(self.wanted) != Some(Kind::Page)
    }

    /// Whether the bytes are text followed by binary data.
    fn begins_as_text(&self) -> bool {
        self.found == ContentType::OCTET_STREAM && self.sniffed.begins_as_text
    }

    /// Content that a container of any kind may have.
    fn in_a_container(&self, promised: Option<Kind>) -> Option<ServedAs> {
        let is_unknown = promised.is_none() && !is_known(self.wanted);
        match (self.found, promised) {
            (ZIP, Some(Kind::Archive)) => Some(ServedAs::Found),
            // An encrypted office document is a compound file, and so is an installer.
            (ZIP | COMPOUND_FILE | XML, None | Some(Kind::Document))
            | (ZIP | COMPOUND_FILE, Some(Kind::Program)) => Some(ServedAs::Declared),
            // Tables and texts have the type of the program that wrote them.
            (TEXT, _) if is_unknown || is_old_office(self.wanted) => Some(ServedAs::Declared),
            (_, None) if is_unknown => Some(ServedAs::Found),
            _ => None,
        }
    }
}

/// Whether a link shows such content, by any of the type's names.
fn is_shown(essence: &str) -> bool {
    essence.parse::<ContentType>().is_ok_and(|parsed| parsed.disposition() == Disposition::Inline)
}

/// The kind that a declared type promises.
fn promised(wanted: &str) -> Option<Kind> {
    match wanted {
        ZIP => Some(Kind::Archive),
        COMPOUND_FILE => Some(Kind::Document),
        wanted => Kind::of_type(wanted),
    }
}

/// Whether people read such text as it is, whatever format its first line looks like.
pub fn reads_as_text(essence: &str) -> bool {
    let is_script =
        matches!(essence, "application/x-shellscript" | "application/x-pem-file" | "application/x-subrip");
    is_script || essence.starts_with("text/") && Kind::of_type(essence) == Some(Kind::Text)
}

/// Types under which browsers declare plain tables and texts.
fn is_old_office(essence: &str) -> bool {
    matches!(essence, "application/msword" | "application/vnd.ms-excel")
}

/// Whether a format of this type, by any of its names, has a known signature.
fn has_signature(essence: &str) -> bool {
    names(essence).any(|name| !FileFormat::from_media_type(name).is_empty())
}

/// Whether these bytes may have this name.
pub fn keeps_name(filename: &Filename, sniffed: &Sniffed) -> bool {
    Kind::keeps_name(filename, &sniffed.essence, sniffed.is_plain())
}
