//! Revokes links: one link, all links of an upload, or all links of an owner.
//!
//! A link is revoked when its write is answered. Many links are found through an index, which shows a new
//! link a moment after it was made. So an owner who revokes all links while others create links must repeat
//! the request until it finds none. The same holds for a link that is led to another upload. The index may
//! still show it among those of its former upload, so each write has the condition that the link leads to
//! the upload whose links are revoked.
//!
//! A request that has read very many links ends early ([`crate::revocation`]); the `cursor` of its answer says where
//! the next request continues.

use http::StatusCode;
use serde::Serialize;

use super::link_view::LinkView;
use super::owned::owned_upload;
use super::paging::{self, PageRequest};
use super::{Caller, Owned, Ports, Settings};
use crate::http::{Problem, Reply};
use crate::link::token::LinkId;
use crate::link::{Revoked, RevokedBecause};
use crate::paging::PageStart;
use crate::ports::{LinkStore, LinksOf, Revocation, UploadStore};
use crate::revocation::{MAX_PAGES, end_links};
use crate::value::id::UploadId;

/// As [`MAX_PAGES`], for the deletion of an upload. The recorder revokes the rest.
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
    // The check comes first: a page of links can be large, and a stranger could ask for it again and again.
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
    let (revoked, start) =
        end_links(&ports.store, &caller.owner, of, start, by_wish(caller), MAX_PAGES).await?;
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
    end_links(&ports.store, &caller.owner, of, None, revoked, PAGES_OF_REMOVED).await?;
    Ok(())
}

fn by_wish(caller: &Caller) -> Revoked {
    Revoked { at: caller.now, because: RevokedBecause::Revoked }
}
