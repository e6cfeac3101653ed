//! Time in the synthetic data: seconds since 2020, seasons, weekday and hour patterns, the advertisers' zone.
//!
//! Everything has absolute dates, so that a day keeps its events when the clock moves on and the thirteen months
//! roll.

use chrono::{Datelike, NaiveDate, Offset, TimeZone};
use chrono_tz::Tz;

/// 2020-01-01T00:00Z in seconds since 1970: the origin, so that a moment fits in 32 bits.
const ZERO: i64 = 1_577_836_800;
/// Seconds of a day.
pub(super) const DAY: u32 = 86_400;
/// Days of history before today; AMC keeps about thirteen months.
pub(super) const HISTORY_DAYS: u32 = 396;

/// The latest possible today, in 2151: later ones would not fit in 32 bits of seconds.
pub(super) const LAST_DAY: DayNumber = 48_000;

/// Seconds since 2020-01-01, UTC.
pub(super) type Moment = u32;
/// Days since 2020-01-01.
pub(super) type DayNumber = u32;

/// The day number of a date; days before 2020 count as the first.
pub(super) fn day_number(date: NaiveDate) -> DayNumber {
    let days = date.num_days_from_ce() - 737_425;
    u32::try_from(days).unwrap_or(0)
}

/// The date of a day number.
pub(super) fn date(day: DayNumber) -> NaiveDate {
    NaiveDate::from_num_days_from_ce_opt(737_425 + day as i32).unwrap_or(NaiveDate::MAX)
}

/// Milliseconds since 1970 of a moment.
pub(super) fn millis(at: Moment) -> i64 {
    (ZERO + i64::from(at)) * 1000
}

/// The moment of milliseconds since 1970, limited to the supported range.
pub(super) fn moment(millis: i64) -> Moment {
    (millis.div_euclid(1000) - ZERO).clamp(0, i64::from(u32::MAX)) as u32
}

/// How much busier a day is than average: yearly growth, summer deals, late November, gifts.
fn season(day: DayNumber) -> f32 {
    let date = date(day);
    let of_year = date.ordinal() as f32;
    let bump = |center: f32, width: f32, height: f32| height * (-((of_year - center) / width).powi(2)).exp();
    let growth = 0.94 + 0.06 * (day as f32 / 365.25 - 5.0).clamp(0.0, 8.0);
    let weekday = [0.98, 0.96, 0.97, 0.99, 1.0, 1.06, 1.04][date.weekday().num_days_from_monday() as usize];
    growth * weekday * (0.9 + bump(195.0, 5.0, 0.6) + bump(331.0, 9.0, 0.8) + bump(350.0, 12.0, 0.35))
}

/// The kind of activity, which determines its hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Habit {
    Shopping,
    Television,
    Browsing,
}

const SHOPPING: [u8; 24] = [6, 3, 2, 2, 2, 4, 8, 14, 20, 25, 28, 30, 32, 31, 29, 29, 31, 33, 37, 43, 48, 45, 31, 15];
const TELEVISION: [u8; 24] = [12, 6, 3, 2, 2, 2, 4, 8, 9, 9, 9, 10, 13, 13, 13, 15, 19, 27, 40, 56, 66, 62, 44, 25];
const BROWSING: [u8; 24] = [7, 4, 3, 3, 3, 6, 14, 26, 33, 35, 34, 34, 37, 35, 33, 32, 33, 34, 34, 36, 37, 33, 24, 14];

/// Precomputed seasons and hours, since every event uses them.
#[derive(Debug)]
pub(super) struct Rhythm {
    first: DayNumber,
    seasons: Vec<f32>,
    /// Hours in proportion to their weight, for each habit.
    hours: [Vec<u8>; 3],
}

impl Rhythm {
    /// Seasons for the days `first..=last`; later days use the last one.
    pub(super) fn new(first: DayNumber, last: DayNumber) -> Self {
        let spread = |shape: &[u8; 24]| {
            let hours = shape.iter().enumerate();
            hours.flat_map(|(hour, weight)| std::iter::repeat_n(hour as u8, usize::from(*weight))).collect()
        };
        let hours = [spread(&SHOPPING), spread(&TELEVISION), spread(&BROWSING)];
        Self { first, seasons: (first..=last).map(season).collect(), hours }
    }

    /// How much busier a day is than average.
    pub(super) fn season(&self, day: DayNumber) -> f32 {
        let index = day.saturating_sub(self.first) as usize;
        self.seasons.get(index).or(self.seasons.last()).copied().unwrap_or(1.0)
    }

    /// A second of the local day by habit, from 64 random bits.
    pub(super) fn second_of_day(&self, habit: Habit, random: u64) -> u32 {
        let hours = &self.hours[habit as usize];
        let hour = hours[(((random >> 32) * hours.len() as u64) >> 32) as usize];
        u32::from(hour) * 3600 + (((random & 0xffff_ffff) * 3600) >> 32) as u32
    }
}

/// The advertisers' time zone, with precomputed offsets per day.
#[derive(Debug, Clone)]
pub(super) struct Zone {
    pub(super) name: &'static str,
    first: DayNumber,
    offsets: Vec<i32>,
}

impl Zone {
    /// Offsets for the days `first..=last`; other days use the nearest one.
    pub(super) fn new(zone: Tz, first: DayNumber, last: DayNumber) -> Self {
        let offset = |day: DayNumber| {
            let noon = date(day).and_hms_opt(12, 0, 0).unwrap_or_default();
            zone.offset_from_utc_datetime(&noon).fix().local_minus_utc()
        };
        Self { name: zone.name(), first, offsets: (first..=last).map(offset).collect() }
    }

    /// Seconds to add to UTC on the day of a moment.
    pub(super) fn offset(&self, at: Moment) -> i32 {
        let index = (at / DAY).saturating_sub(self.first) as usize;
        self.offsets.get(index).or(self.offsets.last()).copied().unwrap_or(0)
    }

    /// The UTC moment of a second of a local day.
    pub(super) fn utc(&self, day: DayNumber, second: u32) -> Moment {
        let local = i64::from(day) * i64::from(DAY) + i64::from(second);
        (local - i64::from(self.offset(day * DAY + DAY / 2))).clamp(0, i64::from(u32::MAX)) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_moments_name_the_same_instant_as_the_calendar() {
        let day = NaiveDate::from_ymd_opt(2026, 3, 9).unwrap();
        assert_eq!(date(day_number(day)), day);
        let instant = day.and_hms_opt(0, 0, 0).unwrap().and_utc().timestamp_millis();
        assert_eq!(millis(day_number(day) * DAY), instant);
        assert_eq!(moment(instant + 999), day_number(day) * DAY);
    }

    #[test]
    fn the_zone_follows_summer_time() {
        let first = day_number(NaiveDate::from_ymd_opt(2026, 1, 1).unwrap());
        let zone = Zone::new(chrono_tz::America::New_York, first, first + 364);
        assert_eq!(zone.offset(first * DAY), -5 * 3600);
        assert_eq!(zone.offset((first + 180) * DAY), -4 * 3600);
    }
}
