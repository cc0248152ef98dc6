//! Production values behind small numbers, and the production functions between them.
//!
//! Each question is asked once and its answer remembered: a function of the same values gives the
//! same value.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use postern::media::AllowedTypes;
use postern::paging::Page;
use postern::ports::{Observation, ObservedObject, Written};
use postern::record::evidence::SecondSight;
use postern::record::removal::{self, Removal};
use postern::record::run::{Run, Step};
use postern::record::{Settings, Verdict};
use postern::upload::scan::{ScanGate, ScanStatus};
use postern::upload::{Settlement, Upload, UploadState, expiry, tombstone_ttl, transition_id};
use postern::value::id::{ObjectKey, UploadId, VersionId};
use s3_presigned::Timestamp;

/// A mistake that is made on purpose, to see that the check finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// None.
    None,
    /// The verdict is written whatever stands in its way.
    DropCondition,
    /// A version is removed before the write that condemns it.
    DeleteBeforeWrite,
    /// A run that stopped half way acknowledges its message.
    AcknowledgeFailure,
    /// The record does not remember which versions were condemned.
    ForgetCondemned,
    /// A write brings back a record that the table has forgotten.
    RecreateExpired,
    /// What keeps the rules is pinned without its scan.
    PassTheGate,
    /// A scan that failed counts as one that found nothing.
    AcceptFailedScan,
    /// A note of a failed scan that was refused is taken for written: what stands in its way is not
    /// followed.
    DoNotFollowTheMark,
}

/// A production value's number; 0 stands for "none".
pub type Id = u16;

/// What a version's run looks at in its next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Question {
    /// The version's number.
    pub version: u8,
    /// The step that is due.
    pub step: Id,
    /// The record as it stands.
    pub record: Id,
    /// Whether the version is in the bucket.
    pub is_present: bool,
    /// Whether the rules, as they are today, accept it.
    pub accepts: bool,
    /// What the version must have passed, and has.
    pub scan: Scan,
}

/// What a scan has said of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scan {
    /// The stack asks for none.
    NotAsked,
    /// It is not through.
    Open,
    /// Nothing was found.
    Clean,
    /// A threat was found.
    Threat,
    /// It failed.
    Failed,
}

/// What a step did, and what comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Outcome {
    /// The next step; 0 if the run is over.
    pub next: Id,
    /// The record after it.
    pub record: Id,
    /// Whether it removed the version.
    pub removes: bool,
    /// Whether the rules have accepted the version in this step.
    pub approves: bool,
    /// Whether the run ended by reporting the version.
    pub reports: bool,
}

/// What a removal looks at in its next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RemovalQuestion {
    /// The step that is due.
    pub step: Id,
    /// The record as it stands.
    pub record: Id,
    /// The versions in the bucket, a bit each.
    pub present: u8,
    /// Which of the versions that are due goes first.
    pub first: u8,
}

/// What a step of a removal did, and what comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RemovalOutcome {
    /// The next step; 0 if the run is over.
    pub next: Id,
    /// The record after it.
    pub record: Id,
    /// The versions that it removed, a bit each.
    pub removed: u8,
}

/// A change of the record that is one write of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// The owner asks for removal.
    Delete,
    /// The sweeper gives it up, once it is due.
    Expire,
}

/// What the model asks of a record in every state.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    /// Where it stands.
    pub state: UploadState,
    /// The version that is pinned, as a bit.
    pub pinned: u8,
    /// Whether it may be forgotten some day.
    pub has_end: bool,
    /// Whether its pinned version is known to be missing.
    pub is_vanished: bool,
}

#[derive(Debug, Default)]
struct Tables {
    records: Vec<Upload>,
    facts: Vec<Facts>,
    changes: HashMap<(Id, Change), Id>,
    steps: Vec<Step>,
    removals: Vec<removal::RemovalStep>,
    outcomes: HashMap<Question, Outcome>,
    removal_outcomes: HashMap<RemovalQuestion, RemovalOutcome>,
}

/// The production code, asked by number.
#[derive(Debug)]
pub struct Production {
    fault: Fault,
    tables: RwLock<Tables>,
}

const KEY_ARN: &str = "arn:aws:kms:eu-central-1:111122223333:key/files";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

impl Production {
    /// With a mistake in it, or none.
    pub fn new(fault: Fault) -> Self {
        Self { fault, tables: RwLock::default() }
    }

