//! What is counted, and the parts of multipart uploads.

use std::collections::{BTreeMap, BTreeSet};

use crate::ports::StoredPart;
use crate::upload::quota::{PendingUpload, day};
use crate::upload::reservation::Charge;
use crate::upload::token::{UploadToken, UploadTokenId};
use crate::value::checksum::ChecksumCrc64Nvme;
use crate::value::id::{ObjectKey, Owner, S3UploadId};

/// Tokens, pending uploads, bytes of a day, and multipart uploads.
#[derive(Debug, Default)]
pub(super) struct Quotas {
    pub(super) tokens: BTreeMap<UploadTokenId, UploadToken>,
    pub(super) pending: BTreeMap<Owner, BTreeSet<PendingUpload>>,
    pub(super) bytes: BTreeMap<(Owner, String), u64>,
    pub(super) parts: BTreeMap<S3UploadId, (ObjectKey, Vec<StoredPart>)>,
    /// What S3 computes of parts, where a test has said it.
    pub(super) checksums: BTreeMap<S3UploadId, ChecksumCrc64Nvme>,
}

impl Quotas {
    /// Changes what an owner asked for on a day.
    pub(super) fn charge(&mut self, charge: &Charge) {
        let of_day = (charge.owner.clone(), day(charge.reserved_at).0);
        let bytes = self.bytes.entry(of_day).or_default();
        let after = i128::from(*bytes) + charge.change().unwrap_or(0);
        *bytes = u64::try_from(after).unwrap_or(0);
    }

    /// Drops the parts of a multipart upload of this key.
    pub(super) fn drop_parts(&mut self, key: ObjectKey, id: &S3UploadId) {
        self.parts.retain(|known, (of, _)| known != id || *of != key);
    }
}
