//! Ending links: one, all of an upload, all of an owner.
//!
//! One link is dead when its write is answered. Many are found through an index, which shows a
//! new link a moment after it was made: whoever ends all links while others make some repeats the
//! request, which then finds nothing to do.
//!
//! Dead links stay in the index. A request passes them over, and one that has met very many ends
//! before it finds a link that lives; where it stood is its answer's cursor, and the next goes on.

use http::StatusCode;
use serde::Serialize;

use super::paging::{self, PageRequest};
use super::uploads::owned;
use super::{Caller, Ports};
use crate::concurrency;
use crate::http::{Problem, Reply};
use crate::link::token::LinkId;
use crate::link::{Revoked, RevokedBecause};
use crate::paging::PageStart;
use crate::ports::{LinkStore, LinksOf, Revocation, UploadStore};
use crate::value::id::UploadId;

/// Links that one request ends at most, so that it is answered in time.
const MAX_REVOKED: usize = 1000;

/// Pages that one request walks at most, for the same reason: 500 links each, dead or alive.
const MAX_PAGES: usize = 60;

/// The same for the removal of an upload, whose links the recorder goes on to end.
const PAGES_OF_REMOVED: usize = 4;

/// What a revocation of many did.
#[derive(Debug, Serialize)]
struct RevokedView {
    /// Links that this request ended.
    revoked: usize,
    /// Whether there may be more: send the request again then, with the cursor.
    more: bool,
    /// Goes into the query parameter `cursor` of that request; `null` at the end.
    next_cursor: Option<String>,
}

/// `DELETE /links/{id}`: once this is answered, no request that begins later opens the link.
///
/// # Errors
/// [`Problem::LinkNotFound`] for a stranger too, [`Problem::LinkRotated`] where the link lives on under
/// another id.
pub async fn revoke<S: LinkStore, G>(
    ports: &Ports<S, G>,
    caller: &Caller,
    id: &str,
) -> Result<Reply, Problem> {
    let id: LinkId = id.parse().map_err(|_| Problem::LinkNotFound)?;
    match ports.store.revoke(&id, &caller.owner, by_wish(caller)).await? {
        Revocation::Ended => Ok(Reply::empty(StatusCode::NO_CONTENT)),
        Revocation::Rotated => Err(Problem::LinkRotated),
        Revocation::NotFound => Err(Problem::LinkNotFound),
    }
}

/// `DELETE /uploads/{id}/links`: ends every link of an upload.
///
/// # Errors
/// [`Problem::UploadNotFound`] for a stranger too.
pub async fn revoke_all_to<S: UploadStore + LinkStore, G>(
    ports: &Ports<S, G>,
    caller: &Caller,
    upload_id: &str,
    cursor: Option<&str>,
) -> Result<Reply, Problem> {
    let start = PageRequest::parse(None, cursor)?.start;
    let upload = owned(ports, caller, upload_id).await?.upload_id;
    revoke_those_of(ports, caller, LinksOf::Upload(upload), start).await
}

/// `DELETE /links`: ends every link of the caller.
///
/// # Errors
/// If the table does not answer; what was ended stays ended.
pub async fn revoke_all<S: LinkStore, G>(
    ports: &Ports<S, G>,
    caller: &Caller,
    cursor: Option<&str>,
) -> Result<Reply, Problem> {
    let start = PageRequest::parse(None, cursor)?.start;
    revoke_those_of(ports, caller, LinksOf::Owner(&caller.owner), start).await
}

async fn revoke_those_of<S: LinkStore, G>(
    ports: &Ports<S, G>,
    caller: &Caller,
    of: LinksOf<'_>,
    start: Option<PageStart>,
) -> Result<Reply, Problem> {
    let (revoked, start) = end_links(ports, caller, of, start, by_wish(caller), MAX_PAGES).await?;
    let view =
        RevokedView { revoked, more: start.is_some(), next_cursor: start.as_ref().map(paging::cursor) };
    Ok(Reply::json(StatusCode::OK, &view))
}

/// Ends the links of an upload that is being removed, as many as one request can. The recorder ends
/// the others.
pub(super) async fn end_links_of_removed<S: LinkStore, G>(
    ports: &Ports<S, G>,
    caller: &Caller,
    id: UploadId,
) -> Result<(), Problem> {
    let revoked = Revoked { at: caller.now, because: RevokedBecause::UploadDeleted };
    let of = LinksOf::Upload(id);
    end_links(ports, caller, of, None, revoked, PAGES_OF_REMOVED).await.map(|_| ())
}

/// Ends the caller's links page by page. Returns how many lived, and where a next request begins.
async fn end_links<S: LinkStore, G>(
    ports: &Ports<S, G>,
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
        let ends = page
            .items
            .into_iter()
            .map(|id| async move { ports.store.revoke(&id, &caller.owner, revoked).await.map(|_| ()) });
        concurrency::all(ends).await?;
        start = page.next;
        if start.is_none() || ended >= MAX_REVOKED {
            break;
        }
    }
    Ok((ended, start))
}

fn by_wish(caller: &Caller) -> Revoked {
    Revoked { at: caller.now, because: RevokedBecause::Revoked }
}
