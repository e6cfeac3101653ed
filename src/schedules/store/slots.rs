//! The ledger: a row for each slot.

use chrono::{DateTime, Utc};

use super::slot_name;
use crate::db::{FromRow, PageRange, Result, Row, Single, Tx, from_json, sql};
use crate::executions::Problem;
use crate::ids::{ExecutionId, ScheduleId};
use crate::schedules::calendar::{Slot, SlotName};
use crate::schedules::model::{LedgerRow, SlotState};
use crate::web::run_state::RunState;

impl FromRow for LedgerRow {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            name: slot_name(&row.get::<String>("slot")?)?,
            at: row.get("at")?,
            decided_at: row.get("decided_at")?,
            state: row.parsed("state", SlotState::parse)?,
            reason: row.get("reason")?,
            is_late: row.get("is_late")?,
            execution: row.get("execution_id")?,
            ended_at: row.get("ended_at")?,
            execution_state: row.get::<Option<String>>("execution_state")?.and_then(|state| RunState::parse(&state)),
            waiting_for: row.get::<Option<String>>("waiting_for")?.unwrap_or_default(),
        })
    }
}

/// The filter of a ledger.
#[derive(Clone, Debug)]
pub(in crate::schedules) struct Ledger {
    pub schedule: ScheduleId,
    pub state: Option<SlotState>,
}

/// A range of a ledger, newest slot first. The caller has checked that the reader may see the schedule.
pub(in crate::schedules) async fn slots(tx: &mut Tx, ledger: &Ledger, range: PageRange) -> Result<Vec<LedgerRow>> {
    const LIST: &str = "select s.slot, s.at, s.decided_at, s.state, s.reason, s.is_late, s.execution_id, s.ended_at, \
        e.state as execution_state, e.waiting_for from schedule_slots s left join executions e on e.id = s.execution_id \
        where s.schedule_id = $1 and ($2 = '' or s.state = $2) order by s.at desc, s.slot desc limit $3 offset $4";
    let state = ledger.state.map_or("", SlotState::name);
    sql(LIST).bind(&ledger.schedule).bind(state).bind(range.most).bind(range.skip).all(tx).await
}

/// The number of rows, counted up to `most`.
pub(in crate::schedules) async fn count_slots(tx: &mut Tx, ledger: &Ledger, most: i64) -> Result<i64> {
    const COUNT: &str = "select count(*) as value from (select 1 as one from schedule_slots \
        where schedule_id = $1 and ($2 = '' or state = $2) limit $3) as counted";
    let state = ledger.state.map_or("", SlotState::name);
    sql(COUNT).bind(&ledger.schedule).bind(state).bind(most).count(tx).await
}

/// The numbers of running and queued slots of a schedule.
pub(in crate::schedules) async fn open(tx: &mut Tx, schedule: &ScheduleId) -> Result<(usize, usize)> {
    const COUNT: &str = "select state, count(*) as count from schedule_slots where schedule_id = $1 \
        and state in ('queued', 'started') group by state";
    struct Line(String, i64);
    impl FromRow for Line {
        fn from_row(row: &Row) -> Result<Self> {
            Ok(Self(row.get("state")?, row.get("count")?))
        }
    }
    let lines = sql(COUNT).bind(schedule).all::<Line>(tx).await?;
    let of = |state: SlotState| {
        let line = lines.iter().find(|Line(name, _)| name == state.name());
        line.map_or(0, |Line(_, count)| usize::try_from(*count).unwrap_or(0))
    };
    Ok((of(SlotState::Started), of(SlotState::Queued)))
}

/// Adds a slot to the ledger; false if it already exists.
pub(in crate::schedules) async fn put_slot(
    tx: &mut Tx,
    now: DateTime<Utc>,
    schedule: &ScheduleId,
    slot: &Slot,
    (state, reason): (SlotState, &str),
    is_late: bool,
    execution: Option<&ExecutionId>,
) -> Result<bool> {
    const PUT: &str = "insert into schedule_slots (schedule_id, slot, at, decided_at, state, reason, is_late, \
        execution_id) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (schedule_id, slot) do nothing";
    let put = sql(PUT)
        .bind(schedule)
        .bind(slot.name.to_string())
        .bind(slot.at)
        .bind(now)
        .bind(state.name())
        .bind(reason)
        .bind(is_late)
        .bind(execution.map(|id| id.as_str().to_owned()))
        .execute(tx)
        .await?;
    Ok(put == 1)
}

