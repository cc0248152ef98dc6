//! One upload: what may happen to it next, and what becomes of it.
//!
//! Everything here is a function of one [`Subject`] to one [`Subject`]: nothing that happens to an
//! upload can read or change another, and the compiler sees to it.

use std::fmt;

use postern::upload::UploadState;

use crate::production::{
    Change, Facts, Fault, Id, Outcome, Production, Question, RemovalOutcome, RemovalQuestion, Scan,
};

/// How many versions a state has room for.
pub(crate) const MAX_VERSIONS: u8 = 3;

/// How many recorders there are.
pub(crate) const RECORDERS: usize = 2;

/// What is checked.
#[expect(clippy::struct_excessive_bools, reason = "each is a part of the world that is there or is not")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// Versions that may come under one form; at most three.
    pub versions: u8,
    /// Whether the owner may remove the upload.
    pub removal: bool,
    /// Whether somebody else may remove versions from the bucket.
    pub outsider: bool,
    /// Whether the form dies, the upload expires and the table forgets it.
    pub time: bool,
    /// Whether a version must pass a scan, which may fail and be made again.
    pub scan: bool,
}

/// How old an upload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// Its form can be posted.
    Open,
    /// Its form has been dead for a day.
    Dead,
    /// Its TTL has passed: what has one may be forgotten at any moment.
    Forgettable,
}

/// A recorder that is at an upload, or is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Recorder {
    /// It waits, or is at another upload.
    Elsewhere,
    /// It looks at a version.
    Recording {
        /// Which.
        version: u8,
        /// What it does next.
        step: Id,
        /// Its event is not the version's last: the removal was told later.
        is_stale: bool,
    },
    /// It removes the upload.
    Removing {
        /// What it does next.
        step: Id,
    },
}

/// One upload, its versions, and the recorders that are at it; a bit for each version.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    pub(crate) record: Id,
    pub(crate) phase: Phase,
    pub(crate) posted: u8,
    pub(crate) present: u8,
    /// Whose last event has been acknowledged.
    pub(crate) acknowledged: u8,
    pub(crate) reported: u8,
    /// Which the rules have accepted, at least once.
    pub(crate) approved: u8,
    /// Which have ever been pinned.
    pub(crate) pinned: u8,
    /// What the scan has said of each.
    pub(crate) scans: [Scan; MAX_VERSIONS as usize],
    /// The table has forgotten the record.
    pub(crate) is_forgotten: bool,
    /// The owner's wish has not been acknowledged by a removal.
    pub(crate) removal_is_due: bool,
    /// A recorder has removed a pinned version that its owner did not remove.
    pub(crate) pinned_was_removed: bool,
    /// In order: they are alike.
    pub(crate) recorders: [Recorder; RECORDERS],
}

/// What may happen to an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Its form is posted (again).
    Post,
    /// A recorder begins to look at a version: its event came, came again, or a listing named it.
    Deliver(u8),
    /// A recorder takes up the upload, which is to be removed.
    TakeUpRemoval,
    /// A recorder does its next step under rules that accept the version or not; the run's end is
    /// acknowledged.
    Step(usize, bool),
    /// The same, and it dies before its run's end is acknowledged.
    StepAndDie(usize, bool),
    /// The verdict is written, its answer is lost, and the client sends it again.
    LoseAnswer(usize),
    /// The next of a removal's versions, in any order, or its next step.
    StepRemoval(usize, u8),
    /// A recorder stops for ever and its message comes back some time.
    Crash(usize),
    /// The owner removes the upload.
    Delete,
    /// Somebody else removes a version from the bucket.
    RemoveFromOutside(u8),
    /// A scan of a version ends, and tells of it.
    Scan(u8, Scan),
    /// Time passes.
    Age,
    /// The sweeper gives the upload up.
    Sweep,
    /// The table forgets a record whose TTL has passed.
    Forget,
}

impl Action {
    /// Whether it takes a recorder that is free.
    pub(crate) fn takes_a_recorder(self) -> bool {
        matches!(self, Self::Deliver(_) | Self::TakeUpRemoval)
    }
}

/// The rules of the world, with a mistake in them or none.
#[derive(Debug)]
pub(crate) struct World {
    production: Production,
    fault: Fault,
    scope: Scope,
}

impl Subject {
    /// How many recorders are at it.
    pub(crate) fn busy(&self) -> usize {
        self.recorders.iter().filter(|recorder| **recorder != Recorder::Elsewhere).count()
    }

    pub(crate) fn scan(&self, version: u8) -> Scan {
        self.scans.get(usize::from(version)).copied().unwrap_or(Scan::NotAsked)
    }

