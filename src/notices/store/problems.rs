//! Reads the state of schedules and connections from the tables of other rooms, for messages.

use chrono::{DateTime, Utc};

use crate::amazon::Region;
use crate::db::{FromRow, Result, Row, Single, Tx, sql};
use crate::ids::{ConnectionId, ExecutionId, InstanceId, PersonId, ScheduleId};
use crate::notices::compose::About;
use crate::notices::usual::Conditions;

impl FromRow for About {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            name: row.get("name")?,
            instance: row.get("instance_id")?,
            instance_name: row.get("instance_name")?,
        })
    }
}

macro_rules! schedules {
    ($columns:literal, $rest:literal) => {
        concat!(
            "select s.id, s.name, s.instance_id, coalesce(i.name, i.amc_name) as instance_name",
            $columns,
            " from schedules s join instances i on i.id = s.instance_id where s.deleted_at is null and ",
            $rest
        )
    };
}

/// A schedule that isn't deleted.
pub(in crate::notices) async fn schedule(tx: &mut Tx, id: &ScheduleId) -> Result<Option<About>> {
    const FIND: &str = schedules!("", "s.id = $1");
    sql(FIND).bind(id).optional(tx).await
}

/// A subscriber of a schedule, with their choices.
#[derive(Clone, Debug)]
pub(in crate::notices) struct Subscriber {
    pub person: PersonId,
    /// `None` if the owner hasn't chosen: their general preferences apply.
    pub results: Option<bool>,
    pub failures: Option<bool>,
    pub conditions: Conditions,
}

impl FromRow for Subscriber {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            person: row.get("person_id")?,
            results: row.get("results")?,
            failures: row.get("failures")?,
            conditions: Conditions {
                no_rows: row.get::<Option<bool>>("no_rows")?.unwrap_or(true),
                unusual: row.get::<Option<bool>>("unusual")?.unwrap_or(true),
                suppressed_above: row.get("suppressed_above")?,
            },
        })
    }
}

/// The subscribers of a schedule: its owner, and those who subscribed.
pub(in crate::notices) async fn subscribers(tx: &mut Tx, schedule: &ScheduleId) -> Result<Vec<Subscriber>> {
    const LIST: &str = "select w.person_id, n.results, n.failures, n.no_rows, n.unusual, n.suppressed_above \
        from (select owner_id as person_id from schedules where id = $1 union select person_id \
        from notice_subscriptions where schedule_id = $1) w left join notice_subscriptions n on n.schedule_id = $1 \
        and n.person_id = w.person_id order by w.person_id";
    sql(LIST).bind(schedule).all(tx).await
}

/// A schedule whose latest slot failed or couldn't be started, without a result since.
#[derive(Clone, Debug)]
pub(in crate::notices) struct Failing {
    pub about: About,
    pub owner: PersonId,
    pub execution: Option<ExecutionId>,
    pub reason: String,
}

impl FromRow for Failing {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            about: About::from_row(row)?,
            owner: row.get("owner_id")?,
            execution: row.get("execution_id")?,
            reason: row.get("reason")?,
        })
    }
}

/// Failing schedules that haven't been reported yet, at most `most`. Not those with a result that the scheduler hasn't
/// written to the ledger yet: their count of failures is about to be reset, and the result itself is reported.
pub(in crate::notices) async fn failing(tx: &mut Tx, most: i64) -> Result<Vec<Failing>> {
    const LIST: &str = "select s.id, s.name, s.instance_id, coalesce(i.name, i.amc_name) as instance_name, s.owner_id, \
        l.execution_id, l.reason from schedules s join instances i on i.id = s.instance_id \
        join schedule_slots l on l.schedule_id = s.id and l.slot = (select p.slot from schedule_slots p \
        where p.schedule_id = s.id and p.state in ('succeeded', 'failed', 'refused') order by p.at desc, p.slot desc \
        limit 1) where s.failures > 0 and s.deleted_at is null and l.state in ('failed', 'refused') \
        and not exists (select 1 from message_incidents m where m.cause = 'schedule-failing:' || s.id) \
        and not exists (select 1 from executions e where e.id = l.execution_id and e.state = 'succeeded') \
        and not exists (select 1 from schedule_slots n join executions e on e.id = n.execution_id \
        where n.schedule_id = s.id and n.state = 'started' and e.state = 'succeeded') order by s.id limit $1";
    sql(LIST).bind(most).all(tx).await
}

/// A schedule that was paused automatically.
#[derive(Clone, Debug)]
pub(in crate::notices) struct Paused {
    pub about: About,
    pub reason: String,
}

impl FromRow for Paused {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { about: About::from_row(row)?, reason: row.get("state_reason")? })
    }
}

/// Automatically paused schedules that haven't been reported yet, at most `most`. If a person paused a schedule, the
/// reason starts with their name.
pub(in crate::notices) async fn paused(tx: &mut Tx, most: i64) -> Result<Vec<Paused>> {
    const LIST: &str = schedules!(
        ", s.state_reason",
        "s.state = 'paused' and s.state_reason <> '' and s.state_reason not like 'Paused by %' \
         and s.state_reason <> 'Restored.' \
         and not exists (select 1 from message_incidents m where m.cause = 'schedule-paused:' || s.id) \
         order by s.id limit $1"
    );
    sql(LIST).bind(most).all(tx).await
}

