//! One look at one version, as a state machine without I/O: a step is an action, and a function of its result
//! returns the next step.
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
//! [`super::record_version`] performs the steps on AWS. The model check of `tests/model` performs the same
//! steps in every order, with a crash after each. So the checked steps are those that run. The driver only
//! does what a step asks for.

use crate::ports::{Observation, ObservedObject, Unavailable, Written};
use crate::upload::reservation::Charge;
use crate::upload::scan::{ScanFailure, ScanGate, ScanStatus};
use crate::upload::{Fate, Rejection, RejectionReason, Settlement, Upload};
use crate::value::id::VersionId;
use s3_presigned::Timestamp;

use super::evidence::{Evidence, SecondLook, SecondSight};
use super::rules;
use super::{Settings, Verdict};

/// What stays the same during one look.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// The version.
    pub version: &'a VersionId,
    /// The stack's settings.
    pub settings: &'a Settings,
    /// When the look began.
    pub now: Timestamp,
    /// What the event says about a scan. The recorder trusts only that a scan failed, since a failed scan
    /// accepts nothing and removes nothing.
    pub announced: Option<ScanStatus>,
}

/// The next action. Every step may be performed twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Read the record (consistently) and the version's first bytes; then [`Run::looked`].
    Look,
    /// Ask for the facts that the bytes so far do not have; then [`Run::looked_again`] with the earlier and
    /// the new facts.
    LookAgain(Box<Upload>, Box<ObservedObject>, SecondLook, SecondSight),
    /// Write the settlement, and the change of the reservation, on condition that the version's fate is open;
    /// then [`Run::settled`].
    Settle(Settlement, Option<Charge>),
    /// Write that the version's scan failed, if its fate is open; then [`Run::scan_marked`].
    MarkScanFailed(ScanFailure),
    /// Write that the pinned version is missing, if it is still pinned; then [`Step::marked`].
    MarkVanished,
    /// Name the version among the surplus ones; then [`Step::counted`].
    CountSurplus,
    /// Remove the version; then [`Step::removed`].
    Remove(Verdict),
    /// Nothing more to do: the message is acknowledged.
    Done(Verdict),
}

impl Run<'_> {
    /// After [`Step::Look`].
    ///
    /// # Errors
    /// If S3's answer is needed and S3 did not answer.
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
            // This is a settlement too, so that a run that saw the version earlier cannot pin it any more.
            Observation::Missing => return Ok(self.settle_missing(&upload)),
            Observation::DeleteMarker => return Ok(Step::Done(Verdict::DeleteMarker)),
        };
        let nothing = SecondSight::default();
        match rules::second_look(&self.evidence(&upload, &object, &nothing)) {
            look if look == SecondLook::default() => self.judge(&upload, &object, &nothing),
            look => Ok(Step::LookAgain(Box::new(upload), object, look, nothing)),
        }
    }

    /// After [`Step::LookAgain`]. Few objects need a further part, and none needs more than eight.
    ///
    /// # Errors
    /// If a scan's result was announced and the object has no such tag yet.
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

    /// The form may still bring a file. Postern does not count the bytes of single parts.
    fn settle_missing(&self, upload: &Upload) -> Step {
        let verdict = rules::vanished(self.version, self.now);
        let charge = upload.charge_of_settlement(&verdict, 0).filter(|_| upload.s3_upload_id.is_none());
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

    /// Applies the rules, and the scan's result if the stack requires scans.
    ///
    /// # Errors
    /// If a scan's result was announced and the object has no such tag yet.
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

    /// A version that keeps every rule waits for its scan.
    fn at_the_gate(
        &self,
        upload: &Upload,
        object: &ObservedObject,
        pin: Settlement,
    ) -> Result<Step, Unavailable> {
        let found = object.scan;
        Ok(match found.or(self.announced) {
            None => Step::Done(Verdict::Waiting),
            // AWS does not document that the tag is visible before the event. If it is not, the message fails
            // and is redelivered.
            Some(status) if status.is_a_result() && found.is_none() => {
                return Err(Unavailable::new(
                    "read a scan's result",
                    "the event announced a result that the tag does not have yet",
                ));
            }
            Some(ScanStatus::NoThreatsFound) => settle(upload, object, pin),
            Some(ScanStatus::ThreatsFound) => settle(upload, object, rules::threat(self.version, self.now)),
            Some(status) => {
                Step::MarkScanFailed(ScanFailure { version_id: self.version.clone(), status, at: self.now })
            }
        })
    }

    /// After [`Step::MarkScanFailed`]: follows the fate that the existing record shows.
    pub fn scan_marked(&self, written: Written) -> Step {
        match written {
            Written::Applied => Step::Done(Verdict::ScanFailed),
            Written::ConditionFailed(None) => Step::Done(Verdict::Orphan),
            Written::ConditionFailed(Some(existing)) => {
                existing.fate_of(self.version).map_or(Step::Done(Verdict::ScanFailed), follow)
            }
        }
    }

    /// After [`Step::Settle`]: follows the fate that was written, or the one that the existing record shows.
    ///
    /// # Errors
    /// If the condition failed although the fate is open: the reservation has changed since it was read.
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
            (Written::ConditionFailed(None), Settlement::Condemn(rejection)) if is_missing(rejection) => {
                Ok(Step::Done(Verdict::Gone))
            }
            (Written::ConditionFailed(None), _) => Ok(Step::Done(Verdict::Orphan)),
            (Written::ConditionFailed(Some(existing)), Settlement::Condemn(rejection))
                if is_missing(rejection) =>
            {
                follow_what_is_seen(&existing, self.settled_fate(&existing)?, Ok(Observation::Missing))
            }
            (Written::ConditionFailed(Some(existing)), _) => Ok(follow(self.settled_fate(&existing)?)),
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
    let charge = upload.charge_of_settlement(&verdict, object.size_bytes);
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

/// A missing version is not removed again: S3 would send an event for each removal, and the recorder would
/// remove it again without end.
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