    /// The number of the record that stands before anything has arrived.
    pub fn pending(&self) -> Id {
        self.record(&pending())
    }

    fn upload(&self, record: Id) -> Option<Upload> {
        self.read(|tables| value(&tables.records, record).cloned())
    }

    /// The first step of a look at a version.
    pub fn begin(&self) -> Id {
        self.step(&Step::Look)
    }

    /// The first step of a removal.
    pub fn begin_removal(&self) -> Id {
        self.write(|tables| number(&mut tables.removals, &removal::RemovalStep::Look))
    }

    /// Whether a step writes a verdict: one whose answer may be lost, and which the client then
    /// sends again.
    pub fn settles(&self, step: Id) -> bool {
        self.read(|tables| matches!(value(&tables.steps, step), Some(Step::Settle(..))))
    }

    /// How many versions a removal's step may begin with; at least one way to go on.
    pub fn choices(&self, step: Id) -> u8 {
        self.read(|tables| match value(&tables.removals, step) {
            Some(removal::RemovalStep::Remove(_, _, versions)) => {
                u8::try_from(versions.len()).unwrap_or(u8::MAX).max(1)
            }
            _ => 1,
        })
    }

    /// What there is to know about a record; `None` if there is none.
    pub fn facts(&self, record: Id) -> Option<Facts> {
        self.read(|tables| value(&tables.facts, record).copied())
    }

    /// The record after a change; the same where the production code says that nothing changes.
    pub fn change(&self, record: Id, change: Change) -> Id {
        if let Some(known) = self.read(|tables| tables.changes.get(&(record, change)).copied()) {
            return known;
        }
        let after = self.changed(record, |upload| match change {
            Change::Delete => upload.deleting(),
            Change::Expire => upload.expired(due()),
        });
        self.write(|tables| tables.changes.insert((record, change), after));
        after
    }

    fn changed(&self, record: Id, change: impl Fn(&Upload) -> Option<Upload>) -> Id {
        self.upload(record).and_then(|upload| change(&upload)).map_or(record, |after| self.record(&after))
    }

    /// Does the next step of a look at a version.
    pub fn act(&self, question: Question) -> Outcome {
        if let Some(known) = self.read(|tables| tables.outcomes.get(&question).copied()) {
            return known;
        }
        let outcome = self.ask(question);
        self.write(|tables| tables.outcomes.insert(question, outcome));
        outcome
    }

    /// Does the next step of a removal.
    pub fn act_removal(&self, question: RemovalQuestion) -> RemovalOutcome {
        if let Some(known) = self.read(|tables| tables.removal_outcomes.get(&question).copied()) {
            return known;
        }
        let outcome = self.ask_removal(question);
        self.write(|tables| tables.removal_outcomes.insert(question, outcome));
        outcome
    }

    fn ask(&self, question: Question) -> Outcome {
        let version = version(question.version);
        let settings = Settings {
            files_key_arn: if question.accepts { KEY_ARN } else { "another" }.to_owned(),
            allowed_types: AllowedTypes::all(),
            max_image_pixels: None,
            scan: match (question.scan, self.fault) {
                (Scan::NotAsked, _) | (_, Fault::PassTheGate) => ScanGate::Off,
                _ => ScanGate::Required,
            },
        };
        let run = Run { version: &version, settings: &settings, now: now(), announced: None };
        let existing = self.upload(question.record);
        let step = self.read(|tables| value(&tables.steps, question.step).cloned());
        let mut record = question.record;
        let (mut removes, mut approves) = (false, false);
        let next = match step.unwrap_or(Step::Look) {
            Step::Look => run.looked(existing, Ok(self.observation(question))),
            Step::LookAgain(upload, object, ..) => run.looked_again(upload, object, SecondSight::default()),
            Step::Settle(settlement, _) => {
                removes =
                    self.fault == Fault::DeleteBeforeWrite && matches!(settlement, Settlement::Condemn(_));
                let (after, written) = self.settle(existing, &settlement);
                record = after.map_or(0, |after| self.record(&after));
                run.settled(&settlement, written)
            }
            Step::MarkScanFailed(failure) => {
                let after = existing.as_ref().and_then(|upload| upload.scan_failed(&failure));
                record = after.as_ref().map_or(record, |after| self.record(after));
                let written = match after {
                    Some(_) => Written::Applied,
                    None => Written::ConditionFailed(existing.map(Box::new)),
                };
                match (self.fault, &written) {
                    (Fault::DoNotFollowTheMark, Written::ConditionFailed(_)) => {
                        Ok(Step::Done(Verdict::Waiting))
                    }
                    _ => Ok(run.scan_marked(written)),
                }
            }
            Step::MarkVanished => {
                record = self.changed(record, |upload| upload.vanished(&version, now()));
                Ok(Step::marked())
            }
            Step::CountSurplus => {
                record = self.changed(record, |upload| {
                    let mut after = upload.clone();
                    after.surplus.insert(version.clone());
                    Some(after)
                });
                Ok(Step::counted())
            }
            Step::Remove(verdict) => {
                removes = true;
                Ok(Step::removed(verdict))
            }
            Step::Done(verdict) => Ok(Step::Done(verdict)),
        };
        let next = next.unwrap_or(Step::Look);
        if let Step::Settle(Settlement::Pin(recorded), _) = &next {
            approves = recorded.version_id == version;
        }
        let reports = match next {
            Step::Done(Verdict::Orphan | Verdict::Vanished) => true,
            // Only a note in the record tells of it.
            Step::Done(Verdict::ScanFailed) => {
                let noted = self.upload(record);
                let noted = noted.as_ref().and_then(Upload::open_scan_failure);
                noted.is_some_and(|failure| failure.version_id == version)
            }
            _ => false,
        };
        let next = if matches!(next, Step::Done(_)) { 0 } else { self.step(&next) };
        Outcome { next, record, removes, approves, reports }
    }

