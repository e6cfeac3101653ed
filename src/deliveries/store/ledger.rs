//! The ledger as people see it, and what they do with it.

use chrono::{DateTime, NaiveDate, Utc};

use super::queue::{Wanted, wanted_rows};
use super::{json_of, target};
use crate::db::{FromRow, PageRange, Result, Row, Statement, Tx, containing, sql};
use crate::deliveries::model::{Attempt, Delivery, DeliveryState, Subject, Target};
use crate::ids::{DeliveryRuleId, DestinationId, ExecutionId, InstanceId, PersonId, ResultDeliveryId, ScheduleId};
use crate::web::list::Days;

impl FromRow for Delivery {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            schedule: row.get("schedule_id")?,
            schedule_name: row.get("schedule_name")?,
            destination_name: row.get("destination_name")?,
            instance: row.get("instance_id")?,
            instance_name: row.get("instance_name")?,
            execution: row.get("execution_id")?,
            query_name: row.get("query_name")?,
            slot: row.get("slot")?,
            target: target(row)?,
            person_name: row.get("person_name")?,
            state: row.parsed("state", DeliveryState::parse)?,
            reason: row.get("reason")?,
            attempts: row.get("attempts")?,
            created_at: row.get("created_at")?,
            due_at: row.get("due_at")?,
            ended_at: row.get("ended_at")?,
            rows: row.get("row_count")?,
            bytes: row.get("byte_count")?,
            took_ms: row.get("took_ms")?,
            object: row.get("object")?,
        })
    }
}

impl FromRow for Attempt {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            number: row.get("number")?,
            at: row.get("at")?,
            took_ms: row.get("took_ms")?,
            rows: row.get("row_count")?,
            bytes: row.get("byte_count")?,
            object: row.get("object")?,
            reason: row.get("reason")?,
        })
    }
}

macro_rules! columns {
    () => {
        "d.id, d.schedule_id, d.schedule_name, d.destination_name, d.instance_id, \
         coalesce(i.name, i.amc_name) as instance_name, d.execution_id, d.query_name, d.slot, d.target, d.person_name, \
         d.state, d.reason, d.attempts, d.created_at, d.due_at, d.ended_at, d.row_count, d.byte_count, d.took_ms, d.object"
    };
}

macro_rules! from {
    () => {
        " from deliveries d join instances i on i.id = d.instance_id join instance_access a \
         on a.instance_id = d.instance_id and a.person_id = $1 "
    };
}

/// Where an export goes on: after the row with this time and id.
pub(in crate::deliveries) type LedgerKey = (DateTime<Utc>, String);

/// Which deliveries are listed.
#[derive(Clone, Debug, Default)]
pub(in crate::deliveries) struct DeliveryFilter {
    /// Text that the name of the schedule, the query or the object contains.
    pub text: String,
    pub state: Option<DeliveryState>,
    pub destination: Option<DestinationId>,
    pub schedule: Option<ScheduleId>,
    pub rule: Option<DeliveryRuleId>,
    pub execution: Option<ExecutionId>,
    pub days: Days,
    /// Only rows before this one.
    pub before: Option<LedgerKey>,
}

macro_rules! listed {
    ($columns:expr, $rest:literal) => {
        concat!(
            "select ",
            $columns,
            from!(),
            "where ($2 = '' or lower(d.schedule_name || ' ' || d.query_name || ' ' || d.object) like lower($2) escape '\\') ",
            "and ($3 = '' or d.state = $3) and ($4 = '' or d.destination_id = $4) and ($5 = '' or d.schedule_id = $5) ",
            "and ($6 = '' or d.rule_id = $6) and ($7 = '' or d.execution_id = $7) ",
            "and ($8 is null or d.created_at >= $8) and ($9 is null or d.created_at < $9) ",
            "and ($10 is null or (d.created_at, d.id) < ($10, $11))",
            $rest
        )
    };
}

