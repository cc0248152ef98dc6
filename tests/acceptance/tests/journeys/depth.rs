//! How many of a request's AWS calls wait on each other.

use std::time::{Duration, Instant};

/// How long a proxy holds each answer back, so that calls which are sent side by side overlap.
pub const HELD: Duration = Duration::from_millis(300);

/// From a call's request to its answer, as a proxy saw them.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub begin: Instant,
    pub end: Instant,
}

/// Returns the length of the longest chain in which each call begins after the answer to the one before it.
pub fn depth(calls: &[Span]) -> usize {
    let mut calls = calls.to_vec();
    calls.sort_by_key(|call| call.end);
    let (mut depth, mut answered) = (0, None);
    for call in calls {
        if answered.is_none_or(|answered| call.begin >= answered) {
            (depth, answered) = (depth + 1, Some(call.end));
        }
    }
    depth
}

#[test]
fn calls_that_overlap_do_not_wait_on_each_other() {
    let zero = Instant::now();
    let at = |ms| zero + Duration::from_millis(ms);
    for (spans, expected) in [
        (&[][..], 0),
        (&[(0, 10)], 1),
        (&[(0, 10), (10, 20)], 2),
        (&[(0, 10), (9, 20)], 1),
        (&[(0, 30), (5, 20), (21, 29), (31, 40)], 3),
        (&[(0, 100), (1, 2), (3, 4), (5, 6)], 3),
    ] {
        let calls: Vec<_> =
            spans.iter().map(|(begin, end)| Span { begin: at(*begin), end: at(*end) }).collect();
        assert_eq!(depth(&calls), expected, "{spans:?}");
    }
}
