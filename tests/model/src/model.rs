//! Who may do what next.

use std::fmt;

use postern::upload::UploadState;
use stateright::Property;

use crate::production::{
    Change, Facts, Fault, Id, Outcome, Production, Question, RemovalOutcome, RemovalQuestion, Scan,
};
use crate::properties;

/// What is checked.
#[expect(clippy::struct_excessive_bools, reason = "each is a part of the world that is there or is not")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// Versions that may come under one form.
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

/// `UPLOADS` uploads, two recorders, and everything that may happen to them.
#[derive(Debug)]
pub struct Model<const UPLOADS: usize> {
    pub(crate) production: Production,
    pub(crate) fault: Fault,
    scope: Scope,
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

/// One upload and its versions; a bit for each version.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
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
    pub(crate) scans: [Scan; 3],
    /// The table has forgotten the record.
    pub(crate) is_forgotten: bool,
    /// The owner's wish has not been acknowledged by a removal.
    pub(crate) removal_is_due: bool,
    /// A recorder has removed a pinned version that its owner did not remove.
    pub(crate) pinned_was_removed: bool,
}

/// A recorder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Actor {
    /// Waits.
    Idle,
    /// Looks at a version.
    Recording {
        /// Of which upload.
        upload: u8,
        /// Which.
        version: u8,
        /// What it does next.
        step: Id,
        /// Its event is not the version's last: the removal was told later.
        is_stale: bool,
    },
    /// Removes an upload.
    Removing {
        /// Which.
        upload: u8,
        /// What it does next.
        step: Id,
    },
}

/// Everything that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct State<const UPLOADS: usize> {
    pub(crate) uploads: [Subject; UPLOADS],
    pub(crate) actors: [Actor; 2],
    /// A step of a run for one upload has touched another.
    pub(crate) crossed: bool,
}

/// What may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The form of an upload is posted (again).
    Post(u8),
    /// An idle recorder looks at a version: its event came, came again, or a listing named it.
    Deliver(u8, u8),
    /// An idle recorder takes up an upload that is to be removed.
    TakeUpRemoval(u8),
    /// A recorder does its next step under rules that accept the version or not; the run's end is
    /// acknowledged.
    Step(u8, bool),
    /// The same, and it dies before its run's end is acknowledged.
    StepAndDie(u8, bool),
    /// The verdict is written, its answer is lost, and the client sends it again.
    LoseAnswer(u8),
    /// The next of a removal's versions, in any order, or its next step.
    StepRemoval(u8, u8),
    /// A recorder stops for ever and its message comes back some time.
    Crash(u8),
    /// The owner removes the upload.
    Delete(u8),
    /// Somebody else removes a version from the bucket.
    RemoveFromOutside(u8, u8),
    /// A scan of a version ends, and tells of it.
    Scan(u8, u8, Scan),
    /// Time passes.
    Age(u8),
    /// The sweeper gives an upload up.
    Sweep(u8),
    /// The table forgets a record whose TTL has passed.
    Forget(u8),
}

impl Subject {
    pub(crate) fn scan(&self, version: u8) -> Scan {
        self.scans.get(usize::from(version)).copied().unwrap_or(Scan::NotAsked)
    }
}

impl<const UPLOADS: usize> State<UPLOADS> {
    /// A new event tells of a version: whoever looks at it does so because of an older one.
    fn tell_again(&mut self, n: u8, version: u8) {
        if let Some(subject) = self.uploads.get_mut(usize::from(n)) {
            subject.acknowledged &= !bit(version);
        }
        for actor in &mut self.actors {
            match actor {
                Actor::Recording { upload, version: of, is_stale, .. } if (*upload, *of) == (n, version) => {
                    *is_stale = true;
                }
                _ => {}
            }
        }
    }
}

impl<const UPLOADS: usize> Model<UPLOADS> {
    /// The world of `scope`, with a mistake in it or none.
    pub fn new(scope: Scope, fault: Fault) -> Self {
        Self { production: Production::new(fault), fault, scope }
    }

    /// The upload's record as it stands.
    pub(crate) fn record(&self, subject: &Subject) -> Option<Facts> {
        self.production.facts(subject.record)
    }

    fn idle(state: &State<UPLOADS>) -> Option<usize> {
        state.actors.iter().position(|actor| *actor == Actor::Idle)
    }

