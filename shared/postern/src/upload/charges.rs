//! The changes of an upload's reservation ([`Charge`]), by what happens to the upload.

use super::record::Upload;
use super::reservation::{Charge, History, Reserved, takes_files};
use super::settlement::Settlement;
use super::state::UploadState;
use s3_presigned::Timestamp;

impl Upload {
    /// The record with its largest file reserved.
    #[must_use]
    pub fn reserving(&self) -> Self {
        Self { reserved: Some(Reserved { bytes: self.max_size_bytes, arrived: 0 }), ..self.clone() }
    }

    /// The change after a settlement for a file of `size_bytes`; `None` if nothing is reserved.
    #[must_use]
    pub fn charge_of_settlement(&self, settlement: &Settlement, size_bytes: u64) -> Option<Charge> {
        let charge = self.charge(size_bytes)?;
        match settlement {
            // The form is valid, and the right file may still arrive.
            Settlement::Condemn(_) if self.s3_upload_id.is_none() => {
                let after = Reserved { bytes: charge.before.bytes, ..charge.after };
                Some(Charge { after, ..charge })
            }
            Settlement::Pin(_) | Settlement::Condemn(_) => Some(charge),
        }
    }

    /// The change after which only the bytes that arrived count, `further_bytes` included; `None` if nothing
    /// is reserved.
    #[must_use]
    pub fn charge(&self, further_bytes: u64) -> Option<Charge> {
        let before = self.reserved?;
        let arrived = before.arrived.saturating_add(further_bytes);
        let after = Reserved { bytes: arrived.min(self.max_size_bytes), arrived };
        Some(Charge { owner: self.owner.clone(), reserved_at: self.uploaded_at, before, after })
    }

    /// The change after the upload accepts no more files; `None` if nothing is given back.
    #[must_use]
    pub fn unused(&self) -> Option<Charge> {
        self.charge(0).filter(|charge| charge.change().is_some())
    }

    /// The change at `now` for an upload whose form expired without a valid file.
    #[must_use]
    pub fn unused_at(&self, now: Timestamp) -> Option<Charge> {
        self.unused().filter(|_| self.has_no_file() && now >= self.policy_expires_at)
    }

    /// The change at `now` when the upload is deleted; `None` if nothing is given back. While its form is
    /// valid S3 accepts files, which are removed and never counted. Postern does not count the bytes of
    /// single parts.
    #[must_use]
    pub fn unused_once_removed(&self, now: Timestamp) -> Option<Charge> {
        let has_dead_form = self.s3_upload_id.is_none() && now >= self.policy_expires_at;
        self.unused().filter(|_| self.recorded.is_some() || has_dead_form)
    }

    /// The record after `charge`; `None` if the reservation has changed since it was read.
    #[must_use]
    pub fn charged(&self, charge: Option<&Charge>) -> Option<Self> {
        match charge {
            None => Some(self.clone()),
            Some(charge) if self.reserved == Some(charge.before) => {
                Some(Self { reserved: Some(charge.after), ..self.clone() })
            }
            Some(_) => None,
        }
    }

    /// The record after [`Self::unused_at`] was given back. It sends no event: the app got that of the
    /// rejection.
    #[must_use]
    pub fn given_back(&self, charge: &Charge) -> Option<Self> {
        self.charged(Some(charge))
            .filter(|_| self.has_no_file())
            .map(|after| Self { announces: None, ..after })
    }

    /// When a form is given up it stays valid, and so its reservation stays. That of parts was changed then.
    fn has_no_file(&self) -> bool {
        match self.state {
            UploadState::Pending | UploadState::Rejected => true,
            UploadState::Expired => self.s3_upload_id.is_none(),
            UploadState::Available | UploadState::Deleting | UploadState::Deleted => false,
        }
    }

