//! For tests: the store and the bucket in memory, the contract of every store, sample values.

pub mod contract;
pub mod memory;
pub mod samples;
