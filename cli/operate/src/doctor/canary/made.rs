//! What the canary made and did not remove yet.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// What the canary made and did not remove yet. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Made {
    uploads: Arc<Mutex<BTreeSet<String>>>,
    objects: Arc<Mutex<BTreeSet<String>>>,
}

impl Made {
    /// Adds an upload, as soon as the API has answered with its id.
    pub fn add_upload(&self, upload_id: &str) {
        self.uploads.lock().unwrap_or_else(PoisonError::into_inner).insert(upload_id.to_owned());
    }

    /// Adds an object that S3 should have refused, and that no API removes.
    pub fn add_object(&self, key: &str) {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned());
    }

    /// Drops an upload whose deletion the API has accepted. A deletion ends the upload's links too.
    pub fn drop_upload(&self, upload_id: &str) {
        self.uploads.lock().unwrap_or_else(PoisonError::into_inner).remove(upload_id);
    }

    /// The uploads that are still to be removed.
    pub fn uploads(&self) -> Vec<String> {
        self.uploads.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// What is left, in words.
    pub fn left(&self) -> Vec<String> {
        let uploads = self
            .uploads()
            .into_iter()
            .map(|id| format!("upload {id}: DELETE /uploads/{id} with the same token"));
        let objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner).clone();
        uploads
            .chain(objects.into_iter().map(|key| format!("object {key} of the bucket: remove its version")))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_removed_is_named() {
        let made = Made::default();
        for upload in ["a", "b"] {
            made.add_upload(upload);
        }
        made.clone().drop_upload("a");
        made.add_object("other/c");
        let left = made.left();
        assert!(
            left.len() == 2 && left[0].starts_with("upload b") && left[1].starts_with("object other/c"),
            "{left:?}"
        );
    }
}