/// A schedule with an overdue undecided slot.
#[derive(Clone, Debug)]
pub(in crate::notices) struct Overdue {
    pub owner: PersonId,
    pub due_at: DateTime<Utc>,
}

impl FromRow for Overdue {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { owner: row.get("owner_id")?, due_at: row.get("due_at")? })
    }
}

/// The schedules with a slot that should have been decided before `before`, at most `most`.
pub(in crate::notices) async fn overdue(tx: &mut Tx, before: DateTime<Utc>, most: i64) -> Result<Vec<Overdue>> {
    const LIST: &str = "select owner_id, due_at from schedules where state = 'active' and deleted_at is null \
        and due_at < $1 order by due_at, id limit $2";
    sql(LIST).bind(before).bind(most).all(tx).await
}

/// A slot without a result by the time that a subscriber chose.
#[derive(Clone, Debug)]
pub(in crate::notices) struct LateSlot {
    pub about: About,
    pub person: PersonId,
    pub slot: String,
    pub at: DateTime<Utc>,
    pub late_minutes: i64,
}

impl FromRow for LateSlot {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            about: About::from_row(row)?,
            person: row.get("person_id")?,
            slot: row.get("slot")?,
            at: row.get("at")?,
            late_minutes: row.get("late_minutes")?,
        })
    }
}

/// The slots that are running or waiting at `now` and have a subscriber for late results.
pub(in crate::notices) async fn late_slots(tx: &mut Tx, now: DateTime<Utc>, most: i64) -> Result<Vec<LateSlot>> {
    const LIST: &str = "select s.id, s.name, s.instance_id, coalesce(i.name, i.amc_name) as instance_name, n.person_id, \
        l.slot, l.at, n.late_minutes from notice_subscriptions n join schedules s on s.id = n.schedule_id \
        join instances i on i.id = s.instance_id join schedule_slots l on l.schedule_id = s.id \
        where n.late_minutes is not null and s.deleted_at is null and l.state in ('queued', 'started') and l.at < $1 \
        order by l.at limit $2";
    sql(LIST).bind(now).bind(most).all(tx).await
}

/// Incidents of schedules that no longer apply: the schedule is deleted, or runs again after a pause.
pub(in crate::notices) async fn gone(tx: &mut Tx) -> Result<Vec<String>> {
    const LIST: &str = "select m.cause as value from message_incidents m where (m.cause like 'schedule-failing:%' \
        and not exists (select 1 from schedules s where m.cause = 'schedule-failing:' || s.id and s.deleted_at is null)) \
        or (m.cause like 'schedule-paused:%' and not exists (select 1 from schedules s \
        where m.cause = 'schedule-paused:' || s.id and s.state = 'paused' and s.deleted_at is null))";
    sql(LIST).column(tx).await
}

/// A connection that only its owner can reconnect.
#[derive(Clone, Debug)]
pub(in crate::notices) struct Lost {
    pub id: ConnectionId,
    pub owner: PersonId,
    pub region: Region,
    /// The number of schedules that use it.
    pub schedules: i64,
}

impl FromRow for Lost {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            owner: row.get("person_id")?,
            region: row.get("region")?,
            schedules: row.get("schedules")?,
        })
    }
}

/// The connections that only their owners can reconnect, except those that the owners removed.
pub(in crate::notices) async fn lost(tx: &mut Tx) -> Result<Vec<Lost>> {
    const LIST: &str = "select c.id, c.person_id, c.region, (select count(*) from schedules s \
        join instances i on i.id = s.instance_id where s.owner_id = c.person_id and i.region = c.region \
        and s.state = 'active' and s.deleted_at is null) as schedules from connections c \
        join people p on p.id = c.person_id where c.state = 'reconnect' and c.disconnected_at is null \
        and p.state = 'active' order by c.id";
    sql(LIST).all(tx).await
}

/// Whether a connection works.
pub(in crate::notices) async fn works(tx: &mut Tx, id: &str) -> Result<bool> {
    const FIND: &str = "select id as value from connections where id = $1 and state = 'active'";
    Ok(sql(FIND).bind(id).optional::<Single<ConnectionId>>(tx).await?.is_some())
}

/// The administrators who may sign in.
pub(in crate::notices) async fn administrators(tx: &mut Tx) -> Result<Vec<PersonId>> {
    const LIST: &str = "select id as value from people where role = 'administrator' and state = 'active' order by id";
    sql(LIST).column(tx).await
}

/// The name of an instance.
pub(in crate::notices) async fn instance_name(tx: &mut Tx, id: &InstanceId) -> Result<String> {
    const FIND: &str = "select coalesce(name, amc_name) as value from instances where id = $1";
    Ok(sql(FIND).bind(id).optional::<Single<String>>(tx).await?.map(|Single(name)| name).unwrap_or_default())
}

/// The latest nightly backup that has ended.
#[derive(Clone, Debug)]
pub(in crate::notices) struct LastBackup {
    pub night: String,
    pub is_failed: bool,
    pub problem: String,
}

impl FromRow for LastBackup {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            night: row.get("night")?,
            is_failed: row.get::<String>("state")? == "failed",
            problem: row.get("problem")?,
        })
    }
}

/// The latest nightly backup that has ended, if there is any.
pub(in crate::notices) async fn last_backup(tx: &mut Tx) -> Result<Option<LastBackup>> {
    const LAST: &str = "select night, state, problem from backups where state <> 'waiting' order by night desc limit 1";
    sql(LAST).optional(tx).await
}
