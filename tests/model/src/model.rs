//! Several uploads, and the recorders that they share.

use std::collections::HashSet;

use crate::production::Fault;
use crate::upload::{Scope, Subject, World};

/// `UPLOADS` uploads, two recorders, and all actions.
#[derive(Debug)]
pub struct Model<const UPLOADS: usize> {
    pub(crate) world: World,
    /// The states that the model of one upload reaches.
    pub(crate) states_of_one: Option<HashSet<Subject>>,
}

/// The state of all uploads, in order, since uploads are alike.
pub type State<const UPLOADS: usize> = [Subject; UPLOADS];

impl<const UPLOADS: usize> Model<UPLOADS> {
    /// The world of `scope`, with a mistake in it or none.
    pub fn new(scope: Scope, fault: Fault) -> Self {
        Self { world: World::new(scope, fault), states_of_one: None }
    }

    /// The same; the check also asks whether the model of one upload reaches the state of each upload.
    #[must_use]
    pub fn compared_with_one_upload(mut self) -> Self {
        let fresh = self.world.fresh();
        let (mut reached, mut open) = (HashSet::from([fresh]), vec![fresh]);
        while let Some(subject) = open.pop() {
            let nexts = self.world.actions(&subject).into_iter();
            let nexts = nexts.filter_map(|action| self.world.next(&subject, action));
            open.extend(nexts.filter(|next| reached.insert(*next)));
        }
        self.states_of_one = Some(reached);
        self
    }
}
