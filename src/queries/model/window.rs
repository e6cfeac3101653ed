//! The time window of a run: what people choose, what AMC is sent for it, what to know about it.
//!
//! A window is outside the SQL: AMC cuts every table of events to it. It is sent as the wall clock of a
//! zone shows it, without an offset. Two delays decide which window is worth running, and they are not
//! the same: data is complete after about 48 hours, and conversions are credited to an ad contact for
//! 14 days after it (AMC documentation, executing workflows and attribution). The default waits for
//! both.

mod choice;

pub use choice::WindowChoice;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::amazon::TimeWindow;
use crate::web::Fields;
use crate::web::components::{Errors, read_date, read_date_time};

/// After so long AMC has the data of a moment.
const FRESH_AFTER: TimeDelta = TimeDelta::hours(48);
/// For so many days after an ad contact conversions are credited to it.
const ATTRIBUTION_DAYS: u64 = 14;
/// AMC keeps about so many months of most sources; a window that starts earlier is warned of.
const HISTORY_MONTHS: u32 = 13;
/// Longest input of the form, in characters.
const LONGEST: usize = 60;
const UNKNOWN_KIND: &str = "Choose a time window.";
const UNKNOWN_ZONE: &str = "Unknown time zone. Use a name such as UTC, America/New_York or Europe/Berlin.";
/// Years that a window can lie in; others are taken for a slip of the finger.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2199;

/// How a window is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WindowKind {
    /// The seven days that ended fourteen days ago: complete and fully attributed.
    #[default]
    Settled,
    /// The last whole day that is complete.
    LastDay,
    /// The last whole week, Monday to Sunday, that is complete.
    LastWeek,
    /// The last whole calendar month that is complete.
    LastMonth,
    /// From a date to another, both included, or between two moments.
    Explicit,
    /// AMC's own: the newest day that it has.
    MostRecentDay,
    /// AMC's own: the newest week that it has.
    MostRecentWeek,
    /// AMC's own: this month until now.
    CurrentMonth,
    /// AMC's own: the month before this one.
    PreviousMonth,
}

impl WindowKind {
    /// All, in the order of the form.
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

    /// What the form says.
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

    /// Reads the form field `window`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == text)
    }

    /// The type that AMC resolves by itself, if this is one.
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

/// A window as the form has it; every part is the text that was typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WindowForm {
    /// The value of a [`WindowKind`].
    pub kind: String,
    /// The beginning of an explicit window: its first day, `2025-07-15`, or a moment, `2025-07-15T06:00`.
    pub start: String,
    /// Its end: its last day, `2025-07-21`, all of which is part of it; or a moment, which is not.
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
    /// The window of a form: what was sent, and for what was not sent, this one's.
    #[must_use]
    pub fn with(&self, fields: &Fields) -> Self {
        // OK to cut: no window, time or zone is longer, and what is cut off was not one.
        let plain = |text: &str| text.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
        let own = |name: &str, mine: &str| if fields.has(name) { plain(fields.trimmed(name)) } else { mine.to_owned() };
        Self {
            kind: own("window", &self.kind),
            start: own("start", &self.start),
            end: own("end", &self.end),
            zone: own("zone", &self.zone),
        }
    }

    /// The type of the inputs of both ends: dates, or moments where one of them names a time.
    pub fn html_type(&self) -> &'static str {
        let is_day = |text: &String| text.is_empty() || read_date(text).is_some();
        if is_day(&self.start) && is_day(&self.end) { "date" } else { "datetime-local" }
    }

    /// Says what keeps it from being the window that runs of a query start with. An explicit one may still
    /// lack its days: each run gives its own.
    pub(in crate::queries) fn check(&self, errors: &mut Errors) {
        if WindowKind::parse(&self.kind).is_none() {
            errors.add("window", UNKNOWN_KIND);
        }
        if self.zone.parse::<Tz>().is_err() {
            errors.add("zone", UNKNOWN_ZONE);
        }
    }

    /// The window that the form names. What is wrong goes to `errors` under the names of the fields; the
    /// answer is then the default's, so that the rest of the page can be made.
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
        // A day at the end is part of the window.
        let end =
            if read_date(&self.end).is_some() { end.and_then(|day| day.checked_add_days(Days::new(1))) } else { end };
        WindowChoice { kind, start, end, zone }
    }

    /// What the form means at `now`; see [`WindowForm::choice`] and [`WindowChoice::resolve`].
    pub fn resolve(&self, now: DateTime<Utc>, errors: &mut Errors) -> Window {
        self.choice(errors).resolve(now, errors)
    }
}

/// Reads a date and time as browsers send it and people type it.
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

/// What a form means at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// What AMC is sent.
    pub sent: TimeWindow,
    /// How it was chosen.
    pub kind: WindowKind,
    /// The zone of the form.
    pub zone: Tz,
    /// First moment, as the zone's wall clock shows it; none when AMC decides.
    pub start: Option<NaiveDateTime>,
    /// The moment after the last; none when AMC decides.
    pub end: Option<NaiveDateTime>,
    /// What to know before running: sentences.
    pub notes: Vec<String>,
}

impl Window {
    /// The window of any kind but an explicit one at `now`.
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
        // OK with an hour less: a change of the clocks must not make fourteen whole days too few.
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

    /// Whether AMC had all of its data at a moment.
    pub(in crate::queries) fn is_complete_at(&self, at: DateTime<Utc>) -> bool {
        self.end.is_some_and(|end| at - instant(self.zone, end) >= FRESH_AFTER)
    }

    /// Whether conversions were still being credited to its ads at a moment.
    pub(in crate::queries) fn is_credited_after(&self, at: DateTime<Utc>) -> bool {
        let days = TimeDelta::days(ATTRIBUTION_DAYS as i64) - TimeDelta::hours(1);
        self.end.is_none_or(|end| at - instant(self.zone, end) < days)
    }

    /// In words: `31 Oct – 6 Nov 2026 (Europe/Berlin)`.
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

    /// From when to when, as far as that is known before AMC decides: its presets end with yesterday.
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

    /// The same without what is said about it: how it is meant, and from when to when.
    pub const fn choice(&self) -> WindowChoice {
        WindowChoice { kind: self.kind, start: self.start, end: self.end, zone: self.zone }
    }

    /// Only the days, for the choices of the form: `31 Oct – 6 Nov 2026`; empty where AMC decides.
    pub fn days(&self) -> String {
        self.choice().days().unwrap_or_default()
    }
}

const FRESHNESS: &str = "The window ends less than 48 hours ago. AMC's data takes about that long to arrive, so the \
                         last hours will be undercounted.";
const LATE_CREDIT: &str = "The window ends less than 14 days ago. Conversions are still being attributed to its ads, \
                           so attributed figures will keep rising; impressions and clicks won't.";

/// First day and the day after the last of a preset; none for AMC's own types.
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

/// When a wall clock shows `time`. A time that it shows twice means the later one; one that it skips
/// means the same distance after the skip, as AMC's Java reads it.
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
