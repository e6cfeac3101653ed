//! Lists of executions.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::{origin, state, window};
use crate::db::{FromRow, LATEST, PageRange, Result, Row, Statement, Tx, containing, from_json, sql};
use crate::executions::model::{Origin, Problem, State};
use crate::ids::{ConnectionId, ExecutionId, InstanceId, PersonId, QueryId};
use crate::instances::takes_slot;
use crate::queries::{ParameterValues, WindowChoice, WindowKind};

/// The filter of a list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub instance: Option<InstanceId>,
    /// On the instances of one account: its entity ID, or empty.
    pub account: String,
    pub query: Option<QueryId>,
    /// In one state; `active` for all in progress, `problem` for all that failed.
    pub state: String,
    /// Text in the query's or the person's name.
    pub text: String,
    pub by: Option<PersonId>,
    /// Started at this time or later.
    pub from: Option<DateTime<Utc>>,
    /// Started before this time.
    pub before: Option<DateTime<Utc>>,
    /// Only those after this one in the list, whose start time is known.
    pub after: Option<(DateTime<Utc>, ExecutionId)>,
}

/// A row of the list.
#[derive(Clone, Debug)]
pub struct Line {
    /// RecomAMP's id.
    pub id: ExecutionId,
    pub instance: InstanceId,
    /// The saved query that ran; it may be deleted.
    pub query: Option<QueryId>,
    /// The query's name when it ran.
    pub query_name: String,
    pub person_name: String,
    pub instance_name: String,
    pub state: State,
    pub waiting_for: Option<String>,
    pub problem: Option<Problem>,
    pub rows: Option<u64>,
    pub origin: Origin,
    /// The window, with its times unless AMC determines them.
    pub window: WindowChoice,
    /// The values of its parameters; `None` if they are too long for a list.
    pub values: Option<ParameterValues>,
    pub created_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
}

impl Line {
    /// Its duration until its end or `now`.
    pub fn took(&self, now: DateTime<Utc>) -> TimeDelta {
        (self.finished_at.unwrap_or(now) - self.created_at).max(TimeDelta::zero())
    }
}

/// Maximum length of one value, and of all values together, in a list.
const VALUE: usize = 40;
const VALUES: usize = 120;

impl Line {
    /// The window and the values in one line, to distinguish it from other executions of its query; may be empty.
    pub fn details(&self) -> String {
        let mut details = window_brief(&self.window);
        let values = self.values.as_ref().map_or_else(|| "long values".to_owned(), values_brief);
        if !details.is_empty() && !values.is_empty() {
            details.push_str(" · ");
        }
        details + &values
    }
}

/// The days of a window, `31 Oct – 6 Nov 2026`; with times if it doesn't begin and end at midnight.
fn window_brief(window: &WindowChoice) -> String {
    match window.days() {
        Some(days) => days,
        None if window.start.is_some() => window.exact(),
        None if window.kind == WindowKind::Explicit => String::new(),
        None => window.kind.label().into_owned(),
    }
}

