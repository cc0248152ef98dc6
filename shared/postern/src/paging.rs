//! Pages of a list.

use s3_presigned::Timestamp;

/// A page of a list, and where the next one begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// The last item's place, if there may be more.
    pub next: Option<PageStart>,
}

/// The item after which a page begins. It has no owner, because the caller is always the owner.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PageStart {
    /// The item's time.
    pub at: Timestamp,
    /// The item's id.
    pub id: String,
}
