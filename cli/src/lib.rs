//! The library behind the program `postern`, for operators and developers.
//!
//! [`explain`] finds out why S3, CloudFront or the API refused a request. It opens no connection, and masks secrets in
//! everything that it says.

pub mod explain;
pub mod input;