fn filtered(text: &'static str, person: &PersonId, filter: &DeliveryFilter) -> Statement {
    fn id<T>(id: Option<&T>, text: impl Fn(&T) -> &str) -> String {
        id.map(|id| text(id).to_owned()).unwrap_or_default()
    }
    sql(text)
        .bind(person)
        .bind(containing(&filter.text))
        .bind(filter.state.map_or("", DeliveryState::name))
        .bind(id(filter.destination.as_ref(), DestinationId::as_str))
        .bind(id(filter.schedule.as_ref(), ScheduleId::as_str))
        .bind(id(filter.rule.as_ref(), DeliveryRuleId::as_str))
        .bind(id(filter.execution.as_ref(), ExecutionId::as_str))
        .bind(filter.days.start())
        .bind(filter.days.end())
        .bind(filter.before.as_ref().map(|(at, _)| *at))
        .bind(filter.before.as_ref().map(|(_, id)| id.clone()).unwrap_or_default())
}

/// How many deliveries the filter finds, counted up to `most`.
pub(in crate::deliveries) async fn count(
    tx: &mut Tx,
    person: &PersonId,
    filter: &DeliveryFilter,
    most: i64,
) -> Result<i64> {
    const COUNT: &str = concat!("select count(*) as value from (", listed!("1 as one", " limit $12) as counted"));
    filtered(COUNT, person, filter).bind(most).count(tx).await
}

/// A range of the deliveries that the filter finds, the newest first.
pub(in crate::deliveries) async fn list(
    tx: &mut Tx,
    person: &PersonId,
    filter: &DeliveryFilter,
    range: PageRange,
) -> Result<Vec<Delivery>> {
    const LIST: &str = listed!(columns!(), " order by d.created_at desc, d.id desc limit $12 offset $13");
    filtered(LIST, person, filter).bind(range.most).bind(range.skip).all(tx).await
}

/// A delivery of an instance to which the person has access.
pub(in crate::deliveries) async fn delivery(tx: &mut Tx, person: &PersonId, id: &ResultDeliveryId) -> Result<Delivery> {
    const FIND: &str = concat!("select ", columns!(), from!(), "where d.id = $2");
    sql(FIND).bind(person).bind(id).one(tx).await
}

/// The last deliveries of an execution's result.
pub(in crate::deliveries) async fn deliveries_of(
    tx: &mut Tx,
    person: &PersonId,
    execution: &ExecutionId,
) -> Result<Vec<Delivery>> {
    const LIST: &str = concat!(
        "select ",
        columns!(),
        from!(),
        "where d.execution_id = $2 order by d.created_at desc, d.id desc limit 20"
    );
    sql(LIST).bind(person).bind(execution).all(tx).await
}

/// The attempts of a delivery, the newest first. The delivery was found for the reader before.
pub(in crate::deliveries) async fn attempts(tx: &mut Tx, id: &ResultDeliveryId) -> Result<Vec<Attempt>> {
    const LIST: &str = "select number, at, took_ms, row_count, byte_count, object, reason from delivery_attempts \
        where delivery_id = $1 order by number desc limit 100";
    sql(LIST).bind(id).all(tx).await
}

/// Makes a delivery due now that is not done; says whether it did.
pub(in crate::deliveries) async fn retry(tx: &mut Tx, now: DateTime<Utc>, id: &ResultDeliveryId) -> Result<bool> {
    const RETRY: &str = "update deliveries set state = 'waiting', due_at = $2, ended_at = null, \
        attempts_before = attempts where id = $1 and state in ('failed', 'given-up', 'canceled')";
    Ok(sql(RETRY).bind(id).bind(now).execute(tx).await? == 1)
}

