//! Serving a link: from a token to a URL that lives for minutes.
//!
//! ```text
//!  token ── MAC ──▶ forged: 404, without a call to AWS
//!    ├─ counts ────▶ one conditional write grants or refuses ─┐
//!    └─ does not ──▶ one consistent read ─────────────────────┴▶ sign that very version ─▶ 302
//! ```
//!
//! A token says whether its link counted when the token was made, so that `serve-link` usually chooses the
//! right one of the two calls. This bit is only a hint: the record decides. A link that began to count later
//! costs a read and a write. A password costs two writes: the attempt, then the opening, which gives the
//! attempt back. A link for one network costs one write more if it counts, because only the record has the
//! network.
//!
//! Each opening has a nonce that is written with the count: the request's own, or the one-time id of the page
//! whose form was sent ([`page_id`](mod@page_id)). So a write or a form that is sent again counts once.
//!
//! `now` is taken before the link is read and becomes the signing time. So every URL of a link expires at
//! most the URL's lifetime after the revocation was answered, also for requests that were running then.
//!
//! For a link that counts, every URL is signed only after one write has granted it, whatever the request's
//! headers are: a `Range`, a prefetch or a preview does not avoid the count.

use s3_presigned::BucketEndpoint;

use crate::keys::LinkKeys;
use crate::link::{PageMode, TrackNetwork, UrlLife};
use crate::page::{Brand, Destination};

mod answer;
mod cookie;
mod count;
pub mod distribution;
mod link_page;
pub mod page;
pub mod page_id;
mod previewers;
mod redirect;
pub mod request;
pub mod resume_cookie;

pub use answer::answer;
use distribution::Distribution;
pub use link_page::{again_cookie, page_of_expired_url, page_of_problem};

/// The ports of `serve-link`.
#[derive(Debug)]
pub struct Ports<L, G, V> {
    /// The table's links.
    pub links: L,
    /// The download signer.
    pub signer: G,
    /// The keys of tokens.
    pub keys: LinkKeys,
    /// Asks S3 for the version before anything is signed; `None` if S3 is not asked.
    pub versions: V,
}

/// Where links lead, and for how long.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The bucket.
    pub endpoint: BucketEndpoint,
    /// How long signed URLs live: the bound on a revocation.
    pub url_life: UrlLife,
    /// The distribution through which links lead; `None` for the bucket itself.
    pub distribution: Option<Distribution>,
    /// How much of a visitor's address a tracked opening keeps.
    pub track_network: TrackNetwork,
    /// What the pages of links are like.
    pub pages: PageSettings,
}

/// What the stack's configuration says of pages.
#[derive(Debug, Clone, Default)]
pub struct PageSettings {
    /// When a browser gets the page of a link whose owner has not said so.
    pub mode: PageMode,
    /// What the pages show of the stack's operator.
    pub brand: Brand,
    /// The beginning of links; empty if it is not known.
    pub link_base_url: String,
}

impl Settings {
    /// The origin of the storage, where pages lead.
    pub(crate) fn destination(&self) -> Destination {
        Destination::of(self.distribution.as_ref().map_or(&self.endpoint.url, |through| &through.url))
    }
}

#[cfg(test)]
mod tests;
