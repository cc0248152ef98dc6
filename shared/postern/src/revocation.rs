//! Revokes many links of one owner, page by page, for the API and for an operator.
//!
//! Revoked links stay in the index, and a request ignores them. A request that has read very many of them ends early
//! and says where the next request continues.

use crate::concurrency;
use crate::link::Revoked;
use crate::link::token::LinkId;
use crate::paging::{Page, PageStart};
use crate::ports::{LinkStore, LinksOf, Unavailable};
use crate::value::id::Owner;

/// The most links that one request revokes, so that it is answered in time.
const MAX_REVOKED: usize = 1000;

/// The most pages that one request reads, for the same reason. A page has 500 links, revoked ones included.
pub const MAX_PAGES: usize = 60;

/// Revokes the links of `page` and of the pages after it, which are `owner`'s. Returns how many it revoked, and where the next request continues.
///
/// # Errors
/// If the table does not answer. Links that were revoked before stay revoked.
pub async fn end_links<S: LinkStore>(
    store: &S,
    owner: &Owner,
    of: LinksOf<'_>,
    mut page: Page<LinkId>,
    revoked: Revoked,
    most_pages: usize,
) -> Result<(usize, Option<PageStart>), Unavailable> {
    let (mut ended, mut pages) = (0, 0);
    loop {
        ended += page.items.len();
        pages += 1;
        let ends =
            page.items.into_iter().map(|id| async move { end_one(store, owner, of, &id, revoked).await });
        concurrency::all(ends).await?;
        if page.next.is_none() || ended >= MAX_REVOKED || pages == most_pages {
            return Ok((ended, page.next));
        }
        page = store.live_links(of, page.next.as_ref()).await?;
    }
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