    fn actions_of_upload(&self, state: &State<UPLOADS>, n: u8, subject: &Subject, actions: &mut Vec<Action>) {
        let record = self.record(subject);
        if subject.phase == Phase::Open && subject.posted.count_ones() < u32::from(self.scope.versions) {
            actions.push(Action::Post(n));
        }
        if Self::idle(state).is_some() {
            let versions = (0..self.scope.versions).filter(|v| has(subject.posted, *v));
            actions.extend(versions.map(|v| Action::Deliver(n, v)));
            if record.is_some_and(|record| record.state == UploadState::Deleting) {
                actions.push(Action::TakeUpRemoval(n));
            }
        }
        if self.scope.removal {
            actions.push(Action::Delete(n));
        }
        if self.scope.outsider {
            let versions = (0..self.scope.versions).filter(|v| has(subject.present, *v));
            actions.extend(versions.map(|v| Action::RemoveFromOutside(n, v)));
        }
        if self.scope.scan {
            let versions = (0..self.scope.versions).filter(|v| has(subject.present, *v));
            for version in versions {
                let ends: &[Scan] = match subject.scan(version) {
                    Scan::Open => &[Scan::Clean, Scan::Threat, Scan::Failed],
                    Scan::Failed => &[Scan::Clean, Scan::Threat],
                    _ => &[],
                };
                actions.extend(ends.iter().map(|end| Action::Scan(n, version, *end)));
            }
        }
        if self.scope.time {
            match subject.phase {
                Phase::Open => actions.push(Action::Age(n)),
                Phase::Dead => actions.extend([Action::Age(n), Action::Sweep(n)]),
                Phase::Forgettable => actions.extend([Action::Forget(n), Action::Sweep(n)]),
            }
        }
    }

    fn actions_of_actor(&self, n: u8, actor: Actor, actions: &mut Vec<Action>) {
        match actor {
            Actor::Idle => return,
            Actor::Recording { step, .. } => {
                for accepts in [true, false] {
                    actions.extend([Action::Step(n, accepts), Action::StepAndDie(n, accepts)]);
                }
                if self.production.settles(step) {
                    actions.push(Action::LoseAnswer(n));
                }
            }
            Actor::Removing { step, .. } => {
                actions.extend((0..self.production.choices(step)).map(|first| Action::StepRemoval(n, first)));
            }
        }
        actions.push(Action::Crash(n));
    }

    /// A step of a look at a version, and what it did to the world.
    fn record_step(&self, state: &mut State<UPLOADS>, n: u8, accepts: bool) -> Option<(Outcome, u8, u8)> {
        let Actor::Recording { upload, version, step, .. } = *state.actors.get(usize::from(n))? else {
            return None;
        };
        let others = others(state, upload);
        let subject = state.uploads.get_mut(usize::from(upload))?;
        let (record, is_present, scan) =
            (subject.record, has(subject.present, version), subject.scan(version));
        let question = Question { upload, version, step, record, is_present, accepts, scan };
        let outcome = self.production.act(question);
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
        state.crossed |= others != self::others(state, upload);
        Some((outcome, upload, version))
    }

