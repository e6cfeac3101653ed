//! The tables of queries, their versions, drafts and stars.

/// Joins the role of person `$1` on the home instance of a query `q`.
macro_rules! with_role {
    () => {
        "left join instance_access a on a.instance_id = q.home_instance_id and a.person_id = $1 "
    };
}

/// Whether person `$1` may see a query `q`.
macro_rules! visible {
    () => {
        "(q.owner_id = $1 or q.home = 'everyone' or (q.home = 'instance' and a.person_id is not null)) "
    };
}

mod drafts;
mod favourites;
mod list;
mod owners;
mod runs;
mod versions;
mod workflows;

pub(super) use drafts::{
    Draft, Rest, discard, discarded, draft, draft_of, drafts, drop_draft, purge_drafts, restore_draft, save_draft,
};
pub use drafts::{DraftSeed, DraftText, create_draft, drafts_mentioning, seed_draft};
pub(super) use favourites::{has_template, is_favourite, set_favourite};
pub use list::{Filter, Line, list, recent};
pub(super) use list::{SORTS, count, tags};
pub use owners::{owned, transfer};
pub(super) use runs::{LastValues, last_instance, last_instance_of_all, last_values, same_run};
pub use runs::{PastRun, TypicalDuration, runs, usual};
pub(super) use versions::{Version, version, versions};
pub(super) use workflows::{
    KeptAs, OnAmc, Synced, forget_workflow, kept_on, listed_workflows, looked, on_amc, save_listed, synced,
};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

use super::model::home::{Home, Placement};
use super::model::tags::Tags;
use super::model::{Query, QueryInput, Rights};
use crate::db::{Error, FromRow, PageRange, Result, Row, Statement, Tx, containing, sql};
use crate::ids::{DraftId, PersonId, QueryId, Random};
use crate::instances::Role;

impl FromRow for Query {
    fn from_row(row: &Row) -> Result<Self> {
        let QueryInput { name, description, tags, sql, fields, window, privacy } = written(row)?;
        let placement = placement(row)?;
        let role = row.get::<Option<String>>("home_role")?.map(|role| Role::parse(&role));
        let is_administrator = row.get::<Option<String>>("own_role")?.as_deref() == Some("administrator");
        let is_owner = row.get::<String>("is_owner")? == "yes";
        Ok(Self {
            id: row.get("id")?,
            owner: row.get("owner_id")?,
            owned_by: row.get("owner")?,
            rights: Rights::new(&placement.home, is_owner, role, is_administrator),
            placement,
            home_name: row.get("home_name")?,
            default_name: row.get("default_name")?,
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
            updated_by_id: row.get("updated_by")?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
            deleted_at: row.get("deleted_at")?,
        })
    }
}

/// The editable part of a query or a version.
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

/// The home and default instance of a query or a version.
fn placement(row: &Row) -> Result<Placement> {
    Ok(Placement {
        home: Home::stored(&row.get::<String>("home")?, row.get("home_instance_id")?),
        default_instance: row.get("default_instance_id")?,
    })
}

/// Parses a stored part of a query; if it can't be parsed, the default is used.
fn read<T: Default + for<'a> Deserialize<'a>>(kept: serde_json::Value) -> T {
    serde_json::from_value(kept).unwrap_or_default()
}

macro_rules! select {
    ($rest:expr) => {
        concat!(
            "select q.id, q.owner_id, q.home, q.home_instance_id, q.default_instance_id, q.name, q.description, q.tags, ",
            "q.sql, q.fields, q.run_window, q.privacy, q.revision, q.created_at, q.updated_at, q.updated_by, ",
            "q.deleted_at, a.role as home_role, (select me.role from people me where me.id = $1) as own_role, ",
            "case when q.owner_id = $1 then 'yes' else 'no' end as is_owner, ",
            "coalesce(hi.name, hi.amc_name) as home_name, coalesce(di.name, di.amc_name) as default_name, ",
            "coalesce(o.name, 'somebody else') as owner, coalesce(c.name, 'somebody else') as creator, ",
            "coalesce(u.name, 'somebody else') as editor from queries q ",
            with_role!(),
            "left join instances hi on hi.id = a.instance_id ",
            "left join instance_access d on d.instance_id = q.default_instance_id and d.person_id = $1 ",
            "left join instances di on di.id = d.instance_id left join people o on o.id = q.owner_id ",
            "left join people c on c.id = q.created_by left join people u on u.id = q.updated_by where ",
            visible!(),
            $rest
        )
    };
}

/// A query that a person may see, even if deleted; `Missing` if they may not, or if it doesn't exist.
pub async fn find(tx: &mut Tx, person: &PersonId, id: &QueryId) -> Result<Query> {
    const FIND: &str = select!("and q.id = $2");
    let found: Query = sql(FIND).bind(person).bind(id).cached().one(tx).await?;
    if found.placement.home.instance().is_none_or(|home| tx.reaches(home)) { Ok(found) } else { Err(Error::Missing) }
}

