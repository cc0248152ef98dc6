//! Links of an owner: make, list, revoke.

use http::StatusCode;
use serde::Serialize;

use crate::id::UploadId;
use crate::link::{Link, LinkStanding, Revoked, RevokedBecause};
use crate::ports::{Found, LinkStore, Linked, UploadStore};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::time::Timestamp;
use crate::token::{LinkId, LinkToken};
use crate::upload::UploadState;

use super::paging::{PageRequest, PageView};
use super::request::NewLink;
use super::uploads::owned;
use super::{Caller, Ports, Terms};

/// A link as its owner sees it.
#[derive(Debug, Serialize)]
struct LinkView {
    link_id: LinkId,
    upload_id: UploadId,
    state: &'static str,
    filename: String,
    content_type: String,
    size_bytes: u64,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
}

/// A new link: the only time that its token is shown.
#[derive(Serialize)]
struct NewLinkView {
    #[serde(flatten)]
    link: LinkView,
    token: String,
    url: String,
}

/// `POST /uploads/{id}/links`: a link to the pinned version.
///
/// # Errors
/// [`Problem::UploadNotFound`] for a stranger too, [`Problem::UploadNotAvailable`] before
/// anything was pinned.
pub async fn create<S: UploadStore + LinkStore, G>(
    ports: &Ports<S, G>,
    terms: &Terms,
    caller: &Caller,
    upload_id: &str,
    body: &[u8],
) -> Result<Reply, Problem> {
    let new = NewLink::parse(body)?;
    let upload = owned(ports, caller, upload_id).await?;
    let token = token(ports, caller, upload.upload_id);
    let expires_at = new.expires_in.map(|life| caller.now + life);
    let mut link = Link::to(&upload, token.link_id(), caller.now, expires_at)
        .ok_or(Problem::UploadNotAvailable(upload.state))?;
    link.request_hash = caller.idempotency_key.as_ref().map(|_| new.hash());
    let link = match ports.store.create_link(&link).await? {
        Linked::New => link,
        Linked::Exists(standing) => repeated(&link, *standing, caller.now)?,
        // It was available a moment ago: only its owner's removal ends that.
        Linked::NotAvailable => return Err(Problem::UploadNotAvailable(UploadState::Deleting)),
    };
    let view = NewLinkView {
        url: format!("{}/l/{}", terms.link_base_url.trim_end_matches('/'), token.reveal()),
        token: token.reveal(),
        link: LinkView::of(link, caller.now),
    };
    Ok(Reply::json(StatusCode::CREATED, &view))
}

/// `GET /uploads/{id}/links`, newest first.
///
/// # Errors
/// [`Problem::UploadNotFound`] for a stranger too.
pub async fn list<S: UploadStore + LinkStore, G>(
    ports: &Ports<S, G>,
    caller: &Caller,
    upload_id: &str,
    limit: Option<&str>,
    cursor: Option<&str>,
) -> Result<Reply, Problem> {
    let PageRequest { start, limit } = PageRequest::parse(limit, cursor)?;
    let upload = owned(ports, caller, upload_id).await?;
    let page = ports.store.links_to(upload.upload_id, start.as_ref(), limit).await?;
    Ok(Reply::json(StatusCode::OK, &PageView::of(page, |link| LinkView::of(link, caller.now))))
}

/// `DELETE /links/{id}`: once this is answered, no request that begins later opens the link.
///
/// # Errors
/// [`Problem::LinkNotFound`] for a stranger too.
pub async fn revoke<S: LinkStore, G>(
    ports: &Ports<S, G>,
    caller: &Caller,
    id: &str,
) -> Result<Reply, Problem> {
    let id: LinkId = id.parse().map_err(|_| Problem::LinkNotFound)?;
    let revoked = Revoked { at: caller.now, because: RevokedBecause::Revoked };
    match ports.store.revoke(&id, &caller.owner, revoked).await? {
        Found::Yes => Ok(Reply::empty(StatusCode::NO_CONTENT)),
        Found::No => Err(Problem::LinkNotFound),
    }
}

/// A random secret, or the one that the idempotency key always gives.
fn token<S, G>(ports: &Ports<S, G>, caller: &Caller, upload_id: UploadId) -> LinkToken {
    let secret = match &caller.idempotency_key {
        Some(key) => ports.keys.derived_secret(&caller.owner, upload_id, key),
        None => caller.entropy,
    };
    ports.keys.make(secret)
}

fn repeated(asked: &Link, standing: Link, now: Timestamp) -> Result<Link, Problem> {
    if standing.request_hash != asked.request_hash || standing.owner != asked.owner {
        return Err(Problem::IdempotencyKeyReused);
    }
    match standing.standing(now) {
        LinkStanding::Open => Ok(standing),
        LinkStanding::Revoked | LinkStanding::Expired => Err(Problem::IdempotencyKeySpent),
    }
}

impl LinkView {
    fn of(link: Link, now: Timestamp) -> Self {
        let state = match link.standing(now) {
            LinkStanding::Open => "open",
            LinkStanding::Revoked => "revoked",
            LinkStanding::Expired => "expired",
        };
        Self {
            link_id: link.link_id,
            upload_id: link.upload_id,
            state,
            filename: link.filename.into(),
            content_type: link.sniffed_type.into(),
            size_bytes: link.size_bytes,
            created_at: link.linked_at,
            expires_at: link.expires_at,
            revoked_at: link.revoked.map(|revoked| revoked.at),
        }
    }
}
