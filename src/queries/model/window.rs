//! The time window of an execution: presets, what is sent to AMC, and notes about it.
//!
//! A window isn't part of the SQL: AMC limits every event table to it. It is sent as local time in a zone, without an
//! offset. Two different delays determine which windows are worth running: data is complete after about 48 hours, and
//! conversions are credited to an ad contact for 14 days after it (AMC documentation, executing workflows and
//! attribution). The default waits for both.

mod choice;
mod kind;

pub use choice::WindowChoice;
pub use kind::WindowKind;

use chrono::{DateTime, Datelike, Days, Months, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::amazon::TimeWindow;
use crate::clock::zones::{instant, local};
use crate::web::Fields;
use crate::web::components::{Errors, read_date, read_date_time};

/// How long after an event its data is available in AMC.
const FRESH_AFTER: TimeDelta = TimeDelta::hours(48);
/// The number of days after an ad event during which conversions are credited to it.
const ATTRIBUTION_DAYS: u64 = 14;
/// AMC keeps about this many months of most sources; an earlier window gets a warning.
const HISTORY_MONTHS: u32 = 13;
/// Maximum length of a form input, in characters.
const LONGEST: usize = 60;
/// The form fields of a window.
pub const WINDOW_FIELDS: [&str; 6] = ["window", "window_days", "window_before", "start", "end", "zone"];
const UNKNOWN_KIND: &str = "Choose a time window.";
const UNKNOWN_ZONE: &str = "Unknown time zone. Use a name such as UTC, America/New_York or Europe/Berlin.";
/// The option for a number of days, with its default numbers.
const DAYS: WindowKind = WindowKind::Days { count: 7, before: 14 };
/// Allowed years; others are typos.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2199;

/// A window as entered in a form: each part is the typed text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WindowForm {
    /// The name of a [`WindowKind`].
    pub kind: String,
    /// The start of an explicit window: its first day, `2025-07-15`, or a time, `2025-07-15T06:00`.
    pub start: String,
    /// Its end: its last day, `2025-07-21`, which is included; or a time, which is excluded.
    pub end: String,
    /// A zone of the IANA database.
    pub zone: String,
}

impl Default for WindowForm {
    fn default() -> Self {
        Self {
            kind: WindowKind::default().choice().to_owned(),
            start: String::new(),
            end: String::new(),
            zone: "UTC".to_owned(),
        }
    }
}

impl WindowForm {
    /// The window in a form; missing parts are taken from `self`.
    #[must_use]
    pub fn with(&self, fields: &Fields) -> Self {
        // OK to truncate: no valid value is longer.
        let plain = |text: &str| text.chars().filter(|c| !c.is_control()).take(LONGEST).collect::<String>();
        let own = |name: &str, mine: &str| if fields.has(name) { plain(fields.trimmed(name)) } else { mine.to_owned() };
        let kind = own("window", &self.kind);
        let kind = if kind == DAYS.choice() {
            format!("{kind}-{}-{}", plain(fields.trimmed("window_days")), plain(fields.trimmed("window_before")))
        } else {
            kind
        };
        Self { kind, start: own("start", &self.start), end: own("end", &self.end), zone: own("zone", &self.zone) }
    }

