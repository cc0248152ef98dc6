//! The domain's access to the table, the bucket and the signer, as traits.
//!
//! The crate `postern-aws` implements them over AWS, `testing::memory` for tests.
//! One suite of contracts (`testing::contract`) runs against both.

mod links;
mod objects;
mod parts;
mod quotas;
mod records;
mod signer;
mod unavailable;
mod uploads;

pub use links::{
    Counted, LinkIndex, LinkReader, LinkStore, Linked, LinksOf, OpeningStore, Replaced, Revocation,
};
pub use objects::{
    ByteRange, HEAD_BYTES, ListedVersion, ObjectStore, Observation, ObservedObject, VersionCheck,
    VersionCursor, VersionPage,
};
pub use parts::{Completed, PartStore, StoredPart};
pub use quotas::{MAX_BATCH, Quota, QuotaStore, ReserveOutcome};
pub use records::{DueCursor, DuePage, LINKS_SETTLE, PinnedCursor, PinnedPage, RecordStore};
pub use signer::Signer;
pub use unavailable::Unavailable;
pub use uploads::{Created, Found, UploadReader, UploadStore, Written};
