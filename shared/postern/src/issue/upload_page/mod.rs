//! The page at an upload token's address: a person without a login sends files to the token's owner.
//!
//! ```text
//!  token ── seal ──▶ forged or expired: no read
//!    └─ one read: uses left, revoked? ──▶ page ── page.js ──▶ the routes below /t/{token}/, and the bucket
//!                                          └─ without a script: a form for each step
//!
//!  request.rs     what a request asks for
//!  document.rs    the page, with name_form.rs for a browser without a script
//!  begin.rs       what the name form sends: an upload
//!  upload.rs      the page of this upload: file_form.rs for S3, then verdict.rs
//! ```
//!
//! The page says what the token allows, and nothing about its owner or about uploads. Opening it uses
//! nothing up. Its script and the client that the script uses are files of `client/`
//! ([`client_files`](super::client_files)); the script has no texts of its own.

use super::{Ports, Settings, tokens};
use crate::http::{Problem, Reply};
use crate::log;
use crate::page::{Document, Icon, Needs, accept, card, escaped};
use crate::ports::{QuotaStore, Signer, UploadStore};
use crate::upload::token::TokenStatus;

mod accepted;
mod begin;
mod document;
mod file_form;
mod name_form;
#[cfg(test)]
mod plain_tests;
mod request;
#[cfg(test)]
mod tests;
mod texts;
mod upload;
mod verdict;

pub use begin::begin;
use name_form::NameForm;
use request::context;
pub use request::{PageRequest, Visit};
use texts::Texts;

/// `GET /t/{token}`: the page, after one read, or the page of the upload that the query names. A forged or an expired
/// token costs none.
///
/// # Errors
/// [`Problem::UploadTokenUnknown`]; [`Problem::UploadTokenEnded`] unless the token is open, or used up and the client
/// wants a page; [`Problem::UploadNotFound`]. [`page_of_problem`] makes a page of a problem.
pub async fn show<S: UploadStore + QuotaStore, G: Signer, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    request: &PageRequest<'_>,
) -> Result<Reply, Problem> {
    if let Some(key) = request.visit.key {
        return upload::show(ports, settings, request, key).await;
    }
    let token = tokens::recorded(ports, request.token, request.now).await?;
    log::name_owner(&ports.keys.owner_hash(&token.owner));
    match token.status(request.now) {
        status if status == TokenStatus::Open || is_for_a_browser(request, status) => {
            Ok(document::page(&context(settings, request), settings, &token, &NameForm::of(request)))
        }
        ended => Err(Problem::UploadTokenEnded(ended)),
    }
}

/// Whether the page is shown without uses left. A browser may have an upload that was interrupted: it goes on with its
/// own use.
fn is_for_a_browser(request: &PageRequest<'_>, status: TokenStatus) -> bool {
    status == TokenStatus::UsedUp && accept::names_html(request.accept)
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
    let (messages, texts) = (context.language.messages(), Texts::of(context.language));
    let (title, sentence) = match problem {
        Problem::UploadTokenUnknown | Problem::UploadNotFound => messages.unknown,
        Problem::UploadTokenEnded(_) if request.visit.is_sent() => texts.plain.unknown,
        Problem::UploadTokenEnded(TokenStatus::Revoked) => messages.revoked,
        Problem::UploadTokenEnded(TokenStatus::UsedUp) => texts.used_up,
        Problem::UploadTokenEnded(_) => messages.expired,
        Problem::LimitReached(_) | Problem::Unavailable(_) | Problem::Internal(_) => messages.failed,
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
