//! The rules that forms offer, and cron expressions.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Weekday};

use super::Cron;

/// The last year with slots.
const LAST_YEAR: i32 = 2199;

/// When a schedule is due, in local time.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// A cron expression.
    Cron(Cron),
    /// Every `every` days, counted from `first`, at this time. Every day is 1.
    Days { every: u32, first: NaiveDate, at: NaiveTime },
    /// On these days of the week.
    Weekly { days: Vec<Weekday>, at: NaiveTime },
    /// On one day of each month.
    Monthly { on: MonthDay, at: NaiveTime },
    /// Only once.
    Once(NaiveDateTime),
}

/// A day of each month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MonthDay {
    /// The day with this number, 1 to 31. A month without it has no slot.
    Day(u32),
    /// The last day.
    Last,
    /// The first Monday to Friday that isn't excluded.
    FirstBusinessDay,
    /// The last Monday to Friday that isn't excluded.
    LastBusinessDay,
    /// The n-th weekday, 1 to 4.
    Nth(u8, Weekday),
    /// The last such weekday.
    LastWeekday(Weekday),
}

impl MonthDay {
    /// The corresponding day in the month of `first`.
    fn in_month(self, first: NaiveDate, excluded: &BTreeSet<NaiveDate>) -> Option<NaiveDate> {
        let last = last_of_month(first)?;
        let is_business = |day: &NaiveDate| day.weekday().num_days_from_monday() < 5 && !excluded.contains(day);
        let mut days = first.iter_days().take_while(move |day| *day <= last);
        match self {
            Self::Day(number) => first.with_day(number),
            Self::Last => Some(last),
            Self::FirstBusinessDay => days.find(is_business),
            Self::LastBusinessDay => days.filter(is_business).last(),
            Self::Nth(n, weekday) => days.filter(|day| day.weekday() == weekday).nth(usize::from(n).saturating_sub(1)),
            Self::LastWeekday(weekday) => days.filter(|day| day.weekday() == weekday).last(),
        }
    }
}

fn last_of_month(first: NaiveDate) -> Option<NaiveDate> {
    first.checked_add_months(chrono::Months::new(1))?.pred_opt()
}

impl Rule {
    /// Whether it follows real time when the clocks change, instead of running once for each local time.
    pub const fn has_wildcard(&self) -> bool {
        match self {
            Self::Cron(cron) => cron.has_wildcard(),
            _ => false,
        }
    }

    /// The local times from `start` on, in order. Days in `excluded` are included, but don't count as business days.
    pub fn from<'a>(
        &'a self,
        start: NaiveDateTime,
        excluded: &'a BTreeSet<NaiveDate>,
    ) -> Box<dyn Iterator<Item = NaiveDateTime> + Send + 'a> {
        let times: Box<dyn Iterator<Item = NaiveDateTime> + Send + 'a> = match self {
            Self::Cron(cron) => Box::new(cron.from(start)),
            Self::Days { every, first, at } => Box::new(stepped(*first, (*every).max(1), start.date(), *at)),
            Self::Weekly { days, at } => {
                Box::new(dates(start.date()).filter(|day| days.contains(&day.weekday())).map(|day| day.and_time(*at)))
            }
            Self::Monthly { on, at } => Box::new(
                months(start.date()).filter_map(|first| on.in_month(first, excluded)).map(|day| day.and_time(*at)),
            ),
            Self::Once(time) => Box::new(std::iter::once(*time)),
        };
        Box::new(times.skip_while(move |time| *time < start))
    }
}

fn dates(start: NaiveDate) -> impl Iterator<Item = NaiveDate> + Send {
    start.iter_days().take_while(|day| day.year() <= LAST_YEAR)
}

fn months(start: NaiveDate) -> impl Iterator<Item = NaiveDate> + Send {
    let month = |first: &NaiveDate| first.checked_add_months(chrono::Months::new(1));
    std::iter::successors(start.with_day(1), month).take_while(|first| first.year() <= LAST_YEAR)
}

/// Every `every` days from `first`, starting at `start`.
fn stepped(
    first: NaiveDate,
    every: u32,
    start: NaiveDate,
    at: NaiveTime,
) -> impl Iterator<Item = NaiveDateTime> + Send {
    let every = u64::from(every);
    let passed = u64::try_from((start - first).num_days()).unwrap_or(0);
    let begin = first.checked_add_days(Days::new(passed.div_ceil(every) * every));
    let next = move |day: &NaiveDate| day.checked_add_days(Days::new(every));
    std::iter::successors(begin, next).take_while(|day| day.year() <= LAST_YEAR).map(move |day| day.and_time(at))
}
