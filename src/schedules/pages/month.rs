//! One month of a schedule's ledger: the slots of each day, and totals.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeDelta, Utc};

use crate::ids::{ExecutionId, ScheduleId};
use crate::schedules::calendar::Plan;
use crate::schedules::model::{LedgerRow, Schedule, SlotState, State as Stage};
use crate::schedules::store::DayGroup;
use crate::web::components::State as Color;

/// Maximum number of planned slots shown per month.
const PLANNED: usize = 200;

/// The number of slots of a period by outcome; each slot is counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::schedules) struct Figures {
    pub(super) ran: i64,
    pub(super) late: i64,
    pub(super) skipped: i64,
    pub(super) missed: i64,
    pub(super) refused: i64,
    /// Queued, or due but not decided yet.
    pub(super) waiting: i64,
}

impl Figures {
    /// The figures of these slots.
    pub(in crate::schedules) fn of(groups: &[DayGroup]) -> Self {
        let mut figures = Self::default();
        for group in groups {
            figures.add(group.state, group.is_late, group.count);
        }
        figures
    }

    /// The figures of these rows.
    pub(in crate::schedules) fn of_rows(rows: &[LedgerRow]) -> Self {
        let mut figures = Self::default();
        for row in rows {
            figures.add(row.state, row.is_late, 1);
        }
        figures
    }

    fn add(&mut self, state: SlotState, is_late: bool, count: i64) {
        let figure = match state {
            SlotState::Started | SlotState::Succeeded | SlotState::Failed if is_late => &mut self.late,
            SlotState::Started | SlotState::Succeeded | SlotState::Failed => &mut self.ran,
            SlotState::Skipped => &mut self.skipped,
            SlotState::Missed => &mut self.missed,
            SlotState::Refused => &mut self.refused,
            SlotState::Queued => &mut self.waiting,
        };
        *figure += count;
    }

    /// `21 slots expected = 18 ran + 1 ran late + 1 skipped + 1 missed + 0 not started`; what waits only where
    /// something does.
    pub(in crate::schedules) fn describe(&self) -> String {
        let Self { ran, late, skipped, missed, refused, waiting } = *self;
        let all = ran + late + skipped + missed + refused + waiting;
        let slots = crate::web::words::counted(all, "slot", "slots");
        let waits = if waiting > 0 { format!(" + {waiting} waiting") } else { String::new() };
        format!(
            "{slots} expected = {ran} ran + {late} ran late + {skipped} skipped + {missed} missed + {refused} not \
             started{waits}"
        )
    }
}

/// The slots of a day with the same state.
pub(super) struct Entry {
    /// `09:00`, or `12 ×` for more than one.
    pub(super) when: String,
    pub(super) label: &'static str,
    pub(super) color: Color,
    pub(super) execution: Option<ExecutionId>,
}

pub(super) struct Day {
    pub(super) date: NaiveDate,
    pub(super) is_today: bool,
    pub(super) entries: Vec<Entry>,
}

/// A month for display.
pub(super) struct Month {
    first: NaiveDate,
    schedule: ScheduleId,
    pub(super) weeks: Vec<[Option<Day>; 7]>,
    pub(super) figures: Figures,
}

impl Month {
    /// The first day of a month, and the first day of the next month.
    pub(super) fn days(first: NaiveDate) -> (NaiveDate, NaiveDate) {
        (first, first.checked_add_months(Months::new(1)).unwrap_or(first))
    }

    /// Parses a month such as `2026-03`.
    pub(super) fn parse(text: &str) -> Option<NaiveDate> {
        let first = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok()?;
        (2000..=2199).contains(&first.year()).then_some(first)
    }

