//! Revokes many links of one owner, page by page, for the API and for an operator.
//!
//! Revoked links stay in the index, and a request ignores them. A request that has read very many of them ends early
//! and says where the next request continues.

use crate::concurrency;
use crate::link::Revoked;
use crate::link::token::LinkId;
use crate::paging::PageStart;
use crate::ports::{LinkStore, LinksOf, Unavailable};
use crate::value::id::Owner;

/// The most links that one request revokes, so that it is answered in time.
const MAX_REVOKED: usize = 1000;

/// The most pages that one request reads, for the same reason. A page has 500 links, revoked ones included.
pub const MAX_PAGES: usize = 60;

/// Revokes links of `owner` page by page. Returns how many it revoked, and where the next request continues.
///
/// # Errors
/// If the table does not answer. Links that were revoked before stay revoked.
pub async fn end_links<S: LinkStore>(
    store: &S,
    owner: &Owner,
    of: LinksOf<'_>,
    mut start: Option<PageStart>,
    revoked: Revoked,
    most_pages: usize,
) -> Result<(usize, Option<PageStart>), Unavailable> {
    let mut ended = 0;
    for _ in 0..most_pages {
        let page = store.live_links(of, start.as_ref()).await?;
        ended += page.items.len();
        let ends =
            page.items.into_iter().map(|id| async move { end_one(store, owner, of, &id, revoked).await });
        concurrency::all(ends).await?;
        start = page.next;
        if start.is_none() || ended >= MAX_REVOKED {
            break;
        }
    }
    Ok((ended, start))
}

/// Revokes a link that the index has shown among those `of` an upload or an owner.
async fn end_one<S: LinkStore>(
    store: &S,
    owner: &Owner,
    of: LinksOf<'_>,
    id: &LinkId,
    revoked: Revoked,
) -> Result<(), Unavailable> {
    match of {
        LinksOf::Upload(upload) => store.revoke_of_upload(id, owner, upload, revoked).await,
        LinksOf::Owner(_) => store.revoke(id, owner, revoked).await.map(|_| ()),
    }
}
