//! Sample values for tests: an upload, a link, a token, and keys to make them with.

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "for tests: what they cannot set up ends them"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use s3_presigned::cloudfront::CloudFrontKey;
use s3_presigned::{SigningCredentials, Timestamp};

use crate::keys::{KeyVersion, LinkKeys, TokenKey, TokenKeys, UploadTokenKeys};
use crate::link::Link;
use crate::serve::distribution::Distribution;
use crate::upload::token::{UploadToken, UploadTokenSecret};
use crate::upload::{
    Recorded, Rejection, RejectionReason, Settlement, Upload, UploadState, tombstone_ttl, transition_id,
};
use crate::value::id::{UploadId, VersionId};

/// The instant that `text` writes.
pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A version of this name.
pub fn version(name: &str) -> VersionId {
    name.parse().unwrap()
}

/// An upload that waits for its file: an image of at most 1,000 bytes.
pub fn pending() -> Upload {
    let upload_id = UploadId::random([1; 16]);
    Upload {
        upload_id,
        owner: "https://issuer.test#ann".parse().unwrap(),
        state: UploadState::Pending,
        filename: "photo.png".parse().unwrap(),
        path: None,
        content_type: "image/png".parse().unwrap(),
        min_size_bytes: 1,
        max_size_bytes: 1000,
        checksum_sha256: None,
        metadata: BTreeMap::new(),
        uploaded_at: at("2026-11-24T10:00:00Z"),
        policy_expires_at: at("2026-11-24T10:15:00Z"),
        request_hash: None,
        token: None,
        s3_upload_id: None,
        condemned: BTreeSet::new(),
        surplus: BTreeSet::new(),
        recorded: None,
        rejection: None,
        scan_failed: None,
        transition_id: transition_id(upload_id, UploadState::Pending, ""),
        announces: None,
        reserved: None,
        ttl: Some(tombstone_ttl(at("2026-11-24T10:15:00Z"))),
        links_walked: None,
    }
}

/// Version `name` is valid.
pub fn pin(name: &str) -> Settlement {
    Settlement::Pin(Recorded {
        version_id: version(name),
        size_bytes: 10,
        etag: "etag".to_owned(),
        sniffed_type: "image/png".parse().unwrap(),
        carried_by: None,
        reads_as_text: false,
        has_unknown_encoding: false,
        recorded_at: at("2026-11-24T10:01:00Z"),
        vanished_at: None,
    })
}

/// Version `name` is rejected.
pub fn condemn(name: &str) -> Settlement {
    Settlement::Condemn(Rejection {
        version_id: version(name),
        reason: RejectionReason::ContentTypeMismatch,
        detail: "not an image".to_owned(),
        rejected_at: at("2026-11-24T10:01:00Z"),
    })
}

/// A link to an available upload.
pub fn link(expires_at: Option<Timestamp>) -> Link {
    let link_id = keys(&[1]).make([1; 16]).link_id();
    let available = pending().settled(&pin("a")).unwrap();
    Link::to(&available, link_id, at("2026-11-24T10:00:00Z"), expires_at).unwrap()
}

/// Keys of these versions.
pub fn ring(versions: &[u8]) -> TokenKeys {
    let key = |version: &u8| TokenKey { version: KeyVersion(*version), key: [*version; 32] };
    TokenKeys::new(versions.iter().map(key).collect()).unwrap()
}

/// Keys of link tokens, of these versions.
pub fn keys(versions: &[u8]) -> LinkKeys {
    LinkKeys::new(ring(versions))
}

/// Keys of upload tokens, of these versions.
pub fn upload_token_keys(versions: &[u8]) -> UploadTokenKeys {
    UploadTokenKeys::new(ring(versions))
}

/// An upload token for `uses` images.
pub fn token(uses: u32) -> UploadToken {
    let expires_at = at("2026-11-24T11:00:00Z");
    UploadToken {
        token_id: UploadTokenSecret::make(&upload_token_keys(&[1]), [3; 16]).unwrap().token_id(),
        owner: "https://issuer.test#ann".parse().unwrap(),
        label: Some("avatar".to_owned()),
        content_types: vec!["image/*".parse().unwrap()],
        max_size_bytes: 1000,
        uses,
        uses_left: uses,
        made_at: at("2026-11-24T10:00:00Z"),
        expires_at,
        revoked_at: None,
        request_hash: None,
        has_own_key: true,
        ttl: UploadToken::ttl_of(expires_at),
    }
}

/// A CloudFront distribution whose signed URLs share windows of `window_s` seconds.
pub fn distribution(window_s: u64) -> Distribution {
    let pem = include_str!("../../../presign/src/cloudfront/p256.test.pem");
    Distribution {
        url: "https://d111111abcdef8.cloudfront.net/".to_owned(),
        key: CloudFrontKey::from_pem("K2JCJMDEHXQW5F", pem).unwrap(),
        window: Duration::from_secs(window_s),
    }
}

/// The credentials of AWS's published examples.
pub fn example_credentials() -> SigningCredentials {
    SigningCredentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
}
