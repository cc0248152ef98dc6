//! Media types: as a client declares them, and as a link may show them.

use std::fmt;
use std::str::FromStr;

use mediatype::MediaTypeBuf;
use serde::{Deserialize, Serialize};

use crate::media::kinship::is_playlist;
use crate::value::filename::Disposition;

/// The longest media type that is accepted, in bytes.
const MAX_BYTES: usize = 255;

/// A media type, perhaps with parameters (`text/plain; charset=utf-8`), in the spelling of the client: the
/// POST policy pins exactly this text.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContentType(String);

/// The text is not a media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a media type is written as type/subtype, such as image/png, in at most 255 bytes of ASCII")]
pub struct ParseContentTypeError;

impl ContentType {
    /// The type of a client that does not know or declare another one.
    pub const OCTET_STREAM: &'static str = "application/octet-stream";

    /// Text without any format.
    pub fn text() -> Self {
        Self("text/plain".to_owned())
    }

    /// The media type as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Type and subtype in lower case, without parameters.
    pub fn essence(&self) -> String {
        let essence = self.0.split_once(';').map_or(self.0.as_str(), |(essence, _)| essence);
        essence.trim().to_ascii_lowercase()
    }

    /// Whether a browser may show such content inline. Only types that cannot run script may; every other
    /// file is saved.
    pub fn disposition(&self) -> Disposition {
        let essence = self.essence();
        let inert = match essence.as_str() {
            "application/pdf" | "text/plain" | "image/apng" | "image/avif" | "image/bmp" | "image/gif"
            | "image/heic" | "image/heif" | "image/jpeg" | "image/jxl" | "image/png" | "image/tiff"
            | "image/webp" => true,
            // Playlists are text or XML.
            essence => {
                !is_playlist(essence) && (essence.starts_with("audio/") || essence.starts_with("video/"))
            }
        };
        if inert { Disposition::Inline } else { Disposition::Attachment }
    }

    /// The value for `response-content-type`, if the content is UTF-8 text or not text. Without a charset a
    /// browser would guess one.
    pub fn as_served(&self) -> String {
        match self.0.as_str() {
            "text/plain" => "text/plain; charset=utf-8".to_owned(),
            other => other.to_owned(),
        }
    }
}

impl FromStr for ContentType {
    type Err = ParseContentTypeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let printable = text.bytes().all(|b| (0x20..0x7f).contains(&b));
        if text.len() > MAX_BYTES || !printable || text.trim() != text || text.contains('*') {
            return Err(ParseContentTypeError);
        }
        MediaTypeBuf::from_str(text).map_err(|_| ParseContentTypeError)?;
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for ContentType {
    type Error = ParseContentTypeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ContentType> for String {
    fn from(content_type: ContentType) -> Self {
        content_type.0
    }
}

impl fmt::Debug for ContentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for ContentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_media_type_is_refused() {
        for text in ["", "png", "image/", "/png", "image/png\r\nx: y", " image/png", "*/*", "im\u{e4}ge/png"]
        {
            assert!(text.parse::<ContentType>().is_err(), "{text:?}");
        }
        for text in
            ["image/png", "text/plain; charset=utf-8", "application/vnd.ms-excel.sheet.macroEnabled.12"]
        {
            assert!(text.parse::<ContentType>().is_ok(), "{text:?}");
        }
    }

    #[test]
    fn active_content_is_never_shown_inline() {
        let disposition = |text: &str| text.parse::<ContentType>().unwrap().disposition();
        for text in [
            "text/html",
            "image/svg+xml",
            "application/xhtml+xml",
            "text/xml",
            "application/javascript",
            "text/css",
            "application/octet-stream",
            "application/zip",
            "audio/x-mpegurl",
            "audio/x-scpls",
            "audio/x-ms-wax",
            "video/x-ms-asx",
            "video/vnd.mpegurl",
            "multipart/related",
            "message/rfc822",
            "text/html; charset=utf-8",
            "IMAGE/SVG+XML",
        ] {
            assert_eq!(disposition(text), Disposition::Attachment, "{text}");
        }
        for text in [
            "image/png",
            "video/mp4",
            "audio/mpeg",
            "text/plain",
            "application/pdf",
            "text/plain; charset=utf-8",
        ] {
            assert_eq!(disposition(text), Disposition::Inline, "{text}");
        }
    }
}
