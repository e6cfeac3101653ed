//! The window of an authored query, given by its length, since fixed dates would be wrong after some weeks. A query
//! made from it keeps the length, so that it can be scheduled as it is.

use chrono::{DateTime, Datelike as _, Days, NaiveDate, Utc};

use crate::queries::model::front_matter::Fault;
use crate::queries::model::window::{WindowForm, WindowKind};
use crate::web::components::Errors;

/// By default, how many days before today a window ends: conversions are attributed by then.
const LAG: u32 = 14;
/// Maximum window, in days: AMC keeps purchases for 60 months.
const LONGEST: u32 = 1_830;
/// Placeholder in a default for each half-year of the window, as `2026 H2`: the names of synthetic campaigns contain
/// it.
const HALF_YEAR: &str = "{half-year}";

/// A number of whole days that ended a number of days ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelativeWindow {
    pub days: u32,
    /// Days between its last day and today.
    pub lag: u32,
}

impl RelativeWindow {
    pub(super) fn new(days: u32, lag: Option<u32>, place: Fault, faults: &mut Vec<Fault>) -> Option<Self> {
        let lag = lag.unwrap_or(LAG);
        if !(1..=LONGEST).contains(&days) || lag > LONGEST {
            let message = format!("A window has 1 to {LONGEST} `days`, and `lag` is a number of days before today.");
            faults.push(Fault { message, ..place });
            return None;
        }
        Some(Self { days, lag })
    }

    /// The window that moves with the day, or its current dates if it is longer than such a window may be.
    pub fn form(self, zone: &str, now: DateTime<Utc>) -> WindowForm {
        if let Some(kind) = WindowKind::parse(&format!("days-{}-{}", self.days, self.lag)) {
            return WindowForm { kind: kind.name().into_owned(), zone: zone.to_owned(), ..WindowForm::default() };
        }
        let today =
            zone.parse::<chrono_tz::Tz>().map_or(now.date_naive(), |zone| crate::clock::zones::local(zone, now).date());
        let before = |days: u32| today.checked_sub_days(Days::new(days.into())).unwrap_or(today).to_string();
        WindowForm {
            kind: WindowKind::Explicit.name().into_owned(),
            start: before(self.lag + self.days),
            end: before(self.lag + 1),
            zone: zone.to_owned(),
        }
    }
}

/// The lines with the half-years of a window: for a window over two of them, such a line is repeated for both.
pub(super) fn half_years_in(lines: &[String], window: &WindowForm, now: DateTime<Utc>) -> Vec<String> {
    let (start, end) = window.resolve(now, &mut Errors::new()).instants(now);
    let mut all: Vec<String> = Vec::new();
    for half in half_years(start.date_naive(), end.date_naive().pred_opt().unwrap_or_default()) {
        for line in lines {
            let line = line.replace(HALF_YEAR, &half);
            if !all.contains(&line) {
                all.push(line);
            }
        }
    }
    all
}

/// The half-years from one day to another.
fn half_years(first: NaiveDate, last: NaiveDate) -> Vec<String> {
    let half = |day: NaiveDate| day.year() * 2 + i32::from(day.month() > 6);
    // OK to stop after ten: no window is that long.
    let halves = half(first)..=half(last).max(half(first));
    halves.take(10).map(|half| format!("{} H{}", half.div_euclid(2), half.rem_euclid(2) + 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_over_new_year_takes_both_half_years() {
        let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
        assert_eq!(half_years(day(2026, 12, 28), day(2027, 1, 3)), ["2026 H2", "2027 H1"]);
        assert_eq!(half_years(day(2026, 6, 30), day(2026, 6, 30)), ["2026 H1"]);
        assert_eq!(half_years(day(2027, 1, 2), day(2027, 1, 1)), ["2027 H1"]);
    }

    #[test]
    fn a_length_stays_a_length_so_that_the_window_moves() {
        let now = "2026-11-21T09:00:00Z".parse().unwrap();
        let form = RelativeWindow { days: 28, lag: 14 }.form("Europe/Berlin", now);
        assert_eq!((form.kind.as_str(), form.zone.as_str()), ("days-28-14", "Europe/Berlin"));
        let window = form.resolve(now, &mut Errors::new());
        assert_eq!(window.days(), "10 Oct – 6 Nov 2026");
    }

    #[test]
    fn a_length_of_years_becomes_dates_that_include_both_ends() {
        let now = "2026-11-21T09:00:00Z".parse().unwrap();
        let form = RelativeWindow { days: 730, lag: 14 }.form("UTC", now);
        assert_eq!(
            (form.start.as_str(), form.end.as_str(), form.kind.as_str()),
            ("2024-11-07", "2026-11-06", "explicit")
        );
    }
}
