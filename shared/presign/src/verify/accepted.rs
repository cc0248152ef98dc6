//! The object of an accepted form.

use std::collections::BTreeMap;

/// What S3 stores of a form that it accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Accepted {
    /// The bucket.
    pub bucket: String,
    /// The object's key.
    pub key: String,
    /// The object's size.
    pub size_bytes: u64,
    /// Every field except those that S3 ignores (`x-ignore-`), by its name in lower case.
    pub fields: BTreeMap<String, String>,
}
