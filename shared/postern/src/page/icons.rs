//! The icons of the pages: SVG in the page itself, drawn for this project.

use super::file_kind::FileKind;

/// What a page has an icon for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Icon {
    /// A file of this type.
    File(FileKind),
    /// A password.
    Lock,
    /// A link that does not open.
    Broken,
    /// Files that are sent.
    Send,
    /// A file that was received.
    Received,
    /// A file that was not accepted.
    Rejected,
}

const SHEET: &str =
    r#"<path d="M6 3h8l5 5v11a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z"/><path d="M14 3v5h5"/>"#;

/// The icon's markup. It says nothing to a screen reader: words stand beside it.
pub(crate) fn svg(icon: Icon) -> String {
    let (sheet, drawing) = match icon {
        Icon::File(kind) => of_file(kind),
        Icon::Lock => (
            "",
            r#"<rect x="4" y="10" width="16" height="11" rx="2"/><path d="M8 10V7a4 4 0 0 1 8 0v3"/><path d="M12 14v3"/>"#,
        ),
        Icon::Send => (
            "",
            r#"<path d="M12 16V4"/><path d="M7 9l5-5 5 5"/><path d="M4 16v3a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-3"/>"#,
        ),
        Icon::Received => ("", r#"<circle cx="12" cy="12" r="9"/><path d="M8 12.5l2.75 2.75L16 9.5"/>"#),
        Icon::Rejected => {
            ("", r#"<circle cx="12" cy="12" r="9"/><path d="M12 7v6"/><path d="M12 16.5v.5"/>"#)
        }
        Icon::Broken => (
            "",
            r#"<path d="M9 7H7a5 5 0 0 0 0 10h2"/><path d="M15 7h2a5 5 0 0 1 3 9"/><path d="M8 12h3"/><path d="M4 4l16 16"/>"#,
        ),
    };
    format!(
        "<svg class=\"icon\" viewBox=\"0 0 24 24\" width=\"24\" height=\"24\" fill=\"none\" \
         stroke=\"currentColor\" stroke-width=\"1.75\" stroke-linecap=\"round\" stroke-linejoin=\"round\" \
         aria-hidden=\"true\" focusable=\"false\">{sheet}{drawing}</svg>"
    )
}

fn of_file(kind: FileKind) -> (&'static str, &'static str) {
    match kind {
        FileKind::Image => (
            "",
            r#"<rect x="3" y="4" width="18" height="16" rx="2"/><circle cx="8.5" cy="9.5" r="1.5"/><path d="M21 16l-5-5-9 9"/>"#,
        ),
        FileKind::Video => {
            ("", r#"<rect x="3" y="5" width="18" height="14" rx="2"/><path d="M10.5 9.2v5.6l4.5-2.8z"/>"#)
        }
        FileKind::Audio => (
            "",
            r#"<path d="M9 18V6l11-2v12"/><circle cx="6.5" cy="18" r="2.5"/><circle cx="17.5" cy="16" r="2.5"/>"#,
        ),
        FileKind::Pdf | FileKind::Document => {
            (SHEET, r#"<path d="M8 12h7"/><path d="M8 15h7"/><path d="M8 18h4"/>"#)
        }
        FileKind::Text => (SHEET, r#"<path d="M8 12.5h7"/><path d="M8 16.5h5"/>"#),
        FileKind::Archive => (
            "",
            r#"<rect x="3" y="4" width="18" height="5" rx="1"/><path d="M5 9v9a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V9"/><path d="M10 13h4"/>"#,
        ),
        FileKind::Program => (
            "",
            r#"<rect x="3" y="4" width="18" height="16" rx="2"/><path d="M7 9l3 3-3 3"/><path d="M13 15h4"/>"#,
        ),
        FileKind::WebPage => (
            "",
            r#"<circle cx="12" cy="12" r="9"/><path d="M3 12h18"/><path d="M12 3c3 3 3 15 0 18c-3-3-3-15 0-18z"/>"#,
        ),
        FileKind::Font => ("", r#"<path d="M5 20l7-16 7 16"/><path d="M8 14h8"/>"#),
        FileKind::Other => (SHEET, ""),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_kind_has_a_drawing_that_screen_readers_leave_out() {
        use FileKind::{Archive, Audio, Document, Font, Image, Other, Program, Text, Video, WebPage};
        let kinds = [Image, Video, Audio, Document, Text, Archive, Program, WebPage, Font, Other];
        let icons = kinds.map(Icon::File).into_iter().chain([Icon::Lock, Icon::Broken, Icon::Send]).map(svg);
        let drawn: BTreeSet<_> = icons.collect();
        assert_eq!(drawn.len(), kinds.len() + 3, "no two look the same");
        assert_eq!(svg(Icon::File(FileKind::Pdf)), svg(Icon::File(Document)));
        for icon in drawn {
            assert!(
                icon.starts_with("<svg class=\"icon\"") && icon.contains(" aria-hidden=\"true\""),
                "{icon}"
            );
            assert!(icon.contains("<path d=\"") && icon.ends_with("/></svg>"), "{icon}");
        }
    }
}
