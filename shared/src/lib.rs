//! Postern: issue an upload, record what arrived, serve a link that can be revoked.
pub mod app_event;
#[cfg(feature = "aws")]
pub mod aws;
pub mod checksum;
pub mod config;
pub mod content_type;
#[cfg(any(test, feature = "testing"))]
pub mod contract;
pub mod filename;
pub mod id;
pub mod issue;
pub mod link;
#[cfg(any(test, feature = "testing"))]
pub mod memory;
pub mod ports;
pub mod problem;
pub mod record;
pub mod reply;
pub mod serve;
pub mod sign;
pub mod sniff;
pub mod time;
pub mod token;
pub mod upload;
