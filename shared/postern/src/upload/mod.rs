//! The record of an upload: what was declared, what arrived, and which changes are allowed.
//!
//! ```text
//!            ┌────────────▶ available ─────┐
//!  pending ──┼─▶ rejected ──▲              ├─▶ deleting ──▶ deleted
//!            └─▶ expired ───┘ (late, valid)┘
//! ```
//!
//! The main rule is [`Upload::fate_of`]: the fate of a version, once settled, never changes. So events may
//! come twice, late and out of order. A store writes a [`Settlement`] on condition that
//! the version's fate is still open, in one conditional write.

mod charges;
pub mod quota;
mod record;
mod rejection;
pub mod reservation;
pub mod scan;
mod settlement;
mod state;
pub mod token;
mod transitions;
#[cfg(test)]
mod transitions_tests;

pub use record::{MAX_SURPLUS, Recorded, Upload, UsedToken};
pub use rejection::{Rejection, RejectionReason};
pub use settlement::{Fate, Settlement, scan_failure_id, transition_id};
pub use state::{MAX_CONDEMNED, UploadState};
pub use transitions::{EXPIRES_AFTER, TOMBSTONE, deletion, expiry, tombstone_ttl};
