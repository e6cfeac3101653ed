//! The room's statements. A person sees the schedules of their instances; the program sees all.

mod backfills;
mod days;
mod drafts;
mod list;
mod owners;
mod slots;

pub(super) use backfills::{
    BackfillFilter, BackfillLine, NewBackfill, add_backfill, backfill, backfill_by_id, backfills, cancel_windows,
    claim_backfills, claimed_backfill, count_backfills, count_window_failure, next_backfill, next_window,
    open_backfills, put_window, rearm_backfill, retry_windows, running, settle_window, turn, windows,
};
pub(super) use days::{DayGroup, days, durations, last_started};
pub(super) use drafts::{draft, drop_draft, keep_draft};
pub(super) use list::{Filter, Line, count, list, share};
pub(super) use owners::{others_who_run, set_owner};
pub use owners::{owned, transfer};
pub(super) use slots::{
    Ledger, count_slots, has_queued, open, problem, put_slot, settle, settle_queued, skip_queued, slots, start_queued,
};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::calendar::{Slot, SlotName};
use super::model::{Schedule, State};
use super::policies::{ON_TIME, Policies};
use super::timing::Timing;
use crate::db::lease::{self, Lease, Queue};
use crate::db::{Error, FromRow, Result, Row, Single, Tx, WrongValue, sql};
use crate::ids::{InstanceId, PersonId, ProcessId, QueryId, ScheduleId};
use crate::instances::Role;
use crate::queries::{FieldDef, WindowChoice};

/// The queue of schedules whose next slot is due.
pub(super) const DUE: Queue = crate::queue!("schedules", due "due_at", only "state = 'active' and deleted_at is null");

/// The instance of a query's newest execution, of those on the person's instances.
pub(super) async fn last_instance(tx: &mut Tx, person: &PersonId, query: &QueryId) -> Result<Option<InstanceId>> {
    const LAST: &str = "select instance_id as value from executions where query_id = $2 and instance_id in \
        (select instance_id from instance_access where person_id = $1) order by created_at desc, id desc limit 1";
    let last = sql(LAST).bind(person).bind(query).optional::<Single<InstanceId>>(tx).await?;
    Ok(last.map(|Single(id)| id))
}

fn slot_name(text: &str) -> Result<SlotName> {
    text.parse().map_err(|_| Error::Inconsistent { column: "slot", source: WrongValue::new("slot") })
}

impl FromRow for Schedule {
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
            query: row.get("query_id")?,
            query_name: row.get("query_name")?,
            is_query_deleted: row.get("is_query_deleted")?,
            sql: row.get("sql")?,
            parameters: row.json("parameters")?,
            input: row.json("input")?,
            timing: row.json("timing")?,
            policies: row.json("policies")?,
            note: row.get("note")?,
            state: row.parsed("state", State::parse)?,
            state_reason: row.get("state_reason")?,
            state_at: row.get("state_at")?,
            paused_until: row.get("paused_until")?,
            resumed_at: row.get("resumed_at")?,
            resume_with: row.get("resume_with")?,
            failures: row.get("failures")?,
            next: row.get::<Option<String>>("next_slot")?.map(|text| slot_name(&text)).transpose()?,
            next_at: row.get("next_at")?,
            due_at: row.get("due_at")?,
            created_at: row.get("created_at")?,
            created_by: row.get("created_by")?,
            updated_at: row.get("updated_at")?,
            updated_by: row.get("updated_by")?,
            revision: row.get("revision")?,
            deleted_at: row.get("deleted_at")?,
        })
    }
}

/// The name of a query `q` where person `$1` may see it: PostgreSQL hides its row, SQLite doesn't.
macro_rules! seen_name {
    () => {
        "case when q.owner_id = $1 or q.home = 'everyone' or (q.home = 'instance' and exists (select 1 \
         from instance_access h where h.instance_id = q.home_instance_id and h.person_id = $1)) then q.name end"
    };
}

pub(super) use seen_name;

