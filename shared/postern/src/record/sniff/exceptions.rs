//! Types under which browsers declare more than one format: tables that no registry of types has.

use super::Sniffed;
use crate::media::Kind;
use crate::media::kinship::canonical;

const TEXT: &str = "text/plain";

/// An extension that two kinds of files have, the type that browsers declare for it, and the type of
/// the other kind. Plain text stands for every text.
const SHARED_EXTENSIONS: &[(&str, &str, &str)] = &[
    ("3ds", "application/x-nintendo-3ds-rom", "application/x-3ds"),
    ("ai", "application/postscript", "application/pdf"),
    ("asx", "video/x-ms-asf", "audio/x-ms-asx"),
    ("asx", "video/x-ms-asf", TEXT),
    ("dmp", "application/vnd.tcpdump.pcap", TEXT),
    ("dot", "application/msword-template", TEXT),
    ("fit", "application/fits", "application/x-fit"),
    ("hdr", "image/vnd.radiance", TEXT),
    ("jpx", "application/x-jbuilder-project", "image/jp2"),
    ("key", "application/vnd.apple.keynote", TEXT),
    ("mod", "audio/x-mod", TEXT),
    ("mts", "video/mp2t", TEXT),
    ("otf", "application/vnd.oasis.opendocument.formula-template", "font/otf"),
    ("pbm", "image/x-portable-bitmap", "image/png"),
    ("pdb", "application/x-aportisdoc", TEXT),
    ("pot", "application/vnd.ms-powerpoint", TEXT),
    ("pub", "application/vnd.ms-publisher", TEXT),
    ("ram", "audio/x-pn-realaudio", TEXT),
    ("snap", "application/vnd.snap", TEXT),
    ("stl", "application/vnd.ms-pki.stl", "model/stl"),
    ("ts", "text/vnd.trolltech.linguist", "video/mp2t"),
    ("ts", "video/mp2t", "application/xml"),
    ("ts", "video/mp2t", TEXT),
    ("vmdk", "application/x-vmdk-disk", TEXT),
];

/// Types whose source is a web page with additions. Sorted.
const PAGE_SOURCES: &[&str] = &[
    "application/hta",
    "application/x-asp",
    "application/x-aspx",
    "application/x-erb",
    "application/x-httpd-php",
    "application/x-jsp",
    "application/x-php",
    "application/xhtml+xml",
    "text/asp",
    "text/markdown",
    "text/mdx",
    "text/x-astro",
    "text/x-cshtml",
    "text/x-ejs",
    "text/x-handlebars",
    "text/x-handlebars-template",
    "text/x-jinja",
    "text/x-jsp",
    "text/x-liquid",
    "text/x-mustache",
    "text/x-php",
    "text/x-svelte",
    "text/x-twig",
    "text/x-vue",
];

/// Types of text that have a binary form too: keys, signatures and certificates, property lists, models.
/// Sorted.
const ALSO_BINARY: &[&str] = &[
    "application/pgp-encrypted",
    "application/pgp-keys",
    "application/pgp-signature",
    "application/pkcs7-signature",
    "application/vnd.ms-pki.stl",
    "application/x-pem-file",
    "application/x-plist",
    "application/x-x509-ca-cert",
];

/// Whether files of another kind than the declared one have this extension too.
pub fn is_shared_extension(filename: &str, wanted: &str, found: &Sniffed) -> bool {
    let Some((_, extension)) = filename.rsplit_once('.') else { return false };
    let extension = extension.to_ascii_lowercase();
    let is_found = |other| match other {
        TEXT => found.is_plain(),
        other => canonical(other) == canonical(&found.essence),
    };
    SHARED_EXTENSIONS
        .iter()
        .any(|(of, declared, other)| *of == extension && canonical(declared) == wanted && is_found(*other))
}

/// Whether web pages are written in this type.
pub fn is_page_source(wanted: &str) -> bool {
    PAGE_SOURCES.binary_search(&wanted).is_ok()
}

/// Whether files of this type of text may be binary.
pub fn is_also_binary(wanted: &str) -> bool {
    ALSO_BINARY.binary_search(&wanted).is_ok()
}

/// Browsers accept an image of their own formats as a page's icon.
pub fn is_icon_of_a_page(wanted: &str, found: &str) -> bool {
    wanted == "image/vnd.microsoft.icon" && Kind::of_type(found) == Some(Kind::Image)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_and_name_types_as_they_are_compared() {
        for table in [PAGE_SOURCES, ALSO_BINARY] {
            assert!(table.is_sorted());
        }
        assert!(SHARED_EXTENSIONS.is_sorted());
        assert!(ALSO_BINARY.iter().all(|essence| canonical(essence) == *essence));
    }
}
