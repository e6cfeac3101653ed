//! Stores a new execution, once per key, and chooses its connection.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::note;
use crate::db::{FromRow, Result, Row, Single, Tx, sql};
use crate::executions::model::{Origin, State};
use crate::ids::{ConnectionId, ExecutionId, InstanceId, PersonId, QueryId};
use crate::queries::{ParameterValues, WindowChoice};

/// An execution that is about to be stored.
#[derive(Debug)]
pub(in crate::executions) struct NewRow<'a> {
    pub(in crate::executions) id: &'a ExecutionId,
    pub(in crate::executions) instance: &'a InstanceId,
    pub(in crate::executions) connection: &'a ConnectionId,
    pub(in crate::executions) connection_owner: Option<&'a str>,
    pub(in crate::executions) query: Option<&'a QueryId>,
    pub(in crate::executions) query_name: &'a str,
    pub(in crate::executions) person: &'a PersonId,
    pub(in crate::executions) person_name: &'a str,
    pub(in crate::executions) rerun_of: Option<&'a ExecutionId>,
    pub(in crate::executions) origin: Origin,
    pub(in crate::executions) origin_ref: Option<&'a str>,
    pub(in crate::executions) origin_key: Option<&'a str>,
    pub(in crate::executions) request_digest: &'a str,
    pub(in crate::executions) author_sql: &'a str,
    pub(in crate::executions) body: &'a Value,
    pub(in crate::executions) source_map: &'a Value,
    pub(in crate::executions) values: &'a ParameterValues,
    pub(in crate::executions) window: WindowChoice,
    pub(in crate::executions) amc_workflow_id: &'a str,
    /// The digest that identical runs share; `None` if there can't be any.
    pub(in crate::executions) same_as: Option<&'a str>,
}

/// Stores the intent, due immediately. Returns whether it did: an execution started with the same key remains the only
/// one, across processes and concurrent requests.
pub(in crate::executions) async fn add(tx: &mut Tx, now: DateTime<Utc>, row: &NewRow<'_>) -> Result<bool> {
    const ADD: &str = "insert into executions (id, instance_id, connection_id, connection_owner, query_id, query_name, \
        person_id, person_name, rerun_of, state, author_sql, sent, source_map, field_values, amc_workflow_id, \
        created_at, updated_at, next_step_at, origin, origin_ref, origin_key, request_digest, window_kind, \
        window_start, window_end, window_zone, same_as) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', $10, $11, $12, $13, $14, $15, $15, $15, $16, $17, $18, \
        $19, $20, $21, $22, $23, $24) on conflict (origin, origin_key) where origin_key is not null do nothing";
    let added = sql(ADD)
        .bind(row.id)
        .bind(row.instance)
        .bind(row.connection)
        .bind(row.connection_owner)
        .bind(row.query.map(|id| id.as_str().to_owned()))
        .bind(row.query_name)
        .bind(row.person)
        .bind(row.person_name)
        .bind(row.rerun_of.map(|id| id.as_str().to_owned()))
        .bind(row.author_sql)
        .bind(row.body.clone())
        .bind(row.source_map.clone())
        .bind(row.values.json())
        .bind(row.amc_workflow_id)
        .bind(now)
        .bind(row.origin.name())
        .bind(row.origin_ref)
        .bind(row.origin_key)
        .bind(row.request_digest)
        .bind(row.window.kind.name().into_owned())
        .bind(row.window.start.map(WindowChoice::stored))
        .bind(row.window.end.map(WindowChoice::stored))
        .bind(row.window.zone.name())
        .bind(row.same_as)
        .execute(tx)
        .await?;
    if added == 1 {
        note(tx, row.id, now, State::Waiting, "").await?;
    }
    Ok(added == 1)
}

/// An execution that was started with a key.
#[derive(Debug)]
pub(in crate::executions) struct Earlier {
    pub(in crate::executions) id: ExecutionId,
    /// The digest of the request with the key; `None` if it wasn't stored.
    pub(in crate::executions) digest: Option<String>,
}

impl FromRow for Earlier {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { id: row.get("id")?, digest: row.get("request_digest")? })
    }
}

