//! From one day to another, as a list is narrowed by them.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveTime, Utc};

/// Days of UTC, both meant whole; either may be missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Days {
    /// The first day.
    pub from: Option<NaiveDate>,
    /// The last day.
    pub until: Option<NaiveDate>,
}

impl Days {
    /// The first moment that counts.
    pub fn start(&self) -> Option<DateTime<Utc>> {
        self.from.map(midnight)
    }

    /// The first moment that does not count any more.
    pub fn end(&self) -> Option<DateTime<Utc>> {
        self.until.and_then(|day| day.succ_opt()).map(midnight)
    }

    /// Whether a moment counts.
    pub fn hold(&self, at: DateTime<Utc>) -> bool {
        self.start().is_none_or(|start| at >= start) && self.end().is_none_or(|end| at < end)
    }

    /// What the input of the first day shows.
    pub fn shown_from(&self) -> String {
        shown(self.from)
    }

    /// What the input of the last day shows.
    pub fn shown_until(&self) -> String {
        shown(self.until)
    }
}

fn shown(day: Option<NaiveDate>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// Reads `2026-03-18`. Years of four digits only: no database holds others alike.
pub(super) fn read(text: &str) -> Option<NaiveDate> {
    text.parse::<NaiveDate>().ok().filter(|day| (1..=9_998).contains(&day.year()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_days_are_meant_whole() {
        let days = Days { from: read("2026-03-18"), until: read("2026-03-18") };
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        assert!(days.hold(at("2026-03-18T00:00:00Z")) && days.hold(at("2026-03-18T23:59:59Z")));
        assert!(!days.hold(at("2026-03-17T23:59:59Z")) && !days.hold(at("2026-03-19T00:00:00Z")));
        assert!(Days::default().hold(at("0001-01-01T00:00:00Z")));
    }

    #[test]
    fn days_that_no_database_holds_are_none() {
        for odd in ["", "never", "2026-02-30", "-0001-01-01", "+20260-01-01", "9999-12-31"] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }
}
