//! The current time, as a parameter.
//!
//! Nothing in the crate reads the system time directly: it gets a [`Clock`]. Tests control it through
//! [`ManualClock`], so no test waits. Instants are truncated to microseconds here, because SQLite would keep
//! nanoseconds and PostgreSQL doesn't: stored and computed values are then equal on both.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

/// A source of the current instant; cheap to clone.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The system clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stays at `start` until its [`ManualClock`] moves it.
    pub fn manual(start: DateTime<Utc>) -> (Self, ManualClock) {
        let micros = Arc::new(AtomicI64::new(start.timestamp_micros()));
        (Self(Source::Manual(Arc::clone(&micros))), ManualClock(micros))
    }

    /// The current instant, in whole microseconds.
    pub fn now(&self) -> DateTime<Utc> {
        let micros = match &self.0 {
            Source::System => system_micros(),
            Source::Manual(micros) => micros.load(Ordering::SeqCst),
        };
        DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::UNIX_EPOCH)
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the Clock that all others ask")]
fn system_micros() -> i64 {
    Utc::now().timestamp_micros()
}

/// Controls a [`Clock::manual`].
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// Moves time by `by`, backwards if negative.
    pub fn advance(&self, by: TimeDelta) {
        self.0.fetch_add(by.num_microseconds().unwrap_or(0), Ordering::SeqCst);
    }

    /// Sets the time.
    pub fn set(&self, to: DateTime<Utc>) {
        self.0.store(to.timestamp_micros(), Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_stands_still_until_it_is_moved() {
        let start = DateTime::from_timestamp(1_750_000_000, 0).unwrap();
        let (clock, hand) = Clock::manual(start);
        assert_eq!(clock.now(), start);
        hand.advance(TimeDelta::minutes(10));
        assert_eq!(clock.now(), start + TimeDelta::minutes(10));
        hand.advance(TimeDelta::minutes(-20));
        assert_eq!(clock.now(), start - TimeDelta::minutes(10));
    }

    #[test]
    fn instants_are_whole_microseconds() {
        assert_eq!(Clock::system().now().timestamp_subsec_nanos() % 1_000, 0);
    }
}
