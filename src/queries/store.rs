//! The tables of queries, of what they were before, of drafts and of favourites.

mod drafts;
mod favourites;
mod list;
mod owners;
mod runs;
mod versions;

pub(super) use drafts::{
    Draft, Rest, discard, discarded, draft, draft_of, drafts, drop_draft, keep_draft, purge_drafts, restore_draft,
};
pub use drafts::{DraftSeed, create_draft};
pub(super) use favourites::{is_favourite, set_favourite};
pub use list::{Filter, Line, list};
pub(super) use list::{SORTS, count, tags};
pub use owners::{owned, transfer};
pub use runs::{PastRun, TypicalDuration, runs, usual};
pub(super) use versions::{Version, version, versions};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use super::model::tags::Tags;
use super::model::{Query, QueryInput};
use crate::db::{FromRow, Result, Row, Statement, Tx, sql};
use crate::ids::{InstanceId, PersonId, QueryId};

impl FromRow for Query {
    fn from_row(row: &Row) -> Result<Self> {
        let QueryInput { name, description, tags, sql, fields, window, privacy } = written(row)?;
        Ok(Self {
            id: row.get("id")?,
            instance: row.get("instance_id")?,
            name,
            description,
            tags,
            sql,
            fields,
            window,
            privacy,
            revision: row.get("revision")?,
            created_by: row.get("creator")?,
            updated_by: row.get("editor")?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
            deleted_at: row.get("deleted_at")?,
        })
    }
}

/// What somebody wrote, as a query and each of its versions keep it.
fn written(row: &Row) -> Result<QueryInput> {
    Ok(QueryInput {
        name: row.get("name")?,
        description: row.get("description")?,
        tags: Tags::read(&row.get::<String>("tags")?),
        sql: row.get("sql")?,
        fields: read(row.get("fields")?),
        window: read(row.get("run_window")?),
        privacy: read(row.get("privacy")?),
    })
}

/// A stored part of a query; one that an older program cannot read starts anew.
fn read<T: Default + for<'a> Deserialize<'a>>(kept: serde_json::Value) -> T {
    serde_json::from_value(kept).unwrap_or_default()
}

/// One of the queries of a person's instances, deleted ones too; `Missing` when it is none of theirs.
pub async fn find(tx: &mut Tx, person: &PersonId, id: &QueryId) -> Result<Query> {
    const FIND: &str = "select q.id, q.instance_id, q.name, q.description, q.tags, q.sql, q.fields, q.run_window, q.privacy, \
        q.revision, q.created_at, q.updated_at, q.deleted_at, coalesce(c.name, 'somebody who left') as creator, \
        coalesce(u.name, 'somebody who left') as editor from queries q \
        join instance_access a on a.instance_id = q.instance_id and a.person_id = $1 \
        left join people c on c.id = q.created_by left join people u on u.id = q.updated_by where q.id = $2";
    sql(FIND).bind(person).bind(id).one(tx).await
}

/// The values `$3` to `$11` of a statement that writes a query.
fn with(statement: Statement, written: &QueryInput, person: &PersonId, now: DateTime<Utc>) -> Statement {
    statement
        .bind(&written.name)
        .bind(&written.description)
        .bind(&written.sql)
        .bind(json!(written.fields))
        .bind(json!(written.window))
        .bind(json!(written.privacy))
        .bind(person)
        .bind(now)
        .bind(written.tags.stored())
}

/// Keeps a new query.
pub(super) async fn add(
    tx: &mut Tx,
    id: &QueryId,
    now: DateTime<Utc>,
    person: &PersonId,
    instance: &InstanceId,
    written: &QueryInput,
) -> Result<()> {
    const ADD: &str = "insert into queries (id, instance_id, name, description, sql, fields, run_window, privacy, \
        created_by, updated_by, created_at, updated_at, tags) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $10, $11)";
    with(sql(ADD).bind(id).bind(instance), written, person, now).execute(tx).await?;
    Ok(())
}

/// Changes a query that is still at `revision`, and keeps what it was as a version; false when somebody else
/// changed it meanwhile.
pub(super) async fn change(
    tx: &mut Tx,
    id: &QueryId,
    revision: i64,
    now: DateTime<Utc>,
    person: &PersonId,
    written: &QueryInput,
) -> Result<bool> {
    const CHANGE: &str = "update queries set name = $3, description = $4, sql = $5, fields = $6, run_window = $7, \
        privacy = $8, updated_by = $9, updated_at = $10, tags = $11, revision = revision + 1 \
        where id = $1 and revision = $2";
    versions::keep(tx, id, revision).await?;
    let changed = with(sql(CHANGE).bind(id).bind(revision), written, person, now).execute(tx).await?;
    Ok(changed == 1)
}

/// Deletes a query, or brings it back without a time. Its runs and their results stay.
pub(super) async fn set_deleted(tx: &mut Tx, id: &QueryId, at: Option<DateTime<Utc>>) -> Result<()> {
    const DELETE: &str = "update queries set deleted_at = $2 where id = $1";
    sql(DELETE).bind(id).bind(at).execute(tx).await?;
    Ok(())
}

/// Removes for good what was deleted before `before`, with its versions and stars; gives how many queries. Runs
/// and their results stay.
pub(super) async fn purge(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64> {
    const PURGE: &str = "delete from queries where deleted_at < $1";
    sql(PURGE).bind(before).execute(tx).await
}
