//! The time window of a run: presets, what is sent to AMC, and notes about it.
//!
//! A window isn't part of the SQL: AMC limits every event table to it. It is sent as local time in a zone, without an
//! offset. Two different delays determine which windows are worth running: data is complete after about 48 hours, and
//! conversions are credited to an ad contact for 14 days after it (AMC documentation, executing workflows and
//! attribution). The default waits for both.

mod choice;

pub use choice::WindowChoice;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::amazon::TimeWindow;
use crate::web::Fields;
use crate::web::components::{Errors, read_date, read_date_time};

/// How long after an event AMC has its data.
const FRESH_AFTER: TimeDelta = TimeDelta::hours(48);
/// How many days after an ad contact conversions are credited to it.
const ATTRIBUTION_DAYS: u64 = 14;
/// AMC keeps about this many months of most sources; an earlier window gets a warning.
const HISTORY_MONTHS: u32 = 13;
/// Maximum length of a form input, in characters.
const LONGEST: usize = 60;
const UNKNOWN_KIND: &str = "Choose a time window.";
const UNKNOWN_ZONE: &str = "Unknown time zone. Use a name such as UTC, America/New_York or Europe/Berlin.";
/// Valid years; others are assumed to be typos.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2199;

/// A kind of window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WindowKind {
    /// The seven days that ended fourteen days ago: complete and fully attributed.
    #[default]
    Settled,
    /// The last complete day.
    LastDay,
    /// The last complete week, Monday to Sunday.
    LastWeek,
    /// The last complete calendar month.
    LastMonth,
    /// Between two inclusive dates, or between two times.
    Explicit,
    /// AMC's preset: the most recent day.
    MostRecentDay,
    /// AMC's preset: the most recent week.
    MostRecentWeek,
    /// AMC's preset: the current month to date.
    CurrentMonth,
    /// AMC's preset: the previous month.
    PreviousMonth,
}

impl WindowKind {
    /// All kinds, in the order of the form.
    pub const ALL: [Self; 9] = [
        Self::Settled,
        Self::LastDay,
        Self::LastWeek,
        Self::LastMonth,
        Self::Explicit,
        Self::MostRecentDay,
        Self::MostRecentWeek,
        Self::CurrentMonth,
        Self::PreviousMonth,
    ];

    /// The value of the form field `window`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::LastDay => "last-day",
            Self::LastWeek => "last-week",
            Self::LastMonth => "last-month",
            Self::Explicit => "explicit",
            Self::MostRecentDay => "MOST_RECENT_DAY",
            Self::MostRecentWeek => "MOST_RECENT_WEEK",
            Self::CurrentMonth => "CURRENT_MONTH",
            Self::PreviousMonth => "PREVIOUS_MONTH",
        }
    }

    /// The label in the form.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Settled => "Last fully attributed week",
            Self::LastDay => "Last complete day",
            Self::LastWeek => "Last complete week",
            Self::LastMonth => "Last complete month",
            Self::Explicit => "Custom dates",
            Self::MostRecentDay => "AMC preset: most recent day (UTC)",
            Self::MostRecentWeek => "AMC preset: most recent week (UTC)",
            Self::CurrentMonth => "AMC preset: month to date (UTC)",
            Self::PreviousMonth => "AMC preset: previous month (UTC)",
        }
    }

    /// Parses the form field `window`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == text)
    }

    /// The corresponding type that AMC resolves, if there is one.
    fn relative(self) -> Option<TimeWindow> {
        match self {
            Self::MostRecentDay => Some(TimeWindow::MostRecentDay),
            Self::MostRecentWeek => Some(TimeWindow::MostRecentWeek),
            Self::CurrentMonth => Some(TimeWindow::CurrentMonth),
            Self::PreviousMonth => Some(TimeWindow::PreviousMonth),
            _ => None,
        }
    }
}

