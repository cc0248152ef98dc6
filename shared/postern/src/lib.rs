//! Postern: issue an upload, record what arrived, serve a link that can be revoked.
//!
//! ```text
//!  issue ── signs a form for one upload ──▶ record ── pins one version ──▶ serve ── signs a URL of it
//! ```
//!
//! The crate is pure: no AWS client, no HTTP client, no runtime. Time and randomness are arguments. The
//! layers, each using only those above it:
//!
//! ```text
//!  value, media, keys, paging      small values, media types, HMAC keys, pages of a list
//!  upload, link                    the records, and the changes that they allow
//!  log                             the ids that the log lines of a request carry
//!  ports                           what is needed of the table, the bucket and the signer, as traits
//!  revocation                      revoking many links
//!  http                            answers and problems
//!  page                            what pages for people have in common
//!  issue, record, serve, webhook   the four functions, over the ports
//!  operate                         what an operator asks of a function
//!  config                          what each function reads from its environment
//! ```
//!
//! The crate `s3-presigned` signs; the crate `postern-aws` implements the ports. The feature `testing`
//! adds the store and the bucket in memory, and the contract of every store.

pub mod concurrency;
pub mod config;
pub mod http;
pub mod issue;
pub mod keys;
pub mod link;
pub mod log;
pub mod media;
pub mod operate;
pub mod page;
pub mod paging;
pub mod ports;
pub mod record;
pub mod revocation;
pub mod serve;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod upload;
pub mod value;
pub mod webhook;
