//! The forms of the pages. A form says that it was sent, without a script: `:user-valid` holds for its first
//! field, which is neither visible nor reachable, from the moment at which the form is sent
//! ([HTML, form submission](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#form-submission-algorithm)).

use crate::page::escaped;
use crate::page::messages::Messages;

/// The field with the page's one-time id.
pub const ID_FIELD: &str = "page";

/// The button that opens the link. `id` is the page's one-time id.
pub(super) fn confirm(messages: &Messages, id: &str) -> String {
    posted(messages, id, "")
}

/// The field for the password, and the button.
pub(super) fn password(messages: &Messages, id: &str, wrong: bool) -> String {
    let (alert, described) = match wrong {
        true => (
            format!("<p class=\"bad\" id=\"wrong\" role=\"alert\">{}</p>", messages.password_wrong),
            " aria-invalid=\"true\" aria-describedby=\"wrong\"",
        ),
        false => (String::new(), ""),
    };
    let fields = format!(
        "{alert}<label for=\"password\">{}</label>\
         <input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"off\" maxlength=\"256\" \
         required autofocus{described}>",
        messages.password_label,
    );
    posted(messages, id, &fields)
}

/// The button that saves the file: a form, because a link cannot say that it was followed. The browser asks
/// the link itself, and so asks it again where a download has to go on. `id` is empty where this counts nothing.
pub(super) fn download(messages: &Messages, id: &str) -> String {
    let sent = sent("download", "1");
    let page = match id {
        "" => String::new(),
        id => format!("<input type=\"hidden\" name=\"{ID_FIELD}\" value=\"{}\">", escaped(id)),
    };
    format!("<form>{sent}{page}<button>{}</button>{}</form>", messages.download, begun(messages))
}

fn posted(messages: &Messages, id: &str, fields: &str) -> String {
    let sent = sent(ID_FIELD, &escaped(id));
    format!(
        "<form method=\"post\">{sent}{fields}<button>{}</button>{}</form>",
        messages.open,
        begun(messages)
    )
}

fn sent(name: &str, value: &str) -> String {
    format!(
        "<input class=\"sent\" name=\"{name}\" value=\"{value}\" tabindex=\"-1\" aria-hidden=\"true\" \
         autocomplete=\"off\">"
    )
}

fn begun(messages: &Messages) -> String {
    format!("<p class=\"begun\" role=\"status\">{}</p>", messages.begun)
}