macro_rules! select {
    (person $from:literal) => {
        select!(@ "a.role", seen_name!(), $from)
    };
    (program $from:literal) => {
        select!(@ "cast(null as text)", "q.name", $from)
    };
    (@ $role:literal, $name:expr, $from:literal) => {
        concat!(
            "select s.id, s.name, s.owner_id, coalesce(o.name, 'somebody else') as owner_name, s.instance_id, ",
            "coalesce(i.name, i.amc_name) as instance_name, s.query_id, ",
            $name,
            " as query_name, ",
            "(q.deleted_at is not null) as is_query_deleted, s.sql, s.parameters, ",
            "s.input, s.timing, s.policies, s.note, s.state, s.state_reason, s.state_at, s.paused_until, s.resumed_at, ",
            "s.resume_with, s.failures, s.next_slot, s.next_at, s.due_at, s.created_at, s.created_by, s.updated_at, ",
            "s.updated_by, s.revision, s.deleted_at, ",
            $role,
            " as role from schedules s join instances i on i.id = s.instance_id ",
            "left join people o on o.id = s.owner_id left join queries q on q.id = s.query_id ",
            $from
        )
    };
}

/// A schedule of an instance to which the person has access.
pub(super) async fn find(tx: &mut Tx, person: &PersonId, id: &ScheduleId) -> Result<Schedule> {
    const FIND: &str = select!(
        person "join instance_access a on a.instance_id = s.instance_id and a.person_id = $1 where s.id = $2"
    );
    let found: Schedule = sql(FIND).bind(person).bind(id).one(tx).await?;
    if tx.reaches(&found.instance) { Ok(found) } else { Err(Error::Missing) }
}

/// A schedule that this process has claimed, while the lease is valid; for the program.
pub(super) async fn claimed(tx: &mut Tx, lease: &Lease) -> Result<Option<Schedule>> {
    const FIND: &str = select!(
        program "where s.id = $1 and s.lease_epoch = $2 and s.state = 'active' and s.deleted_at is null"
    );
    sql(FIND).bind(lease.id.as_str()).bind(lease.epoch).optional(tx).await
}

pub(super) async fn claim(
    tx: &mut Tx,
    process: &ProcessId,
    (now, time): (DateTime<Utc>, TimeDelta),
    most: i64,
) -> Result<Vec<Lease>> {
    lease::claim(tx, DUE, process, now, time, most).await
}

/// Releases a lease.
pub(super) async fn release(tx: &mut Tx, lease: &Lease) -> Result<()> {
    const RELEASE: &str =
        "update schedules set lease_owner = null, lease_until = null where id = $1 and lease_epoch = $2";
    sql(RELEASE).bind(lease.id.as_str()).bind(lease.epoch).execute(tx).await.map(drop)
}

pub(super) async fn next_due(tx: &mut Tx) -> Result<Option<DateTime<Utc>>> {
    const NEXT: &str = "select min(due_at) as value from schedules where state = 'active' and deleted_at is null and due_at is not null";
    sql(NEXT).value(tx).await
}

/// How many schedules have a slot that should have been decided by `now` but wasn't; for the program.
pub async fn overdue(tx: &mut Tx, now: DateTime<Utc>) -> Result<i64> {
    const COUNT: &str = "select count(*) as value from schedules where state = 'active' and deleted_at is null \
        and due_at < $1";
    sql(COUNT).bind(now - ON_TIME).count(tx).await
}

/// The form's values of a schedule.
#[derive(Clone, Debug)]
pub(super) struct Written<'a> {
    pub name: &'a str,
    pub instance: &'a InstanceId,
    pub query: Option<&'a QueryId>,
    pub sql: &'a str,
    pub parameters: &'a [FieldDef],
    pub input: &'a [(String, String)],
    /// The window in the input.
    pub window: &'a WindowChoice,
    pub timing: &'a Timing,
    pub policies: &'a Policies,
    pub note: &'a str,
    /// The version of the zone data.
    pub zone_rules: &'a str,
    /// The first slot from now on, if any.
    pub next: Option<Slot>,
}

impl Written<'_> {
    fn due(&self, id: &ScheduleId) -> Option<DateTime<Utc>> {
        self.next.map(|slot| self.policies.due(slot.at, id.as_str(), self.window))
    }

    const fn state(&self) -> State {
        if self.next.is_some() { State::Active } else { State::Finished }
    }
}

fn json_of(value: &impl serde::Serialize) -> Value {
    // OK because JSON can represent all values of these types.
    serde_json::to_value(value).unwrap_or_else(|_| json!({}))
}

