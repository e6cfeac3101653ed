//! The tables of executions and their events.

mod add;
mod adoption;
mod claim;
mod cursor;
mod evidence;
mod groups;
mod links;
mod list;
mod outcomes;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

pub(super) use add::{NewRow, add, by_hand, choose_connection, has_by_hand, same_as, started_by};
pub(super) use adoption::{Found, Search, adopt, due_searches, is_known, search_failed, searched};
pub(super) use claim::{DUE, Obstacle, READY, claim, obstacle, to_send};
pub use cursor::{Batch, Cursor};
pub(super) use evidence::evidence;
pub(super) use groups::{Group, count_groups, groups};
pub(super) use links::open_links;
pub use list::{Filter, Line, Queue, count, list, queues, totals, unfinished, unfinished_through};
pub use outcomes::{Happened, Outcome};
pub(super) use outcomes::{announce, forget_outcomes};

use super::model::{Claimed, Execution, Origin, Problem, RETRYING, Sent, State};
use crate::db::{Error, FromRow, Result, Row, Single, Tx, WrongValue, from_json, sql};
use crate::ids::{ExecutionId, PersonId, ProcessId};
use crate::queries::{ParameterValues, WindowChoice, WindowKind};
use crate::results::StoredResult;
use crate::web::components::duration;

/// Nothing is planned further ahead: anything beyond was planned while the clock was ahead.
const FAR: TimeDelta = TimeDelta::hours(2);

impl FromRow for Execution {
    fn from_row(row: &Row) -> Result<Self> {
        let optional = |column| row.get::<Option<Value>>(column);
        Ok(Self {
            id: row.get("id")?,
            instance: row.get("instance_id")?,
            connection: row.get("connection_id")?,
            connection_owner: row.get("connection_owner")?,
            origin: origin(row)?,
            origin_ref: row.get("origin_ref")?,
            window: window(row)?,
            values: ParameterValues::read(&row.get("field_values")?),
            query: row.get("query_id")?,
            query_name: row.get("query_name")?,
            person: row.get("person_id")?,
            person_name: row.get("person_name")?,
            state: state(row)?,
            author_sql: row.get("author_sql")?,
            sent: Sent { body: row.get("sent")? },
            source_map: row.get("source_map")?,
            amc_workflow_id: row.get("amc_workflow_id")?,
            amc_id: row.get("amc_execution_id")?,
            amc_status: row.get("amc_status")?,
            cancel_asked_at: row.get("cancel_asked_at")?,
            problem: optional("problem")?.map(|value| from_json("problem", value)).transpose()?,
            waiting_for: row.get("waiting_for")?,
            output_columns: optional("output_columns")?,
            result: optional("result")?.map(|value| from_json("result", value)).transpose()?,
            attempts: row.get("attempts")?,
            lookups: row.get("lookups")?,
            created_at: row.get("created_at")?,
            sent_at: row.get("sent_at")?,
            started_at: row.get("started_at")?,
            finished_at: row.get("finished_at")?,
            result_kept_at: row.get("result_kept_at")?,
            result_removed_at: row.get("result_removed_at")?,
            revision: row.get("revision")?,
            epoch: row.get("lease_epoch")?,
        })
    }
}

fn state(row: &Row) -> Result<State> {
    row.parsed("state", State::parse)
}

fn origin(row: &Row) -> Result<Origin> {
    row.parsed("origin", Origin::parse)
}

/// The window from a row's four columns.
fn window(row: &Row) -> Result<WindowChoice> {
    let wrong = |column| Error::Inconsistent { column, source: WrongValue::new("part of a window") };
    let time = |column| -> Result<Option<chrono::NaiveDateTime>> {
        let text: Option<String> = row.get(column)?;
        text.map(|text| WindowChoice::read(&text).ok_or(wrong(column))).transpose()
    };
    Ok(WindowChoice {
        kind: row.parsed("window_kind", WindowKind::parse)?,
        start: time("window_start")?,
        end: time("window_end")?,
        zone: row.parsed("window_zone", |text| text.parse().ok())?,
    })
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select e.id, e.instance_id, e.connection_id, e.connection_owner, e.origin, e.origin_ref, e.window_kind, ",
            "e.window_start, e.window_end, e.window_zone, q.id as query_id, e.query_name, e.person_id, e.person_name, ",
            "e.state, e.author_sql, e.sent, e.source_map, e.field_values, e.amc_workflow_id, e.amc_execution_id, ",
            "e.amc_status, e.cancel_asked_at, e.problem, e.waiting_for, e.output_columns, e.result, e.attempts, ",
            "e.lookups, e.created_at, e.sent_at, e.started_at, e.finished_at, e.result_kept_at, ",
            "e.result_removed_at, e.revision, e.lease_epoch ",
            "from executions e left join queries q on q.id = e.query_id ",
            $rest
        )
    };
}

