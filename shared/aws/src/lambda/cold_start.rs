//! What a function fetches from AWS before its first request: sessions and keys.
//!
//! Where AWS does not answer at cold start, the function starts all the same, and each request tries
//! again. The client gets `unavailable` in time, instead of the error of a function that does not start.

use tokio::sync::OnceCell;

use super::causes;
use postern::ports::Unavailable;

/// A value that is made at cold start, or by the first request that can make it.
pub struct ColdStart<T, M> {
    made: OnceCell<T>,
    make: M,
}

impl<T, M, F> ColdStart<T, M>
where
    M: Fn() -> F,
    F: Future<Output = Result<T, Unavailable>>,
{
    /// Makes the value if AWS answers.
    pub async fn begin(make: M) -> Self {
        let cold_start = Self { made: OnceCell::new(), make };
        if let Err(error) = cold_start.get().await {
            tracing::error!(cause = causes(&error), "the cold start failed; the next request tries again");
        }
        cold_start
    }

    /// The value if it was made.
    pub fn ready(&self) -> Option<&T> {
        self.made.get()
    }

    /// The value; requests that come at once make it once.
    ///
    /// # Errors
    /// If it was never made and AWS does not answer.
    pub async fn get(&self) -> Result<&T, Unavailable> {
        self.made.get_or_try_init(&self.make).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn what_failed_at_cold_start_is_made_by_a_request_and_only_once() {
        let tries = AtomicUsize::new(0);
        let make = || async {
            match tries.fetch_add(1, Ordering::SeqCst) {
                0 | 1 => Err(Unavailable::new("make it", "silence")),
                n => Ok(n),
            }
        };
        let cold_start = ColdStart::begin(make).await;
        assert!(cold_start.get().await.is_err());
        assert_eq!((cold_start.get().await.unwrap(), cold_start.get().await.unwrap()), (&2, &2));
    }
}
