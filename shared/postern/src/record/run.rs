//! One look at one version, as a machine without I/O: a step says what is to be done, and a
//! function of its answer gives the next one.
//!
//! ```text
//! Look ─┬─▶ LookAgain ──▶ Settle ──┬─▶ Remove ─▶ Done
//!       ├─▶ Settle                 ├─▶ CountSurplus ─▶ Remove
//!       ├─▶ MarkVanished ─▶ Done   └─▶ Done
//!       ├─▶ MarkScanFailed ─▶ Done, or as above
//!       ├─▶ CountSurplus, Remove
//!       └─▶ Done
//! ```
//!
//! [`super::record_version`] performs the steps on AWS; the model check of `tests/model` performs
//! the same ones in every order, with a crash after each. So the checked steps are those that run.
//! This module has no I/O, and the driver does only what a step asks for.

use crate::ports::{Observation, ObservedObject, Unavailable, Written};
use crate::upload::reservation::Charge;
use crate::upload::scan::{ScanFailure, ScanGate, ScanStatus};
use crate::upload::{Fate, Rejection, RejectionReason, Settlement, Upload};
use crate::value::id::VersionId;
use s3_presigned::Timestamp;

use super::rules::{self, Evidence, SecondLook, SecondSight};
use super::{Settings, Verdict};

/// What stays the same during one look.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// The version that is looked at.
    pub version: &'a VersionId,
    /// The stack's settings.
    pub settings: &'a Settings,
    /// When the look began.
    pub now: Timestamp,
    /// What the event that asks for it tells of a scan. A hint: only that a scan failed is
    /// believed, since that opens nothing and removes nothing.
    pub announced: Option<ScanStatus>,
}

/// What is to be done next. Every step may be done twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Read the record (consistently) and the version's first bytes; then [`Run::looked`].
    Look,
    /// Ask for what the bytes so far do not tell; then [`Run::looked_again`] with what was seen before and
    /// what is seen now.
    LookAgain(Box<Upload>, Box<ObservedObject>, SecondLook, SecondSight),
    /// Write the verdict, and the change of what is reserved, on condition that the version's fate is
    /// open; then [`Run::settled`].
    Settle(Settlement, Option<Charge>),
    /// Note that the version's scan failed, if its fate is open; then [`Run::scan_marked`].
    MarkScanFailed(ScanFailure),
    /// Write that the pinned version is missing, if it is still pinned; then [`Step::marked`].
    MarkVanished,
    /// Name the version among the surplus ones; then [`Step::counted`].
    CountSurplus,
    /// Remove the version; then [`Step::removed`].
    Remove(Verdict),
    /// Nothing: the message is acknowledged.
    Done(Verdict),
}

