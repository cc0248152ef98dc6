//! Pages for people: an ended link, a password, the button.
//!
//! Each page is one document without script and without anything from elsewhere. Its content security policy
//! says so: the only style is allowed by its hash. `form-action` names the storage beside the page, because a
//! browser applies it to the redirect that answers a form, too ([CSP 3,
//! form-action](https://www.w3.org/TR/CSP3/#directive-form-action)).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use sha2::{Digest, Sha256};

use super::messages::{Language, Messages, Text};
use crate::http::{Problem, Reply};
use crate::link::Link;

const STYLE: &str = include_str!("page.css");

/// Where the pages' forms may lead beside the page itself: the origin to which links redirect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination(String);

impl Destination {
    /// The origin of `url`.
    pub fn of(url: &str) -> Self {
        let host = url.find("://").map_or(0, |at| at + 3);
        let path = url.get(host..).and_then(|rest| rest.find('/'));
        let origin = path.and_then(|path| url.get(..host + path)).unwrap_or(url);
        Self(origin.to_owned())
    }
}

/// The field of a form with the page's one-time id.
pub const ID_FIELD: &str = "page";

/// The page with the button. Nothing is opened yet. `id` is the page's one-time id ([`mod@super::page_id`]).
pub fn confirm(link: &Link, id: &str, language: Language, to: &Destination) -> Reply {
    let messages = language.messages();
    let facts = format!(
        "<dl><dt>{}</dt><dd><bdi>{}</bdi></dd><dt>{}</dt><dd>{}</dd></dl>",
        messages.name_label,
        escaped(link.served_filename().as_str()),
        messages.size_label,
        size(link.size_bytes, language),
    );
    let form = form(messages, id, "");
    page(StatusCode::OK, messages, messages.confirm, &format!("{facts}{form}"), to)
}

/// The page for a problem; `None` for problems that people do not meet. `id` is the page's one-time id, for a
/// form.
pub fn of_problem(
    problem: &Problem,
    request_id: &str,
    id: &str,
    language: Language,
    to: &Destination,
) -> Option<Reply> {
    let messages = language.messages();
    let text = match problem {
        Problem::TokenForged | Problem::TokenUnknown | Problem::RouteNotFound => messages.unknown,
        Problem::LinkRevoked => messages.revoked,
        Problem::LinkExpired => messages.expired,
        Problem::LinkUsedUp => messages.used_up,
        Problem::LinkBusy(_) => messages.busy,
        Problem::PasswordLocked(_) => messages.locked,
        Problem::PasswordBusy => messages.password_busy,
        Problem::PasswordRequired | Problem::PasswordWrong => messages.password,
        Problem::AuthorizationUnwanted => messages.authorization,
        Problem::NetworkNotAllowed => messages.network,
        Problem::FileGone => messages.file_gone,
        Problem::Unavailable(_) | Problem::Internal(_) => messages.failed,
        _ => return None,
    };
    let rest = match problem {
        Problem::PasswordRequired | Problem::PasswordBusy => password_form(messages, id, false),
        Problem::PasswordWrong => password_form(messages, id, true),
        Problem::Internal(_) => format!("<p class=\"id\">{}</p>", escaped(request_id)),
        _ => String::new(),
    };
    let reply = page(problem.status(), messages, text, &rest, to);
    Some(match problem.retry_after_s() {
        Some(seconds) => reply.with("retry-after", seconds.to_string()),
        None => reply,
    })
}

fn password_form(messages: &Messages, id: &str, wrong: bool) -> String {
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
    form(messages, id, &fields)
}

/// A form that shows without a script that it was sent. `:user-valid` begins to hold for its first field,
/// which cannot be seen or focused, when the form is sent ([HTML, form
/// submission](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#form-submission-algorithm)).
fn form(messages: &Messages, id: &str, fields: &str) -> String {
    format!(
        "<form method=\"post\"><input class=\"sent\" name=\"{ID_FIELD}\" value=\"{}\" tabindex=\"-1\" \
         aria-hidden=\"true\" autocomplete=\"off\">{fields}<button>{}</button>\
         <p class=\"begun\" role=\"status\">{}</p></form>",
        escaped(id),
        messages.open,
        messages.begun,
    )
}

fn page(
    status: StatusCode,
    messages: &Messages,
    (title, sentence): Text,
    rest: &str,
    to: &Destination,
) -> Reply {
    let tag = messages.tag;
    let body = format!(
        "<!DOCTYPE html>\n<html lang=\"{tag}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n\
         <body>\n<main>\n<h1>{title}</h1>\n<p>{sentence}</p>\n{rest}\n</main>\n</body>\n</html>\n"
    );
    Reply { body, ..Reply::empty(status) }
        .with("content-type", "text/html; charset=utf-8")
        .with("content-language", tag)
        .with("content-security-policy", policy(to))
        .with("x-content-type-options", "nosniff")
        .with("referrer-policy", "no-referrer")
        .with("x-robots-tag", "noindex")
        .with("vary", "accept, accept-language")
}

