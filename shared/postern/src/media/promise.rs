//! The kinds of files that a name promises to a person: by its extension, and by an extension before one that
//! Windows hides.

use super::kind::Kind;
use crate::value::filename::Filename;

/// The extensions of each kind, in lower case. An extension of several kinds (`.ts`, `.key`, `.xml`, `.md`)
/// is left out, or belongs to the most harmful one.
#[rustfmt::skip]
const EXTENSIONS: &[(Kind, &[&str])] = &[
    (Kind::Image, &[
        "apng", "arw", "avif", "avifs", "bmp", "cr2", "cr3", "cur", "dds", "dib", "dng", "emf", "gif", "heic",
        "heics", "heif", "heifs", "icns", "ico", "j2k", "jfi", "jfif", "jif", "jp2", "jpe", "jpeg", "jpf",
        "jpg", "jpm", "jxl", "jxr", "nef", "orf", "pcx", "pjp", "pjpeg", "png", "psb", "psd", "raf", "rw2",
        "tif", "tiff", "wdp", "webp", "wmf", "xcf",
    ]),
    (Kind::Media, &[
        "3g2", "3gp", "aac", "ac3", "aif", "aifc", "aiff", "amr", "asf", "avi", "f4v", "flac", "flv", "m1v",
        "m2v", "m4a", "m4b", "m4r", "m4v", "mid", "midi", "mka", "mkv", "mov", "mp2", "mp3", "mp4", "mpe",
        "mpeg", "mpg", "mxf", "oga", "ogg", "ogv", "ogx", "opus", "qt", "rm", "rmvb", "vob", "wav", "wave",
        "weba", "webm", "wma", "wmv",
    ]),
    (Kind::Pdf, &["pdf"]),
    (Kind::Document, &[
        "azw", "azw3", "doc", "docm", "docx", "dot", "dotm", "dotx", "epub", "fb2", "hwp", "hwpx", "lit",
        "mobi", "mpp", "msg", "numbers", "odg", "odp", "ods", "odt", "one", "otp", "ots", "ott", "oxps",
        "pages", "pot", "potm", "potx", "pps", "ppsm", "ppsx", "ppt", "pptm", "pptx", "pub", "rtf", "sxc",
        "sxi", "sxw", "vsd", "vsdm", "vsdx", "wpd", "wps", "wri", "xla", "xlam", "xls", "xlsb", "xlsm",
        "xlsx", "xlt", "xltm", "xltx", "xps",
    ]),
    (Kind::Archive, &[
        "7z", "ace", "arj", "bz2", "cab", "cbr", "cbz", "cpio", "dmg", "gz", "iso", "lha", "lz", "lz4",
        "lzh", "lzma", "lzo", "rar", "sit", "sitx", "tar", "tbz", "tbz2", "tgz", "txz", "tzst", "wim", "xar",
        "xz", "z", "zip", "zipx", "zst",
    ]),
    (Kind::Program, &[
        "aab", "apk", "application", "appref-ms", "appx", "appxbundle", "bat", "chm", "class", "cmd", "com",
        "cpl", "crx", "deb", "desktop", "dll", "dylib", "elf", "exe", "gadget", "hta", "ipa", "jar", "jnlp",
        "js", "jse", "library-ms", "lnk", "msc", "msi", "msix", "msixbundle", "msp", "mst", "pif", "ps1",
        "psm1", "reg", "rpm", "scf", "scr", "search-ms", "settingcontent-ms", "so", "swf", "sys", "url",
        "vb", "vbe", "vbs", "wasm", "website", "ws", "wsf", "wsh", "xll", "xpi",
    ]),
    (Kind::Page, &["htm", "html", "mht", "mhtml", "shtml", "svg", "xht", "xhtml"]),
    (Kind::Text, &[
        "csv", "ics", "ini", "json", "jsonl", "log", "ndjson", "toml", "tsv", "txt", "vcf", "yaml", "yml",
    ]),
    (Kind::Font, &["eot", "otf", "pfb", "ttc", "ttf", "woff", "woff2"]),
];

impl Kind {
    /// The kind that a name promises by its last extension; `None` for an unknown extension.
    pub fn of_name(filename: &str) -> Option<Self> {
        split(filename).map(|(_, kind)| kind)
    }

