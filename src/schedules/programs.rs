//! Schedules for programs, by the same rules as the pages: the fields are those of the form.

use chrono::{DateTime, Utc};

use super::Schedules;
use super::model::{Schedule, SlotState, State};
use super::pages::{changes, form};
use super::policies::Missed;
use super::store::{self, Filter, Ledger};
use crate::db::{PageRange, Tx};
use crate::ids::{ExecutionId, InstanceId, QueryId, ScheduleId};
use crate::web::components::Errors;
use crate::web::{self, Fields, Person};

/// A schedule, as a person sees it.
#[derive(Clone, Debug)]
pub struct ScheduleView {
    pub id: ScheduleId,
    pub name: String,
    /// The name of the person whose access it uses.
    pub owner: String,
    pub instance: InstanceId,
    /// The saved query that runs; `None` if it has a text of its own.
    pub query: Option<QueryId>,
    /// `active`, `paused` or `finished`.
    pub state: &'static str,
    /// Why it has this state; may be empty.
    pub state_reason: String,
    pub paused_until: Option<DateTime<Utc>>,
    /// Its timing as fields of the form.
    pub timing: Vec<(&'static str, String)>,
    /// Its timing in words.
    pub timing_words: String,
    /// Its input as fields of the form.
    pub input: Vec<(String, String)>,
    /// Its policies as fields of the form.
    pub policies: Vec<(&'static str, String)>,
    pub note: String,
    /// The instant of the next slot.
    pub next_at: Option<DateTime<Utc>>,
    pub can_change: bool,
    pub revision: i64,
    pub created_at: DateTime<Utc>,
    pub created_by: String,
    pub updated_at: DateTime<Utc>,
    pub updated_by: String,
}

impl From<Schedule> for ScheduleView {
    fn from(schedule: Schedule) -> Self {
        Self {
            can_change: schedule.can_change(),
            state: schedule.state.name(),
            timing: schedule.timing.form(),
            timing_words: schedule.timing.describe(),
            policies: schedule.policies.form(),
            id: schedule.id,
            name: schedule.name,
            owner: schedule.owner_name,
            instance: schedule.instance,
            query: schedule.query,
            state_reason: schedule.state_reason,
            paused_until: schedule.paused_until,
            input: schedule.input,
            note: schedule.note,
            next_at: schedule.next_at,
            revision: schedule.revision,
            created_at: schedule.created_at,
            created_by: schedule.created_by,
            updated_at: schedule.updated_at,
            updated_by: schedule.updated_by,
        }
    }
}

/// The filter of a list.
#[derive(Clone, Debug, Default)]
pub struct ScheduleFilter {
    /// Text in the schedule's, the query's or the owner's name.
    pub text: String,
    pub instance: Option<InstanceId>,
    pub query: Option<QueryId>,
    /// The name of a state; empty for all.
    pub state: String,
}

/// A row of a list.
#[derive(Clone, Debug)]
pub struct ScheduleLine {
    pub id: ScheduleId,
    pub name: String,
    pub query: Option<QueryId>,
    pub instance: InstanceId,
    pub instance_name: String,
    pub owner: String,
    /// Its timing in words.
    pub timing: String,
    /// `active`, `paused` or `finished`.
    pub state: &'static str,
    /// The instant of the next slot.
    pub next_at: Option<DateTime<Utc>>,
    /// The outcome of the last slot.
    pub last_state: Option<&'static str>,
    pub last_at: Option<DateTime<Utc>>,
    pub last_execution: Option<ExecutionId>,
}

/// A row of the ledger.
#[derive(Clone, Debug)]
pub struct ScheduleSlot {
    /// Its local time, which names it.
    pub name: String,
    pub at: DateTime<Utc>,
    pub decided_at: DateTime<Utc>,
    pub state: &'static str,
    /// Why, or what it waits for; may be empty.
    pub reason: String,
    pub is_late: bool,
    pub execution: Option<ExecutionId>,
}

/// The outcome of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    Done,
    /// The schedule isn't at the given revision any more.
    Stale,
    /// What is wrong, by field.
    Invalid(Errors),
}

impl Schedules {
    /// The names of the states of a schedule.
    pub fn states() -> [&'static str; 3] {
        State::ALL.map(State::name)
    }

    /// The names of the outcomes of a slot.
    pub fn slot_states() -> [&'static str; 7] {
        SlotState::ALL.map(SlotState::name)
    }

