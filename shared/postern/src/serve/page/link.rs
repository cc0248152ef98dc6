//! The page of a link that opens: what is behind it, its content, and how to save it.

use http::StatusCode;

use super::element::{Element, kind_of};
use super::{card, form};
use crate::http::Reply;
use crate::link::Link;
use crate::page::{Document, Icon, PageContext, escaped, figures, svg};
use crate::serve::request;

/// The page with the content. `id` is the page's one-time id ([`mod@crate::serve::page_id`]); it is empty where
/// what the page asks for counts nothing.
pub fn opened(context: &PageContext<'_>, link: &Link, id: &str) -> Reply {
    let messages = context.language.messages();
    let element = Element::of(link);
    let download = form::download(messages, id);
    let limited = match link.terms.is_limited() {
        true => format!("<p class=\"limited\">{}</p>", messages.limited),
        false => String::new(),
    };
    let body = if let Some(element) = element {
        format!(
            "<main class=\"shown\">\n<div class=\"bar\">{}{download}</div>\n{}{limited}\
             <section class=\"stage\" aria-label=\"{}\">{}</section>\n{}</main>\n",
            heading(context, link),
            note(context, link),
            messages.preview,
            content(context, link, element, id),
            after_player(context, element),
        )
    } else {
        let no_preview = match is_shown(link) {
            true => format!("<p>{}</p>", messages.no_preview),
            false => String::new(),
        };
        card_of(context, link, &format!("{no_preview}{limited}{download}"))
    };
    of_link(context, link, element, &body)
}

/// The page with the button, which opens the link. Nothing is opened yet.
pub fn confirm(context: &PageContext<'_>, link: &Link, id: &str) -> Reply {
    let messages = context.language.messages();
    let form = form::confirm(messages, id);
    let body = card_of(context, link, &format!("<p>{}</p>{form}", messages.confirm.1));
    of_link(context, link, None, &body)
}

fn of_link(context: &PageContext<'_>, link: &Link, element: Option<Element>, body: &str) -> Reply {
    let name = link.served_filename().as_str();
    let head = card::tags(context, link);
    let needs = super::needs(&context.destination, element);
    Document { status: StatusCode::OK, title: name, head: &head, style: super::STYLE, body, needs }
        .reply(context)
}

/// Whether browsers show the file, as opposed to saving it.
fn is_shown(link: &Link) -> bool {
    link.disposition() == crate::value::filename::Disposition::Inline
}

fn card_of(context: &PageContext<'_>, link: &Link, rest: &str) -> String {
    let shared = context.language.messages().confirm.0;
    format!(
        "<main class=\"card\">\n<p class=\"lead\">{shared}</p>\n{}{}{rest}\n</main>\n",
        heading(context, link),
        note(context, link),
    )
}

/// The icon, the name and the facts.
fn heading(context: &PageContext<'_>, link: &Link) -> String {
    let (messages, language) = (context.language.messages(), context.language);
    let kind = kind_of(link);
    let until = link.expires_at.map(|end| {
        let written = figures::minute(end, language);
        format!(" <span>{} <time datetime=\"{end}\">{written}</time></span>", messages.until)
    });
    format!(
        "<div class=\"file\">{}<div><h1><bdi>{}</bdi></h1><p class=\"facts\"><span>{}</span> <span>{}</span>{}</p></div></div>\n",
        svg(Icon::File(kind)),
        escaped(link.served_filename().as_str()),
        kind.name(messages),
        figures::size(link.size_bytes, language),
        until.unwrap_or_default(),
    )
}

/// What the sender says; empty without a note.
fn note(context: &PageContext<'_>, link: &Link) -> String {
    let label = context.language.messages().note_label;
    let figure = |note: &str| {
        format!(
            "<figure class=\"note\"><figcaption>{label}</figcaption><blockquote dir=\"auto\">{}</blockquote></figure>\n",
            escaped(note)
        )
    };
    link.terms.note.as_ref().map(|note| figure(note.as_str())).unwrap_or_default()
}

/// What a person can do if the player stops: its URL may have expired, and without script the page cannot see
/// this.
fn after_player(context: &PageContext<'_>, element: Element) -> String {
    match element {
        Element::Video | Element::Audio => {
            format!("<p class=\"hint\">{}</p>\n", context.language.messages().playback_stopped)
        }
        Element::Image | Element::Pdf | Element::Text => String::new(),
    }
}

/// The content, with the link itself as its source.
///
/// A player asks with CORS (`crossorigin`): Chromium then sees the storage's refusal when the URL has expired,
/// and stops at once. Without CORS it hides an answer in XML or HTML from the player, and tries 30 times more.
/// The link is of the page's own origin, so it still gets the cookies. The storage gets none.
///
/// A player's address has the time of the page. After a reload, Firefox goes on with the URL to which the same
/// address has led before, also if that URL has expired. Within a second the link leads to the same URL anyway.
fn content(context: &PageContext<'_>, link: &Link, element: Element, id: &str) -> String {
    let name = escaped(link.served_filename().as_str());
    let source = match id {
        "" => request::SHOW.to_owned(),
        id => format!("?{}={}", form::ID_FIELD, escaped(id)),
    };
    let played = format!("{source}&amp;at={}", context.now.epoch_s());
    match element {
        Element::Image => format!("<img src=\"{source}\" alt=\"{name}\">"),
        Element::Video => format!(
            "<video src=\"{played}\" crossorigin=\"anonymous\" controls preload=\"metadata\" playsinline aria-label=\"{name}\"></video>"
        ),
        Element::Audio => {
            format!(
                "<audio src=\"{played}\" crossorigin=\"anonymous\" controls preload=\"metadata\" aria-label=\"{name}\"></audio>"
            )
        }
        Element::Pdf => format!("<iframe src=\"{source}\" title=\"{name}\"></iframe>"),
        Element::Text => format!("<iframe src=\"{source}\" title=\"{name}\" sandbox></iframe>"),
    }
}
