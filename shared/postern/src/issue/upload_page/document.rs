//! The page of an open token as a document.

use http::StatusCode;
use serde::Serialize;

use super::accepted::in_words;
use super::name_form::NameForm;
use super::texts::{ScriptTexts, Texts};
use crate::http::{Problem, Reply};
use crate::issue::{Settings, client_files};
use crate::media::MediaRange;
use crate::page::{Destination, Document, Icon, Needs, PageContext, escaped, figures, svg};
use crate::upload::token::{TokenStatus, UploadToken};

/// The page's script, a file of the client.
const SCRIPT: &str = "page.js";

const USED_UP: Problem = Problem::UploadTokenEnded(TokenStatus::UsedUp);

pub(super) const STYLE: &str = include_str!("upload.css");

/// What the script reads.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ForScript<'a> {
    types: &'a [MediaRange],
    /// The same in words.
    types_in_words: &'a str,
    max_size_bytes: u64,
    left: u32,
    texts: &'a ScriptTexts,
}

/// The page of `token`, with a form for a browser that does not run the script. If the token has no uses left, the page only lets
/// a file go on that was interrupted. It is gone for every new file, so its status is that of the problem.
pub(super) fn page(
    context: &PageContext<'_>,
    settings: &Settings,
    token: &UploadToken,
    form: &NameForm<'_>,
) -> Reply {
    let texts = Texts::of(context.language);
    let types = settings.allowed_types.among(&token.content_types);
    let words = in_words(&types, texts);
    let max_size_bytes = token.max_size_bytes.min(settings.max_size_bytes);
    let for_script = ForScript {
        types: &types,
        types_in_words: &words,
        max_size_bytes,
        left: token.uses_left,
        texts: &texts.script,
    };
    let (status, title, top, form) = if token.uses_left == 0 {
        (USED_UP.status(), texts.used_up.0, used_up(texts), String::new())
    } else {
        let terms = terms(context, token, &words, max_size_bytes);
        let top = format!("{}{terms}", heading(token.label.as_deref(), texts));
        (StatusCode::OK, token.label.as_deref().unwrap_or(texts.title), top, form.markup(texts, &words))
    };
    let body = format!(
        "<main class=\"card send\">\n{top}{}{form}\
         <ul id=\"list\" role=\"list\" aria-label=\"{}\"></ul>\n<p id=\"summary\" role=\"status\"></p>\n{}{}</main>\n",
        area(texts, &types, token.uses_left),
        texts.list,
        row(texts),
        data(&for_script),
    );
    let (head, needs) = (scripts(), needs(&context.destination));
    Document { status, title, head: &head, style: STYLE, body: &body, needs }.reply(context)
}

/// What a visitor reads who can send no new file.
fn used_up(texts: &Texts) -> String {
    let (title, sentence) = texts.used_up;
    format!(
        "<div class=\"file\">{}<div><h1>{title}</h1></div></div>\n<p>{sentence}</p>\n\
         <p class=\"scripted\">{}</p>\n",
        svg(Icon::Send),
        texts.interrupted
    )
}

/// The script. The browser fetches the files that it imports at once, not one after another.
fn scripts() -> String {
    let files = client_files::with_imports(SCRIPT);
    let preload =
        |name| format!("<link rel=\"modulepreload\" href=\"../{}\">\n", client_files::address(name));
    let imported: Vec<_> = files.iter().skip(1).map(|file| preload(file.name)).collect();
    let script = client_files::address(SCRIPT);
    format!(
        "<link rel=\"icon\" href=\"data:,\">\n{}<script type=\"module\" src=\"../{script}\"></script>\n",
        imported.concat()
    )
}

/// The script and the client come from the API, and call the API and the bucket. The form leads to this page's own
/// address. The icon is empty data: without it browsers would ask for another one.
fn needs(Destination(storage): &Destination) -> Needs {
    let directives = vec!["script-src 'self'".to_owned(), format!("connect-src 'self' {storage}")];
    Needs { images: vec!["data:".to_owned()], directives, forms: vec!["'self'".to_owned()] }
}

