//! The form that asks for a file's name, where no script can read it from the file.
//!
//! Every page has it. A browser that runs no script shows it at once. Otherwise the style shows it after some seconds
//! (`.late` in `upload.css`), unless the script has started and removed it: a script that is blocked or broken leaves a way
//! to send files. The form is below everything that can be seen by then, so nothing moves.

use super::request::PageRequest;
use super::texts::Texts;
use crate::http::Problem;
use crate::page::escaped;
use crate::value::filename::MAX_FILENAME_BYTES;

/// What the form shows.
pub(super) struct NameForm<'a> {
    /// The random value of this page. A form that is sent twice carries the same one twice.
    page: String,
    /// What was written, and what was wrong with it, if the page is shown once more.
    filename: &'a str,
    broken: Option<&'a Problem>,
}

impl<'a> NameForm<'a> {
    /// The empty form.
    pub(super) fn of(request: &PageRequest<'_>) -> Self {
        Self { page: u128::from_be_bytes(request.entropy).to_string(), filename: "", broken: None }
    }

    /// The form with what was written before, and what was wrong with it.
    pub(super) fn again(self, filename: &'a str, broken: &'a Problem) -> Self {
        Self { filename, broken: Some(broken), ..self }
    }

    /// The form. `types` is what is accepted, in words.
    pub(super) fn markup(&self, texts: &Texts, types: &str) -> String {
        let plain = &texts.plain;
        let (wrong, state, class) = match self.wrong(texts, types) {
            Some(wrong) => {
                (wrong, " aria-invalid=\"true\" aria-describedby=\"wrong name-hint\" autofocus", "")
            }
            None => (String::new(), " aria-describedby=\"name-hint\"", " class=\"late\""),
        };
        format!(
            "<div{class}><form method=\"post\"><p>{}</p><label for=\"name\">{}</label>\
             <p class=\"hint\" id=\"name-hint\">{}</p>{wrong}\
             <input type=\"hidden\" name=\"page\" value=\"{}\">\
             <input id=\"name\" name=\"filename\" value=\"{}\" maxlength=\"{MAX_FILENAME_BYTES}\" \
             autocomplete=\"off\" autocapitalize=\"off\" spellcheck=\"false\" required{state}>\
             <button>{}</button></form></div>\n",
            plain.begin,
            plain.name,
            plain.name_hint,
            self.page,
            escaped(self.filename),
            plain.go_on,
        )
    }

    /// What was wrong, in the visitor's language. The rule of a name is the server's own.
    fn wrong(&self, texts: &Texts, types: &str) -> Option<String> {
        let Some(Problem::InvalidFields(errors)) = self.broken else { return None };
        let of_name = errors.iter().find(|error| error.field == "filename");
        let said = match of_name {
            Some(error) => {
                format!("{} <span lang=\"en\">{}.</span>", texts.plain.name_wrong, escaped(&error.rule))
            }
            None => texts.script.wrong_type.replace("{types}", &escaped(types)),
        };
        Some(format!("<p class=\"bad hint\" id=\"wrong\" role=\"alert\">{said}</p>"))
    }
}