/// A window as in a form; every part is the typed text.
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
            kind: WindowKind::default().name().to_owned(),
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
        // OK to truncate: no valid window, time or zone is longer.
        let plain = |text: &str| text.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
        let own = |name: &str, mine: &str| if fields.has(name) { plain(fields.trimmed(name)) } else { mine.to_owned() };
        Self {
            kind: own("window", &self.kind),
            start: own("start", &self.start),
            end: own("end", &self.end),
            zone: own("zone", &self.zone),
        }
    }

    /// The input type of both ends: dates, or times if one of them has a time.
    pub fn html_type(&self) -> &'static str {
        let is_day = |text: &String| text.is_empty() || read_date(text).is_some();
        if is_day(&self.start) && is_day(&self.end) { "date" } else { "datetime-local" }
    }

    /// Reports what isn't valid as a query's default window. An explicit one may lack its dates: each run then sets
    /// them.
    pub(in crate::queries) fn check(&self, errors: &mut Errors) {
        if WindowKind::parse(&self.kind).is_none() {
            errors.add("window", UNKNOWN_KIND);
        }
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
        let Some(kind) = WindowKind::parse(&self.kind) else {
            errors.add("window", UNKNOWN_KIND);
            return WindowChoice { zone, ..WindowChoice::default() };
        };
        if kind != WindowKind::Explicit {
            return WindowChoice { kind, zone, ..WindowChoice::default() };
        }
        let start = moment("start", &self.start, errors);
        let end = moment("end", &self.end, errors);
        // The last day is part of the window.
        let end =
            if read_date(&self.end).is_some() { end.and_then(|day| day.checked_add_days(Days::new(1))) } else { end };
        WindowChoice { kind, start, end, zone }
    }

    /// The window of the form at `now`; see [`WindowForm::choice`] and [`WindowChoice::resolve`].
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
        let Some((start, end)) = days(kind, zone, now) else {
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
        // OK with one hour less: a clock change must not make fourteen whole days too short.
        if ended < TimeDelta::days(ATTRIBUTION_DAYS as i64) - TimeDelta::hours(1) {
            notes.push(LATE_CREDIT.to_owned());
        }
        let today = now.with_timezone(&zone).date_naive();
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

    /// Whether AMC had all of its data at that time.
    pub(in crate::queries) fn is_complete_at(&self, at: DateTime<Utc>) -> bool {
        self.end.is_some_and(|end| at - instant(self.zone, end) >= FRESH_AFTER)
    }

    /// Whether conversions were still being credited to its ads at that time.
    pub(in crate::queries) fn is_credited_after(&self, at: DateTime<Utc>) -> bool {
        let days = TimeDelta::days(ATTRIBUTION_DAYS as i64) - TimeDelta::hours(1);
        self.end.is_none_or(|end| at - instant(self.zone, end) < days)
    }

    /// A description: `31 Oct – 6 Nov 2026 (Europe/Berlin)`.
    pub fn words(&self) -> String {
        self.choice().words()
    }

    /// What a run with it will read, as a sentence.
    pub fn sentence(&self) -> String {
        if self.start.is_some() {
            return format!("Will run for {}.", self.words());
        }
        format!("Will run for the {}; AMC chooses the days.", self.kind.label().replace("AMC preset: ", ""))
    }

    /// Its start and end, as far as they are known before AMC determines them: its presets end with yesterday.
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

    /// Only its kind, start and end, without notes.
    pub const fn choice(&self) -> WindowChoice {
        WindowChoice { kind: self.kind, start: self.start, end: self.end, zone: self.zone }
    }

    /// Only the days, for the options of the form: `31 Oct – 6 Nov 2026`; empty if AMC determines them.
    pub fn days(&self) -> String {
        self.choice().days().unwrap_or_default()
    }
}

const FRESHNESS: &str = "The window ends less than 48 hours ago. AMC's data takes about that long to arrive, so the \
                         last hours will be undercounted.";
const LATE_CREDIT: &str = "The window ends less than 14 days ago. Conversions are still being attributed to its ads, \
                           so attributed figures will keep rising; impressions and clicks won't.";

/// First day and the day after the last of a preset; `None` for AMC's presets.
fn days(kind: WindowKind, zone: Tz, now: DateTime<Utc>) -> Option<(NaiveDate, NaiveDate)> {
    let today = now.with_timezone(&zone).date_naive();
    let fresh = (now - FRESH_AFTER).with_timezone(&zone).date_naive();
    match kind {
        WindowKind::Settled => {
            let end = today - Days::new(ATTRIBUTION_DAYS);
            Some((end - Days::new(7), end))
        }
        WindowKind::LastDay => Some((fresh - Days::new(1), fresh)),
        WindowKind::LastWeek => {
            let monday = fresh - Days::new(u64::from(fresh.weekday().num_days_from_monday()));
            Some((monday - Days::new(7), monday))
        }
        WindowKind::LastMonth => {
            let first = fresh.with_day(1)?;
            Some((first.checked_sub_months(Months::new(1))?, first))
        }
        _ => None,
    }
}

/// The instant of a local time. A time that occurs twice means the later one; one that is skipped means the same
/// distance after the gap, as in AMC's Java.
fn instant(zone: Tz, time: NaiveDateTime) -> DateTime<Utc> {
    let local = zone.from_local_datetime(&time).latest();
    let shifted = || zone.from_local_datetime(&(time + TimeDelta::hours(1))).latest();
    local.or_else(shifted).map_or_else(|| time.and_utc(), |found| found.to_utc())
}

fn shown(now: DateTime<Utc>, zone: Tz) -> String {
    now.with_timezone(&zone).format("%-d %b %Y, %H:%M").to_string()
}

#[cfg(test)]
mod tests;
