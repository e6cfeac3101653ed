//! Kinds of windows: presets, rules that count days, custom dates, and AMC's presets.

use std::borrow::Cow;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use chrono_tz::Tz;

use super::{ATTRIBUTION_DAYS, FRESH_AFTER};
use crate::amazon::TimeWindow;
use crate::clock::zones::local;

/// Maximum number of days in a window.
pub(super) const MOST_DAYS: u16 = 400;
/// Maximum number of days between the end of a window and today.
pub(super) const MOST_BEFORE: u16 = 400;
const DAYS: &str = "days-";

/// A kind of window.
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
    /// `count` whole days, ending `before` days before the start of today.
    Days { count: u16, before: u16 },
    /// The previous calendar week, even if its data isn't complete.
    CalendarWeek,
    /// The previous calendar month, even if its data isn't complete.
    CalendarMonth,
    /// From the first of this month to yesterday. Empty on the first of a month.
    MonthToDate,
    /// Between two dates, both inclusive, or between two times.
    Explicit,
    /// AMC's preset: the newest day with data.
    MostRecentDay,
    /// AMC's preset: the newest week with data.
    MostRecentWeek,
    /// AMC's preset: this month until now.
    CurrentMonth,
    /// AMC's preset: the previous month.
    PreviousMonth,
}

impl WindowKind {
    /// All kinds, in the order of the form; one number of days represents all numbers.
    pub const ALL: [Self; 13] = [
        Self::Settled,
        Self::LastDay,
        Self::LastWeek,
        Self::LastMonth,
        Self::CalendarWeek,
        Self::CalendarMonth,
        Self::MonthToDate,
        Self::Days { count: 7, before: 14 },
        Self::Explicit,
        Self::MostRecentDay,
        Self::MostRecentWeek,
        Self::CurrentMonth,
        Self::PreviousMonth,
    ];

    /// The name in the database and in forms; a number of days includes both numbers: `days-7-14`.
    pub fn name(self) -> Cow<'static, str> {
        if let Self::Days { count, before } = self {
            return format!("{DAYS}{count}-{before}").into();
        }
        self.choice().into()
    }

    /// The value of the option in a form: `days` for any number of days.
    pub const fn choice(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::LastDay => "last-day",
            Self::LastWeek => "last-week",
            Self::LastMonth => "last-month",
            Self::Days { .. } => "days",
            Self::CalendarWeek => "calendar-week",
            Self::CalendarMonth => "calendar-month",
            Self::MonthToDate => "month-to-date",
            Self::Explicit => "explicit",
            Self::MostRecentDay => "MOST_RECENT_DAY",
            Self::MostRecentWeek => "MOST_RECENT_WEEK",
            Self::CurrentMonth => "CURRENT_MONTH",
            Self::PreviousMonth => "PREVIOUS_MONTH",
        }
    }

    /// The label of the option in a form.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Settled => "Last fully attributed week",
            Self::LastDay => "Last complete day",
            Self::LastWeek => "Last complete week",
            Self::LastMonth => "Last complete month",
            Self::Days { .. } => "Number of days",
            Self::CalendarWeek => "Previous calendar week",
            Self::CalendarMonth => "Previous calendar month",
            Self::MonthToDate => "Month to date, up to yesterday",
            Self::Explicit => "Custom dates",
            Self::MostRecentDay => "AMC preset: most recent day (UTC)",
            Self::MostRecentWeek => "AMC preset: most recent week (UTC)",
            Self::CurrentMonth => "AMC preset: month to date (UTC)",
            Self::PreviousMonth => "AMC preset: previous month (UTC)",
        }
    }

    /// A description: the option's label, or, for a number of days, `7 days that end 14 days before`.
    pub fn label(self) -> Cow<'static, str> {
        let days = |n: u16| crate::web::words::counted(i64::from(n), "day", "days");
        match self {
            Self::Days { count, before: 0 } => format!("{} up to yesterday", days(count)).into(),
            Self::Days { count: 1, before } => format!("1 day that ends {} before", days(before)).into(),
            Self::Days { count, before } => format!("{} that end {} before", days(count), days(before)).into(),
            other => other.title().into(),
        }
    }

    /// Parses [`WindowKind::name`].
    pub fn parse(text: &str) -> Option<Self> {
        if let Some((count, before)) = text.strip_prefix(DAYS).and_then(|rest| rest.split_once('-')) {
            let number = |text: &str, least: u16, most: u16| {
                let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
                text.parse::<u16>().ok().filter(|n| is_plain && (least..=most).contains(n))
            };
            let (count, before) = (number(count, 1, MOST_DAYS)?, number(before, 0, MOST_BEFORE)?);
            return Some(Self::Days { count, before });
        }
        Self::ALL.into_iter().filter(|kind| kind.choice() != "days").find(|kind| kind.choice() == text)
    }

    /// AMC's preset, if it is one.
    pub const fn relative(self) -> Option<TimeWindow> {
        match self {
            Self::MostRecentDay => Some(TimeWindow::MostRecentDay),
            Self::MostRecentWeek => Some(TimeWindow::MostRecentWeek),
            Self::CurrentMonth => Some(TimeWindow::CurrentMonth),
            Self::PreviousMonth => Some(TimeWindow::PreviousMonth),
            _ => None,
        }
    }

    /// The closest kind for the slots of a schedule: AMC's presets depend on when the query runs, not on the slot.
    #[must_use]
    pub const fn for_slots(self) -> Self {
        match self {
            Self::MostRecentDay => Self::LastDay,
            Self::MostRecentWeek => Self::Days { count: 7, before: 2 },
            Self::CurrentMonth => Self::MonthToDate,
            Self::PreviousMonth => Self::CalendarMonth,
            other => other,
        }
    }

    /// The first day and the day after the last at `now`, in local time of `zone`. Both are equal if the window is
    /// empty. `None` for AMC's presets and custom dates.
    pub(super) fn days(self, zone: Tz, now: DateTime<Utc>) -> Option<(NaiveDate, NaiveDate)> {
        let today = local(zone, now).date();
        let fresh = local(zone, now - FRESH_AFTER).date();
        let monday = |day: NaiveDate| day - Days::new(u64::from(day.weekday().num_days_from_monday()));
        let counted = |count: u64, before: u64| {
            let end = today - Days::new(before);
            Some((end - Days::new(count), end))
        };
        let week = |end: NaiveDate| Some((end - Days::new(7), end));
        let month = |end: NaiveDate| Some((end.checked_sub_months(Months::new(1))?, end));
        match self {
            Self::Settled => counted(7, ATTRIBUTION_DAYS),
            Self::LastDay => Some((fresh - Days::new(1), fresh)),
            Self::LastWeek => week(monday(fresh)),
            Self::LastMonth => month(fresh.with_day(1)?),
            Self::Days { count, before } => counted(u64::from(count), u64::from(before)),
            Self::CalendarWeek => week(monday(today)),
            Self::CalendarMonth => month(today.with_day(1)?),
            Self::MonthToDate => Some((today.with_day(1)?, today)),
            _ => None,
        }
    }
}