/// The queries visible to a person whose text contains a word, most recently changed first: candidates for using a
/// name. Only the parsed text tells whether they do.
pub async fn mentioning(tx: &mut Tx, person: &PersonId, word: &str, range: PageRange) -> Result<Vec<Query>> {
    const LIST: &str = select!(
        "and q.deleted_at is null and lower(q.sql) like lower($2) escape '\\' \
         order by q.updated_at desc, q.id desc limit $3 offset $4"
    );
    sql(LIST).bind(person).bind(containing(word)).bind(range.most).bind(range.skip).all(tx).await
}

/// A person's existing query with the same content, not deleted.
pub(super) async fn equal(tx: &mut Tx, person: &PersonId, written: &QueryInput) -> Result<Option<QueryId>> {
    const FIND: &str = select!("and q.name = $2 and q.owner_id = $1 and q.deleted_at is null order by q.id");
    let named: Vec<Query> = sql(FIND).bind(person).bind(&written.name).all(tx).await?;
    Ok(named.into_iter().find(|query| QueryInput::from(query.clone()) == *written).map(|query| query.id))
}

/// The person's query that was saved from this draft, which no longer exists.
pub(super) async fn saved_from(tx: &mut Tx, person: &PersonId, draft: &DraftId) -> Result<Option<Query>> {
    const FIND: &str = select!("and q.from_draft = $2 and q.owner_id = $1 order by q.id limit 1");
    sql(FIND).bind(person).bind(draft).optional(tx).await
}

/// The values `$3` to `$14` of a statement that writes a query.
fn with(
    statement: Statement,
    placement: &Placement,
    written: &QueryInput,
    person: &PersonId,
    now: DateTime<Utc>,
) -> Statement {
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
        .bind(placement.home.name())
        .bind(placement.home.instance())
        .bind(placement.default_instance.as_ref())
}

/// A query to be stored.
pub(super) struct NewQuery<'a> {
    pub(super) id: &'a QueryId,
    /// The draft it was typed in, if any.
    pub(super) draft: Option<&'a DraftId>,
    pub(super) placement: &'a Placement,
    pub(super) written: &'a QueryInput,
}

/// Stores a new query of the person.
pub(super) async fn add(tx: &mut Tx, now: DateTime<Utc>, person: &PersonId, query: &NewQuery<'_>) -> Result<()> {
    const ADD: &str = "insert into queries (id, from_draft, name, description, sql, fields, run_window, privacy, \
        owner_id, created_by, updated_by, created_at, updated_at, tags, home, home_instance_id, default_instance_id) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $9, $10, $10, $11, $12, $13, $14)";
    with(sql(ADD).bind(query.id).bind(query.draft), query.placement, query.written, person, now).execute(tx).await?;
    Ok(())
}

/// Creates a query from an author's file; it belongs to the person.
pub async fn create(
    tx: &mut Tx,
    random: &Random,
    now: DateTime<Utc>,
    person: &PersonId,
    placement: &Placement,
    written: &QueryInput,
) -> Result<QueryId> {
    let id: QueryId = random.id(now);
    add(tx, now, person, &NewQuery { id: &id, draft: None, placement, written }).await?;
    Ok(id)
}

/// Changes a query that is still at `revision`, and keeps what it was as a version; false when somebody else
/// changed it meanwhile.
pub(super) async fn change(
    tx: &mut Tx,
    id: &QueryId,
    revision: i64,
    now: DateTime<Utc>,
    person: &PersonId,
    placement: &Placement,
    written: &QueryInput,
) -> Result<bool> {
    const CHANGE: &str = "update queries set name = $3, description = $4, sql = $5, fields = $6, run_window = $7, \
        privacy = $8, updated_by = $9, updated_at = $10, tags = $11, home = $12, home_instance_id = $13, default_instance_id = $14, \
        revision = revision + 1 \
        where id = $1 and revision = $2";
    versions::save(tx, id, revision).await?;
    let changed = with(sql(CHANGE).bind(id).bind(revision), placement, written, person, now).execute(tx).await?;
    Ok(changed == 1)
}

/// Deletes a query, or restores it (without a time). Its executions and their results stay.
pub(super) async fn set_deleted(tx: &mut Tx, id: &QueryId, at: Option<DateTime<Utc>>) -> Result<()> {
    const DELETE: &str = "update queries set deleted_at = $2 where id = $1";
    sql(DELETE).bind(id).bind(at).execute(tx).await?;
    Ok(())
}

/// Permanently deletes what was deleted before `before`, with versions and stars; returns how many queries.
/// Executions and their results stay.
pub(super) async fn purge(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64> {
    const PURGE: &str = "delete from queries where deleted_at < $1";
    sql(PURGE).bind(before).execute(tx).await
}
