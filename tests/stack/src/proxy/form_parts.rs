//! The parts of a posted form.

use axum::body::Bytes;

use super::checksums::{Checksum, ChecksumError};

/// The parts of a form that the proxy has read.
#[derive(Default)]
pub(super) struct Form {
    /// The fields before the file.
    pub(super) fields: Vec<(String, Bytes)>,
    /// The file name that the client sent.
    pub(super) filename: Option<String>,
    /// The size of the file.
    pub(super) size_bytes: u64,
    /// The checksums that the fields state, or why one is wrong.
    pub(super) checksums: Vec<Result<Checksum, ChecksumError>>,
}

impl Form {
    /// Takes the first wrong checksum, if there is one.
    pub(super) fn refused(&mut self) -> Option<ChecksumError> {
        let wrong = self.checksums.iter().position(Result::is_err)?;
        self.checksums.swap_remove(wrong).err()
    }
}
