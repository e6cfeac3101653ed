//! The wait before the next retry: exponential, with full jitter, respecting `Retry-After`.
//!
//! Full jitter (anything between zero and the limit) instead of a fixed share: callers that were throttled together
//! must not retry together.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::ids::Random;

/// The maximum for `Retry-After`. Longer times are limited to this, so that one odd header doesn't stop a worker for
/// days.
pub const MAX_RETRY_AFTER: Duration = Duration::from_hours(1);

/// The wait before attempt `attempt + 1`, where `attempt` counts failures from 0: between zero and `base ·
/// 2^attempt`, at most `cap`. With `retry_after`, that long plus up to `base`, regardless of `cap`: Amazon's request
/// takes precedence.
pub fn delay(attempt: u32, base: Duration, cap: Duration, random: &Random, retry_after: Option<Duration>) -> Duration {
    let fraction = random.fraction();
    match retry_after {
        Some(asked) => asked.saturating_add(base.mul_f64(fraction)),
        None => base.saturating_mul(2_u32.saturating_pow(attempt)).min(cap).mul_f64(fraction),
    }
}

/// The wait requested by a `Retry-After` header, as seconds or as an HTTP date (RFC 9110, section 10.2.3): zero for a
/// date in the past, `None` for anything else.
pub fn retry_after(header: &str, now: DateTime<Utc>) -> Option<Duration> {
    let header = header.trim();
    let wait = if !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_digit()) {
        // OK because only digits that overflow fail here, and those mean more than the maximum.
        header.parse().map_or(MAX_RETRY_AFTER, Duration::from_secs)
    } else {
        let until = DateTime::parse_from_rfc2822(header).ok()?;
        (until.to_utc() - now).to_std().unwrap_or(Duration::ZERO)
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: Duration = Duration::from_secs(2);
    const CAP: Duration = Duration::from_mins(1);

    #[test]
    fn a_delay_stays_below_its_doubling_bound_and_the_cap() {
        let random = Random::seeded(1);
        for attempt in [0, 1, 2, 5, 31, 32, u32::MAX] {
            let bound = BASE.saturating_mul(2_u32.saturating_pow(attempt)).min(CAP);
            let delays: Vec<_> = (0..200).map(|_| delay(attempt, BASE, CAP, &random, None)).collect();
            assert!(delays.iter().all(|delay| *delay < bound), "{attempt}");
            // Full jitter: both ends of the range are used.
            assert!(delays.iter().any(|delay| *delay < bound / 4), "{attempt}");
            assert!(delays.iter().any(|delay| *delay > bound / 4 * 3), "{attempt}");
        }
    }

    #[test]
    fn what_amazon_asks_for_is_the_least_wait_even_above_the_cap() {
        let random = Random::seeded(1);
        let asked = Duration::from_secs(90);
        for _ in 0..100 {
            let wait = delay(7, BASE, CAP, &random, Some(asked));
            assert!(wait >= asked && wait < asked + BASE);
        }
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_as_a_date() {
        let now = DateTime::parse_from_rfc3339("2026-03-01T10:00:00Z").unwrap().to_utc();
        let read = |header| retry_after(header, now);
        assert_eq!(read("7"), Some(Duration::from_secs(7)));
        assert_eq!(read(" 0 "), Some(Duration::ZERO));
        assert_eq!(read("Sun, 01 Mar 2026 10:00:30 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(read("Sun, 01 Mar 2026 09:59:00 GMT"), Some(Duration::ZERO));
        for endless in ["99999999", "99999999999999999999999", "Sun, 01 Mar 2099 10:00:00 GMT"] {
            assert_eq!(read(endless), Some(MAX_RETRY_AFTER), "{endless}");
        }
        for odd in ["", "soon", "-1", "1.5"] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }
}