    fn removal_step(&self, state: &mut State<UPLOADS>, n: u8, first: u8) -> Option<(RemovalOutcome, u8)> {
        let Actor::Removing { upload, step } = *state.actors.get(usize::from(n))? else { return None };
        let others = others(state, upload);
        let subject = state.uploads.get_mut(usize::from(upload))?;
        let (record, present) = (subject.record, subject.present);
        let outcome = self.production.act_removal(RemovalQuestion { upload, step, record, present, first });
        self.remove(subject, outcome.removed);
        self.write(subject, outcome.record);
        state.crossed |= others != self::others(state, upload);
        Some((outcome, upload))
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

impl<const UPLOADS: usize> stateright::Model for Model<UPLOADS> {
    type State = State<UPLOADS>;
    type Action = Action;

    fn init_states(&self) -> Vec<Self::State> {
        let subject = |n| Subject {
            record: self.production.pending(u8::try_from(n).unwrap_or(0)),
            phase: Phase::Open,
            posted: 0,
            present: 0,
            acknowledged: 0,
            reported: 0,
            approved: 0,
            pinned: 0,
            scans: [if self.scope.scan { Scan::Open } else { Scan::NotAsked }; 3],
            is_forgotten: false,
            removal_is_due: false,
            pinned_was_removed: false,
        };
        vec![State { uploads: std::array::from_fn(subject), actors: [Actor::Idle; 2], crossed: false }]
    }

    fn actions(&self, state: &Self::State, actions: &mut Vec<Action>) {
        for (n, subject) in (0..).zip(&state.uploads) {
            self.actions_of_upload(state, n, subject, actions);
        }
        for (n, actor) in (0..).zip(state.actors) {
            self.actions_of_actor(n, actor, actions);
        }
    }

    fn next_state(&self, before: &Self::State, action: Action) -> Option<Self::State> {
        let mut state = *before;
        match action {
            Action::Post(n) => {
                let subject = state.uploads.get_mut(usize::from(n))?;
                let version = u8::try_from(subject.posted.count_ones()).ok()?;
                subject.posted |= bit(version);
                subject.present |= bit(version);
            }
            Action::Deliver(upload, version) => {
                let idle = Self::idle(&state)?;
                let step = self.production.begin();
                *state.actors.get_mut(idle)? = Actor::Recording { upload, version, step, is_stale: false };
            }
            Action::TakeUpRemoval(upload) => {
                let idle = Self::idle(&state)?;
                *state.actors.get_mut(idle)? =
                    Actor::Removing { upload, step: self.production.begin_removal() };
            }
            Action::Step(n, accepts) => {
                let (outcome, upload, version) = self.record_step(&mut state, n, accepts)?;
                let actor = state.actors.get_mut(usize::from(n))?;
                match (outcome.next, &mut *actor) {
                    (0, Actor::Recording { is_stale, .. }) => {
                        let acknowledged = if *is_stale { 0 } else { bit(version) };
                        *actor = Actor::Idle;
                        state.uploads.get_mut(usize::from(upload))?.acknowledged |= acknowledged;
                    }
                    (next, Actor::Recording { step, .. }) => *step = next,
                    _ => return None,
                }
            }
            Action::StepAndDie(n, accepts) => {
                let (outcome, ..) = self.record_step(&mut state, n, accepts)?;
                if outcome.next != 0 {
                    // That is a step and then a crash.
                    return None;
                }
                *state.actors.get_mut(usize::from(n))? = Actor::Idle;
            }
            Action::LoseAnswer(n) => {
                self.record_step(&mut state, n, true)?;
            }
            Action::StepRemoval(n, first) => {
                let (outcome, upload) = self.removal_step(&mut state, n, first)?;
                let actor = Actor::Removing { upload, step: outcome.next };
                *state.actors.get_mut(usize::from(n))? = if outcome.next == 0 { Actor::Idle } else { actor };
                if outcome.next == 0 {
                    state.uploads.get_mut(usize::from(upload))?.removal_is_due = false;
                }
            }
            Action::Crash(n) => {
                let actor = state.actors.get_mut(usize::from(n))?;
                if let (Fault::AcknowledgeFailure, Actor::Recording { upload, version, .. }) =
                    (self.fault, *actor)
                {
                    state.uploads.get_mut(usize::from(upload))?.acknowledged |= bit(version);
                }
                *actor = Actor::Idle;
            }
            Action::Delete(n) => {
                let subject = state.uploads.get_mut(usize::from(n))?;
                let after = self.production.change(subject.record, Change::Delete);
                subject.removal_is_due |= after != subject.record;
                subject.record = after;
            }
            Action::RemoveFromOutside(n, version) => {
                let subject = state.uploads.get_mut(usize::from(n))?;
                subject.present &= !bit(version);
                // S3 tells of it.
                state.tell_again(n, version);
            }
            Action::Scan(n, version, end) => {
                let subject = state.uploads.get_mut(usize::from(n))?;
                *subject.scans.get_mut(usize::from(version))? = end;
                state.tell_again(n, version);
            }
            Action::Age(n) => {
                let subject = state.uploads.get_mut(usize::from(n))?;
                subject.phase = if subject.phase == Phase::Open { Phase::Dead } else { Phase::Forgettable };
            }
            Action::Sweep(n) => {
                let subject = state.uploads.get_mut(usize::from(n))?;
                subject.record = self.production.change(subject.record, Change::Expire);
            }
            Action::Forget(n) => {
                let subject = state.uploads.get_mut(usize::from(n))?;
                self.record(subject).filter(|record| record.has_end)?;
                (subject.record, subject.is_forgotten, subject.removal_is_due) = (0, true, false);
            }
        }
        // The recorders are alike.
        state.actors.sort_unstable();
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { record, phase, posted, present, acknowledged, reported, .. } = self;
        write!(
            f,
            "record {record} {phase:?} posted {posted:b} present {present:b} acked {acknowledged:b} reported {reported:b}"
        )
    }
}

pub(crate) fn bit(version: u8) -> u8 {
    1 << version
}

pub(crate) fn has(versions: u8, version: u8) -> bool {
    versions & bit(version) != 0
}

fn others<const UPLOADS: usize>(state: &State<UPLOADS>, upload: u8) -> [Option<Subject>; UPLOADS] {
    let mut others = state.uploads.map(Some);
    if let Some(own) = others.get_mut(usize::from(upload)) {
        *own = None;
    }
    others
}
