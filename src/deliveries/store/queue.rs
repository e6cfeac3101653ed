//! The worker's statements: from the feed into the ledger, and from the ledger to the destinations.

use chrono::{DateTime, TimeDelta, Utc};

use super::subjects::{of_row, subject_columns};
use super::{json_of, target};
use crate::db::lease::{self, Lease, Queue};
use crate::db::{FromRow, Result, Row, Tx, sql};
use crate::deliveries::model::{Attempt, DeliveryState, Place, Subject, Target};
use crate::ids::{DeliveryRuleId, DestinationId, ExecutionId, InstanceId, ProcessId, ResultDeliveryId, ScheduleId};

/// Deliveries that are due. One whose rule has an earlier one that isn't over waits for that.
const DUE: Queue = crate::queue!(
    "deliveries",
    due "due_at",
    only "state in ('waiting', 'sending', 'failed') and not exists (select 1 from deliveries p \
          where p.rule_id = deliveries.rule_id and p.execution_id < deliveries.execution_id \
          and p.state in ('waiting', 'sending', 'failed'))"
);

/// Claims deliveries that are due.
pub(in crate::deliveries) async fn claim(
    tx: &mut Tx,
    process: &ProcessId,
    (now, time): (DateTime<Utc>, TimeDelta),
    most: i64,
) -> Result<Vec<Lease>> {
    const SENDING: &str = "update deliveries set state = 'sending' where id = $1 and lease_epoch = $2";
    let claimed = lease::claim(tx, DUE, process, now, time, most).await?;
    for lease in &claimed {
        sql(SENDING).bind(lease.id.as_str()).bind(lease.epoch).execute(tx).await?;
    }
    Ok(claimed)
}

/// When the next delivery is due that waits for no other.
pub(in crate::deliveries) async fn next_due(tx: &mut Tx) -> Result<Option<DateTime<Utc>>> {
    const NEXT: &str = "select min(case when d.lease_until > d.due_at then d.lease_until else d.due_at end) as value \
        from deliveries d where d.state in ('waiting', 'sending', 'failed') and d.due_at is not null \
        and not exists (select 1 from deliveries p where p.rule_id = d.rule_id and p.execution_id < d.execution_id \
        and p.state in ('waiting', 'sending', 'failed'))";
    sql(NEXT).value(tx).await
}

/// Renews a claim; false where it is lost.
pub(in crate::deliveries) async fn renew(tx: &mut Tx, lease: &Lease, until: DateTime<Utc>) -> Result<bool> {
    const RENEW: &str = "update deliveries set lease_until = $3 where id = $1 and lease_epoch = $2";
    Ok(sql(RENEW).bind(lease.id.as_str()).bind(lease.epoch).bind(until).execute(tx).await? == 1)
}

/// A delivery that is sent.
#[derive(Clone, Debug)]
pub(in crate::deliveries) struct Outgoing {
    pub id: ResultDeliveryId,
    pub rule: Option<DeliveryRuleId>,
    pub destination: DestinationId,
    pub target: Target,
    pub subject: Subject,
    pub place: Place,
    pub sealed: Option<String>,
    /// Whether the destination is deleted.
    pub is_cut_off: bool,
    pub attempts: i64,
    pub attempts_before: i64,
    pub created_at: DateTime<Utc>,
}

impl FromRow for Outgoing {
    fn from_row(row: &Row) -> Result<Self> {
        let (execution, schedule, slot) = (row.get("execution_id")?, row.get("schedule_name")?, row.get("slot")?);
        Ok(Self {
            id: row.get("id")?,
            rule: row.get("rule_id")?,
            destination: row.get("destination_id")?,
            target: target(row)?,
            subject: of_row(row, execution, schedule, slot)?,
            place: row.json("settings")?,
            sealed: row.get("sealed")?,
            is_cut_off: row.get("is_cut_off")?,
            attempts: row.get("attempts")?,
            attempts_before: row.get("attempts_before")?,
            created_at: row.get("created_at")?,
        })
    }
}

