//! The form of a rehearsal: the first day, and what goes wrong on which days. Its state is the page's address.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use url::form_urlencoded::Serializer;

use super::{DAYS, MOST_SLOTS};
use crate::schedules::{Staged, Zones};
use crate::web::Fields;
use crate::web::components::{Errors, date, read_date};

/// How many days before a clock change a rehearsal starts that is moved to include it.
const BEFORE_CHANGE: TimeDelta = TimeDelta::days(30);
/// How far from today a rehearsal may start, in days.
const FURTHEST: i64 = 5 * 366;

/// Something that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Trouble {
    /// Amazon responds with 429 to every call about executions.
    Throttled,
    /// AMC rejects every execution.
    Rejected,
    /// The owner has revoked the grant at Amazon.
    Revoked,
    /// RecomAMP is not running.
    Down,
}

impl Trouble {
    pub(super) const ALL: [Self; 4] = [Self::Throttled, Self::Rejected, Self::Revoked, Self::Down];

    /// The name of its checkbox; the date is `NAME_on`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Rejected => "rejected",
            Self::Revoked => "revoked",
            Self::Down => "down",
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Throttled => "A day of 429 responses",
            Self::Rejected => "A day of rejected executions",
            Self::Revoked => "A day without Amazon access",
            Self::Down => "A week of downtime",
        }
    }

    pub(super) const fn help(self) -> &'static str {
        match self {
            Self::Throttled => "Amazon responds “too many requests” to every call about executions, all day.",
            Self::Rejected => "AMC rejects each execution of that day because it overlaps with others.",
            Self::Revoked => "The owner revokes access at Amazon, and reconnects the next day.",
            Self::Down => "RecomAMP is not running from this day on, for seven days.",
        }
    }

    /// What is reported when it begins.
    pub(super) const fn begins(self) -> &'static str {
        match self {
            Self::Throttled => "Amazon responds with 429 to every call about executions.",
            Self::Rejected => "AMC rejects executions.",
            Self::Revoked => "Access is revoked at Amazon.",
            Self::Down => "RecomAMP stops.",
        }
    }

    /// What is reported when it ends.
    pub(super) const fn ends(self) -> &'static str {
        match self {
            Self::Throttled => "Amazon responds normally again.",
            Self::Rejected => "AMC accepts executions again.",
            Self::Revoked => "The owner reconnects.",
            Self::Down => "RecomAMP starts again.",
        }
    }

    const fn days(self) -> i64 {
        match self {
            Self::Down => 7,
            _ => 1,
        }
    }

    /// Where in the period it happens unless another day is chosen, in percent.
    const fn place(self) -> usize {
        match self {
            Self::Throttled => 20,
            Self::Rejected => 40,
            Self::Revoked => 60,
            Self::Down => 80,
        }
    }
}

/// A line of the form.
#[derive(Clone, Debug)]
pub(super) struct BadDay {
    pub(super) trouble: Trouble,
    pub(super) is_chosen: bool,
    /// The day as typed.
    pub(super) day: String,
    /// The name of the date field.
    pub(super) field: String,
}

/// The form, as typed or as proposed.
#[derive(Clone, Debug)]
pub(super) struct Form {
    /// The first day as typed.
    pub(super) from: String,
    /// Whether the period must include a clock change.
    pub(super) with_clocks: bool,
    pub(super) days: Vec<BadDay>,
    pub(super) errors: Errors,
    /// The next clock change after the first day, if the zone has one, and whether the period includes it.
    pub(super) change: Option<(NaiveDate, bool)>,
    first: NaiveDate,
}

/// What is played.
#[derive(Clone, Debug)]
pub(super) struct Script {
    pub(super) start: DateTime<Utc>,
    /// The end, which is before the next slot if there are more than [`MOST_SLOTS`].
    pub(super) until: DateTime<Utc>,
    /// When each slot is decided, in order.
    pub(super) due: Vec<DateTime<Utc>>,
    /// Whether the period was shortened because there are too many slots.
    pub(super) is_shortened: bool,
    /// What goes wrong, from when until when.
    pub(super) troubles: Vec<(Trouble, DateTime<Utc>, DateTime<Utc>)>,
    /// Chosen bad days outside of the period, in words.
    pub(super) outside: Vec<String>,
}

