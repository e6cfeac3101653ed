//! Determines the past windows of a backfill. Pure.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::calendar::{Plan, SlotName};
use crate::clock::zones::local;
use crate::ids::{BackfillId, ExecutionId, InstanceId, PersonId, QueryId, ScheduleId};
use crate::instances::{Action, Role};
use crate::queries::{FieldDef, WindowChoice, WindowKind};
use crate::web::components::{Choice, State as Color};

/// Maximum number of windows per backfill: a little more than a year of days.
pub(super) const MOST_WINDOWS: usize = 400;

/// The period that one execution of a backfill covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Day,
    /// Monday to Sunday.
    Week,
    Month,
    /// The windows of a schedule's slots.
    Slots,
}

impl Unit {
    const ALL: [Self; 4] = [Self::Day, Self::Week, Self::Month, Self::Slots];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Slots => "slots",
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Day => "Day by day",
            Self::Week => "Week by week, Monday to Sunday",
            Self::Month => "Month by month",
            Self::Slots => "The time windows of the schedule's slots",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.name() == text)
    }

    /// The units in the form; `Slots` only for a backfill of a schedule.
    pub(super) fn choices(has_slots: bool) -> Vec<Choice> {
        let all = Self::ALL.into_iter().rev().filter(|unit| has_slots || *unit != Self::Slots);
        let mut choices: Vec<Choice> = all.map(|unit| Choice::new(unit.name(), unit.label())).collect();
        if !has_slots {
            choices.swap(0, 1);
        }
        choices
    }

    /// The window of a schedule that continues a backfill.
    pub(super) const fn rule(self) -> WindowKind {
        match self {
            Self::Day => WindowKind::Days { count: 1, before: 0 },
            Self::Month => WindowKind::CalendarMonth,
            Self::Week | Self::Slots => WindowKind::CalendarWeek,
        }
    }
}

/// A past window, in the local time of its zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PastWindow {
    pub start: NaiveDateTime,
    /// The exclusive end.
    pub end: NaiveDateTime,
    /// The slot to which the window belongs, if it is a schedule's.
    pub slot: Option<SlotName>,
}

impl PastWindow {
    /// The window of its execution.
    pub(super) const fn choice(&self, zone: Tz) -> WindowChoice {
        WindowChoice { kind: WindowKind::Explicit, start: Some(self.start), end: Some(self.end), zone }
    }
}

/// The days, weeks or months that lie completely between `first` and `last` (both inclusive) and have ended at `now`,
/// oldest first.
pub(super) fn whole(
    unit: Unit,
    (first, last): (NaiveDate, NaiveDate),
    zone: Tz,
    now: DateTime<Utc>,
) -> Vec<PastWindow> {
    let today = local(zone, now).date();
    let Some(after) = last.succ_opt().map(|after| after.min(today)) else { return Vec::new() };
    let next = |start: NaiveDate| match unit {
        Unit::Day | Unit::Slots => start.succ_opt(),
        Unit::Week => start.checked_add_days(Days::new(7)),
        Unit::Month => start.checked_add_months(Months::new(1)),
    };
    let begin = match unit {
        Unit::Day | Unit::Slots => Some(first),
        Unit::Week => first.checked_add_days(Days::new(u64::from((7 - first.weekday().num_days_from_monday()) % 7))),
        Unit::Month if first.day() == 1 => Some(first),
        Unit::Month => first.with_day(1).and_then(next),
    };
    let starts = std::iter::successors(begin, |start| next(*start));
    let windows = starts.map_while(|start| Some((start, next(start)?))).take_while(|(_, end)| *end <= after);
    let window = |(start, end): (NaiveDate, NaiveDate)| PastWindow {
        start: start.and_time(NaiveTime::MIN),
        end: end.and_time(NaiveTime::MIN),
        slot: None,
    };
    windows.take(MOST_WINDOWS + 1).map(window).collect()
}

/// The distinct windows of a schedule's slots from `first` to `last` (both inclusive) that have ended at `now`, oldest
/// first.
pub(super) fn of_slots(
    plan: &Plan,
    window: &WindowChoice,
    (first, last): (NaiveDate, NaiveDate),
    now: DateTime<Utc>,
) -> Vec<PastWindow> {
    // OK to ignore the schedule's first day: a backfill covers the time before it, by the same rule.
    let plan = Plan { starts: None, ends: Some(last), ..plan.clone() };
    let from = plan.zone.first(first.and_time(NaiveTime::MIN)) - TimeDelta::seconds(1);
    let mut seen = BTreeSet::new();
    let slots = plan.after(from).take_while(|slot| slot.at <= now).filter(|slot| !plan.excludes(slot.name.civil));
    let windows = slots.filter_map(|slot| {
        let resolved = window.at(slot.at).ok()?;
        Some(PastWindow { start: resolved.start?, end: resolved.end?, slot: Some(slot.name) })
    });
    windows.filter(|window| seen.insert((window.start, window.end))).take(MOST_WINDOWS + 1).collect()
}

/// Whether a backfill starts executions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Active,
    Paused,
    /// No window is waiting or running.
    Finished,
    Cancelled,
}