/// An execution that a person may see; [`Error::Missing`] otherwise.
pub async fn find(tx: &mut Tx, person: &PersonId, id: &ExecutionId) -> Result<Execution> {
    const FIND: &str =
        select!("join instance_access a on a.instance_id = e.instance_id and a.person_id = $1 where e.id = $2");
    let found: Execution = sql(FIND).bind(person).bind(id).cached().one(tx).await?;
    if tx.reaches(&found.instance) { Ok(found) } else { Err(Error::Missing) }
}

/// An execution; without access checks, for the program itself.
pub(super) async fn find_any(tx: &mut Tx, id: &ExecutionId) -> Result<Option<Execution>> {
    const FIND: &str = select!("where e.id = $1");
    sql(FIND).bind(id).optional(tx).await
}

/// The changes of a step. `None` means unchanged; the lease ends with it.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) state: State,
    pub(super) next: Option<DateTime<Utc>>,
    pub(super) amc_id: Option<String>,
    pub(super) amc_status: Option<String>,
    pub(super) problem: Option<Problem>,
    pub(super) waiting_for: Option<String>,
    pub(super) output_columns: Option<Value>,
    pub(super) result: Option<StoredResult>,
    pub(super) attempts: i64,
    pub(super) lookups: i64,
    pub(super) sent_at: Option<DateTime<Utc>>,
    pub(super) keep_lease: bool,
}

impl Change {
    /// Changes to `state` and polls again at `next`.
    pub(super) fn to(state: State, next: Option<DateTime<Utc>>) -> Self {
        Self {
            state,
            next,
            amc_id: None,
            amc_status: None,
            problem: None,
            waiting_for: None,
            output_columns: None,
            result: None,
            attempts: 0,
            lookups: 0,
            sent_at: None,
            keep_lease: false,
        }
    }
}

/// Writes a step if the lease still holds; returns whether it did. A new state is recorded as an event.
pub(super) async fn change(tx: &mut Tx, now: DateTime<Utc>, before: &Claimed, change: &Change) -> Result<bool> {
    const CHANGE: &str = "update executions set state = $3, \
        next_step_at = case when $18 or cancel_asked_at is null then $4 else $16 end, \
        amc_execution_id = coalesce($5, amc_execution_id), amc_status = coalesce($6, amc_status), \
        problem = case when state = 'lost' and $3 <> 'lost' then $7 else coalesce($7, problem) end, waiting_for = $8, output_columns = coalesce($9, output_columns), \
        result = coalesce($10, result), result_kept_at = case when $10 is null then result_kept_at else $16 end, attempts = $11, lookups = $12, sent_at = coalesce($13, sent_at), \
        started_at = coalesce(started_at, $14), \
        finished_at = case when state = 'lost' and $3 <> 'lost' then $15 else coalesce(finished_at, $15) end, updated_at = $16, \
        revision = revision + 1, lease_until = case when $17 then lease_until else null end \
        where id = $1 and lease_epoch = $2";
    let started = matches!(change.state, State::Running).then_some(now);
    let finished = change.state.is_final().then_some(now);
    let touched = sql(CHANGE)
        .bind(&before.id)
        .bind(before.epoch)
        .bind(change.state.name())
        .bind(change.next)
        .bind(change.amc_id.clone())
        .bind(change.amc_status.clone())
        .bind(change.problem.as_ref().map(|problem| json!(problem)))
        .bind(change.waiting_for.clone())
        .bind(change.output_columns.clone())
        .bind(change.result.as_ref().map(|kept| json!(kept)))
        .bind(change.attempts)
        .bind(change.lookups)
        .bind(change.sent_at)
        .bind(started)
        .bind(finished)
        .bind(now)
        .bind(change.keep_lease)
        // A cancellation during the step is handled immediately.
        .bind(before.cancel_asked_at.is_some() || change.next.is_none())
        .execute(tx)
        .await?;
    if touched == 1
        && let Some(words) = timeline_note(before, change, now)
    {
        note(tx, &before.id, now, change.state, &words).await?;
    }
    Ok(touched == 1)
}

