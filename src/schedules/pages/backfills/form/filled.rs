//! A submitted backfill form: its windows and its errors.

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};

use crate::amcsql::finding::{Finding, Level};
use crate::clock::zones::local;
use crate::db::Tx;
use crate::ids::InstanceId;
use crate::instances::{self, Action};
use crate::queries::{FieldDef, RunInput, WINDOW_FIELDS, prepare};
use crate::schedules::Schedules;
use crate::schedules::backfill::{self, MOST_WINDOWS, PastWindow, Unit};
use crate::schedules::model::{NAME_LENGTH, Schedule};
use crate::schedules::pages::source::{Source, Start, merge, over};
use crate::web::components::{Errors, read_date};
use crate::web::{self, Fields, Person, naming};

/// The default range, in weeks.
const WEEKS: u64 = 26;
/// Maximum number of concurrent executions.
const MOST_AT_ONCE: i64 = 5;
/// Maximum number of minutes between two starts: a day.
const MOST_MINUTES: i64 = 1_440;

/// A submitted form with everything derived from it.
pub(super) struct Filled {
    pub(super) source: Source,
    pub(super) schedule: Option<Schedule>,
    pub(super) fields: Fields,
    pub(super) errors: Errors,
    pub(super) name: String,
    pub(super) unit: Unit,
    /// The typed text.
    pub(super) first: String,
    pub(super) last: String,
    pub(super) days: Option<(NaiveDate, NaiveDate)>,
    pub(super) at_once: String,
    pub(super) every_minutes: String,
    /// The number of concurrent executions, and the minutes between starts.
    pub(super) pace: Option<(i64, i64)>,
    pub(super) input: RunInput,
    pub(super) instance: Option<InstanceId>,
    pub(super) asked: Vec<FieldDef>,
    pub(super) windows: Vec<PastWindow>,
}

/// Parses a form; all errors are reported by field.
pub(super) async fn filled(
    room: &Schedules,
    tx: &mut Tx,
    person: &Person,
    start: Start,
    sent: &Fields,
) -> web::Result<Filled> {
    let fields = over(&start.fields, sent);
    let now = room.site.clock.now();
    let mut errors = Errors::new();
    let name = if fields.has("name") {
        naming::plain(fields.trimmed("name"))
    } else {
        let of = start.schedule.as_ref().map_or(&start.source.name, |schedule| &schedule.name);
        format!("Backfill of {of}").chars().take(NAME_LENGTH).collect()
    };
    if name.is_empty() {
        errors.add("name", "Enter a name.");
    } else if let Some(fault) = naming::fault(&name, NAME_LENGTH) {
        errors.add("name", fault);
    }
    let (input, wrong) = RunInput::of_form(&start.source.script(), &fields);
    let is_about_window = |field: &str| field != "zone" && WINDOW_FIELDS.contains(&field);
    wrong.iter().filter(|(field, _)| !is_about_window(field)).for_each(|(field, sentence)| errors.add(field, sentence));
    let default = if start.schedule.is_some() { Unit::Slots } else { Unit::Week };
    let unit = if fields.has("unit") { Unit::parse(fields.get("unit")) } else { Some(default) };
    let unit = unit.filter(|unit| *unit != Unit::Slots || start.schedule.is_some()).unwrap_or_else(|| {
        errors.add("unit", "Choose what each execution covers.");
        default
    });
    let mut filled = Filled {
        source: start.source,
        schedule: start.schedule,
        name,
        unit,
        first: String::new(),
        last: String::new(),
        days: None,
        at_once: String::new(),
        every_minutes: String::new(),
        pace: None,
        input,
        instance: None,
        asked: Vec::new(),
        windows: Vec::new(),
        fields,
        errors,
    };
    filled.read_range(now);
    filled.read_pace();
    filled.find_windows(room, now);
    filled.check(tx, person, now).await?;
    Ok(filled)
}

