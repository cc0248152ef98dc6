//! Small values, each checked when it is made: ids, names, checksums.

pub mod app_event;
pub mod checksum;
pub mod filename;
pub mod id;
