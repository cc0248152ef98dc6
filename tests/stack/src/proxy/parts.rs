//! The checksums of parts that have passed.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crc_fast::{CrcAlgorithm, Digest};

/// The checksums of the parts that the emulator has, by upload id and part number.
#[derive(Debug, Clone, Default)]
pub(super) struct Parts(Arc<Mutex<HashMap<String, HashMap<u16, Digest>>>>);

impl Parts {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, HashMap<u16, Digest>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn keep(&self, upload_id: String, number: u16, part: &Digest) {
        self.lock().entry(upload_id).or_default().insert(number, *part);
    }

    pub(super) fn forget_part(&self, upload_id: &str, number: u16) {
        self.lock().get_mut(upload_id).map(|parts| parts.remove(&number));
    }

    pub(super) fn forget(&self, upload_id: &str) {
        self.lock().remove(upload_id);
    }

    /// Returns the checksum of an object of these parts, or `None` if one of them did not pass.
    pub(super) fn together(&self, upload_id: &str, numbers: &[u16]) -> Option<Digest> {
        let uploads = self.lock();
        let parts = uploads.get(upload_id)?;
        let mut whole = Digest::new(CrcAlgorithm::Crc64Nvme);
        for number in numbers {
            whole.combine(parts.get(number)?);
        }
        Some(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published check value of `123456789` is `ae8b14860a799888`.
    #[test]
    fn the_checksums_of_parts_make_that_of_the_whole() {
        for cuts in
            [&["123456789"][..], &["1", "2345", "6789"], &["", "12345678", "", "9"], &["1234567", "89"]]
        {
            let parts = Parts::default();
            let numbers: Vec<u16> = (1..).take(cuts.len()).collect();
            for (number, piece) in numbers.iter().zip(cuts) {
                let mut part = Digest::new(CrcAlgorithm::Crc64Nvme);
                part.update(piece.as_bytes());
                parts.keep("u".to_owned(), *number, &part);
            }
            let whole = parts.together("u", &numbers).unwrap();
            assert_eq!(whole.finalize(), 0xae8b_1486_0a79_9888, "{cuts:?}");
            assert!(parts.together("u", &[99]).is_none() && parts.together("other", &numbers).is_none());
            parts.forget("u");
            assert!(parts.together("u", &numbers).is_none());
        }
    }
}
