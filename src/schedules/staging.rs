//! What a rehearsal uses of a schedule: its next slots, a copy of it in a database of its own, and the ledger there.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::calendar::Zones;
use super::model::{LedgerRow, Schedule, State};
use super::pages::Figures;
use super::store::{self, Written};
use crate::db::{PageRange, Result, Tx};
use crate::ids::{InstanceId, PersonId, QueryId, ScheduleId};

/// A schedule that is copied.
#[derive(Clone, Debug)]
pub struct Staged(Schedule);

/// What became of the slots of a copy.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// The rows, newest slot first.
    pub rows: Vec<LedgerRow>,
    /// How many slots ran, were skipped, and so on.
    pub figures: String,
    /// `Active`, `Paused` or `Finished`.
    pub state: &'static str,
    /// Why it has this state; may be empty.
    pub reason: String,
}

impl Staged {
    /// A schedule of an instance to which the person has access.
    pub async fn find(tx: &mut Tx, person: &PersonId, id: &ScheduleId) -> Result<Self> {
        store::find(tx, person, id).await.map(Self)
    }

    pub const fn id(&self) -> &ScheduleId {
        &self.0.id
    }

    pub fn name(&self) -> &str {
        &self.0.name
    }

    pub const fn owner(&self) -> &PersonId {
        &self.0.owner
    }

    pub fn owner_name(&self) -> &str {
        &self.0.owner_name
    }

    pub const fn instance(&self) -> &InstanceId {
        &self.0.instance
    }

    /// The saved query whose current text runs, if it isn't a text of the schedule's own.
    pub const fn query(&self) -> Option<&QueryId> {
        self.0.query.as_ref()
    }

    /// Counts its changes.
    pub const fn revision(&self) -> i64 {
        self.0.revision
    }

    /// When it runs, in words.
    pub fn timing(&self) -> String {
        self.0.timing.describe()
    }

    /// The name of its time zone.
    pub fn zone(&self) -> &str {
        &self.0.timing.zone
    }

    /// The slots from one instant to before another, at most `most`: each slot's local day, its instant, and when it
    /// is decided. None where the zone is unknown.
    pub fn slots(
        &self,
        zones: &Zones,
        (from, until): (DateTime<Utc>, DateTime<Utc>),
        most: usize,
    ) -> Vec<(NaiveDate, DateTime<Utc>, DateTime<Utc>)> {
        let Some(plan) = self.0.plan(zones) else { return Vec::new() };
        let slots = plan.after(from - TimeDelta::seconds(1)).take_while(|slot| slot.at < until).take(most);
        slots.map(|slot| (slot.name.civil.date(), slot.at, self.0.due(slot.at))).collect()
    }

    /// The first instant of a day in its time zone, or in UTC if that is unknown.
    pub fn start_of(&self, zones: &Zones, day: NaiveDate) -> DateTime<Utc> {
        let midnight = day.and_time(NaiveTime::MIN);
        zones.find(self.zone()).map_or_else(|| midnight.and_utc(), |zone| zone.first(midnight))
    }

    /// The day on which an instant lies in its time zone.
    pub fn day_of(&self, zones: &Zones, at: DateTime<Utc>) -> NaiveDate {
        zones.find(self.zone()).map_or_else(|| at.date_naive(), |zone| zone.civil(at).date())
    }

    /// The next clock change of its time zone; `None` where the clocks don't change.
    pub fn clock_change(&self, zones: &Zones, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        zones.find(self.zone())?.next_change(after)
    }

    /// Adds the schedule to another database, active, with its first slot from `now` on.
    pub async fn add_to(&self, tx: &mut Tx, zones: &Zones, now: DateTime<Utc>) -> Result<()> {
        let schedule = &self.0;
        let plan = schedule.plan(zones);
        let window = schedule.text_input().window;
        let written = Written {
            name: &schedule.name,
            instance: &schedule.instance,
            query: schedule.query.as_ref(),
            sql: &schedule.sql,
            parameters: &schedule.parameters,
            input: &schedule.input,
            window: &window,
            timing: &schedule.timing,
            policies: &schedule.policies,
            note: &schedule.note,
            zone_rules: zones.version(),
            next: plan.and_then(|plan| plan.after(now - TimeDelta::seconds(1)).next()),
        };
        store::add(tx, now, &schedule.id, (&schedule.owner, &schedule.created_by), &written).await.map(drop)
    }

    /// Resumes it in another database with its own choice for missed slots; returns whether it was paused.
    pub async fn resume_in(&self, tx: &mut Tx, now: DateTime<Utc>) -> Result<bool> {
        store::resume(tx, now, &self.0.id, self.0.policies.missed.name()).await
    }

    /// The number of slots decided in another database.
    pub async fn decided_in(&self, tx: &mut Tx, most: i64) -> Result<i64> {
        let all = store::Ledger { schedule: self.0.id.clone(), state: None };
        store::count_slots(tx, &all, most).await
    }

    /// The ledger in another database: the slots before `until`, at most `most`.
    pub async fn ledger_in(&self, tx: &mut Tx, until: DateTime<Utc>, most: i64) -> Result<Ledger> {
        let id = &self.0.id;
        let all = store::Ledger { schedule: id.clone(), state: None };
        let mut rows = store::slots(tx, &all, PageRange::first(most)).await?;
        rows.retain(|row| row.at < until);
        let now = store::by_id(tx, id).await?;
        let (state, reason) = now.map_or((State::Active, String::new()), |now| (now.state, now.state_reason));
        Ok(Ledger { figures: Figures::of_rows(&rows).describe(), rows, state: state.label(), reason })
    }
}