fn policy(Destination(to): &Destination) -> String {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self' {to}; base-uri 'none'; \
         frame-ancestors 'none'"
    )
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A size for people: steps of a thousand, one decimal, the language's decimal mark.
fn size(bytes: u64, language: Language) -> String {
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let (mut tenths, mut unit) = (bytes / 100, "kB");
    for next in ["MB", "GB", "TB"] {
        if tenths >= 10_000 {
            (tenths, unit) = (tenths / 1000, next);
        }
    }
    let mark = match language {
        Language::English | Language::Chinese => '.',
        Language::German | Language::French | Language::Spanish => ',',
    };
    format!("{}{mark}{} {unit}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::LinkTerms;

    fn to() -> Destination {
        Destination::of("https://files.s3.eu-central-1.amazonaws.com/")
    }

    #[test]
    fn a_name_cannot_write_the_page() {
        let name = "<script>alert(1)<'\">&.png";
        let terms = LinkTerms { filename: Some(name.parse().unwrap()), ..LinkTerms::default() };
        let link = Link { terms, ..crate::testing::samples::link(None) };
        let page = confirm(&link, "id", Language::English, &to());
        let shown = "<bdi>&lt;script&gt;alert(1)&lt;&#39;&quot;&gt;&amp;.png</bdi>";
        assert!(page.body.contains(shown), "{}", page.body);
    }

    #[test]
    fn a_page_loads_nothing_and_runs_nothing() {
        let page = of_problem(&Problem::PasswordRequired, "r", "id", Language::English, &to()).unwrap();
        assert_eq!(page.status, StatusCode::FORBIDDEN);
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(
            policy.contains("form-action 'self' https://files.s3.eu-central-1.amazonaws.com;"),
            "{policy}"
        );
        for forbidden in [
            "<script",
            "http://",
            "https://",
            "url(",
            "@import",
            " style=",
            " onclick",
            " onload",
            " onerror",
            " onsubmit",
        ] {
            let markup = page.body.split("<main>").nth(1).unwrap();
            assert!(!markup.contains(forbidden), "{forbidden}");
        }
    }

    #[test]
    fn every_problem_that_a_person_meets_is_told_in_every_language() {
        for language in Language::ALL {
            let problems = [
                Problem::TokenUnknown,
                Problem::LinkRevoked,
                Problem::LinkExpired,
                Problem::LinkUsedUp,
                Problem::LinkBusy(7),
                Problem::PasswordLocked(7),
                Problem::PasswordBusy,
                Problem::PasswordRequired,
                Problem::PasswordWrong,
                Problem::AuthorizationUnwanted,
                Problem::NetworkNotAllowed,
                Problem::FileGone,
            ];
            let mut titles = std::collections::BTreeSet::new();
            for problem in problems {
                let page = of_problem(&problem, "r", "id", language, &to()).unwrap();
                assert_eq!(page.status, problem.status());
                assert_eq!(page.header("cache-control"), Some("no-store"));
                titles.insert(page.body.split("<h1>").nth(1).unwrap().split('<').next().unwrap().to_owned());
            }
            assert_eq!(titles.len(), 11, "the two about a password share a title: {titles:?}");
        }
        let locked = of_problem(&Problem::PasswordLocked(7), "r", "id", Language::German, &to()).unwrap();
        assert_eq!(locked.header("retry-after"), Some("7"));
    }

    #[test]
    fn a_page_says_what_a_person_can_do_or_report() {
        let page = |problem| of_problem(&problem, "request-7", "id", Language::English, &to()).unwrap().body;
        let asks = |body: &str| (body.contains("type=\"password\""), body.contains("role=\"alert\""));
        assert_eq!(asks(&page(Problem::PasswordRequired)), (true, false));
        assert_eq!(asks(&page(Problem::PasswordWrong)), (true, true));
        let unavailable = crate::ports::Unavailable::new("read a link", "it was silent");
        let (failed, silent) = (page(Problem::internal("why")), page(Problem::from(unavailable)));
        for body in [&failed, &silent] {
            assert!(body.contains(Language::English.messages().failed.0) && asks(body) == (false, false));
        }
        assert!(failed.contains("request-7") && !failed.contains("why"), "{failed}");
        assert!(!silent.contains("request-7"), "the next try may work");
    }

    #[test]
    fn sizes_are_written_for_people() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (999_999, "999.9 kB"),
            (1_000_000, "1.0 MB"),
            (1_234_567, "1.2 MB"),
            (5_368_709_120, "5.3 GB"),
            (u64::MAX, "18446744.0 TB"),
        ] {
            assert_eq!(size(bytes, Language::English), text);
        }
        assert_eq!(size(1500, Language::German), "1,5 kB");
    }

    #[test]
    fn a_destination_is_an_origin() {
        assert_eq!(Destination::of("http://127.0.0.1:4566/files/").0, "http://127.0.0.1:4566");
        assert_eq!(Destination::of("https://d1.cloudfront.net").0, "https://d1.cloudfront.net");
        assert_eq!(Destination::of("http://a/b").0, "http://a");
    }
}
