//! The page at an upload token's address: a person without a login sends files to the token's owner.
//!
//! ```text
//!  token ── seal ──▶ forged or expired: no read
//!    └─ one read: uses left, revoked? ──▶ page ── page.js ──▶ the routes below /t/{token}/, and the bucket
//! ```
//!
//! The page says what the token allows, and nothing about its owner or about uploads. Opening it uses
//! nothing up. Its script and the client that the script uses are files of `client/`
//! ([`client_files`](super::client_files)); the script has no texts of its own.

use s3_presigned::Timestamp;

use super::{Ports, Settings, tokens};
use crate::http::{Problem, Reply};
use crate::log;
use crate::page::messages::Language;
use crate::page::{Destination, Document, Icon, Needs, PageContext, accept, card, escaped};
use crate::ports::QuotaStore;
use crate::upload::token::TokenStatus;

mod accepted;
mod document;
#[cfg(test)]
mod tests;
mod texts;

use texts::Texts;

/// A request for the page. It has no `Debug`: it carries a token.
#[derive(Clone, Copy)]
pub struct PageRequest<'a> {
    /// The time of the request.
    pub now: Timestamp,
    /// The token as the request has it.
    pub token: &'a str,
    /// `Accept`.
    pub accept: &'a str,
    /// `Accept-Language`.
    pub accept_language: &'a str,
}

/// `GET /t/{token}`: the page, after one read. A forged or an expired token costs none.
///
/// # Errors
/// [`Problem::UploadTokenUnknown`]; [`Problem::UploadTokenEnded`] unless the token is open.
/// [`page_of_problem`] makes a page of a problem.
pub async fn show<S: QuotaStore, G, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    request: &PageRequest<'_>,
) -> Result<Reply, Problem> {
    let token = tokens::recorded(ports, request.token, request.now).await?;
    log::name_owner(&ports.keys.owner_hash(&token.owner));
    match token.status(request.now) {
        TokenStatus::Open => Ok(document::page(&context(settings, request), settings, &token)),
        ended => Err(Problem::UploadTokenEnded(ended)),
    }
}

/// The page that tells a person of a problem; `None` for a client that wants no page, and for what people do not
/// meet. `request_id` is what the person may report.
pub fn page_of_problem(
    settings: &Settings,
    request: &PageRequest<'_>,
    problem: &Problem,
    request_id: &str,
) -> Option<Reply> {
    if !accept::names_html(request.accept) {
        return None;
    }
    let context = context(settings, request);
    let messages = context.language.messages();
    let (title, sentence) = match problem {
        Problem::UploadTokenUnknown => messages.unknown,
        Problem::UploadTokenEnded(TokenStatus::Revoked) => messages.revoked,
        Problem::UploadTokenEnded(TokenStatus::UsedUp) => Texts::of(context.language).used_up,
        Problem::UploadTokenEnded(_) => messages.expired,
        Problem::Unavailable(_) | Problem::Internal(_) => messages.failed,
        _ => return None,
    };
    let rest = match problem {
        Problem::Internal(_) => format!("<p class=\"id\">{}</p>", escaped(request_id)),
        _ => String::new(),
    };
    let body = card(Icon::Broken, title, sentence, &rest);
    let status = problem.status();
    let page = Document { status, title, head: "", style: "", body: &body, needs: Needs::default() };
    let reply = page.reply(&context);
    Some(match problem.retry_after_s() {
        Some(seconds) => reply.with("retry-after", seconds.to_string()),
        None => reply,
    })
}

fn context<'a>(settings: &'a Settings, request: &PageRequest<'_>) -> PageContext<'a> {
    PageContext {
        brand: &settings.brand,
        destination: Destination::of(&settings.endpoint.url),
        language: Language::accepted(request.accept_language),
        address: None,
        now: request.now,
    }
}