/// The values by name, `campaigns: Spring, Summer; days: 7`, truncated if long.
fn values_brief(values: &ParameterValues) -> String {
    let one = |(name, text): (&str, String)| {
        let line = text.lines().map(str::trim).collect::<Vec<_>>().join(", ");
        format!("{name}: {}", cut(&line, VALUE))
    };
    cut(&values.texts().map(one).collect::<Vec<_>>().join("; "), VALUES)
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl FromRow for Line {
    fn from_row(row: &Row) -> Result<Self> {
        let json = |column| row.get::<Option<Value>>(column);
        Ok(Self {
            id: row.get("id")?,
            instance: row.get("instance_id")?,
            query: row.get("query_id")?,
            query_name: row.get("query_name")?,
            person_name: row.get("person_name")?,
            instance_name: row.get("instance_name")?,
            state: state(row)?,
            waiting_for: row.get("waiting_for")?,
            problem: json("problem")?.map(|value| from_json("problem", value)).transpose()?,
            rows: row.get::<Option<i64>>("rows")?.and_then(|rows| u64::try_from(rows).ok()),
            origin: origin(row)?,
            window: window(row)?,
            values: json("field_values")?.map(|kept| ParameterValues::read(&kept)),
            created_at: row.get("created_at")?,
            finished_at: row.get("finished_at")?,
        })
    }
}

/// A statement over the executions that a person may see. `driver` is the condition for which SQLite uses an index,
/// starting at `$9`; the other conditions are checked for each row of that scan. `cross join` makes SQLite use this
/// order; to PostgreSQL it is a normal join.
macro_rules! listed {
    ($before:literal, $driver:literal, $after:literal) => {
        concat!(
            $before,
            " from executions e cross join instances i cross join instance_access a where ",
            $driver,
            " and i.id = e.instance_id and a.instance_id = e.instance_id and a.person_id = $1 ",
            "and ($2 is null or e.instance_id = $2) and ($3 is null or e.query_id = $3) ",
            "and ($4 = '' or e.state = $4 or ($4 = 'active' and e.finished_at is null) ",
            "or ($4 = 'problem' and e.state in ('failed', 'rejected', 'lost'))) ",
            "and ($5 = '' or lower(e.query_name || ' ' || e.person_name) like lower($5) escape '\\') ",
            "and ($6 is null or e.person_id = $6) and ($7 is null or e.created_at >= $7) ",
            "and ($8 is null or e.created_at < $8) and ($10 is null or e.created_at < $9 or e.id < $10) ",
            "and ($11 = '' or i.entity_id = $11) and ($12 = '' or $12 like '%,' || e.instance_id || ',%') ",
            $after
        )
    };
}

pub(super) use listed;

/// The statement whose driver is best for the filter.
macro_rules! driven {
    ($filter:expr, $before:literal, $after:literal) => {{
        const ALL: &str = $crate::executions::store::list::listed!($before, "e.created_at <= $9", $after);
        const OF_QUERY: &str =
            $crate::executions::store::list::listed!($before, "e.query_id = $3 and e.created_at <= $9", $after);
        const OF_INSTANCE: &str =
            $crate::executions::store::list::listed!($before, "e.instance_id = $2 and e.created_at <= $9", $after);
        const UNFINISHED: &str = $crate::executions::store::list::listed!($before, "e.finished_at is null", $after);
        const OF_STATE: &str =
            $crate::executions::store::list::listed!($before, "e.state = $4 and e.created_at <= $9", $after);
        match $filter {
            Filter { query: Some(_), .. } => OF_QUERY,
            Filter { instance: Some(_), .. } => OF_INSTANCE,
            Filter { state, .. } if state == "active" => UNFINISHED,
            Filter { state, .. } if State::parse(state).is_some() => OF_STATE,
            _ => ALL,
        }
    }};
}

pub(super) use driven;

pub(super) fn filtered(text: &'static str, tx: &Tx, person: &PersonId, filter: &Filter) -> Statement {
    let (from, after) = filter.after.as_ref().map_or((LATEST, None), |(at, id)| (*at, Some(id)));
    sql(text)
        .bind(person)
        .bind(filter.instance.as_ref())
        .bind(filter.query.as_ref())
        .bind(&filter.state)
        .bind(containing(&filter.text))
        .bind(filter.by.as_ref())
        .bind(filter.from)
        .bind(filter.before)
        .bind(from)
        .bind(after)
        .bind(&filter.account)
        .bind(tx.within())
}

/// A range of the executions that a person may see, newest first.
pub async fn list(tx: &mut Tx, person: &PersonId, filter: &Filter, range: PageRange) -> Result<Vec<Line>> {
    let text = driven!(
        filter,
        "select e.id, e.instance_id, e.query_id, e.query_name, e.person_name, coalesce(i.name, i.amc_name) as instance_name, e.state, \
         e.waiting_for, e.problem, cast(e.result ->> 'rows' as bigint) as rows, e.created_at, e.finished_at, \
         e.origin, e.window_kind, e.window_start, e.window_end, e.window_zone, \
         case when length(cast(e.field_values as text)) <= 2000 then e.field_values end as field_values",
        "order by e.created_at desc, e.id desc limit $13 offset $14"
    );
    filtered(text, tx, person, filter).bind(range.most).bind(range.skip).cached().all(tx).await
}

/// The number of filtered executions, counted up to `most`: nobody wants to wait for an exact count of a million.
pub async fn count(tx: &mut Tx, person: &PersonId, filter: &Filter, most: i64) -> Result<i64> {
    let text = driven!(filter, "select count(*) as value from (select 1 as one", "limit $13) as counted");
    filtered(text, tx, person, filter).bind(most).cached().count(tx).await
}

/// How many executions a person may see in each state: all in progress, and those that ended since `since`.
pub async fn totals(tx: &mut Tx, person: &PersonId, since: DateTime<Utc>) -> Result<Vec<(State, i64)>> {
    const TOTALS: &str = "select state, count(*) as count from (\
        select e.state from executions e cross join instance_access a \
        where e.finished_at is null and a.instance_id = e.instance_id and a.person_id = $1 \
        union all select e.state from executions e cross join instance_access a \
        where e.created_at >= $2 and e.finished_at is not null and a.instance_id = e.instance_id and a.person_id = $1\
        ) as seen group by state";
    by_state(tx, sql(TOTALS).bind(person).bind(since)).await
}

/// The load of an instance.
#[derive(Clone, Debug)]
pub struct Queue {
    pub instance: InstanceId,
    pub instance_name: String,
    pub account: String,
    pub account_name: String,
    /// Slots in use: executions that AMC has, or that are being sent.
    pub in_use: i64,
    /// The same on all instances of the account that this person can see.
    pub on_account: i64,
    /// Executions waiting to be sent.
    pub waiting: i64,
    /// Executions whose result is being downloaded.
    pub fetching: i64,
}

impl FromRow for Queue {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            instance: row.get("instance_id")?,
            instance_name: row.get("instance_name")?,
            account: row.get("entity_id")?,
            account_name: row.get("account_name")?,
            in_use: row.get("in_use")?,
            on_account: row.get("on_account")?,
            waiting: row.get("waiting")?,
            fetching: row.get("fetching")?,
        })
    }
}

