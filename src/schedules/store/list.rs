//! Lists of schedules.

use chrono::{DateTime, TimeDelta, Utc};

use super::seen_name;
use crate::db::{Error, FromRow, PageRange, Result, Row, Statement, Tx, WrongValue, containing, sql};
use crate::ids::{BrandId, ExecutionId, InstanceId, PersonId, QueryId, ScheduleId};
use crate::schedules::model::{SlotState, State};
use crate::schedules::policies::ON_TIME;
use crate::schedules::timing::Timing;
use crate::web::components::duration;

/// The filter of the list.
#[derive(Clone, Debug, Default)]
pub(in crate::schedules) struct Filter {
    /// Text in the schedule's, the query's or the owner's name.
    pub text: String,
    pub instance: Option<InstanceId>,
    pub query: Option<QueryId>,
    /// A brand: the schedule's values contain one of its items.
    pub brand: Option<BrandId>,
    pub state: Option<State>,
    /// Whether to list deleted schedules instead of the others.
    pub deleted: bool,
}

/// A row of the list.
#[derive(Clone, Debug)]
pub(in crate::schedules) struct Line {
    pub id: ScheduleId,
    pub name: String,
    pub query: Option<QueryId>,
    pub query_name: Option<String>,
    /// Whether it is in the bin, so that slots can't start.
    pub is_query_deleted: bool,
    pub instance: InstanceId,
    pub instance_name: String,
    pub owner_name: String,
    pub timing: Timing,
    pub state: State,
    pub state_reason: String,
    pub next_at: Option<DateTime<Utc>>,
    pub due_at: Option<DateTime<Utc>>,
    /// The outcome of the last slot.
    pub last: Option<SlotState>,
    pub last_at: Option<DateTime<Utc>>,
    pub last_execution: Option<ExecutionId>,
    /// The number of successful executions in the last 30 days, and of all executions that ended.
    pub succeeded: i64,
    pub ended: i64,
    /// The average duration of its successful executions in the last 30 days.
    pub took_seconds: Option<i64>,
}

impl Line {
    /// Whether a slot should have been decided but wasn't.
    pub(in crate::schedules) fn is_overdue(&self, now: DateTime<Utc>) -> bool {
        self.state == State::Active && self.due_at.is_some_and(|due| now - due > ON_TIME)
    }

    /// The success rate, `96% of 26`; empty without executions.
    pub(in crate::schedules) fn success_rate(&self) -> String {
        share(self.succeeded, self.ended)
    }

    /// The typical duration of an execution; empty if none has succeeded.
    pub(in crate::schedules) fn typical(&self) -> String {
        self.took_seconds.map(|seconds| duration(TimeDelta::seconds(seconds))).unwrap_or_default()
    }
}

/// A rate as text: `96% of 26`; empty if `all` is zero.
pub(in crate::schedules) fn share(part: i64, all: i64) -> String {
    if all == 0 {
        return String::new();
    }
    format!("{:.0}% of {all}", 100.0 * part as f64 / all as f64)
}

impl FromRow for Line {
    fn from_row(row: &Row) -> Result<Self> {
        let unknown = || Error::Inconsistent { column: "last_state", source: WrongValue::new("known word") };
        let last: Option<String> = row.get("last_state")?;
        Ok(Self {
            id: row.get("id")?,
            name: row.get("name")?,
            query: row.get("query_id")?,
            query_name: row.get("query_name")?,
            is_query_deleted: row.get("is_query_deleted")?,
            instance: row.get("instance_id")?,
            instance_name: row.get("instance_name")?,
            owner_name: row.get("owner_name")?,
            timing: row.json("timing")?,
            state: row.parsed("state", State::parse)?,
            state_reason: row.get("state_reason")?,
            next_at: row.get("next_at")?,
            due_at: row.get("due_at")?,
            last: last.map(|last| SlotState::parse(&last).ok_or_else(unknown)).transpose()?,
            last_at: row.get("last_at")?,
            last_execution: row.get("last_execution")?,
            succeeded: row.get("succeeded")?,
            ended: row.get("ended")?,
            took_seconds: row.get("took_seconds")?,
        })
    }
}

