//! The limits of one owner: pending uploads, and bytes in a day.
//!
//! Pending uploads are a set in the owner's item, each with its form's expiry, so that an upload that was
//! never finished leaves the set by itself. With a set every step can be repeated: an entry that is added or
//! removed twice is in the set, or not, once.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::upload::Upload;
use crate::value::id::{Owner, UploadId};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use s3_presigned::Timestamp;
use sha2::{Digest, Sha256};

/// The most pending uploads that a stack may allow: one call reads all their records.
pub const MAX_PENDING: u8 = 100;

/// The limits of every owner of a stack; `None` for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OwnerLimits {
    /// Uploads whose form is valid and can still bring a valid file, 1 to [`MAX_PENDING`].
    pub pending_uploads: Option<u8>,
    /// Bytes that arrive by the forms of one day (UTC), or may still arrive, together
    /// ([`crate::upload::reservation`]).
    pub bytes_per_day: Option<u64>,
}

impl OwnerLimits {
    /// Whether anything is limited.
    pub fn any(&self) -> bool {
        self.pending_uploads.is_some() || self.bytes_per_day.is_some()
    }
}

/// A pending upload in the owner's item: its form's expiry, and its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PendingUpload {
    /// When its form expires.
    pub until: Timestamp,
    /// The upload's id.
    pub upload_id: UploadId,
}

impl PendingUpload {
    /// The entry of `upload`.
    pub fn of(upload: &Upload) -> Self {
        Self { until: upload.policy_expires_at, upload_id: upload.upload_id }
    }

    /// The entry as text.
    pub fn to_text(self) -> String {
        format!("{}#{}", self.until, self.upload_id)
    }

    /// Reads an entry; `None` for one of unknown form.
    pub fn parse(text: &str) -> Option<Self> {
        let (until, upload_id) = text.split_once('#')?;
        Some(Self { until: until.parse().ok()?, upload_id: upload_id.parse().ok()? })
    }
}

/// The entries whose form is valid at `now`.
pub fn not_ended(entries: &BTreeSet<PendingUpload>, now: Timestamp) -> BTreeSet<PendingUpload> {
    entries.iter().filter(|entry| entry.until > now).copied().collect()
}

/// If `more` uploads have no place beside the pending `entries`: how many have one, and when enough entries have
/// ended. No wait makes room for more than `limit`; then the last entry counts, or `now`.
pub fn missing_places(
    entries: &BTreeSet<PendingUpload>,
    more: usize,
    limit: u8,
    now: Timestamp,
) -> Option<(u8, Timestamp)> {
    let limit = usize::from(limit);
    let missing = (entries.len() + more).checked_sub(limit).filter(|missing| *missing > 0)?;
    let until = entries.iter().take(missing).next_back().map_or(now, |freeing| freeing.until);
    Some((u8::try_from(limit.saturating_sub(entries.len())).unwrap_or(u8::MAX), until))
}

/// The day of `now` (UTC) as `2026-11-24`, and when the next one begins.
pub fn day(now: Timestamp) -> (String, Timestamp) {
    const DAY_S: u64 = 24 * 3600;
    let begin = now.epoch_s() - now.epoch_s() % DAY_S;
    let text = now.to_string();
    let day = text.split_once('T').map_or(text.as_str(), |(day, _)| day).to_owned();
    (day, Timestamp::from_epoch_s(begin) + Duration::from_secs(DAY_S))
}

/// A hash of an owner for the table's keys: an owner's name may be longer than a key should be.
pub fn owner_hash(owner: &Owner) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(owner.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::samples::{at, pending};

    #[test]
    fn an_entry_drops_out_when_its_form_dies() {
        let entry = PendingUpload::of(&pending());
        assert_eq!(PendingUpload::parse(&entry.to_text()), Some(entry));
        let entries = BTreeSet::from([entry]);
        assert_eq!(not_ended(&entries, at("2026-11-24T10:14:59Z")), entries);
        assert_eq!(not_ended(&entries, at("2026-11-24T10:15:00Z")), BTreeSet::new());
        assert_eq!(PendingUpload::parse("x"), None);
    }

    #[test]
    fn uploads_without_a_place_wait_for_as_many_to_end() {
        let entry = |n: u8| PendingUpload {
            until: at("2026-11-24T10:15:00Z") + Duration::from_mins(n.into()),
            upload_id: UploadId::random([n; 16]),
        };
        let (entries, now) = ((0..4).map(entry).collect(), at("2026-11-24T10:00:00Z"));
        for (more, limit, expected) in [
            (1, 5, None),
            (6, 10, None),
            (1, 4, Some((0, entry(0).until))),
            (2, 5, Some((1, entry(0).until))),
            (3, 5, Some((1, entry(1).until))),
            (5, 5, Some((1, entry(3).until))),
            (1, 3, Some((0, entry(1).until))),
            (9, 5, Some((1, entry(3).until))),
        ] {
            assert_eq!(missing_places(&entries, more, limit, now), expected, "{more} of {limit}");
        }
        assert_eq!(missing_places(&BTreeSet::new(), 2, 1, now), Some((1, now)));
    }

    #[test]
    fn a_day_ends_at_midnight() {
        let (name, next) = day(at("2026-11-24T23:59:59.999Z"));
        assert_eq!((name.as_str(), next), ("2026-11-24", at("2026-11-25T00:00:00Z")));
    }

    #[test]
    fn a_hash_names_one_owner_in_a_length_that_a_key_has_room_for() {
        let owner = |name: &str| format!("https://issuer.test#{name}").parse::<Owner>().unwrap();
        let (ann, bob) = (owner_hash(&owner("ann")), owner_hash(&owner(&"bob".repeat(50))));
        assert!(ann != bob && ann == owner_hash(&owner("ann")));
        assert_eq!((ann.len(), bob.len()), (43, 43));
    }
}
