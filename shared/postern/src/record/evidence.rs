//! The facts about one version that the rules use.

use super::Settings;
use crate::ports::{ByteRange, ObservedObject};
use crate::upload::Upload;
use crate::value::checksum::ChecksumSha256;
use crate::value::id::VersionId;

/// The facts that a rule may use.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// The record.
    pub upload: &'a Upload,
    /// The version as S3 shows it.
    pub object: &'a ObservedObject,
    /// The id of the version.
    pub version: &'a VersionId,
    /// The further facts.
    pub second: &'a SecondSight,
    /// The stack's settings.
    pub settings: &'a Settings,
}

/// The further questions to S3. Both are asked side by side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SecondLook {
    /// Whether to ask for the SHA-256 that S3 stores.
    pub checksum: bool,
    /// A further part to read.
    pub part: Option<ByteRange>,
}

/// The answers to the further questions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecondSight {
    /// The SHA-256 that S3 stores, if it was asked for.
    pub checksum: Option<ChecksumSha256>,
    /// The further part, if one was read.
    pub part: Option<Vec<u8>>,
    /// Which part it is.
    pub range: Option<ByteRange>,
    /// How many parts were read.
    pub parts: usize,
}
