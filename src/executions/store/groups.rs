//! Executions grouped by query: one row for all repeats.

use chrono::{DateTime, Utc};

use super::list::{Filter, filtered};
use super::state;
use crate::db::{FromRow, PageRange, Result, Row, Tx};
use crate::executions::model::State;
use crate::ids::{PersonId, QueryId};

/// The executions of one query.
#[derive(Clone, Debug)]
pub(in crate::executions) struct Group {
    /// The query; `None` if it was deleted, and its executions are grouped by its name.
    pub(in crate::executions) query: Option<QueryId>,
    /// The query's name when it last ran.
    pub(in crate::executions) query_name: String,
    pub(in crate::executions) executions: i64,
    pub(in crate::executions) instances: i64,
    /// Executions in progress.
    pub(in crate::executions) active: i64,
    pub(in crate::executions) succeeded: i64,
    /// Executions that failed, without canceled ones.
    pub(in crate::executions) failed: i64,
    pub(in crate::executions) last_state: State,
    pub(in crate::executions) last_at: DateTime<Utc>,
}

impl FromRow for Group {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            query: row.get("query_id")?,
            query_name: row.get("query_name")?,
            executions: row.get("executions")?,
            instances: row.get("instances")?,
            active: row.get("active")?,
            succeeded: row.get("succeeded")?,
            failed: row.get("failed")?,
            last_state: state(row)?,
            last_at: row.get("created_at")?,
        })
    }
}

/// A range of the queries with executions that match the filter, most recently run first.
pub(in crate::executions) async fn groups(
    tx: &mut Tx,
    person: &PersonId,
    filter: &Filter,
    range: PageRange,
) -> Result<Vec<Group>> {
    let text = super::list::driven!(
        filter,
        "with grouped as (select e.query_id, count(*) as executions, count(distinct e.instance_id) as instances, \
         sum(case when e.finished_at is null then 1 else 0 end) as active, \
         sum(case when e.state = 'succeeded' then 1 else 0 end) as succeeded, \
         sum(case when e.state in ('failed', 'rejected', 'lost') then 1 else 0 end) as failed, max(e.id) as last_id",
        "group by e.query_id, case when e.query_id is null then e.query_name end) \
         select g.query_id, g.executions, g.instances, cast(g.active as bigint) as active, \
         cast(g.succeeded as bigint) as succeeded, cast(g.failed as bigint) as failed, \
         l.query_name, l.state, l.created_at from grouped g join executions l on l.id = g.last_id \
         order by l.created_at desc, l.id desc limit $13 offset $14"
    );
    filtered(text, tx, person, filter).bind(range.most).bind(range.skip).all(tx).await
}

/// The number of such queries, counted up to `most`.
pub(in crate::executions) async fn count_groups(
    tx: &mut Tx,
    person: &PersonId,
    filter: &Filter,
    most: i64,
) -> Result<i64> {
    let text = super::list::driven!(
        filter,
        "select count(*) as value from (select 1 as one",
        "group by e.query_id, case when e.query_id is null then e.query_name end limit $13) as counted"
    );
    filtered(text, tx, person, filter).bind(most).count(tx).await
}
