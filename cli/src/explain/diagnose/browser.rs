//! Messages of browsers, which hide S3's answer from scripts.

use super::super::cause;
use super::super::explanation::Certainty;
use super::super::recognize::BrowserMessage as Message;
use super::case::Case;
use super::found::Found;

/// Causes that the browser names itself.
pub(super) fn shown(case: &Case<'_>) -> Vec<Found> {
    let all = case.evidence.browser.iter().map(|message| found(*message));
    let names_it = |found: &Found| found.certainty == Certainty::Certain;
    all.filter(names_it).collect()
}

/// Causes behind the messages that name none. With `answered`, the input has the server's own answer or a URL that has a
/// fault: the browser's message is then only its consequence.
pub(super) fn hidden(case: &Case<'_>, answered: bool) -> Vec<Found> {
    let all = case.evidence.browser.iter().map(|message| found(*message));
    all.filter(|found| !answered && found.certainty != Certainty::Certain).collect()
}

fn found(message: Message) -> Found {
    match message {
        Message::PreflightRedirect => Found::certain(&cause::CORS_PREFLIGHT_REDIRECT),
        Message::HeaderNotAllowed => Found::certain(&cause::CORS_HEADER),
        Message::MethodNotAllowed => Found::certain(&cause::CORS_METHOD),
        Message::HeaderNotExposed => Found::certain(&cause::CORS_NOT_EXPOSED),
        Message::OriginNotAllowed => Found::likely(&cause::CORS_ORIGIN),
        Message::FetchFailed => Found::possible(&cause::FETCH_FAILED),
        Message::DownloadForbidden => Found::likely(&cause::DOWNLOAD_FORBIDDEN),
        Message::DownloadNoFile => Found::certain(&cause::DOWNLOAD_NO_FILE),
        Message::DownloadInterrupted => Found::certain(&cause::DOWNLOAD_INTERRUPTED),
    }
}
