//! The world in memory: a table and a versioned bucket that keep the contract of [`crate::ports`].
//!
//! For tests. It applies the transitions of [`Upload`] itself, so a store that keeps the same
//! contract keeps the same rules.

mod links;
mod objects;
mod page;
mod quotas;
mod reserved;
mod turns;
mod uploads;
mod waiting;
mod world;

pub use objects::FixedSigner;
pub use turns::{Requests, for_every_order};
pub use world::{Loss, MemoryWorld, SavedTable};