    /// The input type of both ends: dates, or times if one of them has a time.
    pub fn html_type(&self) -> &'static str {
        let is_day = |text: &String| text.is_empty() || read_date(text).is_some();
        if is_day(&self.start) && is_day(&self.end) { "date" } else { "datetime-local" }
    }

    /// The selected option of the form.
    pub fn chosen(&self) -> &str {
        if self.is_counted() { DAYS.choice() } else { &self.kind }
    }

    /// The two numbers of a window of a number of days, as typed; otherwise the form's default numbers.
    pub fn counted(&self) -> (&str, &str) {
        let numbers = self.kind.strip_prefix("days-").and_then(|rest| rest.split_once('-'));
        numbers.unwrap_or(("7", "14"))
    }

    fn is_counted(&self) -> bool {
        self.kind.starts_with("days-")
    }

    fn kind(&self, errors: &mut Errors) -> Option<WindowKind> {
        let kind = WindowKind::parse(&self.kind);
        if kind.is_none() && self.is_counted() {
            let (count, before) = self.counted();
            let is_count = WindowKind::parse(&format!("days-{count}-0")).is_some();
            if !is_count {
                errors.add("window_days", format!("Give a number of days from 1 to {}.", kind::MOST_DAYS));
            }
            if WindowKind::parse(&format!("days-1-{before}")).is_none() {
                errors.add("window_before", format!("Give a number of days from 0 to {}.", kind::MOST_BEFORE));
            }
        } else if kind.is_none() {
            errors.add("window", UNKNOWN_KIND);
        }
        kind
    }

    /// Reports what isn't valid as a query's default window. Custom dates may be missing, because each execution sets
    /// them.
    pub(in crate::queries) fn check(&self, errors: &mut Errors) {
        self.kind(errors);
        if self.zone.parse::<Tz>().is_err() {
            errors.add("zone", UNKNOWN_ZONE);
        }
    }

    /// The window in the form. Errors are added to `errors` by field; the default is then returned, so that the rest
    /// of the page can be rendered.
    pub fn choice(&self, errors: &mut Errors) -> WindowChoice {
        let zone = self.zone.parse::<Tz>().unwrap_or_else(|_| {
            errors.add("zone", UNKNOWN_ZONE);
            Tz::UTC
        });
        let Some(kind) = self.kind(errors) else {
            return WindowChoice { zone, ..WindowChoice::default() };
        };
        if kind != WindowKind::Explicit {
            return WindowChoice { kind, zone, ..WindowChoice::default() };
        }
        let start = moment("start", &self.start, errors);
        let end = moment("end", &self.end, errors);
        // The last day is included in the window.
        let end =
            if read_date(&self.end).is_some() { end.and_then(|day| day.checked_add_days(Days::new(1))) } else { end };
        WindowChoice { kind, start, end, zone }
    }

    /// The window of the form resolved at `now`; see [`WindowForm::choice`] and [`WindowChoice::resolve`].
    pub fn resolve(&self, now: DateTime<Utc>, errors: &mut Errors) -> Window {
        self.choice(errors).resolve(now, errors)
    }
}

/// Parses a date and time as sent by browsers and typed by people.
fn moment(field: &str, text: &str, errors: &mut Errors) -> Option<NaiveDateTime> {
    if text.is_empty() {
        return None;
    }
    let read = read_date_time(text).filter(|time| YEARS.contains(&time.year()));
    if read.is_none() {
        errors.add(field, format!("The {field} isn't a date. Write it like 2025-07-15."));
    }
    read
}

/// A window resolved at a certain time.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    pub sent: TimeWindow,
    pub kind: WindowKind,
    /// The zone of the form.
    pub zone: Tz,
    /// The start, in the zone's local time; `None` if AMC determines it.
    pub start: Option<NaiveDateTime>,
    /// The exclusive end; `None` if AMC determines it.
    pub end: Option<NaiveDateTime>,
    /// Notes for the form, in sentences.
    pub notes: Vec<String>,
}

impl Window {
    /// The window of a preset at `now`.
    pub(in crate::queries) fn preset(kind: WindowKind, zone: Tz, now: DateTime<Utc>) -> Self {
        let Some((start, end)) = kind.days(zone, now) else {
            let sent = kind.relative().unwrap_or_default();
            let mut window = Self { sent, kind, zone, start: None, end: None, notes: Vec::new() };
            if kind != WindowKind::PreviousMonth {
                window.notes.push(LATE_CREDIT.to_owned());
            }
            if kind == WindowKind::CurrentMonth {
                window.notes.push(FRESHNESS.to_owned());
            }
            return window;
        };
        Self::between(kind, zone, start.and_time(NaiveTime::MIN), end.and_time(NaiveTime::MIN), now)
    }

