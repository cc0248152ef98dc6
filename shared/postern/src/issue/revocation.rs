//! Revokes links: one link, all links of an upload, or all links of an owner.
//!
//! A link is revoked when its write is answered. Many links are found through an index, which shows a new
//! link a moment after it was made. So an owner who revokes all links while others create links must repeat
//! the request until it finds none. The same holds for a link that is led to another upload. The index may
//! still show it among those of its former upload, so each write has the condition that the link leads to
//! the upload whose links are revoked.
//!
//! Revoked links stay in the index, and a request ignores them. A request that has read very many of them
//! ends early; the `cursor` of its answer says where the next request continues.

use http::StatusCode;
use serde::Serialize;

use super::link_view::LinkView;
use super::owned::owned_upload;
use super::paging::{self, PageRequest};
use super::{Caller, Owned, Ports, Settings};
use crate::concurrency;
use crate::http::{Problem, Reply};
use crate::link::token::LinkId;
use crate::link::{Revoked, RevokedBecause};
use crate::paging::PageStart;
use crate::ports::{LinkStore, LinksOf, Revocation, Unavailable, UploadStore};
use crate::value::id::UploadId;

/// The most links that one request revokes, so that it is answered in time.
const MAX_REVOKED: usize = 1000;

/// The most pages that one request reads, for the same reason. A page has 500 links, revoked ones included.
const MAX_PAGES: usize = 60;

/// The same limit for the deletion of an upload. The recorder revokes the rest.
const PAGES_OF_REMOVED: usize = 4;

/// The result of revoking many links.
#[derive(Debug, Serialize)]
struct RevokedView {
    /// Links that this request revoked.
    revoked: usize,
    /// Whether there may be more links. Then send the request again with the cursor.
    more: bool,
    /// After how many seconds every URL of these links is dead.
    dead_within_s: u64,
    /// The query parameter `cursor` of the next request; `null` at the end.
    next_cursor: Option<String>,
}

/// `DELETE /links/{id}`: revokes a link. No request that begins after the answer opens it.
///
/// # Errors
/// [`Problem::LinkNotFound`] also for another owner's link, [`Problem::LinkRotated`] if the link has another
/// id now.
pub async fn revoke<S: LinkStore, G, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    caller: &Caller,
    id: &str,
) -> Result<Reply, Problem> {
    let id: LinkId = id.parse().map_err(|_| Problem::LinkNotFound)?;
    match ports.store.revoke(&id, &caller.owner, by_wish(caller)).await? {
        Revocation::Ended(link) => {
            let view = LinkView::of(Owned::admit(*link, caller)?, settings, caller.now);
            Ok(Reply::json(StatusCode::OK, &view))
        }
        Revocation::Rotated => Err(Problem::LinkRotated),
        Revocation::NotFound => Err(Problem::LinkNotFound),
    }
}

/// `DELETE /uploads/{id}/links`: revokes every link of an upload.
///
/// # Errors
/// [`Problem::UploadNotFound`] also for another owner's upload.
pub async fn revoke_all_to<S: UploadStore + LinkStore, G, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    caller: &Caller,
    upload_id: &str,
    cursor: Option<&str>,
) -> Result<Reply, Problem> {
    let start = PageRequest::parse(None, cursor)?.start;
    let upload = owned_upload(ports, caller, upload_id).await?.upload_id;
    revoke_those_of(ports, settings, caller, LinksOf::Upload(upload), start).await
}

/// `DELETE /links`: revokes every link of the caller.
///
/// # Errors
/// If the table does not answer. Links that were revoked before stay revoked.
pub async fn revoke_all<S: LinkStore, G, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    caller: &Caller,
    cursor: Option<&str>,
) -> Result<Reply, Problem> {
    let start = PageRequest::parse(None, cursor)?.start;
    revoke_those_of(ports, settings, caller, LinksOf::Owner(&caller.owner), start).await
}

async fn revoke_those_of<S: LinkStore, G, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    caller: &Caller,
    of: LinksOf<'_>,
    start: Option<PageStart>,
) -> Result<Reply, Problem> {
    let (revoked, start) = end_links(ports, caller, of, start, by_wish(caller), MAX_PAGES).await?;
    let view = RevokedView {
        revoked,
        more: start.is_some(),
        // A repeated request finds the links revoked, and must not say less than the first one.
        dead_within_s: settings.url_life.ceiling_s(),
        next_cursor: start.as_ref().map(paging::cursor),
    };
    Ok(Reply::json(StatusCode::OK, &view))
}

/// Revokes the links of an upload that is being deleted, up to the limit of one request. The recorder revokes
/// the rest.
pub(super) async fn end_links_of_removed<S: LinkStore, G, P>(
    ports: &Ports<S, G, P>,
    caller: &Caller,
    id: UploadId,
) -> Result<(), Problem> {
    let revoked = Revoked { at: caller.now, because: RevokedBecause::UploadDeleted };
    let of = LinksOf::Upload(id);
    end_links(ports, caller, of, None, revoked, PAGES_OF_REMOVED).await.map(|_| ())
}

/// Revokes the caller's links page by page. Returns how many it revoked, and where the next request
/// continues.
async fn end_links<S: LinkStore, G, P>(
    ports: &Ports<S, G, P>,
    caller: &Caller,
    of: LinksOf<'_>,
    mut start: Option<PageStart>,
    revoked: Revoked,
    most_pages: usize,
) -> Result<(usize, Option<PageStart>), Problem> {
    let mut ended = 0;
    for _ in 0..most_pages {
        let page = ports.store.live_links(of, start.as_ref()).await?;
        ended += page.items.len();
        let ends =
            page.items.into_iter().map(|id| async move { end_one(ports, caller, of, &id, revoked).await });
        concurrency::all(ends).await?;
        start = page.next;
        if start.is_none() || ended >= MAX_REVOKED {
            break;
        }
    }
    Ok((ended, start))
}

/// Revokes a link that the index has shown among those `of` an upload or an owner.
async fn end_one<S: LinkStore, G, P>(
    ports: &Ports<S, G, P>,
    caller: &Caller,
    of: LinksOf<'_>,
    id: &LinkId,
    revoked: Revoked,
) -> Result<(), Unavailable> {
    match of {
        LinksOf::Upload(upload) => ports.store.revoke_of_upload(id, &caller.owner, upload, revoked).await,
        LinksOf::Owner(_) => ports.store.revoke(id, &caller.owner, revoked).await.map(|_| ()),
    }
}

fn by_wish(caller: &Caller) -> Revoked {
    Revoked { at: caller.now, because: RevokedBecause::Revoked }
}
