//! Searches for executions that were started elsewhere, and the rows of those found.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Happened, announce, note};
use crate::amazon::{self, AmcExecutionId};
use crate::db::{FromRow, Result, Row, Single, Tx, sql};
use crate::executions::model::State;
use crate::ids::{ConnectionId, ExecutionId, InstanceId, PersonId};
use crate::queries::{ParameterValues, WindowChoice};

/// An instance to search now, and the connection to use.
#[derive(Debug)]
pub(in crate::executions) struct Search {
    pub(in crate::executions) instance: InstanceId,
    pub(in crate::executions) connection: ConnectionId,
    /// The connection's owner.
    pub(in crate::executions) owner: PersonId,
    /// The end of the previous search.
    pub(in crate::executions) since: DateTime<Utc>,
}

struct Candidate {
    instance: InstanceId,
    since: Option<DateTime<Utc>>,
}

impl FromRow for Candidate {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { instance: row.get("id")?, since: row.get("searched_until")? })
    }
}

struct Reach(ConnectionId, PersonId);

impl FromRow for Reach {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self(row.get("id")?, row.get("person_id")?))
    }
}

/// Claims the instances whose search is due at `now` and schedules their next one at `next`, so that no other process
/// searches them meanwhile. An instance that was never searched is due if it was discovered before `found`, and is
/// searched from `first` on.
pub(in crate::executions) async fn due_searches(
    tx: &mut Tx,
    now: DateTime<Utc>,
    (found, next, first): (DateTime<Utc>, DateTime<Utc>, DateTime<Utc>),
    most: i64,
) -> Result<Vec<Search>> {
    const DUE: &str = "select i.id, s.searched_until from instances i \
        left join execution_searches s on s.instance_id = i.id \
        where (s.next_at <= $1 or (s.next_at is null and i.created_at <= $2)) \
        order by s.next_at, i.id limit $3";
    const TAKE: &str = "insert into execution_searches (instance_id, searched_until, next_at) values ($1, $2, $3) \
        on conflict (instance_id) do update set next_at = excluded.next_at \
        where execution_searches.next_at <= $4 returning instance_id as value";
    const REACH: &str = "select c.id, c.person_id from instance_access a \
        join connections c on c.id = a.connection_id and c.person_id = a.person_id \
        where a.instance_id = $1 and c.state = 'active' and a.role in ('analyst', 'manager') \
        order by c.refreshed_at desc, c.id limit 1";
    let mut due = Vec::new();
    for Candidate { instance, since } in sql(DUE).bind(now).bind(found).bind(most).all(tx).await? {
        let since = since.unwrap_or(first);
        let taken = sql(TAKE).bind(&instance).bind(since).bind(next).bind(now);
        if taken.optional::<Single<InstanceId>>(tx).await?.is_none() {
            continue;
        }
        if let Some(Reach(connection, owner)) = sql(REACH).bind(&instance).optional(tx).await? {
            due.push(Search { instance, connection, owner, since });
        }
    }
    Ok(due)
}

/// Records a successful search.
pub(in crate::executions) async fn searched(tx: &mut Tx, instance: &InstanceId, now: DateTime<Utc>) -> Result<()> {
    const DONE: &str = "update execution_searches set searched_until = $2, problem = null where instance_id = $1";
    sql(DONE).bind(instance).bind(now).execute(tx).await.map(drop)
}

/// Records a failed search and when to retry.
pub(in crate::executions) async fn search_failed(
    tx: &mut Tx,
    instance: &InstanceId,
    next: DateTime<Utc>,
    problem: &str,
) -> Result<()> {
    const FAILED: &str = "update execution_searches set next_at = $2, problem = $3 where instance_id = $1";
    sql(FAILED).bind(instance).bind(next).bind(problem).execute(tx).await.map(drop)
}

/// Whether a listed execution already has a row, including one that is being sent.
pub(in crate::executions) async fn is_known(tx: &mut Tx, execution: &amazon::Execution) -> Result<bool> {
    const KNOWN: &str = "select 1 as value from executions where amc_execution_id = $1 or amc_workflow_id = $2 \
        or (origin = 'adopted' and origin_key = $1) limit 1";
    let workflow = execution.workflow_id.as_deref().unwrap_or_default();
    let found = sql(KNOWN).bind(execution.id.as_str()).bind(workflow).optional::<Single<i64>>(tx).await?;
    Ok(found.is_some())
}

/// An execution that was started elsewhere, to be stored.
#[derive(Debug)]
pub(in crate::executions) struct Found {
    pub(in crate::executions) amc_id: AmcExecutionId,
    pub(in crate::executions) name: String,
    pub(in crate::executions) somebody: &'static str,
    /// The owner of the connection with which it is followed.
    pub(in crate::executions) owner: PersonId,
    pub(in crate::executions) state: State,
    pub(in crate::executions) status: String,
    pub(in crate::executions) sql: String,
    pub(in crate::executions) sent: Value,
    pub(in crate::executions) window: WindowChoice,
    pub(in crate::executions) problem: Option<Value>,
    pub(in crate::executions) output_columns: Option<Value>,
    pub(in crate::executions) created_at: DateTime<Utc>,
    /// When it ended, if nothing is left to do for it.
    pub(in crate::executions) finished_at: Option<DateTime<Utc>>,
}

/// Stores it, due immediately if there is more to come; returns whether it did: another process may have been faster.
pub(in crate::executions) async fn adopt(
    tx: &mut Tx,
    id: &ExecutionId,
    now: DateTime<Utc>,
    search: &Search,
    found: &Found,
) -> Result<bool> {
    const ADOPT: &str = "insert into executions (id, instance_id, connection_id, query_name, person_id, person_name, \
        state, author_sql, sent, source_map, field_values, amc_workflow_id, amc_execution_id, amc_status, problem, \
        output_columns, created_at, sent_at, started_at, finished_at, updated_at, next_step_at, origin, origin_key, \
        window_kind, window_start, window_end, window_zone) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17, $17, $18, $19, $20, \
        'adopted', $13, $21, $22, $23, $24) on conflict (origin, origin_key) where origin_key is not null do nothing";
    let added = sql(ADOPT)
        .bind(id)
        .bind(&search.instance)
        .bind(&search.connection)
        .bind(&found.name)
        .bind(&found.owner)
        .bind(found.somebody)
        .bind(found.state.name())
        .bind(&found.sql)
        .bind(found.sent.clone())
        .bind(json!({ "pieces": [] }))
        .bind(ParameterValues::default().json())
        // Executions of one saved workflow share its id; each row needs its own.
        .bind(format!("adopted-{}", found.amc_id))
        .bind(found.amc_id.as_str())
        .bind(&found.status)
        .bind(found.problem.clone())
        .bind(found.output_columns.clone())
        .bind(found.created_at)
        .bind(found.finished_at)
        .bind(now)
        .bind(found.finished_at.is_none().then_some(now))
        .bind(found.window.kind.name().into_owned())
        .bind(found.window.start.map(WindowChoice::stored))
        .bind(found.window.end.map(WindowChoice::stored))
        .bind(found.window.zone.name())
        .execute(tx)
        .await?;
    if added == 0 {
        return Ok(false);
    }
    note(tx, id, now, found.state, "Found on AMC, where it was started outside of RecomAMP.").await?;
    if found.finished_at.is_none() {
        announce(tx, now, (id, &search.instance), Happened::Started, found.state).await?;
    }
    Ok(true)
}