    fn observation(&self, question: Question) -> Observation {
        let scan = match question.scan {
            Scan::NotAsked | Scan::Open => None,
            Scan::Clean => Some(ScanStatus::NoThreatsFound),
            Scan::Threat => Some(ScanStatus::ThreatsFound),
            Scan::Failed if self.fault == Fault::AcceptFailedScan => Some(ScanStatus::NoThreatsFound),
            Scan::Failed => Some(ScanStatus::Failed),
        };
        observation(question.is_present, scan)
    }

    /// The one conditional write, as a store does it.
    fn settle(&self, existing: Option<Upload>, verdict: &Settlement) -> (Option<Upload>, Written) {
        let ghost = || (self.fault == Fault::RecreateExpired).then(pending);
        let Some(existing) = existing.or_else(ghost) else { return (None, Written::ConditionFailed(None)) };
        let after = match self.fault {
            Fault::DropCondition => undecided(&existing).settled(verdict),
            Fault::ForgetCondemned => {
                existing.settled(verdict).map(|after| Upload { condemned: [].into(), ..after })
            }
            _ => existing.settled(verdict),
        };
        match after {
            Some(after) => (Some(after), Written::Applied),
            None => (Some(existing.clone()), Written::ConditionFailed(Some(Box::new(existing)))),
        }
    }

    fn ask_removal(&self, question: RemovalQuestion) -> RemovalOutcome {
        use removal::RemovalStep;
        let step = self.read(|tables| value(&tables.removals, question.step).cloned());
        let (mut record, mut removed) = (question.record, 0);
        let next = match step.unwrap_or(RemovalStep::Look) {
            RemovalStep::Look => RemovalStep::looked(self.upload(record)),
            RemovalStep::ListVersions(upload, walk) => RemovalStep::listed(
                upload,
                walk,
                (0..8).filter(|n| question.present & (1 << n) != 0).map(version).collect(),
            ),
            RemovalStep::Remove(upload, walk, mut versions) if !versions.is_empty() => {
                let gone = versions.remove(usize::from(question.first).min(versions.len() - 1));
                removed = (0..8).filter(|n| version(*n) == gone).fold(0, |bits, n| bits | 1 << n);
                RemovalStep::Remove(upload, walk, versions)
            }
            RemovalStep::Remove(upload, walk, _) => RemovalStep::removed(upload, walk, 0),
            RemovalStep::DropParts(upload, walk, _) => RemovalStep::parts_dropped(upload, walk),
            RemovalStep::ListLinks(upload, walk) => {
                RemovalStep::links_listed(upload, walk, Page { items: Vec::new(), next: None })
            }
            RemovalStep::EndLinks(upload, walk, page) => RemovalStep::links_ended(upload, &walk, page),
            RemovalStep::PutOff(upload, to, removal) => {
                record = self.changed(record, |existing| existing.links_walked(&upload, &to));
                RemovalStep::Done(removal)
            }
            RemovalStep::Finish(_, removal) => {
                record = self.changed(record, |upload| upload.deleted(now()));
                RemovalStep::Done(removal)
            }
            RemovalStep::Done(_) => RemovalStep::Done(Removal::NotAsked),
        };
        let next = match next {
            RemovalStep::Done(_) => 0,
            next => self.write(|tables| number(&mut tables.removals, &next)),
        };
        RemovalOutcome { next, record, removed }
    }

