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

/// Makes the enum from one list, so that no reason can be missing in a part of it.
macro_rules! rejection_reasons {
    ($($(#[$doc:meta])+ $reason:ident => $code:literal,)+) => {
        /// The rules that a version can break.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum RejectionReason {
            $($(#[$doc])+ #[serde(rename = $code)] $reason,)+
        }

        impl RejectionReason {
            /// All reasons.
            pub const ALL: &[Self] = &[$(Self::$reason,)+];

            /// The reason's code, as in the API and in logs.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$reason => $code,)+
                }
            }
        }
    };
}

rejection_reasons! {
    /// Fewer or more bytes than declared.
    SizeOutOfRange => "size_out_of_range",
    /// The object's type is not the declared one.
    ContentTypeChanged => "content_type_changed",
    /// The object has a `Content-Encoding`: a browser would decode the bytes that the recorder looked at.
    ContentEncoded => "content_encoded",
    /// The bytes are not of the declared type.
    ContentTypeMismatch => "content_type_mismatch",
    /// Not encrypted under the stack's KMS key.
    EncryptionMismatch => "encryption_mismatch",
    /// Other user metadata than declared.
    MetadataChanged => "metadata_changed",
    /// Another SHA-256 than declared.
    ChecksumMismatch => "checksum_mismatch",
    /// A SHA-256 was declared and S3 stored none.
    ChecksumMissing => "checksum_missing",
    /// A type that the stack does not allow.
    TypeNotAllowed => "type_not_allowed",
    /// Another format within an image, audio or video.
    ForeignContent => "foreign_content",
    /// A name that promises another kind of file than the bytes are.
    ExtensionMismatch => "extension_mismatch",
    /// An archive that unpacks to far more bytes than it has.
    ArchiveBomb => "archive_bomb",
    /// More pixels than the stack allows.
    ImageTooLarge => "image_too_large",
    /// A scan found a threat in it.
    ThreatFound => "threat_found",
    /// Removed by somebody else before the recorder looked at it.
    Vanished => "vanished",
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn codes() -> BTreeSet<String> {
        RejectionReason::ALL.iter().map(|reason| reason.as_str().to_owned()).collect()
    }

    #[test]
    fn a_reason_has_the_same_code_in_logs_and_in_the_api() {
        for reason in RejectionReason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
        assert_eq!(codes().len(), RejectionReason::ALL.len());
    }

    /// The schemas of the events for which `reason` is a field.
    #[test]
    fn every_schema_with_a_reason_has_all_reasons() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/events");
        let mut seen = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let schema: serde_json::Value =
                serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            if let Some(reasons) = schema["properties"]["reason"]["enum"].as_array() {
                let reasons: BTreeSet<_> =
                    reasons.iter().map(|reason| reason.as_str().unwrap().to_owned()).collect();
                assert_eq!(reasons, codes(), "{}", path.display());
                seen += 1;
            }
        }
        assert!(seen >= 3, "{seen} schemas");
    }

    #[test]
    fn the_documents_have_all_reasons_and_their_number() {
        let api = include_str!("../../../../docs/api.md");
        let table = api.split("### Reasons of a rejection").nth(1).unwrap().split("\n## ").next().unwrap();
        let first_cells = table.lines().filter_map(|line| line.split('|').nth(1));
        let listed = first_cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned);
        assert_eq!(listed.collect::<BTreeSet<_>>(), codes());
        let (count, without_scans) = (RejectionReason::ALL.len(), RejectionReason::ALL.len() - 1);
        let metrics = include_str!("../../../../docs/metrics.md");
        assert!(metrics.contains(&format!("Each of the {count} [reasons](api.md#")), "{count}");
        let costs = include_str!("../../../../terraform/README.md");
        assert!(costs.contains(&format!("each of the {without_scans} that occur without scans")));
    }
}