/// The oldest queued slot of each active schedule without a running execution: at most `most`.
pub(in crate::schedules) async fn start_queued(
    tx: &mut Tx,
    most: i64,
) -> Result<Vec<(ScheduleId, SlotName, DateTime<Utc>)>> {
    const LIST: &str = "select q.schedule_id, q.slot, q.at from schedule_slots q join schedules s on s.id = q.schedule_id \
        where q.state = 'queued' and s.state = 'active' and s.deleted_at is null \
        and not exists (select 1 from schedule_slots r where r.schedule_id = q.schedule_id and r.state = 'started') \
        and not exists (select 1 from schedule_slots e where e.schedule_id = q.schedule_id and e.state = 'queued' \
        and (e.at < q.at or (e.at = q.at and e.slot < q.slot))) order by q.at, q.schedule_id limit $1";
    struct Line(ScheduleId, SlotName, DateTime<Utc>);
    impl FromRow for Line {
        fn from_row(row: &Row) -> Result<Self> {
            Ok(Self(row.get("schedule_id")?, slot_name(&row.get::<String>("slot")?)?, row.get("at")?))
        }
    }
    let lines = sql(LIST).bind(most).all::<Line>(tx).await?;
    Ok(lines.into_iter().map(|Line(schedule, slot, at)| (schedule, slot, at)).collect())
}

/// Whether any slot is queued.
pub(in crate::schedules) async fn has_queued(tx: &mut Tx) -> Result<bool> {
    const FIND: &str = "select q.schedule_id as value from schedule_slots q join schedules s on s.id = q.schedule_id \
        where q.state = 'queued' and s.state = 'active' and s.deleted_at is null limit 1";
    Ok(sql(FIND).optional::<Single<ScheduleId>>(tx).await?.is_some())
}

/// Records the outcome of a queued slot; false if it isn't queued any more.
pub(in crate::schedules) async fn settle_queued(
    tx: &mut Tx,
    (schedule, slot): (&ScheduleId, SlotName),
    (state, reason): (SlotState, &str),
    execution: Option<&ExecutionId>,
) -> Result<bool> {
    const SETTLE: &str = "update schedule_slots set state = $3, reason = $4, execution_id = $5 \
        where schedule_id = $1 and slot = $2 and state = 'queued'";
    let settled = sql(SETTLE)
        .bind(schedule)
        .bind(slot.to_string())
        .bind(state.name())
        .bind(reason)
        .bind(execution.map(|id| id.as_str().to_owned()))
        .execute(tx)
        .await?;
    Ok(settled == 1)
}

/// Skips the queued slots of a schedule, for this reason.
pub(in crate::schedules) async fn skip_queued(tx: &mut Tx, schedule: &ScheduleId, reason: &str) -> Result<u64> {
    const SKIP: &str = "update schedule_slots set state = 'skipped', reason = $2 where schedule_id = $1 \
        and state = 'queued'";
    sql(SKIP).bind(schedule).bind(reason).execute(tx).await
}

/// Records how the execution of a slot ended; returns its schedule, if the slot was running.
pub(in crate::schedules) async fn settle(
    tx: &mut Tx,
    now: DateTime<Utc>,
    execution: &ExecutionId,
    (state, reason): (SlotState, &str),
) -> Result<Option<ScheduleId>> {
    const SETTLE: &str = "update schedule_slots set state = $2, reason = case when $3 = '' then reason else $3 end, \
        ended_at = $4 where execution_id = $1 and state in ('started', 'failed') returning schedule_id, decided_at";
    const TOOK: &str = "update schedule_slots set took_seconds = $2 where execution_id = $1";
    struct Line(ScheduleId, DateTime<Utc>);
    impl FromRow for Line {
        fn from_row(row: &Row) -> Result<Self> {
            Ok(Self(row.get("schedule_id")?, row.get("decided_at")?))
        }
    }
    let settled = sql(SETTLE).bind(execution).bind(state.name()).bind(reason).bind(now).optional::<Line>(tx).await?;
    let Some(Line(id, decided_at)) = settled else { return Ok(None) };
    sql(TOOK).bind(execution).bind((now - decided_at).num_seconds().max(0)).execute(tx).await?;
    Ok(Some(id))
}

/// Why an execution failed, in a sentence; empty if it didn't.
pub(in crate::schedules) async fn problem(tx: &mut Tx, execution: &ExecutionId) -> Result<String> {
    const FIND: &str = "select problem as value from executions where id = $1";
    let problem = sql(FIND).bind(execution).optional::<Single<Option<serde_json::Value>>>(tx).await?;
    let problem = problem.and_then(|Single(problem)| problem);
    let problem: Option<Problem> = problem.map(|value| from_json("problem", value)).transpose()?;
    Ok(problem.map(|problem| problem.brief().to_owned()).unwrap_or_default())
}
