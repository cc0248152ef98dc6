//! Several uploads, and the recorders that they share.

use std::collections::HashSet;

use stateright::Property;

use crate::production::Fault;
use crate::properties;
use crate::upload::{Action, RECORDERS, Scope, Subject, World};

/// `UPLOADS` uploads, two recorders, and all actions.
#[derive(Debug)]
pub struct Model<const UPLOADS: usize> {
    pub(crate) world: World,
    /// The states that the model of one upload reaches.
    pub(crate) alone: Option<HashSet<Subject>>,
}

/// The state of all uploads, in order, since uploads are alike.
pub type State<const UPLOADS: usize> = [Subject; UPLOADS];

impl<const UPLOADS: usize> Model<UPLOADS> {
    /// The world of `scope`, with a mistake in it or none.
    pub fn new(scope: Scope, fault: Fault) -> Self {
        Self { world: World::new(scope, fault), alone: None }
    }

    /// The same; the check also asks whether the model of one upload reaches the state of each upload.
    #[must_use]
    pub fn compared_with_one_upload(mut self) -> Self {
        let fresh = self.world.fresh();
        let (mut alone, mut open) = (HashSet::from([fresh]), vec![fresh]);
        while let Some(subject) = open.pop() {
            let nexts = self.world.actions(&subject).into_iter();
            let nexts = nexts.filter_map(|action| self.world.next(&subject, action));
            open.extend(nexts.filter(|next| alone.insert(*next)));
        }
        self.alone = Some(alone);
        self
    }
}

impl<const UPLOADS: usize> stateright::Model for Model<UPLOADS> {
    type State = State<UPLOADS>;
    type Action = (usize, Action);

    fn init_states(&self) -> Vec<Self::State> {
        vec![[self.world.fresh(); UPLOADS]]
    }

    fn actions(&self, state: &Self::State, actions: &mut Vec<Self::Action>) {
        let is_a_recorder_free = state.iter().map(Subject::busy).sum::<usize>() < RECORDERS;
        for (n, subject) in state.iter().enumerate() {
            let may = self.world.actions(subject).into_iter();
            let may = may.filter(|action| is_a_recorder_free || !action.takes_a_recorder());
            actions.extend(may.map(|action| (n, action)));
        }
    }

    fn next_state(&self, before: &Self::State, (n, action): Self::Action) -> Option<Self::State> {
        let mut state = *before;
        let subject = state.get_mut(n)?;
        *subject = self.world.next(subject, action)?;
        state.sort_unstable();
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}