/// The timeline entry of a step, if any: a new state with its details, or a failed attempt with its cause and wait.
/// Of many failed attempts, the first ten are recorded, then only each that doubles their number, so that the
/// timeline stays readable after a day without an answer.
fn timeline_note(before: &Claimed, change: &Change, now: DateTime<Utc>) -> Option<String> {
    let reason = || change.waiting_for.as_deref().unwrap_or_default();
    if change.attempts > before.attempts {
        let number = change.attempts;
        let cause = reason().trim_end_matches(RETRYING).trim_end();
        let wait = change.next.map(|next| format!(" Next attempt in {}.", duration(next - now))).unwrap_or_default();
        return (number <= 10 || number.count_ones() == 1).then(|| format!("Attempt {number} failed. {cause}{wait}"));
    }
    (change.state != before.state).then(|| match &change.problem {
        Some(problem) => problem.what.clone(),
        None if change.state == State::Sending && change.attempts > 0 => format!("Attempt {}.", change.attempts + 1),
        None => reason().to_owned(),
    })
}

async fn note(tx: &mut Tx, id: &ExecutionId, now: DateTime<Utc>, state: State, note: &str) -> Result<()> {
    const NOTE: &str = "insert into execution_events (execution_id, position, at, state, note) \
        select $1, coalesce(max(position), 0) + 1, $2, $3, $4 from execution_events where execution_id = $1";
    sql(NOTE).bind(id).bind(now).bind(state.name()).bind(note).execute(tx).await?;
    Ok(())
}

/// Requests cancellation of an execution that hasn't ended, on behalf of a person; returns whether there was anything
/// to cancel.
pub(super) async fn ask_cancel(tx: &mut Tx, execution: &Execution, who: &str, now: DateTime<Utc>) -> Result<bool> {
    const ASK: &str = "update executions set cancel_asked_at = $2, next_step_at = $2, revision = revision + 1 \
        where id = $1 and cancel_asked_at is null \
        and state in ('waiting', 'sending', 'pending', 'running', 'fetching')";
    let asked = sql(ASK).bind(&execution.id).bind(now).execute(tx).await? == 1;
    if asked {
        note(tx, &execution.id, now, execution.state, &format!("{who} requested cancellation.")).await?;
    }
    Ok(asked)
}

/// Stops waiting for AMC, on behalf of a person; returns whether there was anything to wait for. AMC is still polled
/// at `next`, since it may finish after all.
pub(super) async fn stop_waiting(
    tx: &mut Tx,
    execution: &Execution,
    problem: &Problem,
    (now, next): (DateTime<Utc>, DateTime<Utc>),
) -> Result<bool> {
    const STOP: &str = "update executions set state = 'lost', problem = $3, waiting_for = null, finished_at = $2, \
        next_step_at = $4, attempts = 0, lookups = 0, updated_at = $2, revision = revision + 1, lease_until = null, \
        lease_epoch = lease_epoch + 1 where id = $1 and state in ('pending', 'running')";
    let stopped = sql(STOP).bind(&execution.id).bind(now).bind(json!(problem)).bind(next).execute(tx).await? == 1;
    if stopped {
        note(tx, &execution.id, now, State::Lost, &problem.what).await?;
        announce(tx, now, (&execution.id, &execution.instance), Happened::Ended, State::Lost).await?;
    }
    Ok(stopped)
}

/// Requests another download of the result of an execution that AMC finished; returns whether that is possible.
pub(super) async fn fetch_again(tx: &mut Tx, execution: &Execution, now: DateTime<Utc>) -> Result<bool> {
    const FETCH: &str = "update executions set state = 'fetching', next_step_at = $2, attempts = 0, lookups = 0, \
        problem = null, waiting_for = null, result = null, result_removed_at = null, cancel_asked_at = null, \
        updated_at = $2, \
        revision = revision + 1 where id = $1 and revision = $3 and state in ('succeeded', 'failed', 'cancelled', 'lost')";
    let begun = sql(FETCH).bind(&execution.id).bind(now).bind(execution.revision).execute(tx).await? == 1;
    if begun {
        note(tx, &execution.id, now, State::Fetching, "Fetching again, as requested.").await?;
    }
    Ok(begun)
}

