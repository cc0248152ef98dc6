//! The library behind the program `postern`, for operators and developers: the commands without network. Those that talk to
//! AWS are in `postern-operate`, behind the feature `aws`.
//!
//! [`explain`] finds out why S3, CloudFront or the API refused a request. It opens no connection, and masks secrets in
//! everything that it says.
//!
//! [`cost`] computes what a stack costs in a month.

pub mod cost;
pub mod explain;
pub mod input;
