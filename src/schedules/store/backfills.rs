//! Backfills and their windows.

mod list;

pub(in crate::schedules) use list::{BackfillFilter, BackfillLine, backfills, count_backfills};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{json_of, seen_name, slot_name};
use crate::db::lease::{self, Lease, Queue};
use crate::db::{FromRow, Result, Row, Single, Tx, sql};
use crate::ids::{BackfillId, ExecutionId, InstanceId, PersonId, ProcessId, QueryId, ScheduleId};
use crate::instances::Role;
use crate::queries::{FieldDef, WindowChoice};
use crate::schedules::backfill::{Backfill, PastWindow, Stage, Unit, WindowRow, WindowState};

const DUE: Queue = crate::queue!("backfills", due "due_at", only "state = 'active'");

fn day(row: &Row, column: &'static str) -> Result<NaiveDate> {
    row.parsed(column, |text| text.parse().ok())
}

impl FromRow for Backfill {
    fn from_row(row: &Row) -> Result<Self> {
        let role: Option<String> = row.get("role")?;
        Ok(Self {
            id: row.get("id")?,
            name: row.get("name")?,
            owner: row.get("owner_id")?,
            owner_name: row.get("owner_name")?,
            instance: row.get("instance_id")?,
            instance_name: row.get("instance_name")?,
            role: role.map(|role| Role::parse(&role)),
            schedule: row.get("schedule_id")?,
            schedule_name: row.get("schedule_name")?,
            query: row.get("query_id")?,
            query_name: row.get("query_name")?,
            is_query_deleted: row.get("is_query_deleted")?,
            sql: row.get("sql")?,
            parameters: row.json("parameters")?,
            input: row.json("input")?,
            unit: row.parsed("unit", Unit::parse)?,
            zone: row.parsed("zone", |text| text.parse().ok())?,
            first: day(row, "first_day")?,
            last: day(row, "last_day")?,
            at_once: row.get("at_once")?,
            every_minutes: row.get("every_minutes")?,
            state: row.parsed("state", Stage::parse)?,
            state_reason: row.get("state_reason")?,
            state_at: row.get("state_at")?,
            created_at: row.get("created_at")?,
            created_by: row.get("created_by")?,
        })
    }
}

impl FromRow for WindowRow {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            position: row.get("position")?,
            window: PastWindow {
                start: row.parsed("window_start", WindowChoice::read)?,
                end: row.parsed("window_end", WindowChoice::read)?,
                slot: row.get::<Option<String>>("slot")?.map(|text| slot_name(&text)).transpose()?,
            },
            state: row.parsed("state", WindowState::parse)?,
            reason: row.get("reason")?,
            attempts: row.get("attempts")?,
            execution: row.get("execution_id")?,
        })
    }
}

macro_rules! select {
    (person $from:literal) => {
        select!(@ "a.role", seen_name!(), $from)
    };
    (program $from:literal) => {
        select!(@ "cast(null as text)", "q.name", $from)
    };
    (@ $role:literal, $name:expr, $from:literal) => {
        concat!(
            "select b.id, b.name, b.owner_id, coalesce(o.name, 'somebody else') as owner_name, b.instance_id, ",
            "coalesce(i.name, i.amc_name) as instance_name, b.schedule_id, s.name as schedule_name, b.query_id, ",
            $name,
            " as query_name, ",
            "(q.deleted_at is not null) as is_query_deleted, b.sql, ",
            "b.parameters, b.input, b.unit, b.zone, b.first_day, b.last_day, b.at_once, b.every_minutes, b.state, ",
            "b.state_reason, b.state_at, b.created_at, b.created_by, ",
            $role,
            " as role from backfills b join instances i on i.id = b.instance_id ",
            "left join people o on o.id = b.owner_id left join schedules s on s.id = b.schedule_id ",
            "left join queries q on q.id = b.query_id ",
            $from
        )
    };
}

