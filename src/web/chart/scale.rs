//! Maps values to positions, and chooses round tick values for an axis.

use chrono::{DateTime, Datelike as _, Months, TimeDelta, Timelike as _, Utc};

use crate::web::components::count;

/// The ticks of an axis: round numbers around the values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ticks {
    /// The first tick.
    pub start: f64,
    /// The last tick.
    pub end: f64,
    /// The distance between ticks; greater than zero.
    pub step: f64,
}

impl Ticks {
    /// About `wanted` ticks from `least` to `greatest`, at 1, 2 or 5 times a power of ten. Infinite values and NaN
    /// count as zero, and differences too small to display are dropped.
    pub fn new(least: f64, greatest: f64, wanted: usize) -> Self {
        let finite = |number: f64| if number.is_finite() { number.clamp(-1e300, 1e300) } else { 0.0 };
        let (least, greatest) = (finite(least.min(greatest)), finite(greatest.max(least)));
        let span = greatest - least;
        if span <= 0.0 || !span.is_finite() {
            let bound = greatest.abs().max(1.0);
            return Self {
                start: least.min(0.0),
                end: if greatest > 0.0 { bound } else { least.min(0.0) + bound },
                step: bound,
            };
        }
        let rough = span / wanted.max(1) as f64;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|step| *step >= rough * 0.999);
        let step = step.unwrap_or(10.0 * power).max(f64::MIN_POSITIVE);
        Self { start: (least / step).floor() * step, end: (greatest / step).ceil() * step, step }
    }

    pub fn marks(self) -> impl Iterator<Item = f64> {
        let last = ((self.end - self.start) / self.step).round().clamp(0.0, 50.0) as u32;
        (0..=last).map(move |place| {
            let mark = self.start + f64::from(place) * self.step;
            // OK because a tick that differs from zero only by rounding is zero.
            if mark.abs() < self.step / 1e6 { 0.0 } else { mark }
        })
    }

    /// The position of a value between the ends: 0 to 1.
    pub fn place(self, value: f64) -> f64 {
        let span = self.end - self.start;
        if span > 0.0 { ((value - self.start) / span).clamp(0.0, 1.0) } else { 0.0 }
    }
}

