//! Which page answers a request, and the id that it carries.
//!
//! ```text
//!  navigation ──▶ page (one read, nothing counted)
//!    ├─ <img src="?page=ID">, ?download&page=ID ──▶ counted once for this page ──▶ 302, resume cookie
//!    └─ reload: the resume cookie shows the same opening
//!  form of a password or a button ──▶ counted ──▶ 303 to the page, if the browser keeps cookies
//! ```
//!
//! A page sets its id as a cookie too. So the same page after a reload is the same opening, and a form that
//! comes with this cookie comes from a browser that will send the resume cookie. Every other client is led to
//! the file at once.

use http::StatusCode;

use super::Settings;
use super::answer::{Exchange, guarded};
use super::page;
use super::page_id::PageId;
use super::request::{LinkRequest, Method};
use crate::http::{Problem, Reply};
use crate::keys::LinkKeys;
use crate::link::token::{LinkId, LinkToken};
use crate::link::{Link, PageMode};
use crate::page::PageContext;
use crate::ports::{OpeningStore, Signer, VersionCheck};
use crate::value::filename::Disposition;

/// The page that tells a person of a problem; `None` for what people do not meet. `request_id` is what the
/// person may report.
pub fn page_of_problem(
    keys: &LinkKeys,
    settings: &Settings,
    request: &LinkRequest<'_>,
    problem: &Problem,
    request_id: &str,
) -> Option<Reply> {
    let link_id = keys.verify(request.token).map(|token: LinkToken| token.link_id());
    let id = link_id.as_ref().map(|link_id| SealedId::for_page(keys, link_id, request));
    let text = id.as_ref().map_or("", |id| id.text.as_str());
    let context = PageContext { address: None, ..context(settings, request) };
    let reply = page::of_problem(&context, problem, request_id, text)?;
    let has_form =
        matches!(problem, Problem::PasswordRequired | Problem::PasswordWrong | Problem::PasswordBusy);
    Some(match id.filter(|_| has_form) {
        Some(id) => id.kept(reply, request),
        None => reply,
    })
}

/// The page to which the distribution leads where it refuses a signed URL. It names no link and counts nothing.
pub fn page_of_expired_url(settings: &Settings, request: &LinkRequest<'_>) -> Reply {
    page::of_expired_url(&PageContext { address: None, ..context(settings, request) })
}

/// The `Set-Cookie` of an answer to `request` whose outcome is unknown: with this cookie the next GET counts
/// as the same opening, also after a second lost answer. `None` for other methods, and if the token is not
/// genuine.
pub fn again_cookie(keys: &LinkKeys, request: &LinkRequest<'_>) -> Option<String> {
    let link_id = keys.verify(request.token).filter(|_| request.method == Method::Get)?.link_id();
    SealedId::for_page(keys, &link_id, request).cookie(request)
}

fn context<'a>(settings: &'a Settings, request: &LinkRequest<'_>) -> PageContext<'a> {
    let base = settings.pages.link_base_url.as_str();
    PageContext {
        brand: &settings.pages.brand,
        destination: settings.destination(),
        language: request.language(),
        address: (!base.is_empty()).then(|| format!("{base}/l/{}", request.token)),
        now: request.now,
    }
}

/// The one-time id of a page, as its markup carries it.
struct SealedId {
    text: String,
    is_new: bool,
}

impl SealedId {
    /// The id that the visitor's browser has for this link already, or a new one.
    fn for_page(keys: &LinkKeys, link_id: &LinkId, request: &LinkRequest<'_>) -> Self {
        match PageId::in_cookies(request.headers.cookies, keys, link_id, request.now) {
            Some((text, _)) => Self { text: text.to_owned(), is_new: false },
            None => Self { text: PageId::seal(keys, link_id, request.now, request.entropy), is_new: true },
        }
    }

    /// The `Set-Cookie` that brings the id back; `None` if the browser has it already.
    fn cookie(&self, request: &LinkRequest<'_>) -> Option<String> {
        self.is_new.then(|| PageId::set_cookie(&self.text, request.path))
    }

    /// The page with that cookie.
    fn kept(&self, reply: Reply, request: &LinkRequest<'_>) -> Reply {
        match self.cookie(request) {
            Some(cookie) => reply.with("set-cookie", cookie),
            None => reply,
        }
    }
}

impl<L: OpeningStore, G: Signer, V: VersionCheck> Exchange<'_, L, G, V> {
    /// Whether the answer to this request is the link's page. A download that goes on is none: the rest of a
    /// file is asked for.
    pub(super) fn wants_page_of(&self, link: &Link) -> bool {
        let asks = self.request.is_navigation() || self.request.is_preview_of_page();
        let mode = link.terms.page.unwrap_or(self.settings.pages.mode);
        asks && match mode {
            PageMode::Auto => link.disposition() == Disposition::Inline,
            PageMode::Always => true,
            PageMode::Never => false,
        }
    }

    /// Whether a form leads back to the page, which then shows the file: only where the browser has shown that
    /// it keeps cookies. A file that is saved is led to at once, and the page with the form stays.
    pub(super) fn returns_to_page(&self, link: &Link) -> bool {
        let (keys, cookies) = (&self.ports.keys, self.request.headers.cookies);
        self.request.method == Method::Post
            && link.disposition() == Disposition::Inline
            && self.wants_page_of(link)
            && PageId::in_cookies(cookies, keys, &self.link_id, self.request.now).is_some()
    }

    /// After a form: the link itself, which GET shows.
    pub(super) fn to_page(&self) -> Reply {
        guarded(Reply::empty(StatusCode::SEE_OTHER)).with("location", self.request.path)
    }

    /// The page with the content. What it shows has an id only where the request for it may count an opening: after
    /// a password or a button the resume cookie lets it through, and nobody else.
    pub(super) async fn open_page(&self, link: &Link) -> Result<Reply, Problem> {
        self.check_there(link).await?;
        if !link.terms.counts() || link.terms.confirm || link.terms.password_hash.is_some() {
            return Ok(page::opened(&self.context(), link, ""));
        }
        let id = self.sealed_id();
        let reply = page::opened(&self.context(), link, &id.text);
        Ok(id.kept(reply, self.request))
    }

    /// The page with the button.
    pub(super) fn confirmation_page(&self, link: &Link) -> Reply {
        let id = self.sealed_id();
        let reply = page::confirm(&self.context(), link, &id.text);
        id.kept(reply, self.request)
    }

    fn sealed_id(&self) -> SealedId {
        SealedId::for_page(&self.ports.keys, &self.link_id, self.request)
    }

    fn context(&self) -> PageContext<'_> {
        context(self.settings, self.request)
    }
}
