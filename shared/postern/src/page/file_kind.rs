//! What a page says of the type of a file.

use super::messages::Messages;
use crate::media::Kind;

/// The type of a file, as a person calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    Image,
    Video,
    Audio,
    Pdf,
    Text,
    Document,
    Archive,
    Program,
    WebPage,
    Font,
    Other,
}

impl FileKind {
    /// The kind of a file; `is_video` tells video from audio.
    pub(crate) fn new(kind: Kind, is_video: bool) -> Self {
        match kind {
            Kind::Image => Self::Image,
            Kind::Media if is_video => Self::Video,
            Kind::Media => Self::Audio,
            Kind::Pdf => Self::Pdf,
            Kind::Document => Self::Document,
            Kind::Archive => Self::Archive,
            Kind::Program => Self::Program,
            Kind::Page => Self::WebPage,
            Kind::Font => Self::Font,
            Kind::Text => Self::Text,
        }
    }

    /// The words for it.
    pub(crate) fn name(self, messages: &Messages) -> &'static str {
        let kinds = &messages.kinds;
        match self {
            Self::Image => kinds.image,
            Self::Video => kinds.video,
            Self::Audio => kinds.audio,
            Self::Pdf => kinds.pdf,
            Self::Text => kinds.text,
            Self::Document => kinds.document,
            Self::Archive => kinds.archive,
            Self::Program => kinds.program,
            Self::WebPage => kinds.web_page,
            Self::Font => kinds.font,
            Self::Other => kinds.other,
        }
    }
}