/// A number on an axis: `950`, `1.2K`, `3.4M`, `5B`.
pub fn amount(number: f64) -> String {
    const UNITS: [(f64, &str); 4] = [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")];
    let size = number.abs();
    if size >= 1e15 || (size > 0.0 && size < 1e-4) {
        return format!("{number:.1e}");
    }
    let (scale, unit) = UNITS.into_iter().find(|(scale, _)| size >= *scale).unwrap_or((1.0, ""));
    format!("{}{unit}", trimmed(number / scale, if size < 1.0 { 4 } else { 2 }))
}

/// A number in a table: with thousands separators and at most four decimal places.
pub fn exact(number: f64) -> String {
    if number.abs() >= 1e15 || (number != 0.0 && number.abs() < 1e-4) {
        return format!("{number:.3e}");
    }
    count(trimmed(number, 4))
}

fn trimmed(number: f64, digits: usize) -> String {
    let text = format!("{number:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// An instant in a table: a date, or a date and a time.
pub(super) fn instant(time: DateTime<Utc>) -> String {
    let is_day = time.num_seconds_from_midnight() == 0 && time.nanosecond() == 0;
    time.format(if is_day { "%Y-%m-%d" } else { "%Y-%m-%d %H:%M" }).to_string()
}

/// The possible distances between time ticks.
#[derive(Clone, Copy)]
enum Step {
    Hours(i64),
    Months(u32),
}

const STEPS: [Step; 14] = [
    Step::Hours(1),
    Step::Hours(3),
    Step::Hours(6),
    Step::Hours(12),
    Step::Hours(24),
    Step::Hours(48),
    Step::Hours(168),
    Step::Hours(336),
    Step::Months(1),
    Step::Months(2),
    Step::Months(3),
    Step::Months(6),
    Step::Months(12),
    Step::Months(60),
];

/// At most about eight ticks between two instants, each with its label.
pub(super) fn times(first: DateTime<Utc>, last: DateTime<Utc>) -> Vec<(DateTime<Utc>, String)> {
    const MOST: i64 = 8;
    let hours = (last - first).num_hours();
    let length = |step: &Step| match step {
        Step::Hours(hours) => *hours,
        Step::Months(months) => i64::from(*months) * 730,
    };
    let step = STEPS.into_iter().find(|step| hours / length(step) < MOST).unwrap_or(Step::Months(120));
    let mut marks = Vec::new();
    let mut at = beginning(first, step);
    while let Some(mark) = at.filter(|mark| *mark <= last && marks.len() < 3 * MOST as usize) {
        if mark >= first {
            marks.push((mark, label(mark, step)));
        }
        at = match step {
            Step::Hours(hours) => mark.checked_add_signed(TimeDelta::hours(hours)),
            Step::Months(months) => mark.checked_add_months(Months::new(months)),
        };
    }
    marks
}

fn beginning(first: DateTime<Utc>, step: Step) -> Option<DateTime<Utc>> {
    match step {
        Step::Hours(hours) => {
            let length = hours * 3_600;
            // OK because 1970 began on a Thursday: weeks begin on Mondays.
            let shift = if hours >= 168 { 3 * 86_400 } else { 0 };
            DateTime::from_timestamp((first.timestamp() + shift).div_euclid(length) * length - shift, 0)
        }
        Step::Months(months) => {
            let whole = first.year() * 12 + first.month0() as i32;
            let start = whole.div_euclid(months as i32) * months as i32;
            let day = chrono::NaiveDate::from_ymd_opt(start.div_euclid(12), start.rem_euclid(12) as u32 + 1, 1)?;
            Some(day.and_hms_opt(0, 0, 0)?.and_utc())
        }
    }
}

fn label(mark: DateTime<Utc>, step: Step) -> String {
    let format = match step {
        Step::Hours(..24) if mark.hour() != 0 => "%H:%M",
        Step::Hours(_) => "%b %-d",
        Step::Months(12..) => "%Y",
        Step::Months(_) => "%b %Y",
    };
    mark.format(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_round_and_hold_what_is_shown() {
        for (least, greatest, expected) in [
            (0.0, 97.0, (0.0, 100.0, 20.0)),
            (-3.0, 8.0, (-4.0, 8.0, 2.0)),
            (0.0, 0.0, (0.0, 1.0, 1.0)),
            (0.0, f64::NAN, (0.0, 1.0, 1.0)),
            (0.0, 1_234_567.0, (0.0, 1_500_000.0, 500_000.0)),
        ] {
            let ticks = Ticks::new(least, greatest, 6);
            assert_eq!((ticks.start, ticks.end, ticks.step), expected, "{least} to {greatest}");
        }
        let marks: Vec<f64> = Ticks::new(-0.3, 0.3, 6).marks().collect();
        assert!(marks.contains(&0.0) && marks.len() == 7, "{marks:?}");
        assert!(Ticks::new(f64::MIN, f64::MAX, 6).marks().count() < 60);
    }

    #[test]
    fn amounts_are_short_on_axes_and_whole_in_tables() {
        let short = [0.0, 950.0, 1_200.0, 3_400_000.0, -5e9, 0.25, 1e20].map(amount);
        assert_eq!(short, ["0", "950", "1.2K", "3.4M", "-5B", "0.25", "1.0e20"]);
        assert_eq!([1_234_567.0, 0.125, -0.000_04].map(exact), ["1,234,567", "0.125", "-4.000e-5"]);
    }

    #[test]
    fn time_is_marked_by_steps_of_the_calendar() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let labels = |first: &str, last: &str| -> Vec<String> {
            times(at(first), at(last)).into_iter().map(|(_, label)| label).collect()
        };
        assert_eq!(
            labels("2026-03-01T00:00:00Z", "2026-03-05T00:00:00Z"),
            ["Mar 1", "Mar 2", "Mar 3", "Mar 4", "Mar 5"]
        );
        assert_eq!(
            labels("2026-01-15T00:00:00Z", "2026-05-20T00:00:00Z"),
            ["Feb 2026", "Mar 2026", "Apr 2026", "May 2026"]
        );
        assert_eq!(labels("2026-03-01T22:00:00Z", "2026-03-02T02:00:00Z")[2], "Mar 2");
        assert_eq!(labels("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z").len(), 1);
    }
}
