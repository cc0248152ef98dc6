//! Content of another format within a picture, audio or video that a link shows.

use crate::media::{ContentType, Kind};
use crate::record::sniff::is_binary;
use crate::value::filename::Disposition;

/// With one of these, in lower case after `<`, the file is also a page, a script or a document for
/// whoever reads it as such.
const FOREIGN: &[&[u8]] = &[b"script", b"!doctype html", b"html", b"iframe", b"?php", b"%@ page"];

/// What of another format stands within bytes that were sniffed as `essence`. What a link never shows
/// is nobody's page: a drawing may carry a PDF of itself.
pub fn foreign_content(essence: &str, head: &[u8]) -> Option<&'static str> {
    let is_shown =
        essence.parse().is_ok_and(|sniffed: ContentType| sniffed.disposition() == Disposition::Inline);
    if !is_shown || !matches!(Kind::of_type(essence), Some(Kind::Image | Kind::Media)) {
        return None;
    }
    if has_foreign_tag(head) {
        return Some("a page or a script");
    }
    // A reader of PDF takes a header anywhere in the first kilobyte.
    if memchr::memmem::find(head.get(..1024).unwrap_or(head), b"%PDF-").is_some() {
        return Some("a PDF document");
    }
    is_script_with_a_signature(head).then_some("a script")
}

/// One pass for all tags.
fn has_foreign_tag(head: &[u8]) -> bool {
    memchr::memchr_iter(b'<', head).any(|at| {
        let rest = head.get(at + 1..).unwrap_or_default();
        FOREIGN.iter().any(|tag| is_tag(rest, tag))
    })
}

/// A tag is ended by white space, `>` or `/`; chance alone makes five letters of noise too often.
fn is_tag(rest: &[u8], tag: &[u8]) -> bool {
    let Some((begin, after)) = rest.split_at_checked(tag.len()) else { return false };
    begin.eq_ignore_ascii_case(tag)
        && after.first().is_some_and(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/' | b'='))
}

/// `GIF89a=…` or `BM/*…`: the signature is a name in JavaScript and what follows makes it run. A real
/// header has a byte there that no text has, before any comment or quoted text could hide one.
fn is_script_with_a_signature(head: &[u8]) -> bool {
    let header = head.strip_prefix(b"GIF89a").or_else(|| head.strip_prefix(b"GIF87a"));
    let header = header.or_else(|| head.strip_prefix(b"BM"));
    let Some(header) = header.and_then(|header| header.get(..7)) else { return false };
    let text = header.split(|b| is_binary(*b)).next().unwrap_or_default();
    let hides = |begin: &[u8]| text.windows(2).any(|pair| pair == begin);
    text.len() == header.len() || [b"/*", b"//", b"=\"", b"='", b"=`"].into_iter().any(|begin| hides(begin))
}
