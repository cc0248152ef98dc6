//! Postern: issue an upload, record what arrived, serve a link that can be revoked.
//!
//! ```text
//!  issue ── signs a form for one upload ──▶ record ── pins one version ──▶ serve ── signs a URL of it
//! ```
//!
//! The crate is pure: rules, records, signatures, and the three use cases over the traits of
//! [`ports`]. Time and randomness are arguments. The feature `aws` adds the adapters to AWS; the
//! feature `testing` adds a world in memory and the contract that every store must keep.

pub mod app_event;
#[cfg(feature = "aws")]
pub mod aws;
pub mod checksum;
pub mod config;
pub mod content_type;
#[cfg(any(test, feature = "testing"))]
pub mod contract;
mod few;
pub mod filename;
pub mod id;
pub mod issue;
pub mod limits;
pub mod link;
#[cfg(any(test, feature = "testing"))]
pub mod memory;
pub mod ports;
pub mod problem;
pub mod record;
pub mod redirect;
pub mod reply;
pub mod reservation;
pub mod scan;
pub mod serve;
pub mod sign;
pub mod sniff;
pub mod time;
pub mod token;
pub mod upload;
pub mod upload_token;
pub mod webhook;