    /// Every extension that promises a kind.
    #[cfg(test)]
    pub(super) fn extensions() -> impl Iterator<Item = &'static str> {
        EXTENSIONS.iter().flat_map(|(_, extensions)| extensions.iter().copied())
    }

    /// Whether content with the found type `essence` may have this name in each of its readings. Plain text
    /// may have the name of a text, whatever format its first line looks like.
    pub fn keeps_name(filename: &Filename, essence: &str, reads_as_text: bool) -> bool {
        Self::is_named(filename, essence) || reads_as_text && Self::is_named(filename, "text/plain")
    }

    /// If a program's extension follows another one (`invoice.pdf.lnk`), a program does not satisfy the inner
    /// extension.
    fn is_named(filename: &Filename, essence: &str) -> bool {
        match promised(filename).as_slice() {
            kinds if kinds.contains(&Self::Program) && kinds.iter().any(|kind| *kind != Self::Program) => {
                false
            }
            kinds => kinds.iter().all(|kind| kind.is_kept_by(essence)),
        }
    }
}

/// Every kind that a name promises in one of its readings. Windows hides the extensions of some programs, so
/// `invoice.pdf.lnk` reads `invoice.pdf` and promises both.
fn promised(filename: &Filename) -> Vec<Kind> {
    filename.readings().iter().flat_map(|name| of_reading(name)).collect()
}

fn of_reading(name: &str) -> Vec<Kind> {
    let mut kinds = Vec::new();
    let mut rest = name;
    while let Some((stem, kind)) = split(rest) {
        kinds.push(kind);
        if kind != Kind::Program {
            break;
        }
        rest = stem;
    }
    kinds
}

/// The name without its extension, and the kind that the extension promises. White space and dots before an
/// extension only move it out of sight.
fn split(name: &str) -> Option<(&str, Kind)> {
    let (stem, extension) = name.rsplit_once('.')?;
    let extension = extension.to_ascii_lowercase();
    let is_of = |(_, extensions): &&(Kind, &[&str])| extensions.contains(&extension.as_str());
    let (kind, _) = EXTENSIONS.iter().find(is_of)?;
    Some((stem.trim_end_matches(|c: char| c == '.' || c.is_whitespace()), *kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Vec<Kind> {
        let mut kinds = promised(&name.parse().unwrap());
        kinds.dedup();
        kinds
    }

    #[test]
    fn each_extension_stands_once() {
        let mut all: Vec<_> = EXTENSIONS.iter().flat_map(|(_, extensions)| *extensions).collect();
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count);
        assert!(EXTENSIONS.iter().all(|(_, extensions)| extensions.is_sorted()));
    }

    #[test]
    fn the_table_in_the_docs_has_these_extensions() {
        let page = include_str!("../../../../docs/accepted-files.md");
        for (kind, extensions) in EXTENSIONS {
            let row =
                extensions.iter().map(|extension| format!("`{extension}`")).collect::<Vec<_>>().join(" ");
            assert!(page.contains(&format!(" | {row} |\n")), "{kind:?}");
        }
    }

    #[test]
    fn a_name_promises_what_its_last_extension_says() {
        for (name, kind) in [
            ("a.PNG", Kind::Image),
            ("a.mpg", Kind::Media),
            ("a.xlsb", Kind::Document),
            ("a.mobi", Kind::Document),
            ("a.xps", Kind::Document),
            ("a.iso", Kind::Archive),
            ("a.lnk", Kind::Program),
            ("a.tsv", Kind::Text),
            ("report.zip.pdf", Kind::Pdf),
        ] {
            assert_eq!(of(name), [kind], "{name}");
        }
        for name in ["a", "a.own", "a.ts", "a.key", "README.md", "pdf", "a.xml"] {
            assert_eq!(of(name), [], "{name}");
        }
    }

    #[test]
    fn what_stands_before_a_hidden_extension_is_promised_too() {
        for hidden in
            ["lnk", "url", "hta", "pif", "js", "vbs", "bat", "cmd", "ps1", "scr", "com", "msi", "EXE", "wsf"]
        {
            assert_eq!(of(&format!("setup.{hidden}")), [Kind::Program], "{hidden}");
            for name in
                ["invoice.pdf", "invoice.pdf ", "invoice.pdf  . ", "invoice.pdf.exe", "invoice.PDF.js"]
            {
                let name = format!("{name}.{hidden}");
                assert_eq!(of(&name), [Kind::Program, Kind::Pdf], "{name}");
            }
        }
        assert_eq!(of("setup.v1.2.exe"), [Kind::Program]);
        assert_eq!(of("LOVE-LETTER.TXT.vbs"), [Kind::Program, Kind::Text]);
    }
}
