//! The current time, as a parameter.
//!
//! Nothing in the crate reads the system time directly: it gets a [`Clock`]. Tests control it through
//! [`ManualClock`], so no test waits. Instants are truncated to microseconds here, because SQLite would keep
//! nanoseconds and PostgreSQL doesn't: stored and computed values are then equal on both.

pub mod zones;

use std::path::PathBuf;
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
    Moved(Arc<Offset>),
}

/// The system time plus the seconds in a file, for tests of real processes.
#[derive(Debug)]
struct Offset {
    file: PathBuf,
    /// The offset as last read, in microseconds.
    micros: AtomicI64,
    /// The system time at which it was read, in microseconds.
    read_at: AtomicI64,
}

/// How long an offset is used before its file is read again, in microseconds.
const READ_AGAIN: i64 = 20_000;

impl Offset {
    fn now(&self) -> i64 {
        let system = system_micros();
        if (system - self.read_at.load(Ordering::SeqCst)).abs() >= READ_AGAIN {
            self.read_at.store(system, Ordering::SeqCst);
            let text = std::fs::read_to_string(&self.file).unwrap_or_default();
            // OK to keep the last offset: a test that is writing the file has not moved the time yet.
            if let Ok(seconds) = text.trim().parse::<i64>() {
                self.micros.store(seconds.saturating_mul(1_000_000), Ordering::SeqCst);
            }
        }
        system.saturating_add(self.micros.load(Ordering::SeqCst))
    }
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

    /// The system clock plus the whole seconds in a file, which is read again and again.
    pub fn moved_by(file: PathBuf) -> Self {
        let (micros, read_at) = (AtomicI64::new(0), AtomicI64::new(i64::MIN / 2));
        Self(Source::Moved(Arc::new(Offset { file, micros, read_at })))
    }

    /// The current instant, in whole microseconds.
    pub fn now(&self) -> DateTime<Utc> {
        let micros = match &self.0 {
            Source::System => system_micros(),
            Source::Manual(micros) => micros.load(Ordering::SeqCst),
            Source::Moved(offset) => offset.now(),
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
    fn a_moved_clock_follows_its_file_and_keeps_the_last_offset() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("offset");
        let clock = Clock::moved_by(file.clone());
        let ahead = || clock.now() - Clock::system().now();
        assert!(ahead().abs() < TimeDelta::minutes(1));
        std::fs::write(&file, "86400\n").unwrap();
        while ahead() < TimeDelta::hours(23) {}
        std::fs::write(&file, "soon").unwrap();
        std::thread::sleep(std::time::Duration::from_micros(2 * READ_AGAIN as u64));
        assert!(ahead() > TimeDelta::hours(23));
    }

    #[test]
    fn instants_are_whole_microseconds() {
        assert_eq!(Clock::system().now().timestamp_subsec_nanos() % 1_000, 0);
    }
}
