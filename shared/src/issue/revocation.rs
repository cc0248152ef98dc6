//! Ending links: one, all of an upload, all of an owner.
//!
//! One link is dead when its write is answered. Many are found through an index, which shows a
//! new link a moment after it was made: whoever ends all links while others make some repeats the
//! request, which then finds nothing to do.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use http::StatusCode;
use serde::Serialize;

use super::uploads::owned;
use super::{Caller, Ports};
use crate::link::{Link, Revoked, RevokedBecause};
use crate::ports::{Found, LinkStore, Page, UploadStore};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::token::LinkId;

/// Links that one request ends at most, so that it is answered in time.
const MAX_REVOKED: usize = 1000;

/// Links of a page.
const PAGE: u8 = 100;

/// Writes in flight.
const CONCURRENCY: usize = 16;

/// What a revocation of many did.
#[derive(Debug, Serialize)]
struct RevokedView {
    /// Links that this request ended.
    revoked: usize,
    /// Whether there may be more: send the request again then.
    more: bool,
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
    match ports.store.revoke(&id, &caller.owner, by_wish(caller)).await? {
        Found::Yes => Ok(Reply::empty(StatusCode::NO_CONTENT)),
        Found::No => Err(Problem::LinkNotFound),
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
) -> Result<Reply, Problem> {
    let upload = owned(ports, caller, upload_id).await?.upload_id;
    let (mut start, mut revoked) = (None, 0);
    loop {
        let page = ports.store.links_to(upload, start.as_ref(), PAGE).await?;
        start = page.next.clone();
        revoked += revoke_page(ports, caller, page).await?;
        if start.is_none() || revoked >= MAX_REVOKED {
            return Ok(answer(revoked, start.is_some()));
        }
    }
}

/// `DELETE /links`: ends every link of the caller.
///
/// # Errors
/// If the table does not answer; what was ended stays ended.
pub async fn revoke_all<S: LinkStore, G>(ports: &Ports<S, G>, caller: &Caller) -> Result<Reply, Problem> {
    let (mut start, mut revoked) = (None, 0);
    loop {
        let page = ports.store.links_of(&caller.owner, start.as_ref(), PAGE).await?;
        start = page.next.clone();
        revoked += revoke_page(ports, caller, page).await?;
        if start.is_none() || revoked >= MAX_REVOKED {
            return Ok(answer(revoked, start.is_some()));
        }
    }
}

/// Ends the links of a page that live.
async fn revoke_page<S: LinkStore, G>(
    ports: &Ports<S, G>,
    caller: &Caller,
    page: Page<Link>,
) -> Result<usize, Problem> {
    let living = page.items.into_iter().filter(|link| link.revoked.is_none());
    let writes = living
        .map(|link| async move { ports.store.revoke(&link.link_id, &caller.owner, by_wish(caller)).await });
    let written: Vec<Found> = stream::iter(writes).buffer_unordered(CONCURRENCY).try_collect().await?;
    Ok(written.len())
}

fn by_wish(caller: &Caller) -> Revoked {
    Revoked { at: caller.now, because: RevokedBecause::Revoked }
}

fn answer(revoked: usize, more: bool) -> Reply {
    Reply::json(StatusCode::OK, &RevokedView { revoked, more })
}
