//! The emulator's clock: the system clock with an offset, which can be paused.
//!
//! All times that callers see come from this clock, so that a day can pass between two requests: schedules fire,
//! codes and links expire, data moves on. Speed doesn't affect it: with a clock that ran sixty times as fast, access
//! tokens would expire within a minute. Speed only divides the waits that the emulator adds (see [`Pace`]).

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::clock::Clock;

/// The settings of the clock that survive a restart.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ClockSetting {
    /// Microseconds added to the system time.
    offset_micros: i64,
    /// The time at which the clock is paused, if it is.
    stands_at: Option<DateTime<Utc>>,
}

/// The clock used by the whole emulator.
pub(crate) struct EmulatorClock {
    machine: Clock,
    setting: Mutex<ClockSetting>,
}

impl EmulatorClock {
    /// A clock based on `machine`, with the stored settings.
    pub(crate) fn new(machine: Clock, setting: ClockSetting) -> Self {
        Self { machine, setting: Mutex::new(setting) }
    }

    /// The emulator's current time.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        let setting = self.setting();
        setting.stands_at.unwrap_or_else(|| shifted(self.machine.now(), setting.offset_micros))
    }

    /// Whether the clock is paused.
    pub(crate) fn is_paused(&self) -> bool {
        self.setting().stands_at.is_some()
    }

    /// Pauses the clock.
    pub(crate) fn pause(&self) -> ClockSetting {
        let now = self.now();
        self.change(|setting| setting.stands_at = Some(now))
    }

    /// Resumes the clock from where it was paused.
    pub(crate) fn resume(&self) -> ClockSetting {
        let machine = self.machine.now();
        self.change(|setting| {
            if let Some(stood) = setting.stands_at.take() {
                setting.offset_micros = micros(stood - machine);
            }
        })
    }

    /// Moves the clock by `by`; it may go back, but that undoes nothing.
    pub(crate) fn advance(&self, by: TimeDelta) -> ClockSetting {
        self.change(|setting| match &mut setting.stands_at {
            Some(stood) => *stood = shifted(*stood, micros(by)),
            None => setting.offset_micros = setting.offset_micros.saturating_add(micros(by)),
        })
    }

    /// Sets the clock to `at`; it continues from there, or stays paused there.
    pub(crate) fn set(&self, at: DateTime<Utc>) -> ClockSetting {
        let machine = self.machine.now();
        self.change(|setting| match &mut setting.stands_at {
            Some(stood) => *stood = at,
            None => setting.offset_micros = micros(at - machine),
        })
    }

    fn setting(&self) -> ClockSetting {
        *self.setting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut ClockSetting)) -> ClockSetting {
        let mut setting = self.setting.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut setting);
        *setting
    }
}

fn micros(span: TimeDelta) -> i64 {
    span.num_microseconds().unwrap_or(0)
}

/// `instant` moved by that many microseconds, or unchanged if that is out of range.
fn shifted(instant: DateTime<Utc>, by_micros: i64) -> DateTime<Utc> {
    instant.checked_add_signed(TimeDelta::microseconds(by_micros)).unwrap_or(instant)
}

/// The speed of the emulator's own waits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pace(f64);

impl Pace {
    /// Waits take as long as with AMC, divided by `speed`; 0 and invalid numbers mean [`Pace::INSTANT`].
    pub(crate) fn times(speed: f64) -> Self {
        if speed.is_finite() && speed > 0.0 { Self(speed) } else { Self::INSTANT }
    }

    /// No waits beyond the real work.
    pub(crate) const INSTANT: Self = Self(f64::INFINITY);

    /// How long a wait of `seconds` at AMC takes here.
    pub(crate) fn wait(self, seconds: f64) -> TimeDelta {
        TimeDelta::microseconds((seconds.max(0.0) / self.0 * 1e6) as i64)
    }

    /// The number for display and for restoring it; 0 for [`Pace::INSTANT`].
    pub(crate) fn speed(self) -> f64 {
        if self.0.is_finite() { self.0 } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paused_clock_continues_from_where_it_stood() {
        let start = DateTime::from_timestamp(1_750_000_000, 0).unwrap();
        let (machine, hand) = Clock::manual(start);
        let clock = EmulatorClock::new(machine, ClockSetting::default());
        clock.advance(TimeDelta::hours(1));
        clock.pause();
        hand.advance(TimeDelta::days(1));
        assert_eq!(clock.now(), start + TimeDelta::hours(1));
        clock.advance(TimeDelta::minutes(5));
        clock.resume();
        hand.advance(TimeDelta::seconds(1));
        assert_eq!(clock.now(), start + TimeDelta::minutes(65) + TimeDelta::seconds(1));
    }

    #[test]
    fn a_clock_that_is_set_continues_from_there_or_stands_there() {
        let (machine, hand) = Clock::manual(DateTime::UNIX_EPOCH);
        let at = DateTime::from_timestamp(1_750_000_000, 0).unwrap();
        let clock = EmulatorClock::new(machine, ClockSetting::default());
        clock.set(at);
        hand.advance(TimeDelta::seconds(1));
        assert_eq!(clock.now(), at + TimeDelta::seconds(1));
        clock.pause();
        clock.set(at);
        hand.advance(TimeDelta::seconds(1));
        assert_eq!(clock.now(), at);
    }

    #[test]
    fn an_absurd_move_leaves_a_usable_time() {
        let (machine, _hand) = Clock::manual(DateTime::UNIX_EPOCH);
        let clock = EmulatorClock::new(machine, ClockSetting::default());
        clock.advance(TimeDelta::MAX);
        clock.advance(TimeDelta::microseconds(i64::MAX));
        clock.advance(TimeDelta::microseconds(i64::MAX));
        assert!(clock.now() >= DateTime::UNIX_EPOCH);
    }

    #[test]
    fn speed_divides_waits_and_zero_means_none() {
        assert_eq!(Pace::times(4.0).wait(2.0), TimeDelta::milliseconds(500));
        assert_eq!(Pace::times(0.0).wait(100.0), TimeDelta::zero());
        assert_eq!(Pace::times(f64::NAN), Pace::INSTANT);
    }
}
