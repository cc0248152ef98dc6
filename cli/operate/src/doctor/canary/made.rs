//! What the canary made and did not remove yet.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::text::on_one_line;

/// What the names of the canary's files begin with.
pub(super) const NAME: &str = "postern-doctor-canary";

/// What the canary made and did not remove yet. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Made {
    uploads: Arc<Mutex<BTreeSet<String>>>,
    objects: Arc<Mutex<BTreeSet<String>>>,
    /// Whether an upload was asked for and the answer did not come yet.
    asked: Arc<AtomicBool>,
}

impl Made {
    /// Notes that an upload is asked for.
    pub fn begin_upload(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    /// Notes the API's answer: the id of an upload, or none. Says the id on standard error, for the case that this
    /// program is killed.
    pub fn end_upload(&self, upload_id: Option<&str>) {
        self.asked.store(false, Ordering::Relaxed);
        if let Some(upload_id) = upload_id {
            self.add_upload(upload_id);
            // Nothing can be done about a closed standard error.
            let _ = writeln!(std::io::stderr(), "canary: upload {}", on_one_line(upload_id));
        }
    }

    fn add_upload(&self, upload_id: &str) {
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
        let asked = self
            .asked
            .load(Ordering::Relaxed)
            .then(|| format!("perhaps an upload whose id had not come yet: GET /uploads lists it as {NAME}"));
        uploads
            .chain(asked)
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
            made.begin_upload();
            made.end_upload(Some(upload));
        }
        made.clone().drop_upload("a");
        made.add_object("other/c");
        let left = made.left();
        assert!(
            left.len() == 2 && left[0].starts_with("upload b") && left[1].starts_with("object other/c"),
            "{left:?}"
        );
    }
    #[test]
    fn an_upload_that_was_asked_for_may_be_there() {
        let made = Made::default();
        made.begin_upload();
        assert!(made.left()[0].starts_with("perhaps an upload"), "{:?}", made.left());
        made.end_upload(None);
        assert_eq!(made.left(), Vec::<String>::new());
    }
}
