//! The page that tells a person why a link does not open, or what it asks for.

use http::StatusCode;

use super::form;
use crate::http::{Problem, Reply};
use crate::page::{Document, Icon, PageContext, card, escaped};

/// The page of a problem; `None` for what people do not meet. `id` is the page's one-time id, for a form.
pub fn of_problem(context: &PageContext<'_>, problem: &Problem, request_id: &str, id: &str) -> Option<Reply> {
    let messages = context.language.messages();
    let (title, sentence) = match problem {
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
    let (icon, rest) = match problem {
        Problem::PasswordRequired | Problem::PasswordBusy => {
            (Icon::Lock, form::password(messages, id, false))
        }
        Problem::PasswordWrong => (Icon::Lock, form::password(messages, id, true)),
        Problem::PasswordLocked(_) => (Icon::Lock, String::new()),
        Problem::Internal(_) => (Icon::Broken, format!("<p class=\"id\">{}</p>", escaped(request_id))),
        _ => (Icon::Broken, String::new()),
    };
    let body = card(icon, title, sentence, &rest);
    let page = Document {
        status: problem.status(),
        title,
        head: "",
        style: super::STYLE,
        body: &body,
        needs: super::needs(&context.destination, None),
    };
    let reply = page.reply(context);
    Some(match problem.retry_after_s() {
        Some(seconds) => reply.with("retry-after", seconds.to_string()),
        None => reply,
    })
}

/// The page to which the distribution leads where it refuses a signed URL. It is the same for everybody who
/// reads its language, so an edge may keep it for five minutes. A browser may not: after it has opened the link
/// again, the same URL may be valid.
///
/// Its status is 200: CloudFront replaces an error only by a page that it gets without one, and answers with the
/// error's status itself.
pub fn of_expired_url(context: &PageContext<'_>) -> Reply {
    let (title, sentence) = context.language.messages().url_expired;
    let body = card(Icon::Broken, title, sentence, "");
    Document {
        status: StatusCode::OK,
        title,
        head: "",
        style: super::STYLE,
        body: &body,
        needs: super::needs(&context.destination, None),
    }
    .reply(context)
    .with("cache-control", "public, max-age=0, s-maxage=300")
    .with("vary", "accept-language")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::messages::Language;
    use crate::page::testing::context;

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
                let page = of_problem(&context(language), &problem, "r", "id").unwrap();
                assert_eq!(page.status, problem.status());
                assert_eq!(page.header("cache-control"), Some("no-store"));
                titles.insert(page.body.split("<h1>").nth(1).unwrap().split('<').next().unwrap().to_owned());
            }
            assert_eq!(titles.len(), 11, "the two about a password share a title: {titles:?}");
        }
        let locked = of_problem(&context(Language::German), &Problem::PasswordLocked(7), "r", "id").unwrap();
        assert_eq!(locked.header("retry-after"), Some("7"));
    }

    #[test]
    fn the_page_of_an_expired_url_says_in_every_language_to_open_the_link_again_and_may_be_kept() {
        for language in Language::ALL {
            let page = of_expired_url(&context(language));
            let (title, sentence) = language.messages().url_expired;
            assert!(page.body.contains(&format!("<h1>{title}</h1>\n<p>{sentence}</p>")), "{}", page.body);
            assert!(!page.body.contains("<form") && page.header("set-cookie").is_none());
            assert_eq!(page.status, StatusCode::OK, "CloudFront shows no page that is an error itself");
            assert_eq!(page.header("cache-control"), Some("public, max-age=0, s-maxage=300"));
            assert_eq!(page.header("vary"), Some("accept-language"), "one page for each language");
        }
    }

    #[test]
    fn a_page_says_what_a_person_can_do_or_report() {
        let context = context(Language::English);
        let page = |problem| of_problem(&context, &problem, "request-7", "id").unwrap().body;
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
}
