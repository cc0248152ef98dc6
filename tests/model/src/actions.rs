//! The states and actions of the model, as the checker walks them.

use stateright::Property;

use crate::model::{Model, State};
use crate::properties;
use crate::upload::{Action, RECORDERS, Subject};

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