/// A claimed delivery, while the claim holds.
pub(in crate::deliveries) async fn outgoing(tx: &mut Tx, lease: &Lease) -> Result<Option<Outgoing>> {
    const FIND: &str = concat!(
        "select d.id, d.rule_id, d.destination_id, d.target, d.execution_id, d.schedule_name, d.slot, d.attempts, \
         d.attempts_before, d.created_at, c.settings, c.sealed, (t.deleted_at is not null) as is_cut_off, ",
        subject_columns!(),
        " from deliveries d join destinations t on t.id = d.destination_id \
         join destination_settings c on c.destination_id = d.destination_id join executions e on e.id = d.execution_id \
         join instances i on i.id = e.instance_id where d.id = $1 and d.lease_epoch = $2 and d.state = 'sending'"
    );
    sql(FIND).bind(lease.id.as_str()).bind(lease.epoch).optional(tx).await
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug)]
pub(in crate::deliveries) struct Verdict<'a> {
    pub state: DeliveryState,
    pub next: Option<DateTime<Utc>>,
    pub attempt: &'a Attempt,
}

/// Writes an attempt down; false where the claim is lost.
pub(in crate::deliveries) async fn tried(
    tx: &mut Tx,
    now: DateTime<Utc>,
    lease: &Lease,
    verdict: &Verdict<'_>,
) -> Result<bool> {
    const WRITE: &str = "update deliveries set state = $3, attempts = $4, due_at = $5, reason = $6, row_count = $7, \
        byte_count = $8, took_ms = $9, object = $10, ended_at = case when $3 = 'failed' then null else $11 end, \
        lease_owner = null, lease_until = null where id = $1 and lease_epoch = $2";
    let attempt = verdict.attempt;
    let written = sql(WRITE)
        .bind(lease.id.as_str())
        .bind(lease.epoch)
        .bind(verdict.state.name())
        .bind(attempt.number)
        .bind(verdict.next)
        .bind(&attempt.reason)
        .bind(attempt.rows)
        .bind(attempt.bytes)
        .bind(attempt.took_ms)
        .bind(&attempt.object)
        .bind(now)
        .execute(tx)
        .await?;
    Ok(written == 1)
}

/// Adds an attempt to the log.
pub(in crate::deliveries) async fn log_attempt(tx: &mut Tx, id: &ResultDeliveryId, attempt: &Attempt) -> Result<()> {
    const LOG: &str = "insert into delivery_attempts (delivery_id, number, at, took_ms, row_count, byte_count, object, \
        reason) values ($1, $2, $3, $4, $5, $6, $7, $8)";
    sql(LOG)
        .bind(id)
        .bind(attempt.number)
        .bind(attempt.at)
        .bind(attempt.took_ms)
        .bind(attempt.rows)
        .bind(attempt.bytes)
        .bind(&attempt.object)
        .bind(&attempt.reason)
        .execute(tx)
        .await
        .map(drop)
}

/// Notes that a rule's deliveries fail.
pub(in crate::deliveries) async fn mark_failing(tx: &mut Tx, rule: &DeliveryRuleId, now: DateTime<Utc>) -> Result<()> {
    const MARK: &str = "update delivery_rules set failing_since = $2 where id = $1 and failing_since is null";
    sql(MARK).bind(rule).bind(now).execute(tx).await.map(drop)
}

/// Notes that a rule has delivered.
pub(in crate::deliveries) async fn mark_working(tx: &mut Tx, rule: &DeliveryRuleId) -> Result<()> {
    const MARK: &str = "update delivery_rules set failing_since = null where id = $1 and failing_since is not null";
    sql(MARK).bind(rule).execute(tx).await.map(drop)
}

/// A result that a rule wants.
#[derive(Clone, Debug)]
pub(in crate::deliveries) struct Wanted {
    pub rule: DeliveryRuleId,
    pub schedule: ScheduleId,
    pub schedule_name: String,
    pub destination: DestinationId,
    pub destination_name: String,
    pub target: Target,
    pub instance: InstanceId,
    pub execution: ExecutionId,
    pub query_name: String,
    pub slot: Option<String>,
}

