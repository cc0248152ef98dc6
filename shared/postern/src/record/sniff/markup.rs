//! Recognizes HTML as a browser would, and the root of an XML document.
//!
//! HTML: [MIME Sniffing, 7.1](https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type).

/// The tags by which a browser recognizes HTML, in lower case.
const HTML_TAGS: &[&str] = &[
    "<!doctype html",
    "<html",
    "<head",
    "<script",
    "<iframe",
    "<h1",
    "<div",
    "<font",
    "<table",
    "<a",
    "<style",
    "<title",
    "<b",
    "<body",
    "<br",
    "<p",
    "<!--",
];

/// Further elements with which fragments of web pages begin. A browser does not recognize HTML by them, but a
/// person who opens the file sees HTML.
const FRAGMENT_TAGS: &[&str] = &[
    "<h2",
    "<h3",
    "<h4",
    "<h5",
    "<h6",
    "<ul",
    "<ol",
    "<form",
    "<img",
    "<meta",
    "<link",
    "<object",
    "<embed",
    "<center",
    "<span",
    "<input",
    "<button",
    "<video",
    "<audio",
    "<frameset",
    "<base",
];

/// A tag of the list, after white space and a byte order mark, that ends with a space or `>`.
pub fn looks_like_html(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    HTML_TAGS.iter().chain(FRAGMENT_TAGS).any(|tag| {
        let Some((begin, rest)) = head.split_at_checked(tag.len()) else { return false };
        begin.eq_ignore_ascii_case(tag.as_bytes())
            && (*tag == "<!--" || matches!(rest.first(), Some(b' ' | b'>' | b'\t' | b'\n' | b'\r' | b'/')))
    })
}

/// The format of markup by its root element, after a byte order mark, declarations, comments and a document
/// type: HTML and XML may both begin with a comment. `None` if no element comes first, or an unknown one
/// without an XML declaration: people write `<name>` in plain text too.
pub fn of_root(head: &[u8]) -> Option<&'static str> {
    let start = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    let is_declared = start.starts_with(b"<?xml");
    let element = root_element(start)?;
    if !is_declared && looks_like_html(element) {
        return Some("text/html");
    }
    let name = name(element)?;
    // A prefix does not determine the element.
    let local = name.rsplit(|b| *b == b':').next()?;
    Some(match local {
        _ if local.eq_ignore_ascii_case(b"svg") => "image/svg+xml",
        _ if local.eq_ignore_ascii_case(b"html") => "application/xhtml+xml",
        b"gpx" => "application/gpx+xml",
        b"kml" => "application/vnd.google-earth.kml+xml",
        b"rss" => "application/rss+xml",
        b"feed" => "application/atom+xml",
        _ if is_declared => "application/xml",
        _ => return None,
    })
}

/// From the `<` of the root element on.
fn root_element(start: &[u8]) -> Option<&[u8]> {
    let mut rest = start;
    loop {
        rest = rest.trim_ascii_start();
        rest = match rest.strip_prefix(b"<")? {
            after @ [b'?', ..] => past(after, b"?>")?,
            after @ [b'!', b'-', b'-', ..] => past(after, b"-->")?,
            after @ [b'!', ..] => past_doctype(after)?,
            _ => return Some(rest),
        };
    }
}

fn name(element: &[u8]) -> Option<&[u8]> {
    let inner = element.get(1..)?;
    let end = inner.iter().position(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/'))?;
    inner.get(..end).filter(|name| is_name(name))
}

fn is_name(name: &[u8]) -> bool {
    let letter = |b: &u8| b.is_ascii_alphabetic() || matches!(b, b'_' | b':') || !b.is_ascii();
    name.first().is_some_and(letter)
        && name.iter().all(|b| letter(b) || b.is_ascii_digit() || matches!(b, b'-' | b'.'))
}

fn past<'a>(bytes: &'a [u8], end: &[u8]) -> Option<&'a [u8]> {
    let at = memchr::memmem::find(bytes, end)?;
    bytes.get(at + end.len()..)
}

/// A document type may contain declarations in brackets, and quoted texts with any character.
fn past_doctype(bytes: &[u8]) -> Option<&[u8]> {
    let (mut rest, mut is_within_brackets) = (bytes, false);
    loop {
        let (first, after) = rest.split_first()?;
        rest = match first {
            b'"' | b'\'' => past(after, &[*first])?,
            b'<' if after.starts_with(b"!--") => past(after, b"-->")?,
            b'<' if after.starts_with(b"?") => past(after, b"?>")?,
            b'>' if !is_within_brackets => return Some(after),
            _ => after,
        };
        is_within_brackets = *first == b'[' || is_within_brackets && *first != b']';
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_known_by_its_root_whatever_stands_before() {
        for (head, found) in [
            ("<svg xmlns='x'/>", Some("image/svg+xml")),
            ("<!-- drawn --><svg>", Some("image/svg+xml")),
            ("<?xml version='1.0'?>\n<!DOCTYPE svg [<!ENTITY a '>'>]>\n<svg:svg >", Some("image/svg+xml")),
            ("<!DOCTYPE svg [<!ENTITY a ']>'><!-- it's ]> --><?b ]>' ?>]><svg>", Some("image/svg+xml")),
            ("<!DOCTYPE svg PUBLIC '[>' \"'\"><svg>", Some("image/svg+xml")),
            ("<!DOCTYPE svg [ ' ]><svg>", None),
            ("\u{FEFF}<?xml version='1.0'?><!-- a --><?pi?><GPX>", Some("application/xml")),
            ("<gpx creator='x'>", Some("application/gpx+xml")),
            ("<!-- a > b --><svg>", Some("image/svg+xml")),
            ("<!DOCTYPE svg [<!-- it's -->]><svg>", Some("image/svg+xml")),
            ("<?xml version='1.0'?><\u{e9}t\u{e9}-1.a>", Some("application/xml")),
            ("<?xml version='1.0'?><1a>", None),
            ("<?xml version='1.0'?><a!>", None),
            ("<?xml version='1.0'?>< a>", None),
            ("<html >", Some("text/html")),
            ("<!-- a --><p >", Some("text/html")),
            ("<?xml version='1.0'?><html >", Some("application/xhtml+xml")),
            ("<?xml version='1.0'?><plist version='1.0'>", Some("application/xml")),
            ("<plist version='1.0'>", None),
            ("<ann> hello", None),
            ("<h3>a</h3>", Some("text/html")),
            ("words <svg>", None),
            ("<3 you >", None),
            ("<!-- never ended", None),
            ("<", None),
        ] {
            assert_eq!(of_root(head.as_bytes()), found, "{head}");
        }
    }
}
