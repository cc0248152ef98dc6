//! The app's API: issues, lists and deletes uploads, makes and revokes links.
//!
//! ```text
//!  request ─▶ checked, all of it ─▶ signed (arithmetic) ─▶ one conditional put ─▶ 201
//! ```
//!
//! Each request is checked and signed before anything is written, so that a refused request leaves nothing
//! behind.

use std::time::Duration;

use crate::issue::redirect::RedirectOrigins;
use crate::link::UrlLife;
use crate::media::AllowedTypes;
use crate::page::Brand;
use crate::upload::quota::OwnerLimits;
use crate::value::id::{IdempotencyKey, Owner};
use s3_presigned::{BucketEndpoint, Timestamp};

pub mod batch;
mod change;
pub mod client_files;
pub mod companion;
pub mod direct_upload;
mod foreign_request;
pub mod form;
mod give_up;
mod idempotent;
mod link_body;
mod link_change;
mod link_view;
pub mod links;
pub mod multipart;
mod needs;
mod object;
mod owned;
mod paging;
pub mod part_plan;
pub mod parts;
pub mod put;
pub mod redirect;
pub mod request;
mod reserve;
pub mod revocation;
mod signing;
pub mod target;
pub mod tokens;
pub mod upload_page;
mod upload_view;
pub mod uploads;

pub use idempotent::Keys;
pub use owned::{Owned, OwnedRecord, owned_upload};

/// The ports of the API.
#[derive(Debug)]
pub struct Ports<S, G, P> {
    /// The table.
    pub store: S,
    /// Multipart uploads at S3.
    pub parts: P,
    /// The upload signer.
    pub signer: G,
    /// The keys of tokens.
    pub keys: Keys,
}

/// What the stack's configuration allows.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The bucket.
    pub endpoint: BucketEndpoint,
    /// The ARN of the KMS key that encrypts objects.
    pub files_key_arn: String,
    /// How long a form is valid.
    pub form_ttl: Duration,
    /// The largest file.
    pub max_size_bytes: u64,
    /// The beginning of a link's address; `/l/<token>` follows.
    pub link_base_url: String,
    /// How long the URLs of links live: the bound on a revocation.
    pub url_life: UrlLife,
    /// The limits of one owner.
    pub limits: OwnerLimits,
    /// The types that may be declared.
    pub allowed_types: AllowedTypes,
    /// The origins to which a form may redirect its browser.
    pub redirect_origins: RedirectOrigins,
    /// Whether links track their openings unless their owner says otherwise.
    pub track_links: bool,
    /// What the page of an upload token shows of the stack's operator.
    pub brand: Brand,
}

/// The caller, the time, and the request's random bytes.
#[derive(Debug, Clone)]
pub struct Caller {
    /// When the request came.
    pub now: Timestamp,
    /// The owner.
    pub owner: Owner,
    /// The request's `Idempotency-Key`, if it has one.
    pub idempotency_key: Option<IdempotencyKey>,
    /// 16 random bytes.
    pub entropy: [u8; 16],
}

#[cfg(test)]
mod advice_tests;
#[cfg(test)]
mod batch_tests;
#[cfg(test)]
mod form_properties;
#[cfg(test)]
mod give_up_tests;
#[cfg(test)]
mod link_tests;
#[cfg(test)]
mod lost_answer_tests;
#[cfg(test)]
mod part_checksum_tests;
#[cfg(test)]
mod parts_tests;
#[cfg(test)]
mod put_tests;
#[cfg(test)]
mod removal_tests;
#[cfg(test)]
mod side_by_side_tests;
#[cfg(test)]
mod takeover_tests;
#[cfg(test)]
mod target_race_tests;
#[cfg(test)]
mod target_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod token_tests;