/// Adds a schedule of this person; false if there is one with this id already.
pub(super) async fn add(
    tx: &mut Tx,
    now: DateTime<Utc>,
    id: &ScheduleId,
    (person, name): (&PersonId, &str),
    written: &Written<'_>,
) -> Result<bool> {
    const ADD: &str = "insert into schedules (id, name, owner_id, instance_id, query_id, sql, parameters, input, timing, \
        policies, note, state, state_reason, state_at, failures, zone_rules, next_slot, next_at, due_at, created_at, \
        created_by, updated_at, updated_by, revision) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '', \
        $13, 0, $14, $15, $16, $17, $13, $18, $13, $18, 1) on conflict do nothing";
    sql(ADD)
        .bind(id)
        .bind(written.name)
        .bind(person)
        .bind(written.instance)
        .bind(written.query.map(|id| id.as_str().to_owned()))
        .bind(written.sql)
        .bind(json_of(&written.parameters))
        .bind(json_of(&written.input))
        .bind(json_of(written.timing))
        .bind(json_of(written.policies))
        .bind(written.note)
        .bind(written.state().name())
        .bind(now)
        .bind(written.zone_rules)
        .bind(written.next.map(|slot| slot.name.to_string()))
        .bind(written.next.map(|slot| slot.at))
        .bind(written.due(id))
        .bind(name)
        .execute(tx)
        .await
        .map(|added| added > 0)
}

/// Changes a schedule that is still at this revision; false if it isn't. A paused one stays paused. From then on it
/// uses the access of the person who changed it.
pub(super) async fn change(
    tx: &mut Tx,
    now: DateTime<Utc>,
    (id, revision): (&ScheduleId, i64),
    (person, name): (&PersonId, &str),
    written: &Written<'_>,
) -> Result<bool> {
    const CHANGE: &str = "update schedules set name = $3, instance_id = $4, input = $5, timing = $6, policies = $7, \
        note = $8, state = case when state = 'paused' then 'paused' else $9 end, zone_rules = $10, next_slot = $11, \
        next_at = $12, due_at = $13, updated_at = $14, updated_by = $15, owner_id = $16, revision = revision + 1, \
        lease_epoch = lease_epoch + 1 where id = $1 and revision = $2 and deleted_at is null";
    let changed = sql(CHANGE)
        .bind(id)
        .bind(revision)
        .bind(written.name)
        .bind(written.instance)
        .bind(json_of(&written.input))
        .bind(json_of(written.timing))
        .bind(json_of(written.policies))
        .bind(written.note)
        .bind(written.state().name())
        .bind(written.zone_rules)
        .bind(written.next.map(|slot| slot.name.to_string()))
        .bind(written.next.map(|slot| slot.at))
        .bind(written.due(id))
        .bind(now)
        .bind(name)
        .bind(person)
        .execute(tx)
        .await?;
    Ok(changed == 1)
}

/// Sets the next slot of a claimed schedule; without one it is finished.
pub(super) async fn arm(
    tx: &mut Tx,
    now: DateTime<Utc>,
    lease: &Lease,
    next: Option<(Slot, DateTime<Utc>)>,
) -> Result<bool> {
    const ARM: &str = "update schedules set next_slot = $3, next_at = $4, due_at = $5, \
        state = case when $3 is null then 'finished' else state end, \
        state_at = case when $3 is null then $6 else state_at end where id = $1 and lease_epoch = $2";
    let armed = sql(ARM)
        .bind(lease.id.as_str())
        .bind(lease.epoch)
        .bind(next.map(|(slot, _)| slot.name.to_string()))
        .bind(next.map(|(slot, _)| slot.at))
        .bind(next.map(|(_, due)| due))
        .bind(now)
        .execute(tx)
        .await?;
    Ok(armed == 1)
}

/// Sets the next slot of a schedule that has been paused since it was claimed.
pub(super) async fn arm_paused(tx: &mut Tx, id: &ScheduleId, next: Option<(Slot, DateTime<Utc>)>) -> Result<()> {
    const ARM: &str =
        "update schedules set next_slot = $2, next_at = $3, due_at = $4 where id = $1 and state = 'paused'";
    sql(ARM)
        .bind(id)
        .bind(next.map(|(slot, _)| slot.name.to_string()))
        .bind(next.map(|(slot, _)| slot.at))
        .bind(next.map(|(_, due)| due))
        .execute(tx)
        .await
        .map(drop)
}

