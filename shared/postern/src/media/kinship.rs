//! Which names mean the same type, and which type is a kind of which: a `.docx` is a kind of ZIP, GPX
//! a kind of XML, a script a kind of text.
//!
//! `known_types` has what shared-mime-info knows. Here stands what it lacks: the
//! names of the crate `file-format`, those that Windows, macOS and browsers use, and the structured
//! suffixes of [RFC 6838](https://www.rfc-editor.org/rfc/rfc6838#section-4.2.8).

use super::known_types::{ALIASES, PARENTS};

/// Other names of types, each with the name by which the type is compared. Sorted.
#[rustfmt::skip]
const OTHER_NAMES: &[(&str, &str)] = &[
    ("application/font-sfnt", "font/ttf"),
    ("application/java-vm", "application/x-java"),
    ("application/mp4", "video/mp4"),
    ("application/msaccess", "application/vnd.ms-access"),
    ("application/oxps", "application/vnd.ms-xpsdocument"),
    ("application/vnd.microsoft.portable-executable", "application/x-ms-dos-executable"),
    ("application/x-ace-compressed", "application/x-ace"),
    ("application/x-bzip2", "application/x-bzip"),
    ("application/x-cfb", "application/x-ole-storage"),
    ("application/x-compressed", "application/gzip"),
    ("application/x-dosexec", "application/x-ms-dos-executable"),
    ("application/x-dwg", "image/vnd.dwg"),
    ("application/x-dxf", "image/vnd.dxf"),
    ("application/x-font-otf", "font/otf"),
    ("application/x-gtar-compressed", "application/gzip"),
    ("application/x-id3v2", "audio/mpeg"),
    ("application/x-iso9660-image", "application/x-cd-image"),
    ("application/x-msaccess", "application/vnd.ms-access"),
    ("application/x-msdos-program", "application/x-ms-dos-executable"),
    ("application/x-msdownload", "application/x-ms-dos-executable"),
    ("application/x-rar-compressed", "application/vnd.rar"),
    ("application/x-sh", "application/x-shellscript"),
    ("application/x-tgz", "application/gzip"),
    ("application/x-vmdk", "application/x-vmdk-disk"),
    ("application/x-zip", "application/zip"),
    ("audio/aiff", "audio/x-aiff"),
    ("audio/mid", "audio/midi"),
    ("audio/vnd.dlna.adts", "audio/aac"),
    ("audio/x-ms-wax", "audio/x-ms-asx"),
    ("image/arw", "image/x-sony-arw"),
    ("image/cr2", "image/x-canon-cr2"),
    ("image/dng", "image/x-adobe-dng"),
    ("image/ico", "image/vnd.microsoft.icon"),
    ("image/jpg", "image/jpeg"),
    ("image/jxr", "image/vnd.ms-photo"),
    ("image/nef", "image/x-nikon-nef"),
    ("image/raf", "image/x-fuji-raf"),
    ("image/sgi", "image/x-sgi"),
    ("image/targa", "image/x-tga"),
    ("image/vnd.ms-dds", "image/x-dds"),
    ("image/x-bmp", "image/bmp"),
    ("image/x-emf", "image/emf"),
    ("image/x-pcx", "image/vnd.zbrush.pcx"),
    ("image/x-png", "image/png"),
    ("image/x-wmf", "image/wmf"),
    ("model/x-stl-ascii", "model/stl"),
    ("text/x-shellscript", "application/x-shellscript"),
    ("video/avi", "video/x-msvideo"),
    ("video/matroska", "video/x-matroska"),
    ("video/vnd.dlna.mpeg-tts", "video/mp2t"),
    ("video/x-ms-asf", "application/vnd.ms-asf"),
    ("video/x-ms-asx", "audio/x-ms-asx"),
];

/// Further parents of types. Sorted.
#[rustfmt::skip]
const FURTHER_PARENTS: &[(&str, &str)] = &[
    ("application/annodex", "application/ogg"),
    ("application/illustrator", "application/pdf"),
    ("application/illustrator", "application/postscript"),
    ("application/x-abiword", "application/gzip"),
    ("application/x-dia-diagram", "application/gzip"),
    ("application/x-font-ttx", "application/xml"),
    ("application/x-netshow-channel", "text/plain"),
    ("application/x-plist", "application/xml"),
    ("application/x-x509-ca-cert", "application/x-pem-file"),
    ("audio/x-ms-asx", "text/plain"),
    ("audio/x-scpls", "text/plain"),
    ("image/apng", "image/png"),
    ("image/avif", "image/heif"),
    ("image/svg+xml", "application/gzip"),
    ("image/vnd.dxf", "text/plain"),
    ("image/vnd.rn-realpix", "text/plain"),
    ("image/x-applix-graphics", "text/plain"),
    ("image/x-lws", "text/plain"),
    ("image/x-portable-bitmap", "text/plain"),
    ("image/x-portable-graymap", "text/plain"),
    ("image/x-portable-pixmap", "text/plain"),
    ("image/x-skencil", "text/plain"),
    ("image/x-win-bitmap", "image/vnd.microsoft.icon"),
    ("image/x-xbitmap", "text/plain"),
    ("image/x-xfig", "text/plain"),
    ("model/vrml", "application/gzip"),
    ("multipart/related", "text/plain"),
];

/// `application` types whose content is text, beyond those that the tables call a kind of `text/plain`.
/// Sorted.
const TEXTUAL: &[&str] = &[
    "application/csv",
    "application/javascript",
    "application/json",
    "application/ld+json",
    "application/pgp-encrypted",
    "application/pgp-keys",
    "application/pgp-signature",
    "application/ram",
    "application/rtf",
    "application/sql",
    "application/toml",
    "application/typescript",
    "application/vnd.ms-pki.stl",
    "application/x-httpd-php",
    "application/x-ndjson",
    "application/x-pem-file",
    "application/x-plist",
    "application/yaml",
    "message/rfc822",
];