    fn between(kind: WindowKind, zone: Tz, start: NaiveDateTime, end: NaiveDateTime, now: DateTime<Utc>) -> Self {
        let mut notes = Vec::new();
        let ended = now - instant(zone, end);
        if ended < FRESH_AFTER {
            notes.push(FRESHNESS.to_owned());
        }
        // OK to subtract one hour: with a clock change, fourteen whole days can be an hour shorter.
        if ended < TimeDelta::days(ATTRIBUTION_DAYS as i64) - TimeDelta::hours(1) {
            notes.push(LATE_CREDIT.to_owned());
        }
        let today = local(zone, now).date();
        if today.checked_sub_months(Months::new(HISTORY_MONTHS)).is_some_and(|oldest| start.date() < oldest) {
            notes.push(
                "The window starts more than 13 months ago. AMC keeps most data about that long, so earlier days come \
                 back empty; purchases go back 60 months."
                    .to_owned(),
            );
        }
        let sent = TimeWindow::Explicit { start, end, zone };
        Self { sent, kind, zone, start: Some(start), end: Some(end), notes }
    }

    /// Whether all data of the window was in AMC at that time.
    pub(in crate::queries) fn is_complete_at(&self, at: DateTime<Utc>) -> bool {
        self.end.is_some_and(|end| at - instant(self.zone, end) >= FRESH_AFTER)
    }

    /// Whether conversions were still being credited to its ads at that time.
    pub(in crate::queries) fn is_credited_after(&self, at: DateTime<Utc>) -> bool {
        let days = TimeDelta::days(ATTRIBUTION_DAYS as i64) - TimeDelta::hours(1);
        self.end.is_none_or(|end| at - instant(self.zone, end) < days)
    }

    /// When the window ends; `None` if AMC determines it.
    pub fn ends_at(&self) -> Option<DateTime<Utc>> {
        self.end.map(|end| instant(self.zone, end))
    }

    /// A description: `31 Oct – 6 Nov 2026 (Europe/Berlin)`.
    pub fn describe(&self) -> String {
        self.choice().describe()
    }

    /// A sentence about what an execution will read.
    pub fn sentence(&self) -> String {
        if self.start.is_some() {
            return format!("Will run for {}.", self.describe());
        }
        format!("Will run for the {}; AMC chooses the days.", self.kind.label().replace("AMC preset: ", ""))
    }

    /// The start and end. For AMC's presets they are estimated: these end with yesterday.
    pub(in crate::queries) fn instants(&self, now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
        if let (Some(start), Some(end)) = (self.start, self.end) {
            return (instant(self.zone, start), instant(self.zone, end));
        }
        let today = now.date_naive();
        let first = today.with_day(1).unwrap_or(today);
        let (start, end) = match self.kind {
            WindowKind::MostRecentDay => (today - Days::new(1), today),
            WindowKind::PreviousMonth => (first.checked_sub_months(Months::new(1)).unwrap_or(first), first),
            WindowKind::CurrentMonth if first < today => (first, today),
            _ => (today - Days::new(7), today),
        };
        (start.and_time(NaiveTime::MIN).and_utc(), end.and_time(NaiveTime::MIN).and_utc())
    }

    /// The kind, start and end, without notes.
    pub const fn choice(&self) -> WindowChoice {
        WindowChoice { kind: self.kind, start: self.start, end: self.end, zone: self.zone }
    }

    /// The days, for the options of the form: `31 Oct – 6 Nov 2026`; empty if AMC determines them.
    pub fn days(&self) -> String {
        self.choice().days().unwrap_or_default()
    }
}

const FRESHNESS: &str = "The window ends less than 48 hours ago. AMC's data takes about that long to arrive, so the \
                         last hours will be undercounted.";
const LATE_CREDIT: &str = "The window ends less than 14 days ago. Conversions are still being attributed to its ads, \
                           so attributed figures will keep rising; impressions and clicks won't.";

fn shown(now: DateTime<Utc>, zone: Tz) -> String {
    local(zone, now).format("%-d %b %Y, %H:%M").to_string()
}

#[cfg(test)]
mod tests;