/// Extends a lease during a long step and stores its progress; returns whether somebody canceled, or `None` if the
/// lease is lost.
pub(super) async fn hold(
    tx: &mut Tx,
    execution: &Claimed,
    until: DateTime<Utc>,
    progress: Option<String>,
) -> Result<Option<bool>> {
    const HOLD: &str = "update executions set lease_until = $3, waiting_for = coalesce($4, waiting_for), \
        revision = revision + 1 where id = $1 and lease_epoch = $2 returning (cancel_asked_at is not null) as value";
    let held = sql(HOLD).bind(&execution.id).bind(execution.epoch).bind(until).bind(progress);
    Ok(held.optional::<Single<bool>>(tx).await?.map(|Single(stop)| stop))
}

/// Releases the leases of previous processes if this process is the only one.
pub(super) async fn release_all(tx: &mut Tx, but: &ProcessId) -> Result<u64> {
    const RELEASE: &str =
        "update executions set lease_until = null where lease_until is not null and lease_owner <> $1";
    sql(RELEASE).bind(but).execute(tx).await
}

/// Releases the leases of one process, except those of executions being sent; anything it still writes has an
/// outdated epoch.
pub(super) async fn release(tx: &mut Tx, owner: &ProcessId) -> Result<u64> {
    const RELEASE: &str = "update executions set lease_until = null, lease_epoch = lease_epoch + 1 \
        where lease_until is not null and lease_owner = $1 and state <> 'sending'";
    sql(RELEASE).bind(owner).execute(tx).await
}

/// Releases unused leases, so that the next tick can claim the rows.
pub(super) async fn give_back(tx: &mut Tx, executions: &[Claimed]) -> Result<()> {
    const GIVE: &str = "update executions set lease_until = null where id = $1 and lease_epoch = $2";
    for execution in executions {
        sql(GIVE).bind(&execution.id).bind(execution.epoch).execute(tx).await?;
    }
    Ok(())
}

/// Reschedules rows that a clock that was ahead planned for the distant future; returns how many.
pub(super) async fn pull_back(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64> {
    const PULL: &str = "update executions set next_step_at = $1, lease_until = null \
        where next_step_at is not null and (next_step_at > $2 or lease_until > $2)";
    sql(PULL).bind(now).bind(now + FAR).execute(tx).await
}

/// Executions that ended before `before` and whose result still exists, oldest first.
pub(super) async fn expired(tx: &mut Tx, before: DateTime<Utc>, most: i64) -> Result<Vec<ExecutionId>> {
    const EXPIRED: &str = "select id as value from executions where finished_at < $1 and state = 'succeeded' \
        and (result_kept_at is null or result_kept_at < $1) and result_removed_at is null order by finished_at limit $2";
    sql(EXPIRED).bind(before).bind(most).column(tx).await
}

/// Marks the result as deleted.
pub(super) async fn mark_removed(tx: &mut Tx, id: &ExecutionId, now: DateTime<Utc>) -> Result<()> {
    const MARK: &str = "update executions set result_removed_at = $2, revision = revision + 1 where id = $1";
    sql(MARK).bind(id).bind(now).execute(tx).await.map(drop)
}

/// When the next execution can be claimed, if any: its step is due and it isn't leased.
pub(super) async fn next_due(tx: &mut Tx, fetching: bool) -> Result<Option<DateTime<Utc>>> {
    const NEXT: &str = "select min(case when lease_until > next_step_at then lease_until else next_step_at end) \
        as value from executions where next_step_at is not null and (state = 'fetching') = $1";
    sql(NEXT).bind(fetching).value(tx).await
}

/// A timeline entry.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) at: DateTime<Utc>,
    pub(super) state: State,
    pub(super) note: String,
}

impl FromRow for Event {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { at: row.get("at")?, state: state(row)?, note: row.get("note")? })
    }
}

/// The timeline of an execution, in order.
pub(super) async fn events(tx: &mut Tx, id: &ExecutionId) -> Result<Vec<Event>> {
    const LIST: &str = "select at, state, note from execution_events where execution_id = $1 order by position";
    sql(LIST).bind(id).cached().all(tx).await
}
