//! The versioned bucket and the signer, in memory.

use std::sync::Arc;

use super::world::{MemoryWorld, came_at};
use crate::ports::{
    ByteRange, ListedVersion, ObjectStore, Observation, Signer, Unavailable, VersionCursor, VersionPage,
};
use crate::value::checksum::ChecksumSha256;
use crate::value::id::{ObjectKey, S3UploadId, VersionId};
use s3_presigned::{SigningCredentials, Timestamp};

impl ObjectStore for MemoryWorld {
    async fn observe(&self, key: ObjectKey, version: &VersionId) -> Result<Observation, Unavailable> {
        let state = self.call("observe")?;
        Ok(state.objects.get(&(key, version.clone())).cloned().unwrap_or(Observation::Missing))
    }

    async fn stored_checksum(
        &self,
        _key: ObjectKey,
        _version: &VersionId,
    ) -> Result<Option<ChecksumSha256>, Unavailable> {
        self.call("stored_checksum").map(|_| None)
    }

    async fn read_part(
        &self,
        key: ObjectKey,
        version: &VersionId,
        range: ByteRange,
    ) -> Result<Vec<u8>, Unavailable> {
        let state = self.call("read_part")?;
        let from = usize::try_from(range.from).unwrap_or(usize::MAX);
        let body = state.bodies.get(&(key, version.clone())).and_then(|body| body.get(from..));
        Ok(body.unwrap_or_default().iter().take(range.length).copied().collect())
    }

    async fn versions(&self, key: ObjectKey) -> Result<Vec<VersionId>, Unavailable> {
        let state = self.call("versions")?;
        let of_key = state.objects.keys().filter(|(of, _)| *of == key);
        Ok(of_key.map(|(_, version)| version.clone()).collect())
    }

    async fn versions_below(
        &self,
        digits: &str,
        start: Option<&VersionCursor>,
    ) -> Result<VersionPage, Unavailable> {
        let state = self.call("versions_below")?;
        let is_next = |key: &ObjectKey, version: &VersionId| {
            start.is_none_or(|start| {
                (key.to_string(), Some(version.to_string())) > (start.key.clone(), start.version.clone())
            })
        };
        let objects = state.objects.iter().filter(|((key, version), object)| {
            **object != Observation::DeleteMarker
                && key.upload_id().to_string().starts_with(digits)
                && is_next(key, version)
        });
        let mut versions = objects.map(|((key, version), _)| ListedVersion {
            key: *key,
            version: version.clone(),
            came_at: state.came.get(version).copied().unwrap_or_else(came_at),
        });
        let page: Vec<_> = versions.by_ref().take(state.versions_at_once.unwrap_or(1000)).collect();
        let last = page.last().filter(|_| versions.next().is_some());
        let next = last
            .map(|last| VersionCursor { key: last.key.to_string(), version: Some(last.version.to_string()) });
        Ok(VersionPage { versions: page, next })
    }

    async fn drop_parts(&self, key: ObjectKey, id: &S3UploadId) -> Result<(), Unavailable> {
        self.call("drop_parts")?.quotas.drop_parts(key, id);
        Ok(())
    }

    async fn remove(&self, key: ObjectKey, version: &VersionId) -> Result<(), Unavailable> {
        self.call("remove")?.objects.remove(&(key, version.clone()));
        Ok(())
    }
}

/// A signer whose credentials never change.
#[derive(Debug, Clone)]
pub struct FixedSigner(pub SigningCredentials);

impl Signer for FixedSigner {
    async fn credentials(
        &self,
        _now: Timestamp,
        _needed_s: u64,
    ) -> Result<Arc<SigningCredentials>, Unavailable> {
        Ok(Arc::new(self.0.clone()))
    }
}