/// A backfill of an instance to which the person has access.
pub(in crate::schedules) async fn backfill(tx: &mut Tx, person: &PersonId, id: &BackfillId) -> Result<Backfill> {
    const FIND: &str = select!(
        person "join instance_access a on a.instance_id = b.instance_id and a.person_id = $1 where b.id = $2"
    );
    sql(FIND).bind(person).bind(id).one(tx).await
}

/// The backfills that may still run windows with this query, newest first: their ids, names and states.
pub(in crate::schedules) async fn open_backfills(
    tx: &mut Tx,
    person: &PersonId,
    query: &QueryId,
    most: i64,
) -> Result<Vec<(BackfillId, String, Stage)>> {
    const LIST: &str = "select b.id, b.name, b.state from backfills b join instance_access a \
        on a.instance_id = b.instance_id and a.person_id = $1 where b.query_id = $2 \
        and b.state in ('active', 'paused') order by b.id desc limit $3";
    struct Line(BackfillId, String, Stage);
    impl FromRow for Line {
        fn from_row(row: &Row) -> Result<Self> {
            Ok(Self(row.get("id")?, row.get("name")?, row.parsed("state", Stage::parse)?))
        }
    }
    let lines = sql(LIST).bind(person).bind(query).bind(most).all::<Line>(tx).await?;
    Ok(lines.into_iter().map(|Line(id, name, stage)| (id, name, stage)).collect())
}

pub(in crate::schedules) async fn claim_backfills(
    tx: &mut Tx,
    process: &ProcessId,
    (now, time): (DateTime<Utc>, TimeDelta),
    most: i64,
) -> Result<Vec<Lease>> {
    lease::claim(tx, DUE, process, now, time, most).await
}

/// A backfill that this process has claimed, while the lease is valid; for the program.
pub(in crate::schedules) async fn claimed_backfill(tx: &mut Tx, lease: &Lease) -> Result<Option<Backfill>> {
    const FIND: &str = select!(program "where b.id = $1 and b.lease_epoch = $2 and b.state = 'active'");
    sql(FIND).bind(lease.id.as_str()).bind(lease.epoch).optional(tx).await
}

/// Any backfill; for the program.
pub(in crate::schedules) async fn backfill_by_id(tx: &mut Tx, id: &BackfillId) -> Result<Option<Backfill>> {
    const FIND: &str = select!(program "where b.id = $1");
    sql(FIND).bind(id).optional(tx).await
}

/// Sets when a backfill is checked next, and releases its lease if `is_over`; returns false if another process has
/// claimed it.
pub(in crate::schedules) async fn rearm_backfill(
    tx: &mut Tx,
    lease: &Lease,
    due_at: Option<DateTime<Utc>>,
    is_over: bool,
) -> Result<bool> {
    const ARM: &str = "update backfills set due_at = $3, lease_owner = case when $4 then null else lease_owner end, \
        lease_until = case when $4 then null else lease_until end where id = $1 and lease_epoch = $2";
    Ok(sql(ARM).bind(lease.id.as_str()).bind(lease.epoch).bind(due_at).bind(is_over).execute(tx).await? == 1)
}

/// When the next backfill is due.
pub(in crate::schedules) async fn next_backfill(tx: &mut Tx) -> Result<Option<DateTime<Utc>>> {
    const NEXT: &str = "select min(due_at) as value from backfills where state = 'active' and due_at is not null";
    sql(NEXT).value(tx).await
}

/// The values of a new backfill.
#[derive(Clone, Debug)]
pub(in crate::schedules) struct NewBackfill<'a> {
    pub id: &'a BackfillId,
    pub name: &'a str,
    pub instance: &'a InstanceId,
    pub schedule: Option<&'a ScheduleId>,
    pub query: Option<&'a QueryId>,
    /// Its own text, if it doesn't use a saved query, with the parameters of the text.
    pub sql: &'a str,
    pub parameters: &'a [FieldDef],
    pub input: &'a [(String, String)],
    pub unit: Unit,
    pub zone: &'a str,
    pub days: (NaiveDate, NaiveDate),
    pub at_once: i64,
    pub every_minutes: i64,
    pub windows: &'a [PastWindow],
}

