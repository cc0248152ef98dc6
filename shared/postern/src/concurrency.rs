//! Bounded concurrent calls: an owner may have very many links, an upload very many versions, and a batch many
//! messages.

use futures::{StreamExt as _, TryStreamExt as _, stream};

/// The number of concurrent calls.
const CONCURRENCY: usize = 16;

/// Makes all of them.
///
/// # Errors
/// The first that fails ends it.
pub(crate) async fn all<F, E>(calls: impl Iterator<Item = F>) -> Result<(), E>
where
    F: Future<Output = Result<(), E>>,
{
    stream::iter(calls).buffer_unordered(CONCURRENCY).try_collect().await
}

/// Makes all of them, and gives their results in the order of the calls.
pub async fn results<F: Future>(calls: impl Iterator<Item = F>) -> Vec<F::Output> {
    stream::iter(calls).buffered(CONCURRENCY).collect().await
}

/// Runs an action for each item, one after another. All items are tried, and then the first error is
/// returned.
///
/// # Errors
/// The first that occurred.
pub async fn try_each<T, E>(
    items: impl IntoIterator<Item = T>,
    take: impl AsyncFn(T) -> Result<(), E>,
) -> Result<(), E> {
    let mut result = Ok(());
    for item in items {
        result = result.and(take(item).await);
    }
    result
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn any_number_of_calls_is_made_a_few_at_a_time() {
        let (in_flight, most, made) = (Cell::new(0), Cell::new(0), Cell::new(0));
        let call = async |n: usize| {
            in_flight.set(in_flight.get() + 1);
            most.set(in_flight.get().max(most.get()));
            for _ in 0..=n % 3 {
                tokio::task::yield_now().await;
            }
            in_flight.set(in_flight.get() - 1);
            made.set(made.get() + 1);
            Ok::<_, ()>(n)
        };
        all((1..=1000).map(|n| async move { call(n).await.map(drop) })).await.unwrap();
        assert_eq!((made.take(), most.take()), (1000, CONCURRENCY));
        let in_order: Vec<_> = (1..=1000).map(Ok).collect();
        assert_eq!(results((1..=1000).map(call)).await, in_order);
        assert_eq!((made.take(), most.take()), (1000, CONCURRENCY));
    }
}