/// A schedule that isn't deleted; for the program.
pub(super) async fn by_id(tx: &mut Tx, id: &ScheduleId) -> Result<Option<Schedule>> {
    const FIND: &str = select!(program "where s.id = $1 and s.deleted_at is null");
    sql(FIND).bind(id).optional(tx).await
}

/// Pauses a schedule until a time, or until somebody resumes it.
pub(super) async fn pause(
    tx: &mut Tx,
    now: DateTime<Utc>,
    id: &ScheduleId,
    reason: &str,
    until: Option<DateTime<Utc>>,
) -> Result<bool> {
    const PAUSE: &str = "update schedules set state = 'paused', state_reason = $2, state_at = $3, paused_until = $4, \
        lease_epoch = lease_epoch + 1 where id = $1 and state = 'active' and deleted_at is null";
    Ok(sql(PAUSE).bind(id).bind(reason).bind(now).bind(until).execute(tx).await? == 1)
}

/// Resumes a paused schedule; `with` is the choice for the slots in between.
pub(super) async fn resume(tx: &mut Tx, now: DateTime<Utc>, id: &ScheduleId, with: &str) -> Result<bool> {
    const RESUME: &str = "update schedules set state = case when next_slot is null then 'finished' else 'active' end, \
        state_reason = '', state_at = $2, paused_until = null, resumed_at = $2, resume_with = $3, failures = 0 \
        where id = $1 and state = 'paused' and deleted_at is null";
    Ok(sql(RESUME).bind(id).bind(now).bind(with).execute(tx).await? == 1)
}

/// Resumes schedules whose pause ends by now; they apply their own policy for missed slots.
pub(super) async fn end_pauses(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64> {
    const END: &str = "update schedules set state = case when next_slot is null then 'finished' else 'active' end, \
        state_reason = '', state_at = $1, paused_until = null, resumed_at = null, resume_with = null, failures = 0 \
        where paused_until <= $1 and state = 'paused' and deleted_at is null";
    sql(END).bind(now).execute(tx).await
}

/// Deletes or restores a schedule. A restored one is paused: nobody expects it to run immediately.
pub(super) async fn delete(tx: &mut Tx, now: DateTime<Utc>, id: &ScheduleId, is_deleted: bool) -> Result<bool> {
    const DELETE: &str = "update schedules set deleted_at = $2, lease_epoch = lease_epoch + 1 \
        where id = $1 and deleted_at is null";
    const RESTORE: &str = "update schedules set deleted_at = null, state = 'paused', state_reason = 'Restored.', \
        state_at = $2 where id = $1 and deleted_at is not null";
    Ok(sql(if is_deleted { DELETE } else { RESTORE }).bind(id).bind(now).execute(tx).await? == 1)
}

/// Counts a failure, or resets the count; returns the consecutive failures.
pub(super) async fn count_failure(tx: &mut Tx, id: &ScheduleId, is_failure: bool) -> Result<i64> {
    const COUNT: &str = "update schedules set failures = case when $2 then failures + 1 else 0 end where id = $1 \
        returning failures as value";
    let failures = sql(COUNT).bind(id).bind(is_failure).count(tx).await?;
    Ok(failures)
}

/// Schedules that were planned with other zone data, at most `most`; for the program.
pub(super) async fn planned_otherwise(tx: &mut Tx, zone_rules: &str, most: i64) -> Result<Vec<Schedule>> {
    const LIST: &str = select!(
        program "where s.zone_rules <> $1 and s.deleted_at is null and s.next_slot is not null order by s.id limit $2"
    );
    sql(LIST).bind(zone_rules).bind(most).all(tx).await
}

/// Replans the same next slot with other zone data.
pub(super) async fn plan_anew(
    tx: &mut Tx,
    id: &ScheduleId,
    zone_rules: &str,
    (at, due): (DateTime<Utc>, DateTime<Utc>),
) -> Result<()> {
    const PLAN: &str = "update schedules set zone_rules = $2, next_at = $3, due_at = $4 where id = $1";
    sql(PLAN).bind(id).bind(zone_rules).bind(at).bind(due).execute(tx).await.map(drop)
}
