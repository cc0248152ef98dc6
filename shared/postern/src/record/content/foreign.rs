//! Content of another format within an image, audio or video that a link shows.

use crate::media::{ContentType, Kind};
use crate::record::sniff::is_binary;
use crate::value::filename::Disposition;

/// Tags, in lower case after `<`, that make the file a web page, a script or a document as well.
const FOREIGN: &[&[u8]] = &[b"script", b"!doctype html", b"html", b"iframe", b"?php", b"%@ page"];

/// The other format that bytes with the found type `essence` contain, if any. Formats that links only save
/// are not checked: for example, an Illustrator file contains a PDF.
pub fn foreign_content(essence: &str, head: &[u8]) -> Option<&'static str> {
    let is_shown =
        essence.parse().is_ok_and(|sniffed: ContentType| sniffed.disposition() == Disposition::Inline);
    if !is_shown || !matches!(Kind::of_type(essence), Some(Kind::Image | Kind::Media)) {
        return None;
    }
    if has_foreign_tag(head) {
        return Some("a page or a script");
    }
    // Readers of PDF accept a header anywhere in the first kilobyte.
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

/// A tag ends with white space, `>` or `/`. Without this, random bytes would contain five letters too often.
fn is_tag(rest: &[u8], tag: &[u8]) -> bool {
    let Some((begin, after)) = rest.split_at_checked(tag.len()) else { return false };
    begin.eq_ignore_ascii_case(tag)
        && after.first().is_some_and(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/' | b'='))
}

/// `GIF89a=…` or `BM/*…`: the signature is a name in JavaScript, and the next bytes make it run. A real
/// header has a byte there that text never has.
fn is_script_with_a_signature(head: &[u8]) -> bool {
    let header = head.strip_prefix(b"GIF89a").or_else(|| head.strip_prefix(b"GIF87a"));
    let header = header.or_else(|| head.strip_prefix(b"BM"));
    let Some(header) = header.and_then(|header| header.get(..7)) else { return false };
    let text = header.split(|b| is_binary(*b)).next().unwrap_or_default();
    let hides = |begin: &[u8]| text.windows(2).any(|pair| pair == begin);
    text.len() == header.len() || [b"/*", b"//", b"=\"", b"='", b"=`"].into_iter().any(|begin| hides(begin))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(head: &[u8]) -> Option<&'static str> {
        foreign_content("image/gif", head)
    }

    #[test]
    fn a_tag_has_an_end_that_is_seen() {
        let gif = |comment: &[u8]| [b"GIF89a\x01\0\x01\0\0\0\0!\xFE".as_slice(), comment].concat();
        for comment in [b"<script>".as_slice(), b"<SCRIPT\n", b"<script/", b"<iframe ", b"<?php="] {
            assert_eq!(found(&gif(comment)), Some("a page or a script"), "{comment:?}");
        }
        for comment in [b"<script".as_slice(), b"<scripts>", b"<scrip>", b"script>", b"<", b"< script>"] {
            assert_eq!(found(&gif(comment)), None, "{comment:?}");
        }
    }

    #[test]
    fn a_header_of_letters_is_a_script_only_where_it_runs_as_one() {
        for header in [b"GIF89a=1;alert(1)".as_slice(), b"GIF87a/*\x01\0\x80\0\0*/", b"GIF89aa=`\0\0\0\0"] {
            assert_eq!(found(header), Some("a script"), "{header:?}");
        }
        // 24,929 pixels wide and 98 high: letters, and a byte that no text has.
        for header in [b"GIF89aaab\0\x80\0\0\0".as_slice(), b"GIF89a= '\0\0\0\0\0", b"GIF89a=1;a"] {
            assert_eq!(found(header), None, "{header:?}");
        }
    }
}
