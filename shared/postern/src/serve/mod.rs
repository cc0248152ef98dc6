//! Serving a link: from a token to a URL that lives for a minute.
//!
//! ```text
//!  token ── MAC ──▶ forged: 404, nobody asked
//!    ├─ counts ────▶ one conditional write grants or refuses ─┐
//!    └─ does not ──▶ one consistent read ─────────────────────┴▶ sign that very version ─▶ 302
//! ```
//!
//! A token says whether its link counted when it was made, so that the door mostly knows which of
//! the two calls to make. It is a hint: what is read decides, and a link that began to count later
//! costs a read and a write. A password costs two writes: the attempt, then the opening, which gives
//! the attempt back. A link for one network costs a write more where it counts: only what is read
//! says which network.
//!
//! Each opening has a nonce that is written with the count: the request's own, or the one-time id of
//! the page whose form was sent ([`page_id`](mod@page_id)). So a write that is sent again, and a
//! form that is sent again, count once.
//!
//! `now` is taken before the link is read and becomes the signing time: so every URL of a link is
//! dead at most the URL's lifetime after the revocation was answered, whatever was in flight.
//!
//! For a link that counts, every URL that is signed was granted by one write, whatever the
//! request's headers say: a Range, a prefetch or a preview are no way around.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;

use crate::http::Problem;
use crate::http::Reply;
use crate::keys::LinkKeys;
use crate::link::token::{LinkId, LinkToken};
use crate::link::{
    ATTEMPT_WINDOW_S, Admission, Attempt, HOUR_S, Link, LinkStatus, Network, Nonce, Opening, Outcome,
    left_in_window_s,
};
use crate::ports::{Counted, LinkReader, Signer, Unavailable, VersionCheck};
use s3_presigned::Timestamp;
use s3_presigned::presigned_url::{self, ObjectRequest, PresignError, PresignedUrl};
use s3_presigned::{BucketEndpoint, SigningCredentials};

pub mod distribution;
pub mod messages;
pub mod page;
pub mod page_id;
mod previewers;
pub mod request;
pub mod resume_cookie;

use distribution::Distribution;
use page::Destination;
use page_id::PageId;
use request::{LinkRequest, Method};
use resume_cookie::ResumeCookie;

/// What the public door works with.
#[derive(Debug)]
pub struct Ports<L, G, V> {
    /// The table's links.
    pub links: L,
    /// The download signer.
    pub signer: G,
    /// The keys of tokens.
    pub keys: LinkKeys,
    /// What looks at S3 before anything is signed; an `Option`, if nobody is to be asked.
    pub versions: V,
}

/// Where links lead, and for how long.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The bucket.
    pub endpoint: BucketEndpoint,
    /// How long a signed URL lives: the bound on a revocation.
    pub url_ttl: Duration,
    /// The distribution through which links lead, if not straight to the bucket.
    pub distribution: Option<Distribution>,
}

impl Settings {
    /// Where the pages' forms lead.
    pub fn destination(&self) -> Destination {
        Destination::of(self.distribution.as_ref().map_or(&self.endpoint.url, |through| &through.url))
    }
}

/// Answers a request.
///
/// # Errors
/// See [`Problem`]: unknown or forged, ended, asking for a password or a button, or AWS did not
/// answer. [`page::of_problem`] tells it to people.
pub async fn answer<L: LinkReader, G: Signer, V: VersionCheck>(
    ports: &Ports<L, G, V>,
    settings: &Settings,
    request: &LinkRequest<'_>,
) -> Result<Reply, Problem> {
    let token = ports.keys.verify(request.token).ok_or(Problem::TokenForged)?;
    let door = Door { ports, settings, request, link_id: token.link_id() };
    match request.method {
        Method::Head => door.look().await,
        // S3 refuses a signed URL beside this header, which some clients send on along a redirect.
        // CloudFront passes it over.
        Method::Get | Method::Post
            if request.headers.has_authorization && settings.distribution.is_none() =>
        {
            Err(Problem::AuthorizationUnwanted)
        }
        Method::Get => door.open(token.counts()).await,
        Method::Post => door.take_form().await,
    }
}