impl Form {
    /// Reads the form; what isn't in it is proposed: all bad days, spread over the period.
    pub(super) fn read(fields: &Fields, schedule: &Staged, zones: &Zones, now: DateTime<Utc>) -> Self {
        let today = schedule.day_of(zones, now);
        let mut errors = Errors::new();
        let typed = fields.trimmed("from").chars().take(20).collect::<String>();
        let near = |day: &NaiveDate| (*day - today).num_days().abs() <= FURTHEST;
        let read = if typed.is_empty() { Some(today) } else { read_date(&typed).filter(near) };
        if read.is_none() {
            errors.add("from", "Give a first day within five years of today, such as 2027-03-01.");
        }
        let mut first = read.unwrap_or(today);
        let with_clocks = fields.has("clocks");
        let mut shift = TimeDelta::zero();
        if with_clocks && let Some((change, false)) = change(schedule, zones, first) {
            shift = change - BEFORE_CHANGE - first;
            first += shift;
        }
        let is_proposal = !Trouble::ALL.iter().any(|trouble| fields.has(&field(*trouble)));
        let proposed = proposals(schedule, zones, first);
        let mut day = |trouble: Trouble, proposed: NaiveDate| {
            let field = field(trouble);
            let typed = fields.trimmed(&field).chars().take(20).collect::<String>();
            let is_chosen = is_proposal || fields.has(trouble.name());
            let day = match read_date(&typed) {
                Some(day) => (day + shift).to_string(),
                None if typed.is_empty() => proposed.to_string(),
                None => {
                    if is_chosen {
                        errors.add(&field, format!("“{typed}” is not a day. Write it like 2027-03-01."));
                    }
                    typed
                }
            };
            BadDay { trouble, is_chosen, day, field }
        };
        let days = Trouble::ALL.into_iter().zip(proposed).map(|(trouble, proposed)| day(trouble, proposed)).collect();
        let from = if read.is_none() { typed } else { first.to_string() };
        Self { from, with_clocks, days, errors, change: change(schedule, zones, first), first }
    }

    /// The form as the query string of the page.
    pub(super) fn query(&self) -> String {
        let mut query = Serializer::new(String::new());
        query.append_pair("from", &self.from);
        if self.with_clocks {
            query.append_pair("clocks", "true");
        }
        for day in &self.days {
            if day.is_chosen {
                query.append_pair(day.trouble.name(), "true");
            }
            query.append_pair(&day.field, &day.day);
        }
        query.finish()
    }

    /// What to play; call it for a form without errors.
    pub(super) fn script(&self, schedule: &Staged, zones: &Zones) -> Script {
        let (start, mut until) = period(schedule, zones, self.first);
        let mut slots = schedule.slots(zones, (start, until), MOST_SLOTS + 1);
        let is_shortened = slots.len() > MOST_SLOTS;
        if is_shortened && let Some((_, at, _)) = slots.pop() {
            until = at;
        }
        let (mut troubles, mut outside) = (Vec::new(), Vec::new());
        for chosen in self.days.iter().filter(|day| day.is_chosen) {
            let Some(day) = read_date(&chosen.day) else { continue };
            let trouble = chosen.trouble;
            let after = day + TimeDelta::days(trouble.days());
            let (begins, ends) = (schedule.start_of(zones, day), schedule.start_of(zones, after));
            if begins < start || begins >= until {
                outside.push(format!("{} on {}", trouble.label(), date(day)));
            } else {
                troubles.push((trouble, begins, ends));
            }
        }
        let due = slots.into_iter().map(|(_, _, due)| due).collect();
        Script { start, until, due, is_shortened, troubles, outside }
    }
}

fn field(trouble: Trouble) -> String {
    format!("{}_on", trouble.name())
}

/// The period from this day on.
fn period(schedule: &Staged, zones: &Zones, first: NaiveDate) -> (DateTime<Utc>, DateTime<Utc>) {
    (schedule.start_of(zones, first), schedule.start_of(zones, first + TimeDelta::days(DAYS)))
}

/// The next clock change from this day on, and whether it is in the period.
fn change(schedule: &Staged, zones: &Zones, first: NaiveDate) -> Option<(NaiveDate, bool)> {
    let (start, until) = period(schedule, zones, first);
    let at = schedule.clock_change(zones, start)?;
    Some((schedule.day_of(zones, at), at < until))
}

/// A day for each trouble on which the schedule has a slot.
fn proposals(schedule: &Staged, zones: &Zones, first: NaiveDate) -> [NaiveDate; 4] {
    let slots = schedule.slots(zones, period(schedule, zones, first), MOST_SLOTS);
    Trouble::ALL.map(|trouble| {
        let at = slots.len() * trouble.place() / 100;
        let otherwise = first + TimeDelta::days(DAYS * i64::try_from(trouble.place()).unwrap_or(0) / 100);
        slots.get(at).map_or(otherwise, |(day, _, _)| *day)
    })
}