/// The execution that was started with this key.
pub(in crate::executions) async fn started_by(tx: &mut Tx, origin: Origin, key: &str) -> Result<Option<Earlier>> {
    const FIND: &str = "select id, request_digest from executions where origin = $1 and origin_key = $2";
    sql(FIND).bind(origin.name()).bind(key).optional(tx).await
}

/// The newest execution with this digest on an instance whose result is still stored and that a person may see.
pub(in crate::executions) async fn same_as(
    tx: &mut Tx,
    person: &PersonId,
    instance: &InstanceId,
    identity: &str,
) -> Result<Option<ExecutionId>> {
    const FIND: &str = "select e.id as value from executions e \
        join instance_access a on a.instance_id = e.instance_id and a.person_id = $1 \
        where e.instance_id = $2 and e.same_as = $3 and e.state = 'succeeded' and e.result is not null \
        and e.result_removed_at is null order by e.created_at desc, e.id desc limit 1";
    let found = sql(FIND).bind(person).bind(instance).bind(identity).optional::<Single<ExecutionId>>(tx).await?;
    Ok(found.map(|Single(id)| id))
}

/// Whether anything was started by hand on an instance since then.
pub(in crate::executions) async fn has_by_hand(
    tx: &mut Tx,
    instance: &InstanceId,
    since: DateTime<Utc>,
) -> Result<bool> {
    const FIND: &str = "select id as value from executions where instance_id = $1 and created_at >= $2 \
        and origin in ('hand', 'rerun', 'api') limit 1";
    Ok(sql(FIND).bind(instance).bind(since).optional::<Single<ExecutionId>>(tx).await?.is_some())
}

/// The newest execution of this identity that was started by hand since then and did not end without a result.
pub(in crate::executions) async fn by_hand(
    tx: &mut Tx,
    instance: &InstanceId,
    identity: &str,
    since: DateTime<Utc>,
) -> Result<Option<(ExecutionId, DateTime<Utc>)>> {
    const FIND: &str = "select id, created_at from executions where instance_id = $1 and same_as = $2 \
        and created_at >= $3 and origin in ('hand', 'rerun', 'api') \
        and (finished_at is null or state = 'succeeded') order by created_at desc, id desc limit 1";
    struct Line(ExecutionId, DateTime<Utc>);
    impl FromRow for Line {
        fn from_row(row: &Row) -> Result<Self> {
            Ok(Self(row.get("id")?, row.get("created_at")?))
        }
    }
    let found = sql(FIND).bind(instance).bind(identity).bind(since).optional::<Line>(tx).await?;
    Ok(found.map(|Line(id, at)| (id, at)))
}

/// A connection that a person's executions can use.
#[derive(Clone, Debug)]
pub(in crate::executions) struct Chosen {
    pub(in crate::executions) id: ConnectionId,
    /// Its owner's name.
    pub(in crate::executions) owner: String,
}

impl FromRow for Chosen {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { id: row.get("id")?, owner: row.get("owner")? })
    }
}

/// The active connection for a person's executions on an instance: their own; otherwise the one named by their access
/// to the instance; otherwise one that its owner shares with somebody else on this instance. Its owner must be able
/// to run queries there, too. In a person's scope only their own connections are visible, in the system's all.
pub(in crate::executions) async fn choose_connection(
    tx: &mut Tx,
    person: &PersonId,
    instance: &InstanceId,
) -> Result<Option<Chosen>> {
    const CHOOSE: &str = "select c.id, p.name as owner from instance_access mine \
        join instance_access theirs on theirs.instance_id = mine.instance_id \
        join connections c on c.id = theirs.connection_id and c.person_id = theirs.person_id \
        join people p on p.id = c.person_id \
        where mine.person_id = $1 and mine.instance_id = $2 and c.state = 'active' \
        and theirs.role in ('analyst', 'manager') \
        and (c.person_id = $1 or c.id = mine.connection_id or (exists (select 1 from instance_access shared \
            where shared.instance_id = $2 and shared.connection_id = c.id and shared.person_id <> c.person_id) \
            and exists (select 1 from access_grants g where g.person_id = $1 and g.instance_id = $2 \
            and g.source <> 'shared'))) \
        order by case when c.person_id = $1 then 0 when c.id = mine.connection_id then 1 else 2 end, \
        c.refreshed_at desc, c.id limit 1";
    sql(CHOOSE).bind(person).bind(instance).optional(tx).await
}
