//! The tables of queries that are stored on AMC as workflows, and of workflows listed by AMC.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::db::{FromRow, Result, Row, Tx, sql};
use crate::ids::{InstanceId, PersonId, QueryId};

/// A query that is stored on an instance at AMC.
#[derive(Clone, Debug)]
pub(in crate::queries) struct OnAmc {
    pub(in crate::queries) instance: InstanceId,
    pub(in crate::queries) instance_name: String,
    pub(in crate::queries) workflow_id: String,
    /// The revision of the query that was sent.
    pub(in crate::queries) revision: i64,
    /// The definition that was sent.
    pub(in crate::queries) sent: Value,
    /// `same`, `changed` or `missing`: the outcome of the last comparison with AMC.
    pub(in crate::queries) state: String,
    pub(in crate::queries) synced_by: String,
    pub(in crate::queries) synced_at: DateTime<Utc>,
    pub(in crate::queries) looked_at: DateTime<Utc>,
}

impl FromRow for OnAmc {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            instance: row.get("instance_id")?,
            instance_name: row.get("instance_name")?,
            workflow_id: row.get("workflow_id")?,
            revision: row.get("revision")?,
            sent: row.get("sent")?,
            state: row.get("state")?,
            synced_by: row.get("synced_by")?,
            synced_at: row.get("synced_at")?,
            looked_at: row.get("looked_at")?,
        })
    }
}

/// Where a query is stored, as far as the person has access.
pub(in crate::queries) async fn on_amc(tx: &mut Tx, person: &PersonId, query: &QueryId) -> Result<Vec<OnAmc>> {
    const LIST: &str = "select w.instance_id, coalesce(i.name, i.amc_name) as instance_name, w.workflow_id, w.revision, \
        w.sent, w.state, w.synced_by, w.synced_at, w.looked_at from query_workflows w \
        join instances i on i.id = w.instance_id \
        join instance_access a on a.instance_id = w.instance_id and a.person_id = $1 where w.query_id = $2 \
        order by lower(coalesce(i.name, i.amc_name)), i.id";
    sql(LIST).bind(person).bind(query).all(tx).await
}

/// What was sent, and under which id.
#[derive(Debug)]
pub(in crate::queries) struct Synced<'a> {
    pub(in crate::queries) query: &'a QueryId,
    pub(in crate::queries) instance: &'a InstanceId,
    pub(in crate::queries) workflow_id: &'a str,
    pub(in crate::queries) revision: i64,
    pub(in crate::queries) sent: &'a Value,
    pub(in crate::queries) by: &'a str,
}

/// Records that a query was just stored on AMC. Another query with the same id is no longer stored there.
pub(in crate::queries) async fn synced(tx: &mut Tx, now: DateTime<Utc>, one: &Synced<'_>) -> Result<()> {
    const OTHER: &str = "delete from query_workflows where instance_id = $1 and workflow_id = $2 and query_id <> $3";
    const SYNCED: &str = "insert into query_workflows (query_id, instance_id, workflow_id, revision, sent, state, \
        synced_by, synced_at, looked_at) values ($1, $2, $3, $4, $5, 'same', $6, $7, $7) \
        on conflict (query_id, instance_id) do update set workflow_id = excluded.workflow_id, \
        revision = excluded.revision, sent = excluded.sent, state = 'same', synced_by = excluded.synced_by, \
        synced_at = excluded.synced_at, looked_at = excluded.looked_at";
    sql(OTHER).bind(one.instance).bind(one.workflow_id).bind(one.query).execute(tx).await?;
    sql(SYNCED)
        .bind(one.query)
        .bind(one.instance)
        .bind(one.workflow_id)
        .bind(one.revision)
        .bind(one.sent.clone())
        .bind(one.by)
        .bind(now)
        .execute(tx)
        .await
        .map(drop)
}

/// Records what AMC has.
pub(in crate::queries) async fn looked(
    tx: &mut Tx,
    now: DateTime<Utc>,
    (query, instance): (&QueryId, &InstanceId),
    state: &str,
) -> Result<()> {
    const LOOKED: &str =
        "update query_workflows set state = $3, looked_at = $4 where query_id = $1 and instance_id = $2";
    sql(LOOKED).bind(query).bind(instance).bind(state).bind(now).execute(tx).await.map(drop)
}

/// Deletes the record that a query is stored on an instance.
pub(in crate::queries) async fn forget_workflow(tx: &mut Tx, (query, instance): (&QueryId, &InstanceId)) -> Result<()> {
    const FORGET: &str = "delete from query_workflows where query_id = $1 and instance_id = $2";
    sql(FORGET).bind(query).bind(instance).execute(tx).await.map(drop)
}

/// The workflows that AMC listed for an instance.
#[derive(Clone, Debug)]
pub(in crate::queries) struct ListedWorkflows {
    pub(in crate::queries) workflows: Value,
    pub(in crate::queries) schedules: Value,
    pub(in crate::queries) read_at: DateTime<Utc>,
}

impl FromRow for ListedWorkflows {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { workflows: row.get("workflows")?, schedules: row.get("schedules")?, read_at: row.get("read_at")? })
    }
}

/// The workflows that AMC listed when somebody last asked; `None` if nobody has.
pub(in crate::queries) async fn listed_workflows(
    tx: &mut Tx,
    instance: &InstanceId,
) -> Result<Option<ListedWorkflows>> {
    const FIND: &str = "select workflows, schedules, read_at from instance_workflows where instance_id = $1";
    sql(FIND).bind(instance).optional(tx).await
}

/// Stores AMC's current list.
pub(in crate::queries) async fn save_listed(
    tx: &mut Tx,
    now: DateTime<Utc>,
    instance: &InstanceId,
    (workflows, schedules): (Value, Value),
) -> Result<()> {
    const KEEP: &str = "insert into instance_workflows (instance_id, workflows, schedules, read_at) \
        values ($1, $2, $3, $4) on conflict (instance_id) do update set workflows = excluded.workflows, \
        schedules = excluded.schedules, read_at = excluded.read_at";
    sql(KEEP).bind(instance).bind(workflows).bind(schedules).bind(now).execute(tx).await.map(drop)
}

/// A query by the id of its workflow.
#[derive(Clone, Debug)]
pub(in crate::queries) struct KeptAs {
    pub(in crate::queries) workflow_id: String,
    pub(in crate::queries) query: QueryId,
    pub(in crate::queries) name: String,
}

impl FromRow for KeptAs {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { workflow_id: row.get("workflow_id")?, query: row.get("id")?, name: row.get("name")? })
    }
}

/// The queries that are stored on an instance, as far as the person sees them.
pub(in crate::queries) async fn kept_on(tx: &mut Tx, person: &PersonId, instance: &InstanceId) -> Result<Vec<KeptAs>> {
    const LIST: &str = concat!(
        "select w.workflow_id, q.id, q.name from query_workflows w join queries q on q.id = w.query_id ",
        with_role!(),
        "where w.instance_id = $2 and ",
        visible!()
    );
    sql(LIST).bind(person).bind(instance).all(tx).await
}
