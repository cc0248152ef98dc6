//! Why a version is rejected.

use serde::{Deserialize, Serialize};

use crate::value::id::VersionId;
use s3_presigned::Timestamp;

/// A rejection of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// The version.
    pub version_id: VersionId,
    /// The rule that it broke.
    pub reason: RejectionReason,
    /// What was expected and what arrived, for the owner.
    pub detail: String,
    /// When it was condemned.
    pub rejected_at: Timestamp,
}

/// The rules that a version can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectionReason {
    /// Fewer or more bytes than declared.
    SizeOutOfRange,
    /// The object's type is not the declared one.
    ContentTypeChanged,
    /// The object has a `Content-Encoding`: a browser would decode the bytes that the recorder looked at.
    ContentEncoded,
    /// The bytes are not of the declared type.
    ContentTypeMismatch,
    /// Not encrypted under the stack's KMS key.
    EncryptionMismatch,
    /// Other user metadata than declared.
    MetadataChanged,
    /// Another SHA-256 than declared.
    ChecksumMismatch,
    /// A SHA-256 was declared and S3 stored none.
    ChecksumMissing,
    /// A type that the stack does not allow.
    TypeNotAllowed,
    /// Another format within an image, audio or video.
    ForeignContent,
    /// A name that promises another kind of file than the bytes are.
    ExtensionMismatch,
    /// An archive that unpacks to far more bytes than it has.
    ArchiveBomb,
    /// More pixels than the stack allows.
    ImageTooLarge,
    /// A scan found a threat in it.
    ThreatFound,
    /// Removed by somebody else before the recorder looked at it.
    Vanished,
}

impl RejectionReason {
    /// All reasons.
    pub const ALL: [Self; 15] = [
        Self::SizeOutOfRange,
        Self::ContentTypeChanged,
        Self::ContentEncoded,
        Self::ContentTypeMismatch,
        Self::EncryptionMismatch,
        Self::MetadataChanged,
        Self::ChecksumMismatch,
        Self::ChecksumMissing,
        Self::TypeNotAllowed,
        Self::ForeignContent,
        Self::ExtensionMismatch,
        Self::ArchiveBomb,
        Self::ImageTooLarge,
        Self::ThreatFound,
        Self::Vanished,
    ];

    /// The reason's code, as in the API and in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SizeOutOfRange => "size_out_of_range",
            Self::ContentTypeChanged => "content_type_changed",
            Self::ContentEncoded => "content_encoded",
            Self::ContentTypeMismatch => "content_type_mismatch",
            Self::EncryptionMismatch => "encryption_mismatch",
            Self::MetadataChanged => "metadata_changed",
            Self::ChecksumMismatch => "checksum_mismatch",
            Self::ChecksumMissing => "checksum_missing",
            Self::TypeNotAllowed => "type_not_allowed",
            Self::ForeignContent => "foreign_content",
            Self::ExtensionMismatch => "extension_mismatch",
            Self::ArchiveBomb => "archive_bomb",
            Self::ImageTooLarge => "image_too_large",
            Self::ThreatFound => "threat_found",
            Self::Vanished => "vanished",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_the_same_code_in_logs_and_in_the_api() {
        for reason in RejectionReason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }
}
