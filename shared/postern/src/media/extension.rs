//! The types that a file's extension stands for, for a visitor who can give only the name.

use file_format::FileFormat;

use super::kinship::names;
use crate::value::filename::Filename;

/// Types of extensions that the crate `file-format` lacks, because it has one extension for each format, or for which
/// it has another type first. Sorted.
#[rustfmt::skip]
const FURTHER: &[(&str, &str)] = &[
    ("aif", "audio/aiff"), ("csv", "text/csv"), ("htm", "text/html"), ("ics", "text/calendar"),
    ("jfif", "image/jpeg"), ("jpe", "image/jpeg"), ("jpeg", "image/jpeg"), ("json", "application/json"),
    ("log", "text/plain"), ("md", "text/markdown"), ("mp4", "video/mp4"), ("mpeg", "video/mpeg"), ("mpg", "video/mpeg"),
    ("oga", "audio/ogg"), ("ogg", "audio/ogg"), ("ogv", "video/ogg"), ("otf", "font/otf"), ("tif", "image/tiff"),
    ("tsv", "text/tab-separated-values"), ("txt", "text/plain"), ("vcf", "text/vcard"), ("xml", "application/xml"),
    ("yaml", "application/yaml"), ("yml", "application/yaml"),
];

/// Every name of every type that the extension stands for, the most usual one first; none if the extension is unknown.
pub fn types_of(filename: &Filename) -> Vec<&'static str> {
    let Some((_, extension)) = filename.as_str().rsplit_once('.') else { return Vec::new() };
    let extension = extension.to_ascii_lowercase();
    let further = FURTHER.iter().filter(|(known, _)| *known == extension).map(|(_, essence)| *essence);
    let formats = FileFormat::from_extension(&extension).iter().map(FileFormat::media_type);
    let mut types: Vec<&'static str> = Vec::new();
    for essence in further.chain(formats) {
        for name in std::iter::once(essence).chain(names(essence)) {
            if !types.contains(&name) {
                types.push(name);
            }
        }
    }
    types
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{ContentType, Kind};

    fn first(name: &str) -> Option<&'static str> {
        types_of(&name.parse().unwrap()).first().copied()
    }

    #[test]
    fn an_extension_stands_for_the_type_that_browsers_declare() {
        for (name, essence) in [
            ("photo.jpg", "image/jpeg"),
            ("photo.JPEG", "image/jpeg"),
            ("photo.png", "image/png"),
            ("photo.heic", "image/heic"),
            ("scan.tif", "image/tiff"),
            ("scan.pdf", "application/pdf"),
            ("letter.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
            ("table.csv", "text/csv"),
            ("words.txt", "text/plain"),
            ("page.html", "text/html"),
            ("song.mp3", "audio/mpeg"),
            ("clip.mp4", "video/mp4"),
            ("clip.mov", "video/quicktime"),
            ("files.zip", "application/zip"),
            ("data.xml", "application/xml"),
            ("a.b.json", "application/json"),
        ] {
            assert_eq!(first(name), Some(essence), "{name}");
        }
        for unknown in ["photo", "photo.", "a.unknown", "jpg", ".jpg.x"] {
            assert_eq!(first(unknown), None, "{unknown}");
        }
    }

    /// An upload token may name a type by any of its names.
    #[test]
    fn each_type_stands_with_its_other_names() {
        let types = types_of(&"sound.wav".parse().unwrap());
        assert!(types.contains(&"audio/wav") && types.contains(&"audio/x-wav"), "{types:?}");
        assert!(FURTHER.is_sorted());
    }

    /// The recorder rejects a file whose name promises another kind than its bytes have.
    #[test]
    fn no_type_is_of_another_kind_than_the_name_that_it_is_derived_from() {
        let contradicts = |extension: &&str| {
            let name: Filename = format!("a.{extension}").parse().unwrap();
            let kind = types_of(&name).first().and_then(|essence| Kind::of_type(essence));
            let promised = Kind::of_name(name.as_str());
            // Scripts are text and programs.
            let is_script = (kind, promised) == (Some(Kind::Text), Some(Kind::Program));
            kind.is_some() && kind != promised && !is_script
        };
        let contradicting: Vec<_> = Kind::extensions().filter(contradicts).collect();
        assert!(contradicting.is_empty(), "{contradicting:?}");
    }

    #[test]
    fn every_type_is_a_media_type() {
        for extension in Kind::extensions().chain(FURTHER.iter().map(|(extension, _)| *extension)) {
            for essence in types_of(&format!("a.{extension}").parse().unwrap()) {
                assert!(essence.parse::<ContentType>().is_ok(), "{essence}");
            }
        }
    }
}
