//! Upload tokens, counted uploads and multipart uploads of the world in memory.

use super::world::MemoryWorld;
use crate::ports::{
    Completed, Created, Found, PartStore, Quota, QuotaStore, ReserveOutcome, StoredPart, Unavailable,
};
use crate::upload::Upload;
use crate::upload::quota::{PendingUpload, day, missing_places, not_ended};
use crate::upload::token::{TokenStatus, UploadToken, UploadTokenId};
use crate::value::checksum::ChecksumCrc64Nvme;
use crate::value::id::{ObjectKey, Owner, S3UploadId};
use s3_presigned::{SigningCredentials, Timestamp};

impl MemoryWorld {
    /// Whether S3 knows this multipart upload.
    pub fn has_parts(&self, id: &S3UploadId) -> bool {
        self.lock().quotas.parts.contains_key(id)
    }

    /// Lets S3 know a multipart upload that was aborted, because a part of it was on its way.
    pub fn keep_parts(&self, key: ObjectKey, id: &S3UploadId) {
        self.lock().quotas.parts.insert(id.clone(), (key, Vec::new()));
    }

    /// Puts a part into a multipart upload.
    pub fn put_part(&self, id: &S3UploadId, part: StoredPart) {
        if let Some((_, parts)) = self.lock().quotas.parts.get_mut(id) {
            parts.push(part);
        }
    }

    /// Says what S3 computes of the parts of a multipart upload.
    pub fn compute_checksum(&self, id: &S3UploadId, checksum: ChecksumCrc64Nvme) {
        self.lock().quotas.checksums.insert(id.clone(), checksum);
    }

    /// How many multipart uploads there are.
    pub fn multipart_uploads(&self) -> usize {
        self.lock().quotas.parts.len()
    }
}

impl QuotaStore for MemoryWorld {
    async fn create_token(&self, token: &UploadToken) -> Result<Created<UploadToken>, Unavailable> {
        self.answered("create_token", || {
            let mut state = self.call("create_token")?;
            if let Some(existing) = state.quotas.tokens.get(&token.token_id) {
                return Ok(Created::Exists(Box::new(existing.clone())));
            }
            state.quotas.tokens.insert(token.token_id.clone(), token.clone());
            Ok(Created::New)
        })
    }

    async fn token(&self, id: &UploadTokenId) -> Result<Option<UploadToken>, Unavailable> {
        Ok(self.turn("token").await?.quotas.tokens.get(id).cloned())
    }

    async fn revoke_token(
        &self,
        id: &UploadTokenId,
        owner: &Owner,
        now: Timestamp,
    ) -> Result<Found, Unavailable> {
        let mut state = self.call("revoke_token")?;
        match state.quotas.tokens.get_mut(id) {
            Some(token) if token.owner == *owner => {
                *token = token.revoked(now);
                Ok(Found::Yes)
            }
            _ => Ok(Found::No),
        }
    }

    async fn reserve(&self, uploads: &[Upload], count: &Quota) -> Result<ReserveOutcome, Unavailable> {
        self.answered("grant", || self.grant_once(uploads, count))
    }
}

