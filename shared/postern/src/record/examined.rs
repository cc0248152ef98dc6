//! A version after the recorder has looked at its first bytes: what they are, and what a link would serve.

use super::content::archive;
use super::content::pixels;
use super::evidence::Evidence;
use super::sniff::agreement::{ServedAs, agreement, is_json_in_another_encoding, reads_as_text};
use super::sniff::{Sniffed, sniff};
use crate::media::kinship::is_a;
use crate::media::{ContentType, Kind};
use crate::ports::ByteRange;

/// The facts about a version, and the type that its first bytes show.
pub(super) struct Examined<'a> {
    pub evidence: &'a Evidence<'a>,
    pub sniffed: Sniffed,
    /// As what a link serves the bytes; `None` if they do not agree with the declared type.
    pub served_as: Option<ServedAs>,
}

impl<'a> Examined<'a> {
    pub fn of(evidence: &'a Evidence<'a>) -> Self {
        let sniffed = sniff(&evidence.object.head);
        let served_as = agreement(&evidence.upload.content_type, evidence.upload.filename.as_str(), &sniffed);
        Self { evidence, sniffed, served_as }
    }

    /// The served type: the found type, or the declared one if it is more specific.
    pub fn served_type(&self) -> ContentType {
        let declared = || self.evidence.upload.content_type.clone();
        match self.served_as {
            Some(ServedAs::Declared) => declared(),
            Some(ServedAs::Text) => ContentType::text(),
            Some(ServedAs::Found) | None => self.sniffed.essence.parse().unwrap_or_else(|_| declared()),
        }
    }

    /// The found type, if the served type is more specific.
    pub fn carrier(&self) -> Option<ContentType> {
        let found = || self.sniffed.essence.parse().ok();
        (self.served_as != Some(ServedAs::Found)).then(found).flatten()
    }

    /// Whether a link may show the bytes as plain text although their type has a name of its own. Markup is
    /// saved, and so is JSON that does not begin as JSON.
    pub fn reads_as_text(&self) -> bool {
        let served = self.served_type().essence();
        let is_plain = self.sniffed.is_text() && reads_as_text(&self.sniffed.essence);
        let is_prose = Kind::of_type(&served) == Some(Kind::Text) || self.is_table();
        let is_json = !is_a(&served, JSON) || begins_as_json(&self.evidence.object.head);
        is_plain && served != "text/plain" && is_prose && is_json
    }

    /// Browsers on Windows declare a CSV file as the type of the program that opens it.
    fn is_table(&self) -> bool {
        Kind::of_name(self.evidence.upload.filename.as_str()) == Some(Kind::Text)
    }

    /// The part that a rule of the content needs.
    pub fn further_part(&self) -> Option<ByteRange> {
        let Evidence { object, settings, .. } = *self.evidence;
        let (essence, head, size_bytes) = (self.sniffed.essence.as_str(), &object.head, object.size_bytes);
        if is_a(essence, ZIP) || is_a(&self.served_type().essence(), ZIP) {
            return archive::further_part(size_bytes);
        }
        settings
            .max_image_pixels
            .filter(|_| self.is_image())
            .and_then(|_| pixels::further_part(essence, head, size_bytes))
    }

    pub fn is_json_in_another_encoding(&self) -> bool {
        self.sniffed.is_plain()
            && is_json_in_another_encoding(&self.evidence.upload.content_type, &self.sniffed)
    }

    /// An image format that consists of letters is shown as text, if at all.
    pub fn is_image(&self) -> bool {
        Kind::of_type(&self.sniffed.essence) == Some(Kind::Image) && !self.sniffed.is_plain()
    }
}

const ZIP: &str = "application/zip";
const JSON: &str = "application/json";

fn begins_as_json(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    matches!(head.first(), Some(b'{' | b'['))
}