/// The results of past slots between two days of the schedule that a rule has not delivered and that are stored, oldest
/// first, at most `most`.
pub(in crate::deliveries) async fn past(
    tx: &mut Tx,
    rule: &DeliveryRuleId,
    (first, last): (NaiveDate, NaiveDate),
    most: i64,
) -> Result<Vec<Wanted>> {
    const SLOTS: &str = wanted_rows!(
        "l.slot",
        "join schedule_slots l on l.schedule_id = s.id and substr(l.slot, 1, 10) between $2 and $3 \
         join executions e on e.id = l.execution_id where r.id = $1 and r.deleted_at is null and e.state = 'succeeded' \
         and e.result is not null and e.result_removed_at is null and not exists (select 1 from deliveries d \
         where d.rule_id = r.id and d.execution_id = e.id and d.state not in ('given-up', 'canceled')) \
         order by l.at limit $4"
    );
    const WINDOWS: &str = wanted_rows!(
        "w.slot",
        "join backfills b on b.schedule_id = s.id join backfill_windows w on w.backfill_id = b.id \
         and substr(w.slot, 1, 10) between $2 and $3 join executions e on e.id = w.execution_id where r.id = $1 \
         and r.deleted_at is null and e.state = 'succeeded' and e.result is not null and e.result_removed_at is null \
         and not exists (select 1 from deliveries d where d.rule_id = r.id and d.execution_id = e.id \
         and d.state not in ('given-up', 'canceled')) order by w.slot limit $4"
    );
    let (first, last) = (first.to_string(), last.to_string());
    let bound = |text: &'static str| sql(text).bind(rule).bind(&first).bind(&last).bind(most);
    let mut found = bound(SLOTS).all::<Wanted>(tx).await?;
    found.extend(bound(WINDOWS).all::<Wanted>(tx).await?);
    Ok(found)
}

/// Makes a delivery of a rule due again that was given up or canceled; says whether there was one.
pub(in crate::deliveries) async fn again(
    tx: &mut Tx,
    now: DateTime<Utc>,
    rule: &DeliveryRuleId,
    execution: &ExecutionId,
) -> Result<bool> {
    const AGAIN: &str = "update deliveries set state = 'waiting', due_at = $3, ended_at = null, \
        attempts_before = attempts where rule_id = $1 and execution_id = $2 and state in ('given-up', 'canceled')";
    Ok(sql(AGAIN).bind(rule).bind(execution).bind(now).execute(tx).await? == 1)
}

/// Adds a delivery that a person asked for.
pub(in crate::deliveries) async fn add_manual(
    tx: &mut Tx,
    now: DateTime<Utc>,
    id: &ResultDeliveryId,
    (subject, instance): (&Subject, &InstanceId),
    (destination, destination_name, target): (&DestinationId, &str, &Target),
    (person, person_name): (&PersonId, &str),
) -> Result<()> {
    const ADD: &str = "insert into deliveries (id, schedule_name, destination_id, destination_name, instance_id, \
        execution_id, query_name, target, person_id, person_name, state, reason, attempts, attempts_before, \
        created_at, due_at, object) values ($1, '', $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', '', 0, 0, $10, $10, '')";
    sql(ADD)
        .bind(id)
        .bind(destination)
        .bind(destination_name)
        .bind(instance)
        .bind(&subject.execution)
        .bind(&subject.query_name)
        .bind(json_of(target))
        .bind(person)
        .bind(person_name)
        .bind(now)
        .execute(tx)
        .await
        .map(drop)
}

/// How many deliveries wait or are being sent, and how many have failed, retried or not; for the program.
pub async fn unfinished(tx: &mut Tx) -> Result<[(&'static str, i64); 3]> {
    const COUNT: &str = "select count(case when state in ('waiting', 'sending') then 1 end) as waiting, \
        count(case when state = 'failed' then 1 end) as retrying, \
        count(case when state = 'given-up' then 1 end) as failed from deliveries \
        where state in ('waiting', 'sending', 'failed', 'given-up')";
    struct Line([i64; 3]);
    impl FromRow for Line {
        fn from_row(row: &Row) -> Result<Self> {
            Ok(Self([row.get("waiting")?, row.get("retrying")?, row.get("failed")?]))
        }
    }
    let Line([waiting, retrying, failed]) = sql(COUNT).one::<Line>(tx).await?;
    Ok([("waiting", waiting), ("retrying", retrying), ("failed", failed)])
}