/// Adds a backfill of this person with all its windows; it is due immediately.
pub(in crate::schedules) async fn add_backfill(
    tx: &mut Tx,
    now: DateTime<Utc>,
    (person, person_name): (&PersonId, &str),
    new: &NewBackfill<'_>,
) -> Result<bool> {
    const ADD: &str = "insert into backfills (id, name, owner_id, instance_id, schedule_id, query_id, sql, parameters, \
        input, unit, zone, first_day, last_day, at_once, every_minutes, state, state_reason, state_at, failures, due_at, \
        created_at, created_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 'active', '', \
        $16, 0, $16, $16, $17) on conflict do nothing";
    const WINDOW: &str = "insert into backfill_windows (backfill_id, position, window_start, window_end, slot, state, \
        reason, attempts) values ($1, $2, $3, $4, $5, 'waiting', '', 0)";
    let added = sql(ADD)
        .bind(new.id)
        .bind(new.name)
        .bind(person)
        .bind(new.instance)
        .bind(new.schedule.map(|id| id.as_str().to_owned()))
        .bind(new.query.map(|id| id.as_str().to_owned()))
        .bind(new.sql)
        .bind(json_of(&new.parameters))
        .bind(json_of(&new.input))
        .bind(new.unit.name())
        .bind(new.zone)
        .bind(new.days.0.to_string())
        .bind(new.days.1.to_string())
        .bind(new.at_once)
        .bind(new.every_minutes)
        .bind(now)
        .bind(person_name)
        .execute(tx)
        .await?;
    if added == 0 {
        return Ok(false);
    }
    for (position, window) in (0_i64..).zip(new.windows) {
        sql(WINDOW)
            .bind(new.id)
            .bind(position)
            .bind(WindowChoice::stored(window.start))
            .bind(WindowChoice::stored(window.end))
            .bind(window.slot.map(|slot| slot.to_string()))
            .execute(tx)
            .await?;
    }
    Ok(true)
}

/// All windows of a backfill, oldest first. The caller has checked that the reader may see it.
pub(in crate::schedules) async fn windows(tx: &mut Tx, id: &BackfillId) -> Result<Vec<WindowRow>> {
    const LIST: &str = "select position, window_start, window_end, slot, state, reason, attempts, execution_id \
        from backfill_windows where backfill_id = $1 order by position";
    sql(LIST).bind(id).all(tx).await
}

/// The oldest waiting window.
pub(in crate::schedules) async fn next_window(tx: &mut Tx, id: &BackfillId) -> Result<Option<WindowRow>> {
    const NEXT: &str = "select position, window_start, window_end, slot, state, reason, attempts, execution_id \
        from backfill_windows where backfill_id = $1 and state = 'waiting' order by position limit 1";
    sql(NEXT).bind(id).optional(tx).await
}

/// The number of running windows, and when the last window was started.
pub(in crate::schedules) async fn running(tx: &mut Tx, id: &BackfillId) -> Result<(i64, Option<DateTime<Utc>>)> {
    const COUNT: &str = "select sum(case when state = 'started' then 1 else 0 end) as count, max(started_at) as last \
        from backfill_windows where backfill_id = $1";
    struct Line(Option<i64>, Option<DateTime<Utc>>);
    impl FromRow for Line {
        fn from_row(row: &Row) -> Result<Self> {
            Ok(Self(row.get("count")?, row.get("last")?))
        }
    }
    let Line(count, last) = sql(COUNT).bind(id).one(tx).await?;
    Ok((count.unwrap_or(0), last))
}