    fn record(&self, upload: &Upload) -> Id {
        self.write(|tables| {
            let id = number(&mut tables.records, upload);
            if tables.facts.len() < tables.records.len() {
                tables.facts.push(facts(upload));
            }
            id
        })
    }

    fn step(&self, step: &Step) -> Id {
        self.write(|tables| number(&mut tables.steps, step))
    }

    fn read<T>(&self, read: impl FnOnce(&Tables) -> T) -> T {
        read(&self.tables.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, write: impl FnOnce(&mut Tables) -> T) -> T {
        write(&mut self.tables.write().unwrap_or_else(PoisonError::into_inner))
    }
}

fn number<T: PartialEq + Clone>(values: &mut Vec<T>, value: &T) -> Id {
    let place = values.iter().position(|known| known == value).unwrap_or_else(|| {
        values.push(value.clone());
        values.len() - 1
    });
    Id::try_from(place + 1).unwrap_or(Id::MAX)
}

fn value<T>(values: &[T], number: Id) -> Option<&T> {
    values.get(usize::from(number).checked_sub(1)?)
}

fn now() -> Timestamp {
    Timestamp::from_epoch_s(1_800_000_000)
}

/// When a pending upload is given up.
fn due() -> Timestamp {
    expiry(now() + Duration::from_mins(15))
}

#[expect(clippy::expect_used, reason = "a version id as S3 writes it")]
fn version(n: u8) -> VersionId {
    format!("v{n}").parse().expect("is a version id")
}

fn facts(upload: &Upload) -> Facts {
    let recorded = upload.recorded.as_ref().filter(|_| upload.state == UploadState::Available);
    let pinned = recorded.map_or(0, |recorded| {
        (0..8).filter(|n| version(*n) == recorded.version_id).fold(0, |bits, n| bits | 1 << n)
    });
    let (has_end, is_vanished) = (upload.ttl.is_some(), upload.vanished_at().is_some());
    Facts { state: upload.state, pinned, has_end, is_vanished }
}

fn observation(is_present: bool, scan: Option<ScanStatus>) -> Observation {
    if !is_present {
        return Observation::Missing;
    }
    Observation::Object(Box::new(ObservedObject {
        size_bytes: PNG.len() as u64,
        etag: "etag".to_owned(),
        content_type: Some("image/png".to_owned()),
        content_encoding: None,
        kms_key_arn: Some(KEY_ARN.to_owned()),
        metadata: [].into(),
        head: PNG.to_vec(),
        scan,
    }))
}

/// A record on which every verdict's condition holds.
fn undecided(existing: &Upload) -> Upload {
    Upload { state: UploadState::Pending, condemned: [].into(), ..existing.clone() }
}

#[expect(clippy::expect_used, reason = "constants of the right form")]
fn pending() -> Upload {
    let upload_id = UploadId::random([0; 16]);
    let policy_expires_at = now() + Duration::from_mins(15);
    debug_assert_eq!(ObjectKey::of(upload_id).upload_id(), upload_id);
    Upload {
        path: None,
        token: None,
        s3_upload_id: None,
        upload_id,
        owner: "https://issuer.test#ann".parse().expect("is an owner"),
        state: UploadState::Pending,
        filename: "photo.png".parse().expect("is a file name"),
        content_type: "image/png".parse().expect("is a type"),
        min_size_bytes: 1,
        max_size_bytes: 1000,
        checksum_sha256: None,
        metadata: [].into(),
        uploaded_at: now(),
        policy_expires_at,
        request_hash: None,
        condemned: [].into(),
        surplus: [].into(),
        recorded: None,
        rejection: None,
        scan_failed: None,
        transition_id: transition_id(upload_id, UploadState::Pending, ""),
        announces: None,
        ttl: Some(tombstone_ttl(policy_expires_at)),
        links_walked: None,
        reserved: None,
    }
}
