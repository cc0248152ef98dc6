//! Postern.
pub mod checksum;
pub mod content_type;
pub mod filename;
pub mod id;
pub mod sign;
pub mod sniff;
pub mod time;
pub mod token;
