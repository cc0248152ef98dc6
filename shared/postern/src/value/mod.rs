//! Small values, each checked when it is made: ids, names, paths, checksums.

pub mod app_event;
pub mod checksum;
pub mod filename;
pub mod id;
pub mod relative_path;
