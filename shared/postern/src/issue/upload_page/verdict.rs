//! What became of a file, for a browser that runs no script.

use http::StatusCode;

use super::accepted::in_words;
use super::document;
use super::request::PageRequest;
use super::texts::{Reasons, Texts};
use crate::http::Reply;
use crate::issue::tokens::Holder;
use crate::issue::{Owned, Settings};
use crate::page::{Document, Icon, Needs, PageContext, escaped, svg};
use crate::upload::token::TokenStatus;
use crate::upload::{RejectionReason, Upload, UploadState};
use crate::value::id::ObjectKey;

/// How long a page waits before it loads itself again, in seconds: at first, and at most.
const WAIT_S: (u64, u64) = (2, 60);

/// What the page is about.
pub(super) struct Shown<'a> {
    pub(super) holder: &'a Holder,
    pub(super) upload: &'a Owned<Upload>,
    pub(super) status: TokenStatus,
    pub(super) request: &'a PageRequest<'a>,
}

/// The parts of the page.
struct Parts {
    icon: Icon,
    title: &'static str,
    sentence: String,
    /// Markup of the head.
    head: String,
    /// Markup below the sentence.
    rest: String,
}

/// The page of an upload whose file was sent, or cannot be sent any more.
pub(super) fn page(context: &PageContext<'_>, settings: &Settings, shown: &Shown<'_>) -> Reply {
    let texts = Texts::of(context.language);
    let parts = parts(settings, shown, texts);
    let another = match (shown.upload.state, shown.status) {
        (UploadState::Pending, _) if shown.request.visit.is_sent() => String::new(),
        (_, TokenStatus::Open) => format!("<a class=\"act\" href=\"?\">{}</a>\n", texts.plain.another),
        _ => String::new(),
    };
    let body = format!(
        "<main class=\"card{}\">\n{}<h1>{}</h1>\n<p class=\"lead\"><bdi>{}</bdi></p>\n<p>{}</p>\n{}{another}</main>\n",
        look(parts.icon),
        svg(parts.icon),
        parts.title,
        escaped(shown.upload.filename.as_str()),
        parts.sentence,
        parts.rest,
    );
    let (title, head) = (parts.title, parts.head.as_str());
    Document {
        status: StatusCode::OK,
        title,
        head,
        style: document::STYLE,
        body: &body,
        needs: Needs::default(),
    }
    .reply(context)
}

/// The class that colors the icon.
fn look(icon: Icon) -> &'static str {
    match icon {
        Icon::Received => " received",
        Icon::Rejected => " refused",
        _ => "",
    }
}

fn parts(settings: &Settings, shown: &Shown<'_>, texts: &Texts) -> Parts {
    let plain = &texts.plain;
    let of = |icon, (title, sentence): (&'static str, &'static str)| Parts {
        icon,
        title,
        sentence: sentence.to_owned(),
        head: String::new(),
        rest: String::new(),
    };
    match shown.upload.state {
        UploadState::Available => of(Icon::Received, plain.received),
        UploadState::Rejected => rejected(settings, shown, texts),
        UploadState::Pending if shown.request.visit.is_sent() => {
            let (address, seconds) = next_visit(shown);
            Parts {
                head: format!("<meta http-equiv=\"refresh\" content=\"{seconds};url={address}\">\n"),
                rest: format!("<p class=\"further\"><a href=\"{address}\">{}</a></p>\n", plain.again),
                ..of(Icon::Send, plain.checking)
            }
        }
        UploadState::Pending | UploadState::Expired => of(Icon::Rejected, plain.missing),
        UploadState::Deleting | UploadState::Deleted => of(Icon::Rejected, plain.unknown),
    }
}

/// The address at which the page asks again, and after how many seconds. Each wait is half as long again as the one
/// before. The record leaves `pending` a day after its form at the latest, and the page asks no more.
fn next_visit(shown: &Shown<'_>) -> (String, u64) {
    let (first, most) = WAIT_S;
    let last: Option<u64> = shown.request.visit.wait.and_then(|wait| wait.parse().ok());
    let seconds = last.map_or(first, |last| (last.min(most) * 3 / 2).clamp(first, most));
    let key = ObjectKey::of(shown.upload.upload_id);
    (format!("?key={key}&amp;wait={seconds}"), seconds)
}

/// The reason in the visitor's language, and what the server says of it.
fn rejected(settings: &Settings, shown: &Shown<'_>, texts: &Texts) -> Parts {
    let rejection = shown.upload.rejection.as_ref();
    let sentence = match rejection.map(|rejection| rejection.reason) {
        Some(RejectionReason::TypeNotAllowed) => {
            let types = settings.allowed_types.among(&shown.holder.scope.content_types);
            texts.script.wrong_type.replace("{types}", &escaped(&in_words(&types, texts)))
        }
        reason => in_language(reason, &texts.plain.reasons).to_owned(),
    };
    let detail = rejection
        .map(|rejection| format!("<p class=\"small\" lang=\"en\">{}.</p>\n", escaped(&rejection.detail)));
    Parts {
        icon: Icon::Rejected,
        title: texts.plain.rejected,
        sentence,
        head: String::new(),
        rest: detail.unwrap_or_default(),
    }
}

fn in_language(reason: Option<RejectionReason>, reasons: &Reasons) -> &'static str {
    use RejectionReason as R;
    match reason {
        Some(R::ContentTypeMismatch | R::ExtensionMismatch | R::ForeignContent) => reasons.mismatch,
        Some(R::ThreatFound) => reasons.threat,
        Some(R::ArchiveBomb) => reasons.archive,
        Some(R::ImageTooLarge) => reasons.pixels,
        _ => reasons.other,
    }
}
