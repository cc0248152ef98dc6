//! Calls that wait for their turn, so that a test can run the calls of concurrent requests in every order.

use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::MutexGuard;
use std::task::{Context, Poll, Waker};

use super::waiting::Turns;
use super::world::{MemoryWorld, State};
use crate::ports::Unavailable;

/// Requests that run side by side.
pub type Requests<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

impl MemoryWorld {
    /// Runs `requests`; `choose` gets the number of calls that wait, and says which of them takes effect
    /// next. Until then every call takes effect at once.
    pub fn run_in_order(&self, mut requests: Requests<'_>, mut choose: impl FnMut(usize) -> usize) {
        self.lock().turns = Some(Turns::default());
        let mut context = Context::from_waker(Waker::noop());
        while requests.as_mut().poll(&mut context).is_pending() {
            let waiting = self.waiting();
            let chosen = waiting.iter().nth(choose(waiting.len())).copied();
            if let Some((turns, chosen)) = self.lock().turns.as_mut().zip(chosen) {
                turns.waiting.remove(&chosen);
            }
        }
        self.lock().turns = None;
    }

    fn waiting(&self) -> BTreeSet<usize> {
        self.lock().turns.as_ref().map(|turns| turns.waiting.clone()).unwrap_or_default()
    }

    /// A call that may have to wait for its turn.
    pub(super) async fn turn(&self, name: &'static str) -> Result<MutexGuard<'_, State>, Unavailable> {
        self.wait_for_turn().await;
        self.call(name)
    }

    pub(super) async fn wait_for_turn(&self) {
        let turn = self.lock().turns.as_mut().map(Turns::come);
        let Some(turn) = turn else { return };
        poll_fn(|context| {
            context.waker().wake_by_ref();
            if self.waiting().contains(&turn) { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }
}

/// Runs `run` once for every series of choices: `run` asks its argument for a number below each bound.
pub fn for_every_order(mut run: impl FnMut(&mut dyn FnMut(usize) -> usize)) -> usize {
    let (mut path, mut orders): (Vec<(usize, usize)>, usize) = (Vec::new(), 0);
    loop {
        let mut step = 0;
        run(&mut |bound| {
            if step == path.len() {
                path.push((0, bound));
            }
            step += 1;
            path.get(step - 1).map_or(0, |(chosen, _)| *chosen)
        });
        orders += 1;
        while path.last().is_some_and(|(chosen, bound)| chosen + 1 >= *bound) {
            path.pop();
        }
        match path.last_mut() {
            Some((chosen, _)) => *chosen += 1,
            None => return orders,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::UploadReader;
    use crate::value::id::UploadId;

    #[test]
    fn every_order_of_two_requests_of_two_calls_is_run_once() {
        let mut seen = BTreeSet::new();
        let orders = for_every_order(|choose| {
            let world = MemoryWorld::default();
            let log = std::sync::Mutex::new(String::new());
            let request = |name: char| {
                let (world, log) = (&world, &log);
                async move {
                    for _ in 0..2 {
                        world.upload(UploadId::random([1; 16])).await.unwrap();
                        log.lock().unwrap().push(name);
                    }
                }
            };
            let both = futures::future::join(request('a'), request('b'));
            world.run_in_order(Box::pin(async { (..) = both.await }), choose);
            seen.insert(log.lock().unwrap().clone());
        });
        assert_eq!(orders, 6);
        assert_eq!(Vec::from_iter(seen), ["aabb", "abab", "abba", "baab", "baba", "bbaa"]);
    }
}
