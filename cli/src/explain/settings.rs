//! What the caller knows beside the input.

use s3_presigned::Timestamp;

/// A secret access key. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Makes a secret of a text. White space around it is no part of it.
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// What the caller knows beside the input.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// The time that counts as now.
    pub now: Timestamp,
    /// The key of the object that was meant.
    pub key: Option<String>,
    /// The size of the file.
    pub size_bytes: Option<u64>,
    /// The type that the client sends.
    pub content_type: Option<String>,
    /// The name of the file.
    pub filename: Option<String>,
    /// The method of the request.
    pub method: Option<String>,
    /// Headers of the request.
    pub headers: Vec<(String, String)>,
    /// When the session of the credentials ends.
    pub session_ends: Option<Timestamp>,
    /// The secret access key that signed.
    pub secret: Option<Secret>,
}

impl Settings {
    /// Makes settings in which only the time is known.
    pub fn at(now: impl Into<Timestamp>) -> Self {
        Self {
            now: now.into(),
            key: None,
            size_bytes: None,
            content_type: None,
            filename: None,
            method: None,
            headers: Vec::new(),
            session_ends: None,
            secret: None,
        }
    }
}