    /// A new event tells of a version: whoever looks at it does so because of an older one.
    fn tell_again(&mut self, told: u8) {
        self.acknowledged &= !bit(told);
        for recorder in &mut self.recorders {
            match recorder {
                Recorder::Recording { version, is_stale, .. } if *version == told => *is_stale = true,
                _ => {}
            }
        }
    }

    fn call(&mut self, recorder: Recorder) -> Option<()> {
        *self.recorders.iter_mut().find(|recorder| **recorder == Recorder::Elsewhere)? = recorder;
        Some(())
    }
}

impl World {
    pub(crate) fn new(scope: Scope, fault: Fault) -> Self {
        Self { production: Production::new(fault), fault, scope }
    }

    /// An upload of which only a form is out.
    pub(crate) fn fresh(&self) -> Subject {
        Subject {
            record: self.production.pending(),
            phase: Phase::Open,
            posted: 0,
            present: 0,
            acknowledged: 0,
            reported: 0,
            approved: 0,
            pinned: 0,
            scans: [if self.scope.scan { Scan::Open } else { Scan::NotAsked }; MAX_VERSIONS as usize],
            is_forgotten: false,
            removal_is_due: false,
            pinned_was_removed: false,
            recorders: [Recorder::Elsewhere; RECORDERS],
        }
    }

    /// The upload's record as it stands.
    pub(crate) fn record(&self, subject: &Subject) -> Option<Facts> {
        self.production.facts(subject.record)
    }

    /// What may happen to an upload while at least one recorder is free.
    pub(crate) fn actions(&self, subject: &Subject) -> Vec<Action> {
        let mut actions = Vec::new();
        self.actions_of_upload(subject, &mut actions);
        for (n, recorder) in subject.recorders.into_iter().enumerate() {
            self.actions_of_recorder(n, recorder, &mut actions);
        }
        actions
    }

    fn actions_of_upload(&self, subject: &Subject, actions: &mut Vec<Action>) {
        let versions = |among: u8| (0..self.scope.versions).filter(move |version| has(among, *version));
        if subject.phase == Phase::Open && subject.posted.count_ones() < u32::from(self.scope.versions) {
            actions.push(Action::Post);
        }
        actions.extend(versions(subject.posted).map(Action::Deliver));
        if self.record(subject).is_some_and(|record| record.state == UploadState::Deleting) {
            actions.push(Action::TakeUpRemoval);
        }
        if self.scope.removal {
            actions.push(Action::Delete);
        }
        if self.scope.outsider {
            actions.extend(versions(subject.present).map(Action::RemoveFromOutside));
        }
        if self.scope.scan {
            for version in versions(subject.present) {
                let ends: &[Scan] = match subject.scan(version) {
                    Scan::Open => &[Scan::Clean, Scan::Threat, Scan::Failed],
                    Scan::Failed => &[Scan::Clean, Scan::Threat],
                    _ => &[],
                };
                actions.extend(ends.iter().map(|end| Action::Scan(version, *end)));
            }
        }
        if self.scope.time {
            match subject.phase {
                Phase::Open => actions.push(Action::Age),
                Phase::Dead => actions.extend([Action::Age, Action::Sweep]),
                Phase::Forgettable => actions.extend([Action::Forget, Action::Sweep]),
            }
        }
    }

    fn actions_of_recorder(&self, n: usize, recorder: Recorder, actions: &mut Vec<Action>) {
        match recorder {
            Recorder::Elsewhere => return,
            Recorder::Recording { step, .. } => {
                for accepts in [true, false] {
                    actions.extend([Action::Step(n, accepts), Action::StepAndDie(n, accepts)]);
                }
                if self.production.settles(step) {
                    actions.push(Action::LoseAnswer(n));
                }
            }
            Recorder::Removing { step } => {
                actions.extend((0..self.production.choices(step)).map(|first| Action::StepRemoval(n, first)));
            }
        }
        actions.push(Action::Crash(n));
    }