/// The load of a person's instances, without idle ones.
pub async fn queues(tx: &mut Tx, person: &PersonId) -> Result<Vec<Queue>> {
    const QUEUES: &str = concat!(
        "with unended as (",
        "select e.instance_id, coalesce(i.name, i.amc_name) as instance_name, i.account_name, i.entity_id, e.state ",
        "from executions e ",
        "join instances i on i.id = e.instance_id join instance_access a on a.instance_id = i.id ",
        "where e.finished_at is null and a.person_id = $1",
        ") select u.instance_id, u.instance_name, u.account_name, u.entity_id, ",
        "cast(sum(case when ",
        takes_slot!("u."),
        " then 1 else 0 end) as bigint) as in_use, ",
        "(select count(*) from unended o where o.entity_id = u.entity_id and ",
        takes_slot!("o."),
        ") as on_account, ",
        "cast(sum(case when u.state = 'waiting' then 1 else 0 end) as bigint) as waiting, ",
        "cast(sum(case when u.state = 'fetching' then 1 else 0 end) as bigint) as fetching ",
        "from unended u group by u.instance_id, u.instance_name, u.account_name, u.entity_id ",
        "order by lower(u.instance_name), u.instance_id"
    );
    sql(QUEUES).bind(person).cached().all(tx).await
}

/// The number of everybody's executions in progress, by state.
pub async fn unfinished(tx: &mut Tx) -> Result<Vec<(State, i64)>> {
    const UNFINISHED: &str = "select state, count(*) as count from executions \
        where state in ('waiting', 'sending', 'pending', 'running', 'fetching') group by state";
    by_state(tx, sql(UNFINISHED)).await
}

/// The number of everybody's executions in progress that use a connection.
pub async fn unfinished_through(tx: &mut Tx, connection: &ConnectionId) -> Result<i64> {
    const UNFINISHED: &str =
        "select count(*) as value from executions where connection_id = $1 and finished_at is null";
    sql(UNFINISHED).bind(connection).count(tx).await
}

async fn by_state(tx: &mut Tx, statement: Statement) -> Result<Vec<(State, i64)>> {
    #[derive(Clone)]
    struct Total(State, i64);
    impl FromRow for Total {
        fn from_row(row: &Row) -> Result<Self> {
            Ok(Self(state(row)?, row.get("count")?))
        }
    }
    Ok(statement.cached().all::<Total>(tx).await?.into_iter().map(|total| (total.0, total.1)).collect())
}