/// Records the state of a window that was waiting; returns false if it no longer was. Any state other than `Started`
/// ends it.
pub(in crate::schedules) async fn put_window(
    tx: &mut Tx,
    now: DateTime<Utc>,
    (id, position): (&BackfillId, i64),
    (state, reason): (WindowState, &str),
    execution: Option<&ExecutionId>,
) -> Result<bool> {
    const PUT: &str = "update backfill_windows set state = $3, reason = $4, execution_id = $5, \
        started_at = case when $3 = 'started' then $6 else started_at end, \
        ended_at = case when $3 = 'started' then null else $6 end \
        where backfill_id = $1 and position = $2 and state = 'waiting'";
    let put = sql(PUT)
        .bind(id)
        .bind(position)
        .bind(state.name())
        .bind(reason)
        .bind(execution.map(|id| id.as_str().to_owned()))
        .bind(now)
        .execute(tx)
        .await?;
    Ok(put == 1)
}

/// Records the outcome of a window's execution; returns its backfill, which is then due, or `None` if it has no window
/// that is running or failed.
pub(in crate::schedules) async fn settle_window(
    tx: &mut Tx,
    now: DateTime<Utc>,
    execution: &ExecutionId,
    (state, reason): (WindowState, &str),
) -> Result<Option<BackfillId>> {
    const SETTLE: &str = "update backfill_windows set state = $2, reason = $3, ended_at = $4 \
        where execution_id = $1 and state in ('started', 'failed') returning backfill_id as value";
    const WAKE: &str = "update backfills set due_at = $2 where id = $1 and state = 'active'";
    let settled = sql(SETTLE)
        .bind(execution)
        .bind(state.name())
        .bind(reason)
        .bind(now)
        .optional::<Single<BackfillId>>(tx)
        .await?;
    let Some(Single(id)) = settled else { return Ok(None) };
    sql(WAKE).bind(&id).bind(now).execute(tx).await?;
    Ok(Some(id))
}

/// Counts a failure, or resets the count; returns the consecutive failures.
pub(in crate::schedules) async fn count_window_failure(tx: &mut Tx, id: &BackfillId, is_failure: bool) -> Result<i64> {
    const COUNT: &str = "update backfills set failures = case when $2 then failures + 1 else 0 end where id = $1 \
        returning failures as value";
    let failures = sql(COUNT).bind(id).bind(is_failure).count(tx).await?;
    Ok(failures)
}

/// Changes the state of a backfill that is in one of the `from` states; returns false if it isn't. An active one is due
/// immediately.
pub(in crate::schedules) async fn turn(
    tx: &mut Tx,
    now: DateTime<Utc>,
    id: &BackfillId,
    from: &[Stage],
    (to, reason): (Stage, &str),
) -> Result<bool> {
    const TURN: &str = "update backfills set state = $2, state_reason = $3, state_at = $4, failures = 0, \
        due_at = case when $2 = 'active' then $4 else null end, lease_owner = null, lease_until = null, \
        lease_epoch = lease_epoch + 1 where id = $1 and state in ($5, $6)";
    let name = |at: usize| from.get(at).or_else(|| from.first()).map_or("", |stage| stage.name());
    let turned =
        sql(TURN).bind(id).bind(to.name()).bind(reason).bind(now).bind(name(0)).bind(name(1)).execute(tx).await?;
    Ok(turned == 1)
}

/// Cancels the waiting windows.
pub(in crate::schedules) async fn cancel_windows(tx: &mut Tx, id: &BackfillId, reason: &str) -> Result<u64> {
    const CANCEL: &str = "update backfill_windows set state = 'cancelled', reason = $2 where backfill_id = $1 \
        and state = 'waiting'";
    sql(CANCEL).bind(id).bind(reason).execute(tx).await
}

/// Makes windows without a result wait for another attempt; returns their number.
pub(in crate::schedules) async fn retry_windows(tx: &mut Tx, id: &BackfillId) -> Result<u64> {
    const RETRY: &str = "update backfill_windows set state = 'waiting', reason = '', execution_id = null, \
        attempts = attempts + 1, ended_at = null where backfill_id = $1 and state in ('failed', 'cancelled')";
    sql(RETRY).bind(id).execute(tx).await
}