fn heading(label: Option<&str>, texts: &Texts) -> String {
    let words = match label {
        Some(label) => {
            format!("<p class=\"lead\">{}</p><h1><bdi>{}</bdi></h1>", texts.lead, escaped(label))
        }
        None => format!("<h1>{}</h1>", texts.title),
    };
    format!("<div class=\"file\">{}<div>{words}</div></div>\n", svg(Icon::Send))
}

fn terms(context: &PageContext<'_>, token: &UploadToken, types: &str, max_size_bytes: u64) -> String {
    let (texts, language) = (Texts::of(context.language), context.language);
    let end = token.expires_at;
    let until = format!("<span>{}</span> <span>{}</span>", figures::day(end, language), figures::clock(end));
    let term = |name: &str, value: &str| format!("<div><dt>{name}</dt><dd>{value}</dd></div>\n");
    let terms = [
        term(texts.accepted, &escaped(types)),
        term(texts.largest, &figures::size(max_size_bytes, language)),
        term(texts.left, &format!("<span id=\"left\">{}</span>", token.uses_left)),
        // In the visitor's time zone once the script runs.
        term(texts.until, &format!("<time datetime=\"{end}\">{until}</time>")),
    ];
    format!("<dl>\n{}</dl>\n", terms.concat())
}

/// Where files are dropped and chosen. The script enables the buttons.
fn area(texts: &Texts, types: &[MediaRange], left: u32) -> String {
    let accept = match types.iter().map(ToString::to_string).collect::<Vec<_>>().join(",") {
        types if types.split(',').any(|range| range == "*/*") => String::new(),
        types => format!(" accept=\"{}\"", escaped(&types)),
    };
    let (multiple, folder) = match left {
        0 | 1 => ("", String::new()),
        _ => (
            " multiple",
            format!(
                "<button type=\"button\" id=\"folder\" class=\"plain\" disabled>{}</button>\
                 <input type=\"file\" id=\"folder-input\" webkitdirectory hidden>",
                texts.folder
            ),
        ),
    };
    let choose = if left == 0 { texts.plain.choose } else { texts.choose };
    format!(
        "<div id=\"area\"><p>{}</p><button type=\"button\" id=\"choose\" disabled>{choose}</button>\
         <input type=\"file\" id=\"file-input\"{multiple}{accept} hidden>{folder}</div>\n",
        texts.drop
    )
}

/// One file in the list. The script copies it, and fills it with texts only.
fn row(texts: &Texts) -> String {
    let buttons = &texts.buttons;
    let button = |does: &str, text: &str| {
        format!("<button type=\"button\" class=\"plain\" data-does=\"{does}\" hidden>{text}</button>")
    };
    let buttons = [
        button("pause", buttons.pause),
        button("resume", buttons.resume),
        button("retry", buttons.retry),
        button("cancel", buttons.cancel),
        button("remove", buttons.remove),
    ];
    format!(
        "<template id=\"row\"><li><span class=\"tile\" aria-hidden=\"true\"></span><p class=\"name\"><bdi></bdi> <span></span></p>\
         <p class=\"state\"><span></span> <span lang=\"en\"></span></p><div class=\"buttons\">{}</div>\
         <progress max=\"1\" value=\"0\"></progress></li></template>\n",
        buttons.concat()
    )
}

/// JSON in a script element, which no browser runs. No text in it can end the element.
fn data(for_script: &ForScript<'_>) -> String {
    let json = serde_json::to_string(for_script).unwrap_or_default().replace('<', "\\u003c");
    format!("<script type=\"application/json\" id=\"data\">{json}</script>\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::messages::Language;

    #[test]
    fn no_text_ends_the_element_of_the_data() {
        let texts = &Texts::of(Language::English).script;
        let types_in_words = "</script><script>alert(1)</script>";
        let data = data(&ForScript { types: &[], types_in_words, max_size_bytes: 1, left: 1, texts });
        assert_eq!((data.matches("</script").count(), data.matches("<script").count()), (1, 1), "{data}");
        let json = data.split_once('>').unwrap().1.strip_suffix("</script>\n").unwrap();
        let json: serde_json::Value = serde_json::from_str(json).unwrap();
        assert_eq!(json["typesInWords"], types_in_words);
    }
}