/// The one-time id for a page that answers `request`; empty where the token is none of ours.
pub fn page_id(keys: &LinkKeys, request: &LinkRequest<'_>) -> String {
    let seal = |token: LinkToken| PageId::seal(keys, &token.link_id(), request.now, request.entropy);
    keys.verify(request.token).map(seal).unwrap_or_default()
}

/// One request to one link.
struct Door<'a, L, G, V> {
    ports: &'a Ports<L, G, V>,
    settings: &'a Settings,
    request: &'a LinkRequest<'a>,
    link_id: LinkId,
}

impl<L: LinkReader, G: Signer, V: VersionCheck> Door<'_, L, G, V> {
    /// HEAD: the link's own facts. Nothing is signed, so nothing is counted.
    async fn look(&self) -> Result<Reply, Problem> {
        let link = self.read().await?;
        match self.resume_cookie() {
            Some(cookie) if cookie.is_for(&link) => self.check_alive(&link)?,
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
        Ok(facts(&link))
    }

    /// GET.
    async fn open(&self, counts: bool) -> Result<Reply, Problem> {
        let cookie = self.resume_cookie();
        let asks_first = cookie.is_some()
            || self.request.is_preview_or_prefetch()
            || !self.request.headers.if_none_match.is_empty();
        if counts && !asks_first {
            return self.count(Admission::Request, None, None).await;
        }
        let link = self.read().await?;
        if cookie.is_some_and(|cookie| cookie.is_for(&link)) {
            return self.go_on(&link).await;
        }
        self.check_welcome(&link)?;
        if link.terms.password_hash.is_some() {
            return Err(Problem::PasswordRequired);
        }
        if link.terms.confirm || (link.terms.counts() && self.request.is_preview_or_prefetch()) {
            return self.ask(&link);
        }
        if self.request.has(&link.etag) {
            return Ok(unchanged(&link));
        }
        match link.terms.counts() {
            true => self.count(Admission::Request, link.terms.allowed_network, None).await,
            false => self.lead(&link, self.credentials().await?.as_deref()).await,
        }
    }

    /// POST: the pages' forms. A download that goes on asks for nothing again.
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

    /// The attempt is counted before it is made: a race of guesses cannot be larger than the limit.
    async fn try_password(&self, password: &str, page: Option<&PageId>) -> Result<Reply, Problem> {
        let links = &self.ports.links;
        let mut attempt = Attempt { now: self.request.now, nonce: self.nonce(), network: None };
        let link = loop {
            match links.count_attempt(&self.link_id, &attempt).await? {
                Counted::Granted(link) => break link,
                Counted::Refused(None) => return Err(Problem::TokenUnknown),
                Counted::Refused(Some(link)) => {
                    if let Some(counted_s) = self.counted_before(&link, &attempt, page) {
                        self.check_network(&link)?;
                        return self.granted(&link, counted_s, self.credentials().await?.as_deref());
                    }
                    self.check_welcome(&link)?;
                    if attempt.network == link.terms.allowed_network {
                        return self.refuse_attempt(&link, page).await;
                    }
                    attempt.network = link.terms.allowed_network;
                }
            }
        };
        match link.terms.password_hash {
            Some(hash) if hash.verify(password) => {
                self.count(Admission::Password(hash, attempt.nonce), link.terms.allowed_network, page).await
            }
            _ => {
                self.settle(&attempt.nonce, Outcome::Wrong).await;
                Err(Problem::PasswordWrong)
            }
        }
    }

    /// Why an attempt was refused.
    async fn refuse_attempt(&self, link: &Link, page: Option<&PageId>) -> Result<Reply, Problem> {
        let now = self.request.now;
        match link.terms.password_hash {
            // It was taken away while the page was open.
            None => self.count(Admission::Confirmed, link.terms.allowed_network, page).await,
            Some(_) if link.attempts.any_in_flight(now) => Err(Problem::PasswordBusy),
            Some(_) => Err(Problem::PasswordLocked(left_in_window_s(now, ATTEMPT_WINDOW_S))),
        }
    }

    /// When the page's opening was counted under the link's password. Only a visitor who knew the
    /// password has such a page.
    fn counted_before(&self, link: &Link, attempt: &Attempt, page: Option<&PageId>) -> Option<u64> {
        let hash = link.terms.password_hash.clone()?;
        let admission = Admission::Password(hash, attempt.nonce.clone());
        link.counted_at(&self.opening(admission, link.terms.allowed_network, page))
    }

    /// One conditional write decides. It says in which network the visitor was found: where nobody
    /// knew yet that the link asks for one, the first write is refused and shows it.
    async fn count(
        &self,
        admission: Admission,
        network: Option<Network>,
        page: Option<&PageId>,
    ) -> Result<Reply, Problem> {
        let mut opening = self.opening(admission, network, page);
        let counted = self.count_opening(&mut opening).await;
        if let Admission::Password(_, attempt) = &opening.admission {
            let is_back = |link: &Link| !link.attempts.tried.contains_key(attempt);
            if !matches!(&counted, Ok((Counted::Granted(link), _)) if is_back(link)) {
                self.settle(attempt, Outcome::Right).await;
            }
        }
        match counted? {
            (Counted::Granted(link), credentials) => {
                let counted_s = link.counted_at(&opening).unwrap_or(opening.now.epoch_s());
                self.granted(&link, counted_s, credentials.as_deref())
            }
            (Counted::Refused(None), _) => Err(Problem::TokenUnknown),
            (Counted::Refused(Some(link)), _) => self.refuse(&link, &opening.admission),
        }
    }

    async fn count_opening(
        &self,
        opening: &mut Opening,
    ) -> Result<(Counted, Option<Arc<SigningCredentials>>), Problem> {
        let links = &self.ports.links;
        // Before it is counted: an opening that cannot be signed, or leads nowhere, must not be used up.
        let credentials = self.credentials().await?;
        if self.ports.versions.looks() {
            let link = self.read().await?;
            self.find_in_network(&link, opening)?;
            if link.opened(opening).is_some() {
                self.check_there(&link).await?;
            }
        }
        let mut counted = links.count_opening(&self.link_id, opening).await?;
        if let Counted::Refused(Some(link)) = &counted
            && opening.network.is_none()
            && link.terms.allowed_network.is_some()
        {
            self.find_in_network(link, opening)?;
            counted = links.count_opening(&self.link_id, opening).await?;
        }
        Ok((counted, credentials))
    }

    /// Writes into the opening in which of the link's networks the visitor is.
    fn find_in_network(&self, link: &Link, opening: &mut Opening) -> Result<(), Problem> {
        opening.network = link.terms.allowed_network;
        match link.counted_at(opening) {
            Some(_) => self.check_network(link),
            None => self.check_welcome(link),
        }
    }

    /// The URL and the cookie of an opening that was counted.
    fn granted(
        &self,
        link: &Link,
        counted_s: u64,
        credentials: Option<&SigningCredentials>,
    ) -> Result<Reply, Problem> {
        let cookie =
            ResumeCookie::new(link, counted_s).set_cookie(&self.ports.keys, &self.link_id, self.request.path);
        Ok(self.redirect(link, credentials)?.with("set-cookie", cookie))
    }

    fn opening(&self, admission: Admission, network: Option<Network>, page: Option<&PageId>) -> Opening {
        let password = match &admission {
            Admission::Password(hash, _) => Some(hash),
            Admission::Request | Admission::Confirmed => None,
        };
        let nonce = page.map_or_else(|| self.nonce(), |page| page.nonce(password));
        Opening { now: self.request.now, nonce, admission, network }
    }

    /// What tells this request from every other.
    fn nonce(&self) -> Nonce {
        Nonce::first_of(&self.request.entropy)
    }

    /// An outcome that cannot be written leaves the attempt counted.
    async fn settle(&self, attempt: &Nonce, outcome: Outcome) {
        if let Err(error) = self.ports.links.settle_attempt(&self.link_id, attempt, outcome).await {
            tracing::warn!(error = %error, "the outcome of an attempt at a password was not written");
        }
    }

    /// Why a count was refused.
    fn refuse(&self, link: &Link, admission: &Admission) -> Result<Reply, Problem> {
        self.check_welcome(link)?;
        if link.admits(admission) {
            return Err(Problem::LinkBusy(left_in_window_s(self.request.now, HOUR_S)));
        }
        match link.terms.password_hash {
            Some(_) => Err(Problem::PasswordRequired),
            None => self.ask(link),
        }
    }

    /// A granted opening goes on: not counted, nothing asked, but not beyond the link's own end.
    async fn go_on(&self, link: &Link) -> Result<Reply, Problem> {
        self.check_alive(link)?;
        if self.request.method != Method::Post && self.request.has(&link.etag) {
            return Ok(unchanged(link));
        }
        self.lead(link, self.credentials().await?.as_deref()).await
    }

    fn ask(&self, link: &Link) -> Result<Reply, Problem> {
        match self.request.wants_page() || self.request.is_preview_or_prefetch() {
            true => Ok(page::confirm(
                link,
                &page_id(&self.ports.keys, self.request),
                self.request.language(),
                &self.settings.destination(),
            )),
            false => Err(Problem::ConfirmationRequired),
        }
    }

    fn check_standing(&self, link: &Link) -> Result<(), Problem> {
        match link.status(self.request.now) {
            LinkStatus::Open => Ok(()),
            LinkStatus::Revoked => Err(Problem::LinkRevoked),
            LinkStatus::Expired => Err(Problem::LinkExpired),
            LinkStatus::UsedUp => Err(Problem::LinkUsedUp),
        }
    }

    /// A granted opening outlives the last one, nothing else.
    fn check_alive(&self, link: &Link) -> Result<(), Problem> {
        match link.status(self.request.now) {
            LinkStatus::UsedUp => self.check_network(link),
            _ => self.check_welcome(link),
        }
    }

    /// Whether the link lives and may be opened from where the visitor is.
    fn check_welcome(&self, link: &Link) -> Result<(), Problem> {
        self.check_standing(link)?;
        self.check_network(link)
    }

    fn check_network(&self, link: &Link) -> Result<(), Problem> {
        let is_inside =
            |network: Network| self.request.address.is_some_and(|address| network.contains(address));
        match link.terms.allowed_network {
            Some(network) if !is_inside(network) => Err(Problem::NetworkNotAllowed),
            _ => Ok(()),
        }
    }

    /// Where S3 does not answer, the visitor's own request will show what is the matter.
    async fn check_there(&self, link: &Link) -> Result<(), Problem> {
        match self.ports.versions.is_there(self.request.now, link.object_key(), &link.version_id).await {
            Ok(false) => Err(Problem::FileGone),
            Ok(true) => Ok(()),
            Err(error) => {
                tracing::warn!(error = %error, "nobody said whether the version is there");
                Ok(())
            }
        }
    }

    async fn read(&self) -> Result<Link, Problem> {
        self.ports.links.link(&self.link_id).await?.ok_or(Problem::TokenUnknown)
    }

    fn resume_cookie(&self) -> Option<ResumeCookie> {
        ResumeCookie::find(self.request.headers.cookies, &self.ports.keys, &self.link_id, self.request.now)
    }

    /// What signs, at hand before anything is counted.
    async fn credentials(&self) -> Result<Option<Arc<SigningCredentials>>, Problem> {
        if self.settings.distribution.is_some() {
            return Ok(None);
        }
        let needed_s = self.settings.url_ttl.as_secs();
        Ok(Some(self.ports.signer.credentials(self.request.now, needed_s).await?))
    }

    async fn lead(&self, link: &Link, credentials: Option<&SigningCredentials>) -> Result<Reply, Problem> {
        self.check_there(link).await?;
        self.redirect(link, credentials)
    }

    fn redirect(&self, link: &Link, credentials: Option<&SigningCredentials>) -> Result<Reply, Problem> {
        let now = self.request.now;
        let ends = self.ends(link, credentials)?;
        let url = match (&self.settings.distribution, credentials) {
            (Some(through), _) => through.sign(link, ends).map_err(Problem::internal)?.as_str().to_owned(),
            (None, Some(credentials)) => {
                let ttl = Duration::from_secs(now.floor_s().until(ends).as_secs());
                let url = sign(self.settings, link, credentials, now, ttl).map_err(Problem::internal)?;
                url.as_str().to_owned()
            }
            (None, None) => return Err(Problem::internal("neither a distribution nor a session signs")),
        };
        // After a form, "see other" makes every client go on with GET.
        let status =
            if self.request.method == Method::Post { StatusCode::SEE_OTHER } else { StatusCode::FOUND };
        Ok(redirect(status, &url).with("cache-control", cache_control(link, now.until(ends))))
    }

    /// When the URL ends, a whole second: never beyond the link's own end, nor that of what signs.
    fn ends(&self, link: &Link, credentials: Option<&SigningCredentials>) -> Result<Timestamp, Problem> {
        let (now, ttl) = (self.request.now.floor_s(), self.settings.url_ttl);
        let wanted = self.settings.distribution.as_ref().map_or(now + ttl, |through| through.ends(now, ttl));
        let allowed = link.expires_at.map_or(wanted, |end| end.min(wanted)).floor_s();
        if allowed <= now {
            return Err(Problem::LinkExpired);
        }
        let signed = credentials.map_or(allowed, |credentials| credentials.clamp(allowed)).floor_s();
        match signed > now {
            true => Ok(signed),
            false => Err(Unavailable::new("sign a URL", "the signer's session has ended").into()),
        }
    }
}

