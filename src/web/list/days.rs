//! A date range filter.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveTime, Utc};

/// An inclusive range of days in UTC; either end may be missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Days {
    /// The first day.
    pub from: Option<NaiveDate>,
    /// The last day.
    pub until: Option<NaiveDate>,
}

impl Days {
    /// The first instant of the range.
    pub fn start(&self) -> Option<DateTime<Utc>> {
        self.from.map(midnight)
    }

    /// The first instant after the range.
    pub fn end(&self) -> Option<DateTime<Utc>> {
        self.until.and_then(|day| day.succ_opt()).map(midnight)
    }

    /// Whether an instant is in the range.
    pub fn hold(&self, at: DateTime<Utc>) -> bool {
        self.start().is_none_or(|start| at >= start) && self.end().is_none_or(|end| at < end)
    }

    /// The value of the input for the first day.
    pub fn shown_from(&self) -> String {
        shown(self.from)
    }

    /// The value of the input for the last day.
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

/// Parses `2026-03-18`. Only years with four digits: the databases differ on others.
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