    pub(super) fn of(
        schedule: &Schedule,
        plan: Option<&Plan>,
        first: NaiveDate,
        groups: &[DayGroup],
        now: DateTime<Utc>,
    ) -> Self {
        let (_, until) = Self::days(first);
        let mut figures = Figures::of(groups);
        let mut days: Vec<(NaiveDate, Entry)> = groups.iter().map(|group| (group.day, entry(group))).collect();
        let is_armed = schedule.state == Stage::Active && schedule.deleted_at.is_none();
        if let Some((plan, next)) = plan.filter(|_| is_armed).zip(schedule.next_at) {
            let from = (next - TimeDelta::seconds(1))
                .max(plan.zone.first(first.and_time(NaiveTime::MIN)) - TimeDelta::seconds(1));
            for slot in plan.after(from).take_while(|slot| slot.name.civil.date() < until).take(PLANNED) {
                let is_due = slot.at <= now;
                figures.waiting += i64::from(is_due);
                let (label, color) = match (is_due, plan.excludes(slot.name.civil)) {
                    (true, _) => ("Waiting", Color::Waiting),
                    (false, true) => ("Excluded", Color::Stopped),
                    (false, false) => ("Planned", Color::Later),
                };
                let when = slot.name.civil.format("%H:%M").to_string();
                days.push((slot.name.civil.date(), Entry { when, label, color, execution: None }));
            }
        }
        let today = plan.map_or_else(|| now.date_naive(), |plan| plan.zone.civil(now).date());
        Self { first, schedule: schedule.id.clone(), weeks: weeks((first, until), today, days), figures }
    }

    /// `March 2026`.
    pub(super) fn title(&self) -> String {
        self.first.format("%B %Y").to_string()
    }

    fn address(&self, first: NaiveDate) -> String {
        format!("/schedules/{}?view=calendar&month={}#ledger", self.schedule, first.format("%Y-%m"))
    }

    /// The address of the previous month.
    pub(super) fn previous(&self) -> String {
        self.address(self.first.checked_sub_months(Months::new(1)).unwrap_or(self.first))
    }

    /// The address of the next month.
    pub(super) fn next(&self) -> String {
        self.address(Self::days(self.first).1)
    }
}

fn entry(group: &DayGroup) -> Entry {
    let is_one = group.count == 1;
    Entry {
        when: if is_one { group.first.civil.format("%H:%M").to_string() } else { format!("{} ×", group.count) },
        label: match (group.state, group.is_late) {
            (SlotState::Succeeded, true) => "Succeeded, late",
            (SlotState::Failed, true) => "Failed, late",
            (state, _) => state.label(),
        },
        color: group.state.color(),
        execution: group.execution.clone().filter(|_| is_one),
    }
}

fn weeks(
    (first, until): (NaiveDate, NaiveDate),
    today: NaiveDate,
    entries: Vec<(NaiveDate, Entry)>,
) -> Vec<[Option<Day>; 7]> {
    let days = u64::try_from((until - first).num_days()).unwrap_or(0);
    let mut weeks: Vec<[Option<Day>; 7]> = Vec::new();
    for date in (0..days).map(|day| first + Days::new(day)) {
        let weekday = date.weekday().num_days_from_monday() as usize;
        if weekday == 0 || weeks.is_empty() {
            weeks.push(Default::default());
        }
        if let Some(week) = weeks.last_mut() {
            week[weekday] = Some(Day { date, is_today: date == today, entries: Vec::new() });
        }
    }
    for (date, entry) in entries {
        let mut all = weeks.iter_mut().flatten().flatten();
        if let Some(day) = all.find(|day| day.date == date) {
            day.entries.push(entry);
        }
    }
    weeks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_split_into_weeks_from_monday() {
        let first = Month::parse("2026-03").unwrap();
        let weeks = weeks(Month::days(first), first, Vec::new());
        assert_eq!(weeks.len(), 6, "1 March 2026 is a Sunday, and the 31st a Tuesday");
        assert!(weeks[0][5].is_none() && weeks[0][6].as_ref().is_some_and(|day| day.is_today));
        assert_eq!(weeks.iter().flatten().flatten().count(), 31);
        assert!(Month::parse("2026-13").is_none() && Month::parse("").is_none() && Month::parse("1026-01").is_none());
    }
}