/// A redirect may be kept if its owner said so, and always for less than its URL lives: the
/// answer takes its time.
fn cache_control(link: &Link, left: Duration) -> String {
    let most = left.as_secs().saturating_sub(REDIRECT_MARGIN_S);
    match link.terms.redirect_max_age_s.map(|age| age.min(most)) {
        Some(age) if age > 0 && !link.terms.counts() => format!("private, max-age={age}"),
        _ => "no-store".to_owned(),
    }
}

/// A kept redirect ends so many seconds before its URL.
const REDIRECT_MARGIN_S: u64 = 5;

fn sign(
    settings: &Settings,
    link: &Link,
    credentials: &SigningCredentials,
    now: Timestamp,
    ttl: Duration,
) -> Result<PresignedUrl, PresignError> {
    let disposition = link.content_disposition();
    let content_type = link.content_type();
    let query = [
        ("versionId", link.version_id.as_str()),
        ("response-content-type", content_type.as_str()),
        ("response-content-disposition", disposition.as_str()),
        ("response-cache-control", "private, no-store"),
    ];
    let key = link.object_key().to_string();
    let request = ObjectRequest { method: presigned_url::Method::Get, key: &key, query: &query };
    PresignedUrl::new(&settings.endpoint, &request, credentials, now, ttl)
}

/// A redirect that tells the next site nothing.
fn redirect(status: StatusCode, url: &str) -> Reply {
    guarded(Reply::empty(status)).with("location", url)
}

/// What GET would give in the end, as its headers
/// ([RFC 9110, HEAD](https://www.rfc-editor.org/rfc/rfc9110#name-head)).
fn facts(link: &Link) -> Reply {
    guarded(Reply::empty(StatusCode::OK))
        .with("content-type", link.content_type())
        .with("content-length", link.size_bytes.to_string())
        .with("content-disposition", link.content_disposition())
        .with("accept-ranges", "bytes")
        .with("etag", format!("\"{}\"", link.etag))
        .with("x-content-type-options", "nosniff")
}

/// 304: the version is pinned, so whoever has its entity tag has its bytes.
fn unchanged(link: &Link) -> Reply {
    guarded(Reply::empty(StatusCode::NOT_MODIFIED)).with("etag", format!("\"{}\"", link.etag))
}

fn guarded(reply: Reply) -> Reply {
    reply.with("referrer-policy", "no-referrer").with("x-robots-tag", "noindex")
}

#[cfg(test)]
mod tests;