macro_rules! listed {
    ($columns:expr, $rest:literal) => {
        concat!(
            "select ",
            $columns,
            " from schedules s join instances i on i.id = s.instance_id ",
            "join instance_access a on a.instance_id = s.instance_id and a.person_id = $1 ",
            "left join people o on o.id = s.owner_id left join queries q on q.id = s.query_id ",
            "left join schedule_slots l on l.schedule_id = s.id and l.slot = (select p.slot from schedule_slots p ",
            "where p.schedule_id = s.id order by p.at desc, p.slot desc limit 1) ",
            "where (s.deleted_at is not null) = $2 and ($3 is null or s.instance_id = $3) ",
            "and ($4 is null or s.query_id = $4) and ($5 = '' or s.state = $5) ",
            "and ($6 = '' or lower(s.name || ' ' || coalesce(",
            seen_name!(),
            ", '') || ' ' || coalesce(o.name, '')) ",
            "like lower($6) escape '\\') and ($7 is null or exists (select 1 from brands b join brand_items m ",
            "on m.brand_id = b.id where b.id = $7 and b.instance_id = s.instance_id ",
            "and cast(s.input as text) like '%' || m.value || '%')) ",
            "and ($8 = '' or $8 like '%,' || s.instance_id || ',%')",
            $rest
        )
    };
}

fn filtered(text: &'static str, tx: &Tx, person: &PersonId, filter: &Filter) -> Statement {
    sql(text)
        .bind(person)
        .bind(filter.deleted)
        .bind(filter.instance.as_ref())
        .bind(filter.query.as_ref())
        .bind(filter.state.map_or("", State::name))
        .bind(containing(&filter.text))
        .bind(filter.brand.as_ref())
        .bind(tx.within())
}

/// The number of matching schedules, counted up to `most`.
pub(in crate::schedules) async fn count(tx: &mut Tx, person: &PersonId, filter: &Filter, most: i64) -> Result<i64> {
    const COUNT: &str = listed!("count(*) as value from (select 1 as one", " limit $9) as counted");
    filtered(COUNT, tx, person, filter).bind(most).count(tx).await
}

/// A range of the matching schedules: active ones by due time, then the others.
pub(in crate::schedules) async fn list(
    tx: &mut Tx,
    person: &PersonId,
    filter: &Filter,
    now: DateTime<Utc>,
    range: PageRange,
) -> Result<Vec<Line>> {
    const LIST: &str = listed!(
        concat!(
            "s.id, s.name, s.query_id, s.instance_id, ",
            seen_name!(),
            " as query_name, (q.deleted_at is not null) as is_query_deleted, \
             coalesce(i.name, i.amc_name) as instance_name, coalesce(o.name, 'somebody else') as owner_name, s.timing, \
             s.state, s.state_reason, s.next_at, s.due_at, l.state as last_state, l.at as last_at, \
             l.execution_id as last_execution, (select count(*) from schedule_slots g where g.schedule_id = s.id \
             and g.at > $9 and g.state = 'succeeded') as succeeded, (select count(*) from schedule_slots g \
             where g.schedule_id = s.id and g.at > $9 and g.state in ('succeeded', 'failed', 'refused')) as ended, \
             (select cast(avg(g.took_seconds) as bigint) from schedule_slots g where g.schedule_id = s.id and g.at > $9 \
             and g.state = 'succeeded') as took_seconds"
        ),
        " order by case s.state when 'active' then 0 when 'paused' then 1 else 2 end, s.due_at, s.id limit $10 offset $11"
    );
    let month = now - TimeDelta::days(30);
    filtered(LIST, tx, person, filter).bind(month).bind(range.most).bind(range.skip).all(tx).await
}