/// The longest chain of parents.
const MOST_GENERATIONS: usize = 6;

/// The name by which a type is compared.
pub fn canonical(essence: &str) -> &str {
    let named = find(OTHER_NAMES, essence).unwrap_or(essence);
    let known = find(ALIASES, named).unwrap_or(named);
    find(OTHER_NAMES, known).unwrap_or(known)
}

/// Whether `essence` is `ancestor` or a kind of it.
pub fn is_a(essence: &str, ancestor: &str) -> bool {
    is_a_within(canonical(essence), canonical(ancestor), MOST_GENERATIONS)
}

fn is_a_within(essence: &str, ancestor: &str, generations: usize) -> bool {
    essence == ancestor
        || generations > 0 && parents(essence).any(|of| is_a_within(of, ancestor, generations - 1))
}

fn parents(essence: &str) -> impl Iterator<Item = &str> {
    let suffix = [("+xml", "application/xml"), ("+zip", "application/zip"), ("+json", "application/json")];
    let by_suffix = suffix.into_iter().find(|(suffix, of)| essence.ends_with(suffix) && essence != *of);
    let text = essence.starts_with("text/") && essence != "text/plain";
    let tables = of(PARENTS, essence).iter().chain(of(FURTHER_PARENTS, essence));
    tables
        .map(|(_, parent)| canonical(parent))
        .chain(by_suffix.map(|(_, of)| of))
        .chain(text.then_some("text/plain"))
}

/// Whether content of this type is text.
pub fn is_textual(essence: &str) -> bool {
    let essence = canonical(essence);
    TEXTUAL.binary_search(&essence).is_ok()
        || is_a(essence, "text/plain")
        || is_a(essence, "application/json")
}

/// Playlists: text, or XML, with addresses in it. Sorted.
const PLAYLISTS: &[&str] = &[
    "application/ram",
    "application/vnd.apple.mpegurl",
    "audio/x-mpegurl",
    "audio/x-ms-asx",
    "audio/x-scpls",
    "video/vnd.mpegurl",
];

/// Whether files of this type are playlists.
pub fn is_playlist(essence: &str) -> bool {
    PLAYLISTS.binary_search(&canonical(essence)).is_ok()
}

/// Whether the tables know such a type.
pub fn is_known(essence: &str) -> bool {
    let essence = canonical(essence);
    let is_parent = |(_, parent): &(&str, &str)| *parent == essence;
    !of(PARENTS, essence).is_empty() || names(essence).count() > 1 || PARENTS.iter().any(is_parent)
}

/// Every name of a type.
pub fn names(essence: &str) -> impl Iterator<Item = &str> {
    let named = canonical(essence);
    let others = ALIASES.iter().chain(OTHER_NAMES).map(|(name, _)| *name);
    std::iter::once(named).chain(others.filter(move |name| canonical(name) == named))
}

fn find(table: &'static [(&str, &'static str)], name: &str) -> Option<&'static str> {
    let at = table.binary_search_by_key(&name, |(name, _)| name).ok()?;
    table.get(at).map(|(_, value)| *value)
}

/// All rows of one name.
fn of(table: &'static [(&'static str, &'static str)], name: &str) -> &'static [(&'static str, &'static str)] {
    let from = table.partition_point(|(row, _)| *row < name);
    let until = table.partition_point(|(row, _)| *row <= name);
    table.get(from..until).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_and_name_each_alias_once() {
        for table in [ALIASES, OTHER_NAMES] {
            assert!(table.is_sorted_by_key(|(name, _)| name));
            assert!(table.windows(2).all(|pair| pair[0].0 != pair[1].0));
        }
        for table in [PARENTS, FURTHER_PARENTS] {
            assert!(table.is_sorted());
        }
        assert!(TEXTUAL.is_sorted());
        assert!(PLAYLISTS.is_sorted());
        assert!(PLAYLISTS.iter().all(|essence| canonical(essence) == *essence && is_textual(essence)));
    }

    #[test]
    fn names_of_one_type_are_compared_as_one() {
        for (one, other) in [
            ("image/heic", "image/heif"),
            ("application/x-zip-compressed", "application/zip"),
            ("application/x-msdownload", "application/vnd.microsoft.portable-executable"),
            ("text/xml", "application/xml"),
            ("text/x-vcard", "text/vcard"),
            ("image/x-icon", "image/vnd.microsoft.icon"),
        ] {
            assert_eq!(canonical(one), canonical(other), "{one} {other}");
        }
        assert_ne!(canonical("image/png"), canonical("image/jpeg"));
    }

    #[test]
    fn a_type_is_a_kind_of_what_carries_it() {
        for (essence, ancestor) in [
            ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/zip"),
            ("application/vnd.apple.pages", "application/zip"),
            ("application/msword", "application/x-cfb"),
            ("application/gpx+xml", "text/xml"),
            ("application/x-own+zip", "application/zip"),
            ("video/x-ms-wmv", "video/x-ms-asf"),
            ("image/apng", "image/png"),
            ("text/x-own", "text/plain"),
        ] {
            assert!(is_a(essence, ancestor), "{essence} {ancestor}");
        }
        for (essence, stranger) in [("image/png", "image/apng"), ("application/pdf", "text/plain")] {
            assert!(!is_a(essence, stranger), "{essence} {stranger}");
        }
    }
}