    /// As [`takes_files`].
    pub fn takes_files(&self) -> bool {
        let history = History {
            condemned: self.condemned.len(),
            comes_in_parts: self.s3_upload_id.is_some(),
            is_recorded: self.recorded.is_some(),
        };
        takes_files(self.state, history)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::samples::{at, condemn, pending, pin};
    use crate::upload::MAX_CONDEMNED;

    fn reserving(bytes: u64) -> Upload {
        Upload { max_size_bytes: bytes, ..pending() }.reserving()
    }

    fn left(upload: &Upload, charge: Option<&Charge>) -> Reserved {
        upload.charged(charge).unwrap().reserved.unwrap()
    }

    #[test]
    fn a_pinned_file_costs_its_own_size() {
        let upload = reserving(600);
        let charge = upload.charge_of_settlement(&pin("a"), 5);
        assert_eq!(left(&upload, charge.as_ref()), Reserved { bytes: 5, arrived: 5 });
        assert_eq!(charge.unwrap().change(), Some(-595));
        assert_eq!(reserving(5).charge_of_settlement(&pin("a"), 5).unwrap().change(), None, "an exact size");
        assert_eq!(pending().charge_of_settlement(&pin("a"), 5), None, "nothing is reserved");
    }

    #[test]
    fn a_rejected_form_keeps_its_reservation_until_it_dies() {
        let upload = reserving(600);
        let charge = upload.charge_of_settlement(&condemn("a"), 5);
        let rejected = upload.settled(&condemn("a")).unwrap().charged(charge.as_ref()).unwrap();
        assert_eq!(rejected.reserved, Some(Reserved { bytes: 600, arrived: 5 }));
        assert_eq!(rejected.unused_at(at("2026-11-24T10:14:59Z")), None);
        let died = rejected.policy_expires_at;
        let given_back = rejected.given_back(&rejected.unused_at(died).unwrap()).unwrap();
        assert_eq!(given_back.reserved, Some(Reserved { bytes: 5, arrived: 5 }));
        assert_eq!(given_back.unused_at(died), None, "once");
        let late = given_back.charge_of_settlement(&pin("b"), 600).unwrap();
        assert_eq!(late.after, Reserved { bytes: 600, arrived: 605 }, "never more than its largest file");
    }

    #[test]
    fn rejected_parts_cost_what_arrived() {
        let upload = Upload { s3_upload_id: Some("s3".parse().unwrap()), ..reserving(600) };
        let charge = upload.charge_of_settlement(&condemn("a"), 5);
        assert_eq!(left(&upload, charge.as_ref()), Reserved { bytes: 5, arrived: 5 });
    }

    #[test]
    fn a_charge_takes_effect_once() {
        let upload = reserving(600);
        let charge = upload.charge(5).unwrap();
        assert_eq!(upload.charged(Some(&charge)).unwrap().charged(Some(&charge)), None);
    }

    #[test]
    fn a_form_takes_files_until_it_took_one_or_too_many_wrong_ones() {
        let upload = pending();
        assert!(upload.takes_files());
        assert!(!upload.settled(&pin("a")).unwrap().takes_files());
        let mut rejected = upload;
        for n in 0..MAX_CONDEMNED {
            assert!(rejected.takes_files(), "{n}");
            rejected = rejected.settled(&condemn(&format!("v{n}"))).unwrap();
        }
        assert!(!rejected.takes_files());
        let parts = Upload { s3_upload_id: Some("s3".parse().unwrap()), ..pending() };
        assert!(!parts.settled(&condemn("a")).unwrap().takes_files(), "parts become one object");
    }

    #[test]
    fn a_form_that_is_given_up_keeps_its_place_and_its_reservation_until_it_dies() {
        let given_up = reserving(600).given_up().unwrap();
        let dies = given_up.policy_expires_at;
        assert!(given_up.takes_files());
        assert_eq!(given_up.unused_at(at("2026-11-24T10:14:59Z")), None);
        let given_back = given_up.given_back(&given_up.unused_at(dies).unwrap()).unwrap();
        assert_eq!(given_back.reserved, Some(Reserved { bytes: 0, arrived: 0 }));
        assert_eq!((given_back.state, given_back.unused_at(dies)), (UploadState::Expired, None));
        let late = given_up.charge_of_settlement(&pin("a"), 5).unwrap();
        assert_eq!(late.after, Reserved { bytes: 5, arrived: 5 }, "what arrives nevertheless counts");
        let parts = Upload { s3_upload_id: Some("s3".parse().unwrap()), ..given_up };
        assert!(!parts.takes_files());
        assert_eq!(parts.unused_at(dies), None, "what arrived of parts was counted when they were given up");
    }

    #[test]
    fn an_upload_with_a_file_gives_nothing_back_when_its_form_dies() {
        let available = reserving(600).settled(&pin("a")).unwrap();
        assert_eq!(available.unused_at(available.policy_expires_at), None);
        let charge = available.unused().unwrap();
        assert_eq!(available.given_back(&charge), None);
    }

    #[test]
    fn a_removed_upload_counts_while_its_form_is_alive() {
        let removed = |upload: &Upload| upload.deleting().unwrap();
        let form = reserving(600);
        let dies = form.policy_expires_at;
        assert!(removed(&form).takes_files());
        assert!(removed(&form).deleted(dies).unwrap().takes_files(), "until the entry's own end");
        assert_eq!(removed(&form).unused_once_removed(form.uploaded_at), None);
        assert_eq!(removed(&form).unused_once_removed(dies).unwrap().change(), Some(-600));
        let available = form.settled(&pin("a")).unwrap();
        assert!(!removed(&available).takes_files());
        let parts = Upload { s3_upload_id: Some("s3".parse().unwrap()), ..form };
        assert!(!removed(&parts).takes_files());
        assert_eq!(removed(&parts).unused_once_removed(dies), None, "nobody knows what arrived");
        let given_up = parts.given_up().unwrap().charged(parts.charge(5).as_ref()).unwrap();
        assert_eq!(removed(&given_up).reserved, Some(Reserved { bytes: 5, arrived: 5 }));
    }
}