impl MemoryWorld {
    fn grant_once(&self, uploads: &[Upload], count: &Quota) -> Result<ReserveOutcome, Unavailable> {
        let mut state = self.call("grant")?;
        let state = &mut *state;
        let Some(owner) = uploads.first().map(|upload| &upload.owner) else { return Ok(ReserveOutcome::New) };
        let existing = uploads.iter().filter_map(|upload| state.uploads.get(&upload.upload_id));
        let existing: Vec<_> = existing.take(state.reported.unwrap_or(usize::MAX)).cloned().collect();
        if !existing.is_empty() {
            return Ok(ReserveOutcome::Exists(existing));
        }
        let uses = u32::try_from(uploads.len()).unwrap_or(u32::MAX);
        let token = count.token.as_ref().map(|id| state.quotas.tokens.get(id));
        let used = token.map(|token| token.and_then(|token| token.used(uses, count.now)));
        if let (Some(token), Some(None)) = (token, &used) {
            return Ok(match token.map(|token| (token.status(count.now), token.uses_left)) {
                Some((TokenStatus::Open, left)) => ReserveOutcome::TooFewUses(left),
                Some((ended, _)) => ReserveOutcome::TokenEnded(ended),
                None => ReserveOutcome::TokenEnded(TokenStatus::Expired),
            });
        }
        let mut pending = state.quotas.pending.get(owner).cloned().unwrap_or_default();
        if let Some(limit) = count.limits.pending_uploads {
            pending = not_ended(&pending, count.now);
            pending.retain(|entry| state.uploads.get(&entry.upload_id).is_some_and(Upload::takes_files));
            if let Some((left, until)) = missing_places(&pending, uploads.len(), limit, count.now) {
                return Ok(ReserveOutcome::TooManyPending { left, until });
            }
            pending.extend(uploads.iter().map(PendingUpload::of));
        }
        let (today, tomorrow) = day(count.now);
        let bytes = state.quotas.bytes.entry((owner.clone(), today)).or_default();
        if let Some(limit) = count.limits.bytes_per_day {
            let asked: u64 = uploads.iter().map(|upload| upload.max_size_bytes).sum();
            let left = limit.saturating_sub(*bytes);
            if asked > left {
                return Ok(ReserveOutcome::TooManyBytes { left, until: tomorrow });
            }
            *bytes += asked;
        }
        if let Some(Some(token)) = used {
            state.quotas.tokens.insert(token.token_id.clone(), token);
        }
        state.quotas.pending.insert(owner.clone(), pending);
        state.uploads.extend(uploads.iter().map(|upload| (upload.upload_id, upload.clone())));
        Ok(ReserveOutcome::New)
    }
}

impl PartStore for MemoryWorld {
    async fn begin_parts(
        &self,
        _signer: &SigningCredentials,
        upload: &Upload,
        _files_key_arn: &str,
    ) -> Result<S3UploadId, Unavailable> {
        let mut state = self.call("begin_parts")?;
        let id: S3UploadId = format!("{}-of-{}", state.calls, upload.upload_id)
            .parse()
            .map_err(|error: crate::value::id::ParseIdError| Unavailable::new("begin parts", error))?;
        state.quotas.parts.insert(id.clone(), (upload.object_key(), Vec::new()));
        Ok(id)
    }

    async fn list_parts(
        &self,
        _signer: &SigningCredentials,
        key: ObjectKey,
        id: &S3UploadId,
    ) -> Result<Option<Vec<StoredPart>>, Unavailable> {
        let state = self.call("list_parts")?;
        Ok(state.quotas.parts.get(id).filter(|(of, _)| *of == key).map(|(_, parts)| parts.clone()))
    }

    async fn complete_parts(
        &self,
        _signer: &SigningCredentials,
        key: ObjectKey,
        id: &S3UploadId,
        parts: &[StoredPart],
        checksum: Option<ChecksumCrc64Nvme>,
    ) -> Result<Completed, Unavailable> {
        let mut state = self.call("complete_parts")?;
        // S3 is at work on it for longer than its answer is waited for.
        if state.losing.remove("complete_parts").is_some() {
            return Ok(Completed::Underway);
        }
        let is_right = checksum.is_none() || checksum == state.quotas.checksums.get(id).copied();
        match state.quotas.parts.get(id) {
            Some((of, stored)) if *of == key && stored == parts && !is_right => {
                Ok(Completed::ChecksumMismatch)
            }
            Some((of, stored)) if *of == key && stored == parts => {
                state.quotas.parts.remove(id);
                Ok(Completed::Done)
            }
            Some(_) => Ok(Completed::Refused("the parts are not those that are stored".to_owned())),
            None => Ok(Completed::Unknown),
        }
    }

    async fn abort_parts(
        &self,
        _signer: &SigningCredentials,
        _key: ObjectKey,
        id: &S3UploadId,
    ) -> Result<(), Unavailable> {
        self.call("abort_parts")?.quotas.parts.remove(id);
        Ok(())
    }
}