impl FromRow for Wanted {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            rule: row.get("rule_id")?,
            schedule: row.get("schedule_id")?,
            schedule_name: row.get("schedule_name")?,
            destination: row.get("destination_id")?,
            destination_name: row.get("destination_name")?,
            target: target(row)?,
            instance: row.get("instance_id")?,
            execution: row.get("execution_id")?,
            query_name: row.get("query_name")?,
            slot: row.get("slot")?,
        })
    }
}

/// Rules with what a row of the ledger needs of them; joins of executions and slots follow.
macro_rules! wanted_rows {
    ($slot:literal, $rest:literal) => {
        concat!(
            "select r.id as rule_id, r.schedule_id, s.name as schedule_name, r.destination_id, ",
            "t.name as destination_name, r.target, e.instance_id, e.id as execution_id, e.query_name, ",
            $slot,
            " as slot from delivery_rules r join schedules s on s.id = r.schedule_id and s.deleted_at is null ",
            "join destinations t on t.id = r.destination_id and t.deleted_at is null ",
            $rest
        )
    };
}

pub(super) use wanted_rows;

/// The rules that want an execution's result: as a slot of their schedule, or as a window that a back-fill of the
/// schedule ran. What ended before a rule existed is delivered only on request.
pub(in crate::deliveries) async fn wanted(tx: &mut Tx, execution: &ExecutionId) -> Result<Vec<Wanted>> {
    const SLOTS: &str = wanted_rows!(
        "l.slot",
        "join schedule_slots l on l.schedule_id = s.id and l.execution_id = $1 join executions e on e.id = l.execution_id \
         and e.finished_at >= r.created_at where r.deleted_at is null order by r.id"
    );
    const WINDOWS: &str = wanted_rows!(
        "w.slot",
        "join backfills b on b.schedule_id = s.id join backfill_windows w on w.backfill_id = b.id \
         and w.execution_id = $1 join executions e on e.id = w.execution_id and e.finished_at >= r.created_at \
         where r.deleted_at is null order by r.id"
    );
    let mut found = sql(SLOTS).bind(execution).all::<Wanted>(tx).await?;
    found.extend(sql(WINDOWS).bind(execution).all::<Wanted>(tx).await?);
    Ok(found)
}

/// Slots decided since then that an execution of a person serves, and that no row of the ledger is about.
pub(in crate::deliveries) async fn served(tx: &mut Tx, since: DateTime<Utc>) -> Result<Vec<Wanted>> {
    const LIST: &str = wanted_rows!(
        "l.slot",
        "join schedule_slots l on l.schedule_id = s.id and l.state = 'skipped' and l.execution_id is not null \
         and l.decided_at >= $1 and l.decided_at >= r.created_at join executions e on e.id = l.execution_id \
         where r.deleted_at is null and e.state = 'succeeded' and not exists (select 1 from deliveries d \
         where d.rule_id = r.id and d.execution_id = e.id) order by l.at, r.id limit 200"
    );
    sql(LIST).bind(since).all(tx).await
}

/// Adds a row to the ledger, due now; false if the rule has one for this execution.
pub(in crate::deliveries) async fn add(
    tx: &mut Tx,
    now: DateTime<Utc>,
    id: &ResultDeliveryId,
    wanted: &Wanted,
) -> Result<bool> {
    const ADD: &str = "insert into deliveries (id, rule_id, schedule_id, schedule_name, destination_id, \
        destination_name, instance_id, execution_id, query_name, slot, target, person_name, state, reason, attempts, \
        attempts_before, created_at, due_at, object) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', \
        'waiting', '', 0, 0, $12, $12, '') on conflict (rule_id, execution_id) where rule_id is not null do nothing";
    let added = sql(ADD)
        .bind(id)
        .bind(&wanted.rule)
        .bind(&wanted.schedule)
        .bind(&wanted.schedule_name)
        .bind(&wanted.destination)
        .bind(&wanted.destination_name)
        .bind(&wanted.instance)
        .bind(&wanted.execution)
        .bind(&wanted.query_name)
        .bind(wanted.slot.clone())
        .bind(json_of(&wanted.target))
        .bind(now)
        .execute(tx)
        .await?;
    Ok(added == 1)
}
