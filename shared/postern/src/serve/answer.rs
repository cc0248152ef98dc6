//! From a request to an answer: a redirect, a page or a problem.

use http::StatusCode;

use super::page_id::PageId;
use super::request::{LinkRequest, Method};
use super::resume_cookie::ResumeCookie;
use super::{Ports, Settings, page};
use crate::http::{Problem, Reply};
use crate::link::token::LinkId;
use crate::link::{Admission, Link, LinkStatus, Network};
use crate::log;
use crate::ports::{OpeningStore, Signer, VersionCheck};

/// Answers a request.
///
/// # Errors
/// See [`Problem`]: the link is unknown, forged or ended, it needs a password or a press of the button, or
/// AWS did not answer. [`page::of_problem`] makes a page of a problem.
pub async fn answer<L: OpeningStore, G: Signer, V: VersionCheck>(
    ports: &Ports<L, G, V>,
    settings: &Settings,
    request: &LinkRequest<'_>,
) -> Result<Reply, Problem> {
    let token = ports.keys.verify(request.token).ok_or(Problem::TokenForged)?;
    let exchange = Exchange { ports, settings, request, link_id: token.link_id() };
    log::name_link(&exchange.link_id);
    match request.method {
        Method::Head => exchange.look().await,
        // S3 refuses a signed URL together with this header, which some clients send along the redirect.
        // CloudFront ignores the header.
        Method::Get | Method::Post
            if request.headers.has_authorization && settings.distribution.is_none() =>
        {
            Err(Problem::AuthorizationUnwanted)
        }
        Method::Get => exchange.open(token.counts()).await,
        Method::Post => exchange.take_form().await,
    }
}

/// One request to one link, and what its answer needs.
pub(super) struct Exchange<'a, L, G, V> {
    pub(super) ports: &'a Ports<L, G, V>,
    pub(super) settings: &'a Settings,
    pub(super) request: &'a LinkRequest<'a>,
    pub(super) link_id: LinkId,
}