impl Run<'_> {
    /// After [`Step::Look`].
    ///
    /// # Errors
    /// If what S3 shows decides and it did not answer.
    pub fn looked(
        &self,
        upload: Option<Upload>,
        observation: Result<Observation, Unavailable>,
    ) -> Result<Step, Unavailable> {
        let Some(upload) = upload else { return Ok(without_record(&observation?)) };
        if let Some(fate) = upload.fate_of(self.version) {
            return follow_what_is_seen(&upload, fate, observation);
        }
        let object = match observation? {
            Observation::Object(object) => object,
            // A run that saw it before it went must not pin it any more, so this is a verdict too.
            Observation::Missing => return Ok(self.settle_missing(&upload)),
            Observation::DeleteMarker => return Ok(Step::Done(Verdict::DeleteMarker)),
        };
        let nothing = SecondSight::default();
        match rules::second_look(&self.evidence(&upload, &object, &nothing)) {
            look if look == SecondLook::default() => self.judge(&upload, &object, &nothing),
            look => Ok(Step::LookAgain(Box::new(upload), object, look, nothing)),
        }
    }

    /// After [`Step::LookAgain`]: few objects need a further part, and never more than a few.
    ///
    /// # Errors
    /// If a scan's result was announced that the object does not carry yet.
    pub fn looked_again(
        &self,
        upload: Box<Upload>,
        object: Box<ObservedObject>,
        second: SecondSight,
    ) -> Result<Step, Unavailable> {
        match rules::next_part(&self.evidence(&upload, &object, &second)) {
            None => self.judge(&upload, &object, &second),
            part => Ok(Step::LookAgain(upload, object, SecondLook { checksum: false, part }, second)),
        }
    }

    /// The form may still bring a file. Of parts nobody knows how many bytes arrived.
    fn settle_missing(&self, upload: &Upload) -> Step {
        let verdict = rules::vanished(self.version, self.now);
        let charge = upload.charge_of_verdict(&verdict, 0).filter(|_| upload.s3_upload_id.is_none());
        Step::Settle(verdict, charge)
    }

    fn evidence<'a>(
        &'a self,
        upload: &'a Upload,
        object: &'a ObservedObject,
        second: &'a SecondSight,
    ) -> Evidence<'a> {
        Evidence { upload, object, version: self.version, second, settings: self.settings }
    }

    /// Where no further look is needed.
    ///
    /// # Errors
    /// If a scan's result was announced that the object does not carry yet.
    fn judge(
        &self,
        upload: &Upload,
        object: &ObservedObject,
        second: &SecondSight,
    ) -> Result<Step, Unavailable> {
        let verdict = rules::judge(&self.evidence(upload, object, second), self.now);
        match verdict {
            Settlement::Pin(_) if self.settings.scan == ScanGate::Required => {
                self.at_the_gate(upload, object, verdict)
            }
            _ => Ok(settle(upload, object, verdict)),
        }
    }

    /// What keeps every rule waits for its scan.
    fn at_the_gate(
        &self,
        upload: &Upload,
        object: &ObservedObject,
        pin: Settlement,
    ) -> Result<Step, Unavailable> {
        let found = object.scan;
        Ok(match found.or(self.announced) {
            None => Step::Done(Verdict::Waiting),
            // The tag is written first, but nothing promises it: the event comes back.
            Some(status) if status.is_a_result() && found.is_none() => {
                return Err(Unavailable::new("read a scan's result", "it is announced and not there yet"));
            }
            Some(ScanStatus::NoThreatsFound) => settle(upload, object, pin),
            Some(ScanStatus::ThreatsFound) => settle(upload, object, rules::threat(self.version, self.now)),
            Some(status) => {
                Step::MarkScanFailed(ScanFailure { version_id: self.version.clone(), status, at: self.now })
            }
        })
    }

    /// After [`Step::MarkScanFailed`]: what stood in the way is followed.
    pub fn scan_marked(&self, written: Written) -> Step {
        match written {
            Written::Applied => Step::Done(Verdict::ScanFailed),
            Written::Refused(None) => Step::Done(Verdict::Orphan),
            Written::Refused(Some(existing)) => {
                existing.fate_of(self.version).map_or(Step::Done(Verdict::ScanFailed), follow)
            }
        }
    }

    /// After [`Step::Settle`]: what was written is followed, or what stood in its way.
    ///
    /// # Errors
    /// If the store refused although the fate is open: what is reserved has changed since it was read.
    pub fn settled(&self, settlement: &Settlement, written: Written) -> Result<Step, Unavailable> {
        match (written, settlement) {
            (Written::Applied, Settlement::Pin(recorded)) => {
                Ok(Step::Done(Verdict::Pinned { size_bytes: recorded.size_bytes }))
            }
            (Written::Applied, Settlement::Condemn(rejection)) if is_missing(rejection) => {
                Ok(Step::Done(Verdict::Gone))
            }
            (Written::Applied, Settlement::Condemn(rejection)) => {
                Ok(Step::Remove(Verdict::Rejected(Some(rejection.reason))))
            }
            (Written::Refused(None), Settlement::Condemn(rejection)) if is_missing(rejection) => {
                Ok(Step::Done(Verdict::Gone))
            }
            (Written::Refused(None), _) => Ok(Step::Done(Verdict::Orphan)),
            (Written::Refused(Some(existing)), Settlement::Condemn(rejection)) if is_missing(rejection) => {
                follow_what_is_seen(&existing, self.settled_fate(&existing)?, Ok(Observation::Missing))
            }
            (Written::Refused(Some(existing)), _) => Ok(follow(self.settled_fate(&existing)?)),
        }
    }

    fn settled_fate(&self, existing: &Upload) -> Result<Fate, Unavailable> {
        existing.fate_of(self.version).ok_or_else(|| {
            Unavailable::new(
                "settle a version",
                "the write was refused although its fate is open: what is reserved has changed",
            )
        })
    }
}

impl Step {
    /// After [`Step::MarkVanished`].
    pub fn marked() -> Self {
        Self::Done(Verdict::Vanished)
    }

    /// After [`Step::CountSurplus`].
    pub fn counted() -> Self {
        Self::Remove(Verdict::Surplus)
    }

    /// After [`Step::Remove`].
    pub fn removed(verdict: Verdict) -> Self {
        Self::Done(verdict)
    }
}

fn settle(upload: &Upload, object: &ObservedObject, verdict: Settlement) -> Step {
    let charge = upload.charge_of_verdict(&verdict, object.size_bytes);
    Step::Settle(verdict, charge)
}

fn is_missing(rejection: &Rejection) -> bool {
    rejection.reason == RejectionReason::Vanished
}

fn without_record(observation: &Observation) -> Step {
    Step::Done(match observation {
        Observation::Missing => Verdict::Gone,
        Observation::DeleteMarker => Verdict::DeleteMarker,
        Observation::Object(_) => Verdict::Orphan,
    })
}

/// What is missing needs no removal: S3 tells of each one, and that event would ask for the next.
fn follow_what_is_seen(
    upload: &Upload,
    fate: Fate,
    observation: Result<Observation, Unavailable>,
) -> Result<Step, Unavailable> {
    Ok(match (fate, observation) {
        (Fate::Pinned, Ok(Observation::Missing)) if upload.vanished_at().is_some() => Step::marked(),
        (Fate::Pinned, Ok(Observation::Missing)) => Step::MarkVanished,
        (Fate::Pinned, Err(error)) => return Err(error),
        (Fate::Pinned, Ok(Observation::Object(object))) if object.scan == Some(ScanStatus::ThreatsFound) => {
            Step::Done(Verdict::ThreatInPinned)
        }
        (_, Ok(Observation::Missing)) => Step::Done(Verdict::Gone),
        (fate, _) => follow(fate),
    })
}

fn follow(fate: Fate) -> Step {
    match fate {
        Fate::Pinned => Step::Done(Verdict::Duplicate),
        Fate::Surplus => Step::CountSurplus,
        Fate::Condemned => Step::Remove(Verdict::Rejected(None)),
        Fate::Removed => Step::Remove(Verdict::Removed),
    }
}