impl Stage {
    pub(super) const ALL: [Self; 4] = [Self::Active, Self::Paused, Self::Finished, Self::Cancelled];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Finished => "finished",
            Self::Cancelled => "cancelled",
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Paused => "Paused",
            Self::Finished => "Finished",
            Self::Cancelled => "Canceled",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == text)
    }

    pub(super) const fn color(self) -> Color {
        match self {
            Self::Active => Color::Running,
            Self::Paused | Self::Cancelled => Color::Stopped,
            Self::Finished => Color::Done,
        }
    }
}

/// The state of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WindowState {
    Waiting,
    Started,
    Succeeded,
    Failed,
    /// A result for it was already stored.
    Present,
    Cancelled,
}

impl WindowState {
    pub(super) const ALL: [Self; 6] =
        [Self::Waiting, Self::Started, Self::Succeeded, Self::Failed, Self::Present, Self::Cancelled];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Started => "started",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Present => "present",
            Self::Cancelled => "cancelled",
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Started => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Present => "Already stored",
            Self::Cancelled => "Not run",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == text)
    }

    pub(super) const fn color(self) -> Color {
        match self {
            Self::Waiting => Color::Waiting,
            Self::Started => Color::Running,
            Self::Succeeded | Self::Present => Color::Done,
            Self::Failed => Color::Failed,
            Self::Cancelled => Color::Stopped,
        }
    }

    /// Whether there is a result.
    pub(super) const fn is_done(self) -> bool {
        matches!(self, Self::Succeeded | Self::Present)
    }
}

/// A backfill, as seen by a person or the program.
#[derive(Clone, Debug)]
pub(super) struct Backfill {
    pub id: BackfillId,
    pub name: String,
    /// The person whose access it uses.
    pub owner: PersonId,
    pub owner_name: String,
    pub instance: InstanceId,
    pub instance_name: String,
    /// The reader's role on the instance; `None` for the program.
    pub role: Option<Role>,
    pub schedule: Option<ScheduleId>,
    pub schedule_name: Option<String>,
    pub query: Option<QueryId>,
    /// Its name, if the reader may see it.
    pub query_name: Option<String>,
    /// Whether it is in the bin, so that windows can't start.
    pub is_query_deleted: bool,
    pub sql: String,
    pub parameters: Vec<FieldDef>,
    pub input: Vec<(String, String)>,
    pub unit: Unit,
    pub zone: Tz,
    pub first: NaiveDate,
    pub last: NaiveDate,
    pub at_once: i64,
    pub every_minutes: i64,
    pub state: Stage,
    pub state_reason: String,
    pub state_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
    pub created_by: String,
}

impl Backfill {
    /// Whether the reader may pause, resume, cancel and retry it.
    pub(super) fn can_change(&self) -> bool {
        self.role.is_some_and(|role| role.allows(Action::Run))
    }

    /// Whether its query was deleted permanently; it had no text of its own.
    pub(super) const fn is_query_gone(&self) -> bool {
        self.query.is_none() && self.sql.is_empty()
    }

    /// A description of its pace.
    pub(super) fn pace(&self) -> String {
        let at_once = match self.at_once {
            1 => "One execution at a time".to_owned(),
            n => format!("Up to {n} executions at a time"),
        };
        match self.every_minutes {
            0 => at_once,
            minutes => format!("{at_once}, {} apart", crate::web::words::counted(minutes, "minute", "minutes")),
        }
    }
}

/// A window of a backfill with its state.
#[derive(Clone, Debug)]
pub(super) struct WindowRow {
    pub position: i64,
    pub window: PastWindow,
    pub state: WindowState,
    pub reason: String,
    /// The number of earlier attempts.
    pub attempts: i64,
    pub execution: Option<ExecutionId>,
}

impl WindowRow {
    /// The idempotency key of its execution; different for each attempt.
    pub(super) fn key(&self) -> String {
        format!("{}#{}", WindowChoice::stored(self.window.start), self.attempts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(unit: Unit, first: &str, last: &str, now: &str) -> Vec<String> {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let windows = whole(unit, (day(first), day(last)), Tz::UTC, now.parse().unwrap());
        windows.iter().map(|window| window.choice(Tz::UTC).days().unwrap()).collect()
    }

    #[test]
    fn a_range_is_split_into_windows_without_overlap() {
        let now = "2026-03-18T09:00:00Z";
        assert_eq!(
            days(Unit::Day, "2026-01-01", "2026-01-04", now),
            ["1 Jan 2026", "2 Jan 2026", "3 Jan 2026", "4 Jan 2026"]
        );
        assert_eq!(days(Unit::Day, "2026-03-17", "2026-04-01", now), ["17 Mar 2026"], "today is not over");
    }

    #[test]
    fn weeks_and_months_lie_wholly_in_the_range_and_in_the_past() {
        let now = "2026-03-18T09:00:00Z";
        assert_eq!(days(Unit::Week, "2026-02-24", "2026-03-31", now), ["2–8 Mar 2026", "9–15 Mar 2026"]);
        assert_eq!(days(Unit::Week, "2025-09-15", "2026-03-15", now).len(), 26);
        assert_eq!(days(Unit::Month, "2025-12-15", "2026-03-31", now), ["1–31 Jan 2026", "1–28 Feb 2026"]);
        assert_eq!(days(Unit::Month, "2026-03-01", "2026-03-31", now), Vec::<String>::new());
        assert_eq!(days(Unit::Week, "2026-03-02", "2026-02-01", now), Vec::<String>::new());
    }
}