impl<L: OpeningStore, G: Signer, V: VersionCheck> Exchange<'_, L, G, V> {
    /// HEAD: headers from the link's record. Nothing is signed, so nothing is counted.
    async fn look(&self) -> Result<Reply, Problem> {
        let link = self.read().await?;
        match self.resume_cookie() {
            Some(cookie) if cookie.is_for(&link) => self.check_open_or_used_up(&link)?,
            _ => {
                self.check_welcome(&link)?;
                if link.terms.password_hash.is_some() {
                    return Err(Problem::PasswordRequired);
                }
            }
        }
        if self.request.has(&link.etag) {
            return Ok(unchanged(&link));
        }
        self.check_there(&link).await?;
        Ok(facts(&self.as_asked(&link)))
    }

    /// GET.
    async fn open(&self, counts: bool) -> Result<Reply, Problem> {
        let cookie = self.resume_cookie();
        let asks_first = cookie.is_some()
            || self.request.is_preview_or_prefetch()
            || self.request.is_navigation()
            || !self.request.headers.if_none_match.is_empty();
        // Only the page of a link that counts has an id, and shows and saves the file under it.
        if (counts || self.page_that_asks().is_some()) && !asks_first {
            return self.count(Admission::Request, None, Some(&self.id_of_get())).await;
        }
        let link = self.read().await?;
        if cookie.is_some_and(|cookie| cookie.is_for(&link)) {
            return self.go_on(&link).await;
        }
        // Never by the id in the query: whoever copies the address of what a page shows has that one too.
        if let Some(counted_s) = self.counted_before(&link, self.id_in_cookies().as_ref()) {
            return self.repeat(&link, counted_s).await;
        }
        self.check_welcome(&link)?;
        if link.terms.password_hash.is_some() {
            return Err(Problem::PasswordRequired);
        }
        if link.terms.confirm || (link.terms.counts() && self.request.is_preview_or_prefetch()) {
            return self.ask(&link);
        }
        if self.wants_page_of(&link) {
            if link.is_busy(self.request.now) {
                return Err(self.busy());
            }
            return self.open_page(&link).await;
        }
        if self.request.has(&link.etag) {
            return Ok(unchanged(&link));
        }
        match link.terms.counts() {
            true => self.count(Admission::Request, link.terms.allowed_network, Some(&self.id_of_get())).await,
            false => self.lead(&link, self.credentials().await?.as_deref()).await,
        }
    }

    /// POST: the pages' forms. A download that goes on needs no password and no button.
    async fn take_form(&self) -> Result<Reply, Problem> {
        if let Some(cookie) = self.resume_cookie() {
            let link = self.read().await?;
            if cookie.is_for(&link) {
                return self.go_on(&link).await;
            }
        }
        let field = |wanted: &str| {
            let mut fields = form_urlencoded::parse(self.request.body);
            fields.find(|(name, _)| name == wanted).map(|(_, value)| value)
        };
        let page = field(page::ID_FIELD);
        let page = page.and_then(|id| PageId::find(&id, &self.ports.keys, &self.link_id, self.request.now));
        match field("password") {
            Some(password) => self.try_password(&password, page.as_ref()).await,
            None => self.count(Admission::Confirmed, None, page.as_ref()).await,
        }
    }

    /// Continues a granted opening: it is not counted, and needs no password and no button. It ends with the
    /// link.
    pub(super) async fn go_on(&self, link: &Link) -> Result<Reply, Problem> {
        self.check_open_or_used_up(link)?;
        if self.returns_to_page(link) {
            return Ok(self.to_page());
        }
        if self.request.method == Method::Get && self.wants_page_of(link) {
            return self.open_page(link).await;
        }
        if self.request.method != Method::Post && self.request.has(&link.etag) {
            return Ok(unchanged(link));
        }
        self.lead(link, self.credentials().await?.as_deref()).await
    }

    pub(super) fn ask(&self, link: &Link) -> Result<Reply, Problem> {
        match self.request.wants_page() || self.request.is_preview_or_prefetch() {
            true => Ok(self.confirmation_page(link)),
            false => Err(Problem::ConfirmationRequired),
        }
    }

    fn check_status(&self, link: &Link) -> Result<(), Problem> {
        match link.status(self.request.now) {
            LinkStatus::Open => Ok(()),
            LinkStatus::Revoked => Err(Problem::LinkRevoked),
            LinkStatus::Expired => Err(Problem::LinkExpired),
            LinkStatus::UsedUp => Err(Problem::LinkUsedUp),
        }
    }

    /// Checks a link for a download that goes on: `used_up` does not stop it. A revocation, the link's expiry
    /// and its network do.
    pub(super) fn check_open_or_used_up(&self, link: &Link) -> Result<(), Problem> {
        match link.status(self.request.now) {
            LinkStatus::UsedUp => self.check_network(link),
            _ => self.check_welcome(link),
        }
    }

    /// Checks that the link is open and that the visitor is in its network.
    pub(super) fn check_welcome(&self, link: &Link) -> Result<(), Problem> {
        self.check_status(link)?;
        self.check_network(link)
    }

    pub(super) fn check_network(&self, link: &Link) -> Result<(), Problem> {
        let is_inside =
            |network: Network| self.request.address.is_some_and(|address| network.contains(address));
        match link.terms.allowed_network {
            Some(network) if !is_inside(network) => Err(Problem::NetworkNotAllowed),
            _ => Ok(()),
        }
    }

    /// Checks that S3 has the version. If S3 does not answer this check, the redirect is sent nevertheless:
    /// S3 answers the client itself.
    pub(super) async fn check_there(&self, link: &Link) -> Result<(), Problem> {
        match self.ports.versions.is_there(self.request.now, link.object_key(), &link.version_id).await {
            Ok(false) => Err(Problem::FileGone),
            Ok(true) => Ok(()),
            Err(error) => {
                tracing::warn!(
                    cause = error.causes(),
                    "failed to check the version in S3; redirecting anyway"
                );
                Ok(())
            }
        }
    }

    pub(super) async fn read(&self) -> Result<Link, Problem> {
        let link = self.ports.links.link(&self.link_id).await?.ok_or(Problem::TokenUnknown)?;
        log::name_upload(link.upload_id);
        Ok(link)
    }

    /// The id of the page that asks, of a GET whose outcome was unknown, or of this one.
    fn id_of_get(&self) -> PageId {
        let known = self.page_that_asks().or_else(|| self.id_in_cookies());
        known.unwrap_or_else(|| PageId::of(self.request.entropy))
    }

    /// The id of a page or a GET before this one, in the same browser.
    fn id_in_cookies(&self) -> Option<PageId> {
        let cookies = self.request.headers.cookies;
        PageId::in_cookies(cookies, &self.ports.keys, &self.link_id, self.request.now).map(|(_, id)| id)
    }

    /// The page whose markup sends this request.
    fn page_that_asks(&self) -> Option<PageId> {
        PageId::find(self.request.query.page, &self.ports.keys, &self.link_id, self.request.now)
    }

    fn resume_cookie(&self) -> Option<ResumeCookie> {
        ResumeCookie::find(self.request.headers.cookies, &self.ports.keys, &self.link_id, self.request.now)
    }
}

/// The headers that GET would give in the end ([RFC 9110,
/// HEAD](https://www.rfc-editor.org/rfc/rfc9110#name-head)).
fn facts(link: &Link) -> Reply {
    guarded(Reply::empty(StatusCode::OK))
        .with("content-type", link.content_type())
        .with("content-length", link.size_bytes.to_string())
        .with("content-disposition", link.content_disposition())
        .with("accept-ranges", "bytes")
        .with("etag", format!("\"{}\"", link.etag))
        .with("x-content-type-options", "nosniff")
}

/// 304: the version never changes, so a client with this entity tag has the bytes already.
fn unchanged(link: &Link) -> Reply {
    guarded(Reply::empty(StatusCode::NOT_MODIFIED)).with("etag", format!("\"{}\"", link.etag))
}

pub(super) fn guarded(reply: Reply) -> Reply {
    reply.with("referrer-policy", "no-referrer").with("x-robots-tag", "noindex")
}
