//! Time steps for grouping instants.

use chrono::{DateTime, Datelike};

use super::values::DAY;

/// The time step for grouping instants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    Instant,
    Hour,
    Day,
    /// Weeks, starting on Monday.
    Week,
    Month,
    Year,
}

impl Grain {
    /// The next longer step.
    pub(super) fn longer(self) -> Option<Self> {
        match self {
            Self::Instant => Some(Self::Hour),
            Self::Hour => Some(Self::Day),
            Self::Day => Some(Self::Week),
            Self::Week => Some(Self::Month),
            Self::Month => Some(Self::Year),
            Self::Year => None,
        }
    }

    /// The start of the step that contains an instant.
    pub(super) fn start(self, micros: i64) -> i64 {
        // OK because 1970 began on a Thursday: the Monday before it is three days earlier.
        let (length, shift) = match self {
            Self::Instant => return micros,
            Self::Hour => (DAY / 24, 0),
            Self::Day => (DAY, 0),
            Self::Week => (7 * DAY, 3 * DAY),
            Self::Month | Self::Year => return self.first_day(micros).unwrap_or(micros),
        };
        micros.saturating_add(shift).div_euclid(length) * length - shift
    }

    /// The first day of the month or year of an instant.
    fn first_day(self, micros: i64) -> Option<i64> {
        let day = DateTime::from_timestamp_micros(micros)?.date_naive().with_day(1)?;
        let day = if self == Self::Year { day.with_month(1)? } else { day };
        Some(i64::from(day.to_epoch_days()) * DAY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_follow_the_calendar_before_and_after_1970() {
        let monday = 4 * DAY;
        assert_eq!(Grain::Week.start(monday + 6 * DAY), monday);
        assert_eq!(Grain::Week.start(-1), -3 * DAY);
        assert_eq!((Grain::Month.start(40 * DAY), Grain::Year.start(-DAY)), (31 * DAY, -365 * DAY));
    }
}
