//! The bucket: its versions, its multipart uploads, and what links look at before they sign.

mod bucket;
mod parts;
mod versions;

pub use bucket::Bucket;
pub use parts::Parts;
pub use versions::Versions;
