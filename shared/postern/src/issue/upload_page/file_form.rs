//! The page on which a browser without a script chooses the file. Its form goes to S3.

use http::StatusCode;

use super::texts::Texts;
use crate::http::Reply;
use crate::issue::Settings;
use crate::issue::form::IssuedForm;
use crate::media::ContentType;
use crate::page::{Destination, Document, Icon, Needs, PageContext, escaped, figures, svg};
use crate::upload::Upload;

/// The page of `upload` with its `form`.
pub(super) fn page(
    context: &PageContext<'_>,
    settings: &Settings,
    upload: &Upload,
    form: &IssuedForm,
) -> Reply {
    let plain = &Texts::of(context.language).plain;
    let body = format!(
        "<main class=\"card\">\n{}<h1>{}</h1>\n<p class=\"lead\"><bdi>{}</bdi></p>\n{}\
         <p class=\"small\" id=\"refusal\">{}</p>\n\
         <p class=\"further\"><a href=\"?\">{}</a></p>\n</main>\n",
        svg(Icon::Send),
        plain.choose,
        escaped(upload.filename.as_str()),
        markup(context, upload, form),
        plain.refusal,
        plain.other_name,
    );
    let needs = needs(&context.destination, &settings.link_base_url);
    let style = super::document::STYLE;
    Document { status: StatusCode::OK, title: plain.choose, head: "", style, body: &body, needs }
        .reply(context)
}

/// The form leads to the bucket, and S3's answer to the page of the token. A browser checks both
/// ([CSP 3, form-action](https://www.w3.org/TR/CSP3/#directive-form-action)).
fn needs(Destination(storage): &Destination, base_url: &str) -> Needs {
    let mut forms = vec!["'self'".to_owned(), storage.clone(), Destination::of(base_url).0];
    forms.dedup();
    Needs { forms, ..Needs::default() }
}

/// S3 ignores fields after the file, so the file is the last one.
fn markup(context: &PageContext<'_>, upload: &Upload, form: &IssuedForm) -> String {
    let (plain, language) = (&Texts::of(context.language).plain, context.language);
    let hidden = |(name, value): &(String, String)| {
        format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escaped(name), escaped(value))
    };
    let fields: String = form.fields.fields.iter().map(hidden).collect();
    let accept = match upload.content_type.as_str() {
        ContentType::OCTET_STREAM => String::new(),
        essence => format!(" accept=\"{}\"", escaped(essence)),
    };
    let limits = (plain.limits)
        .replace("{size}", &figures::size(form.max_size_bytes, language))
        .replace("{time}", &figures::minute(form.expires_at, language));
    format!(
        "<form action=\"{}\" method=\"post\" enctype=\"multipart/form-data\">{fields}\
         <input class=\"sent\" tabindex=\"-1\" aria-hidden=\"true\" autocomplete=\"off\">\
         <label for=\"file\">{}</label><p class=\"hint\" id=\"limits\">{limits}</p>\
         <input id=\"file\" type=\"file\" name=\"file\" required{accept} aria-describedby=\"limits refusal\">\
         <button>{}</button><p class=\"begun\" role=\"status\">{}</p></form>\n",
        escaped(&form.url),
        plain.file,
        plain.send,
        plain.sending,
    )
}