impl Filled {
    fn read_range(&mut self, now: DateTime<Utc>) {
        let today = local(self.input.window.zone, now).date();
        let monday = today - Days::new(u64::from(today.weekday().num_days_from_monday()));
        let proposed = [("first_day", monday - Days::new(WEEKS * 7)), ("last_day", monday - Days::new(1))];
        let [first, last] = proposed.map(|(name, day)| {
            if self.fields.has(name) {
                self.fields.trimmed(name).chars().filter(|c| !c.is_control()).take(40).collect()
            } else {
                day.to_string()
            }
        });
        let mut read = |name: &str, text: &str| {
            let day = read_date(text).filter(|day| (2000..=2199).contains(&day.year()));
            if day.is_none() {
                self.errors.add(name, "Enter a date such as 2026-01-31.");
            }
            day
        };
        let days = read("first_day", &first).zip(read("last_day", &last));
        if days.is_some_and(|(first, last)| last < first) {
            self.errors.add("last_day", "The last day must not be before the first day.");
        }
        self.days = days.filter(|(first, last)| first <= last);
        (self.first, self.last) = (first, last);
    }

    fn read_pace(&mut self) {
        let mut number = |name: &str, least: i64, most: i64, proposed: i64| {
            let text = if self.fields.has(name) { self.fields.trimmed(name).to_owned() } else { proposed.to_string() };
            let number = text.parse::<i64>().ok().filter(|number| (least..=most).contains(number));
            if number.is_none() {
                self.errors.add(name, format!("Enter a number from {least} to {most}."));
            }
            (text.chars().filter(|c| !c.is_control()).take(20).collect::<String>(), number)
        };
        let (at_once, together) = number("at_once", 1, MOST_AT_ONCE, 1);
        let (every_minutes, apart) = number("every_minutes", 0, MOST_MINUTES, 0);
        (self.at_once, self.every_minutes) = (at_once, every_minutes);
        self.pace = together.zip(apart);
    }

    fn find_windows(&mut self, room: &Schedules, now: DateTime<Utc>) {
        let Some(days) = self.days else { return };
        let plan = self.schedule.as_ref().and_then(|schedule| schedule.plan(&room.zones));
        self.windows = match (self.unit, plan) {
            (Unit::Slots, Some(plan)) => backfill::of_slots(&plan, &self.input.window, days, now),
            (unit, _) => backfill::whole(unit, days, self.input.window.zone, now),
        };
        if self.windows.is_empty() {
            let what = match self.unit {
                Unit::Day => "day",
                Unit::Week => "week",
                Unit::Month => "month",
                Unit::Slots => "slot",
            };
            self.errors.add("last_day", format!("No complete {what} has ended between these days. Choose other days."));
        } else if self.windows.len() > MOST_WINDOWS {
            self.errors.add(
                "last_day",
                format!("A backfill can have at most {MOST_WINDOWS} time windows. Choose fewer days."),
            );
            self.windows.truncate(MOST_WINDOWS);
        }
    }

    /// Checks that this person can run the first window on the selected instance.
    async fn check(&mut self, tx: &mut Tx, person: &Person, now: DateTime<Utc>) -> web::Result<()> {
        let mut instance = None;
        if let Ok(id) = self.fields.trimmed("instance").parse::<InstanceId>() {
            match instances::require(tx, &person.id, &id, Action::Run).await {
                Ok(found) => instance = Some(found),
                Err(instances::Denied::Db(error)) => return Err(error.into()),
                Err(instances::Denied::Missing) => {}
                Err(instances::Denied::Role(why)) => self.errors.add("instance", why),
            }
        }
        let Some(instance) = instance else {
            if self.errors.of("instance").is_empty() {
                self.errors.add("instance", "Choose an instance.");
            }
            return Ok(());
        };
        let catalogue = instances::catalogue(tx, &instance.id).await?;
        let mut input = self.input.clone();
        if let Some(first) = self.windows.first() {
            input.window = first.choice(input.window.zone);
        }
        let prepared = prepare(&self.source.script(), &input, &catalogue, now, instance.is_sandbox);
        self.asked.clone_from(&prepared.asked);
        if !self.windows.is_empty() {
            merge(&mut self.errors, &prepared.errors);
        }
        let is_error = |finding: &&Finding| finding.level == Level::Error;
        if let Some(finding) = prepared.findings.iter().find(is_error) {
            self.errors.add("", format!("AMC would reject this query: {}", finding.message));
        }
        self.instance = Some(instance.id);
        Ok(())
    }
}