    /// A range of the schedules that a person can see and that match: the next due first.
    pub async fn list(
        &self,
        tx: &mut Tx,
        person: &Person,
        filter: &ScheduleFilter,
        range: PageRange,
    ) -> web::Result<Vec<ScheduleLine>> {
        let filter = Filter {
            text: filter.text.clone(),
            instance: filter.instance.clone(),
            query: filter.query.clone(),
            state: State::parse(&filter.state),
            ..Filter::default()
        };
        let lines = store::list(tx, &person.id, &filter, self.site.clock.now(), range).await?;
        let line = |line: store::Line| ScheduleLine {
            timing: line.timing.describe(),
            state: line.state.name(),
            last_state: line.last.map(SlotState::name),
            id: line.id,
            name: line.name,
            query: line.query,
            instance: line.instance,
            instance_name: line.instance_name,
            owner: line.owner_name,
            next_at: line.next_at,
            last_at: line.last_at,
            last_execution: line.last_execution,
        };
        Ok(lines.into_iter().map(line).collect())
    }

    /// A schedule that isn't deleted.
    pub async fn find(&self, tx: &mut Tx, person: &Person, id: &ScheduleId) -> web::Result<ScheduleView> {
        let schedule = store::find(tx, &person.id, id).await?;
        if schedule.deleted_at.is_some() {
            return Err(web::Error::Gone("This schedule is deleted. It can be restored on its page.".to_owned()));
        }
        Ok(schedule.into())
    }

    /// A range of a schedule's ledger, newest slot first; `state` is the name of an outcome, or empty.
    pub async fn slots(
        &self,
        tx: &mut Tx,
        person: &Person,
        id: &ScheduleId,
        state: &str,
        range: PageRange,
    ) -> web::Result<Vec<ScheduleSlot>> {
        self.find(tx, person, id).await?;
        let ledger = Ledger { schedule: id.clone(), state: SlotState::parse(state) };
        let rows = store::slots(tx, &ledger, range).await?;
        let slot = |row: super::model::LedgerRow| ScheduleSlot {
            name: row.name.to_string(),
            reason: row.why(),
            at: row.at,
            decided_at: row.decided_at,
            state: row.state.name(),
            is_late: row.is_late,
            execution: row.execution,
        };
        Ok(rows.into_iter().map(slot).collect())
    }

    /// Adds a schedule of this person; after the commit, [`Schedules::wake`] decides what is due.
    pub async fn add(&self, tx: &mut Tx, person: &Person, fields: &Fields) -> web::Result<Result<ScheduleId, Errors>> {
        form::add_by(self, tx, person, fields).await
    }

    /// Makes the scheduler look for due slots now.
    pub fn wake(&self) {
        self.site.wakes.wake(super::scheduler::NAME);
    }

    /// Changes a schedule that is at this revision; missing fields stay as they are.
    pub async fn change(
        &self,
        person: &Person,
        (id, revision): (&ScheduleId, i64),
        fields: &Fields,
    ) -> web::Result<Changed> {
        let mut tx = self.site.db.write(&person.scope()).await?;
        match form::change_by(self, &mut tx, person, (id, revision), fields).await? {
            Ok(Some(())) => {
                tx.commit().await?;
                self.wake();
                Ok(Changed::Done)
            }
            Ok(None) => Ok(Changed::Stale),
            Err(errors) => Ok(Changed::Invalid(errors)),
        }
    }

    /// Pauses a schedule until the beginning of a day, or, without one, until somebody resumes it.
    pub async fn pause(
        &self,
        tx: &mut Tx,
        person: &Person,
        id: &ScheduleId,
        until: &str,
        note: &str,
    ) -> web::Result<()> {
        let schedule = changes::changeable(tx, person, id.as_str()).await?;
        changes::pause_by(self, tx, person, &schedule, (until, note)).await
    }

    /// Resumes a paused schedule; `missed` names what happens to the slots in between. After the commit,
    /// [`Schedules::wake`] decides what is due.
    pub async fn resume(
        &self,
        tx: &mut Tx,
        person: &Person,
        id: &ScheduleId,
        missed: &str,
    ) -> web::Result<Result<(), Errors>> {
        let schedule = changes::changeable(tx, person, id.as_str()).await?;
        let Some(with) = Missed::parse(missed) else {
            let mut errors = Errors::new();
            let names: Vec<String> = Missed::choices().into_iter().map(|choice| choice.value).collect();
            errors.add("missed", format!("Say what happens to the slots in between: {}.", names.join(", ")));
            return Ok(Err(errors));
        };
        changes::resume_by(self, tx, person, &schedule, with).await.map(Ok)
    }

    /// Deletes a schedule; it can be restored on its page.
    pub async fn delete(&self, person: &Person, id: &ScheduleId) -> web::Result<()> {
        changes::delete_by(self, person, id.as_str(), true).await.map(drop)
    }
}
