//! The quarters, hours and days of the clock, within which the API counts.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const QUARTER_S: u64 = 900;

/// How long a test may fill a limit.
const TEST_S: u64 = 60;

/// Waits for the next quarter of an hour if this one ends within a minute.
///
/// Wrong passwords count within a quarter, openings within an hour, and bytes within a day. A test that fills such a limit
/// would begin anew at its end. Each hour and each day ends with a quarter.
pub async fn avoid_the_end_of_a_quarter() {
    #[expect(clippy::disallowed_methods, reason = "the functions use the real clock")]
    let now_s = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    tokio::time::sleep(Duration::from_secs(wait_s(now_s))).await;
}

fn wait_s(now_s: u64) -> u64 {
    let left_s = QUARTER_S - now_s % QUARTER_S;
    if left_s < TEST_S { left_s } else { 0 }
}

#[test]
fn only_the_last_minute_of_a_quarter_is_waited_for() {
    for (now_s, waits_s) in [(0, 0), (840, 0), (841, 59), (899, 1), (900, 0), (3599, 1)] {
        assert_eq!(wait_s(now_s), waits_s, "{now_s}");
    }
}