    /// The upload after an action; `None` if the action does not fit it.
    pub(crate) fn next(&self, before: &Subject, action: Action) -> Option<Subject> {
        let mut subject = *before;
        match action {
            Action::Post => {
                let version = u8::try_from(subject.posted.count_ones()).ok()?;
                subject.posted |= bit(version);
                subject.present |= bit(version);
            }
            Action::Deliver(version) => {
                let step = self.production.begin();
                subject.call(Recorder::Recording { version, step, is_stale: false })?;
            }
            Action::TakeUpRemoval => {
                subject.call(Recorder::Removing { step: self.production.begin_removal() })?;
            }
            Action::Step(n, accepts) => {
                let (outcome, version) = self.record_step(&mut subject, n, accepts)?;
                let recorder = subject.recorders.get_mut(n)?;
                match (outcome.next, &mut *recorder) {
                    (0, Recorder::Recording { is_stale, .. }) => {
                        subject.acknowledged |= if *is_stale { 0 } else { bit(version) };
                        *recorder = Recorder::Elsewhere;
                    }
                    (next, Recorder::Recording { step, .. }) => *step = next,
                    _ => return None,
                }
            }
            Action::StepAndDie(n, accepts) => {
                let (outcome, _) = self.record_step(&mut subject, n, accepts)?;
                if outcome.next != 0 {
                    // That is a step and then a crash.
                    return None;
                }
                *subject.recorders.get_mut(n)? = Recorder::Elsewhere;
            }
            Action::LoseAnswer(n) => {
                self.record_step(&mut subject, n, true)?;
            }
            Action::StepRemoval(n, first) => {
                let outcome = self.removal_step(&mut subject, n, first)?;
                let recorder = Recorder::Removing { step: outcome.next };
                *subject.recorders.get_mut(n)? =
                    if outcome.next == 0 { Recorder::Elsewhere } else { recorder };
                subject.removal_is_due &= outcome.next != 0;
            }
            Action::Crash(n) => {
                let recorder = subject.recorders.get_mut(n)?;
                if let (Fault::AcknowledgeFailure, Recorder::Recording { version, .. }) =
                    (self.fault, *recorder)
                {
                    subject.acknowledged |= bit(version);
                }
                *recorder = Recorder::Elsewhere;
            }
            Action::Delete => {
                let after = self.production.change(subject.record, Change::Delete);
                subject.removal_is_due |= after != subject.record;
                subject.record = after;
            }
            Action::RemoveFromOutside(version) => {
                subject.present &= !bit(version);
                // S3 tells of it.
                subject.tell_again(version);
            }
            Action::Scan(version, end) => {
                *subject.scans.get_mut(usize::from(version))? = end;
                subject.tell_again(version);
            }
            Action::Age => {
                subject.phase = if subject.phase == Phase::Open { Phase::Dead } else { Phase::Forgettable };
            }
            Action::Sweep => subject.record = self.production.change(subject.record, Change::Expire),
            Action::Forget => {
                self.record(&subject).filter(|record| record.has_end)?;
                (subject.record, subject.is_forgotten, subject.removal_is_due) = (0, true, false);
            }
        }
        subject.recorders.sort_unstable();
        Some(subject)
    }

    /// A step of a look at a version, and what it did to the upload.
    fn record_step(&self, subject: &mut Subject, n: usize, accepts: bool) -> Option<(Outcome, u8)> {
        let Recorder::Recording { version, step, .. } = *subject.recorders.get(n)? else { return None };
        let (record, is_present, scan) =
            (subject.record, has(subject.present, version), subject.scan(version));
        let outcome = self.production.act(Question { version, step, record, is_present, accepts, scan });
        if outcome.removes {
            self.remove(subject, bit(version));
        }
        self.write(subject, outcome.record);
        if outcome.approves {
            subject.approved |= bit(version);
        }
        if outcome.reports {
            subject.reported |= bit(version);
        }
        Some((outcome, version))
    }

    fn removal_step(&self, subject: &mut Subject, n: usize, first: u8) -> Option<RemovalOutcome> {
        let Recorder::Removing { step } = *subject.recorders.get(n)? else { return None };
        let (record, present) = (subject.record, subject.present);
        let outcome = self.production.act_removal(RemovalQuestion { step, record, present, first });
        self.remove(subject, outcome.removed);
        self.write(subject, outcome.record);
        Some(outcome)
    }

    fn remove(&self, subject: &mut Subject, versions: u8) {
        let pinned = self.record(subject).map_or(0, |record| record.pinned);
        subject.pinned_was_removed |= versions & subject.present & pinned != 0;
        subject.present &= !versions;
    }

    fn write(&self, subject: &mut Subject, record: Id) {
        subject.record = record;
        subject.pinned |= self.record(subject).map_or(0, |record| record.pinned);
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { record, phase, posted, present, acknowledged, reported, recorders, .. } = self;
        write!(
            f,
            "record {record} {phase:?} posted {posted:b} present {present:b} acked {acknowledged:b} reported {reported:b} {recorders:?}"
        )
    }
}

pub(crate) fn bit(version: u8) -> u8 {
    1 << version
}

fn has(versions: u8, version: u8) -> bool {
    versions & bit(version) != 0
}
