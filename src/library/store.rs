//! The tables of people's own templates, and of queries created from templates.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::db::{Error, FromRow, Result, Row, Tx, sql};
use crate::ids::{InstanceId, PersonId, QueryId, TemplateId, TemplateUseId};

/// The maximum number of people's own templates that are listed.
const MOST: i64 = 1_000;

/// A person's template, as another person sees it.
#[derive(Clone, Debug)]
pub(super) struct OwnTemplate {
    pub(super) id: TemplateId,
    /// Whether it is the reader's own.
    pub(super) is_own: bool,
    /// Whose it is; a name for people.
    pub(super) owner: String,
    /// The query as a file.
    pub(super) text: String,
    /// The instance whose members can see it; `None` if only its owner can.
    pub(super) home: Option<InstanceId>,
    pub(super) home_name: Option<String>,
    /// Whether queries created from it run on that instance by default.
    pub(super) is_pinned: bool,
    pub(super) version: i64,
    pub(super) updated_at: DateTime<Utc>,
}

impl FromRow for OwnTemplate {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            is_own: row.get("is_own")?,
            owner: row.get("owner")?,
            text: row.get("text")?,
            home: row.get("home_instance_id")?,
            home_name: row.get("home_name")?,
            is_pinned: row.get("pinned")?,
            version: row.get("version")?,
            updated_at: row.get("updated_at")?,
        })
    }
}

/// Selects the templates that a person ($1) can see: their own, and those shared through their instances.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select t.id, (t.owner_id = $1) as is_own, coalesce(p.name, 'somebody else') as owner, \
             t.text, t.home_instance_id, coalesce(i.name, i.amc_name) as home_name, t.pinned, t.version, t.updated_at \
             from templates t left join people p on p.id = t.owner_id left join instances i on i.id = t.home_instance_id \
             where (t.owner_id = $1 or t.home_instance_id in (select a.instance_id from instance_access a where a.person_id = $1)) ",
            $rest
        )
    };
}

/// All of people's own templates that a person can see.
pub(super) async fn own(tx: &mut Tx, person: &PersonId) -> Result<Vec<OwnTemplate>> {
    const LIST: &str = select!(
        "and ($3 = '' or t.home_instance_id is null or $3 like '%,' || t.home_instance_id || ',%') \
         order by lower(t.name), t.id limit $2"
    );
    sql(LIST).bind(person).bind(MOST).bind(tx.within()).all(tx).await
}

/// One of them.
pub(super) async fn find(tx: &mut Tx, person: &PersonId, id: &TemplateId) -> Result<OwnTemplate> {
    const FIND: &str = select!("and t.id = $2");
    let found: OwnTemplate = sql(FIND).bind(person).bind(id).one(tx).await?;
    if found.home.as_ref().is_none_or(|home| tx.reaches(home)) { Ok(found) } else { Err(Error::Missing) }
}

/// Saves a new template, visible only to its owner.
pub(super) async fn add(
    tx: &mut Tx,
    now: DateTime<Utc>,
    person: &PersonId,
    id: &TemplateId,
    (name, text): (&str, &str),
) -> Result<()> {
    const ADD: &str = "insert into templates (id, owner_id, name, text, home, pinned, version, created_at, updated_at) \
        values ($1, $2, $3, $4, 'private', false, 1, $5, $5)";
    sql(ADD).bind(id).bind(person).bind(name).bind(text).bind(now).execute(tx).await?;
    Ok(())
}

/// Saves a new text for one of the owner's templates as its next version.
pub(super) async fn change(
    tx: &mut Tx,
    now: DateTime<Utc>,
    person: &PersonId,
    id: &TemplateId,
    (name, text): (&str, &str),
) -> Result<()> {
    const CHANGE: &str = "update templates set name = $3, text = $4, version = version + 1, updated_at = $5 \
        where id = $1 and owner_id = $2";
    changed(sql(CHANGE).bind(id).bind(person).bind(name).bind(text).bind(now).execute(tx).await?)
}

/// Shares one of the owner's templates with the members of an instance, or stops sharing it.
pub(super) async fn share(
    tx: &mut Tx,
    person: &PersonId,
    id: &TemplateId,
    home: Option<&InstanceId>,
    is_pinned: bool,
) -> Result<()> {
    const SHARE: &str =
        "update templates set home = $3, home_instance_id = $4, pinned = $5 where id = $1 and owner_id = $2";
    let kind = if home.is_some() { "instance" } else { "private" };
    changed(sql(SHARE).bind(id).bind(person).bind(kind).bind(home).bind(is_pinned).execute(tx).await?)
}

/// Deletes one of the owner's templates. Queries created from it remain.
pub(super) async fn delete(tx: &mut Tx, person: &PersonId, id: &TemplateId) -> Result<()> {
    const DELETE: &str = "delete from templates where id = $1 and owner_id = $2";
    changed(sql(DELETE).bind(id).bind(person).execute(tx).await?)
}

/// The number of a person's own templates; for the program.
pub async fn owned(tx: &mut Tx, person: &PersonId) -> Result<i64> {
    const COUNT: &str = "select count(*) as value from templates where owner_id = $1";
    sql(COUNT).bind(person).count(tx).await
}

/// Transfers all of a person's own templates to somebody else; returns how many. Shared ones stay shared.
pub async fn transfer(tx: &mut Tx, from: &PersonId, to: &PersonId) -> Result<u64> {
    const TRANSFER: &str = "update templates set owner_id = $2 where owner_id = $1";
    sql(TRANSFER).bind(from).bind(to).execute(tx).await
}

fn changed(rows: u64) -> Result<()> {
    if rows == 0 { Err(Error::Missing) } else { Ok(()) }
}

/// Usage statistics of a template, for all people.
#[derive(Clone, Debug, Default)]
pub(super) struct Stats {
    template: String,
    /// Queries created from it.
    pub(super) uses: i64,
    /// Their ended executions, and how many of these succeeded.
    pub(super) ended: i64,
    pub(super) succeeded: i64,
}

impl FromRow for Stats {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            template: row.get("template")?,
            uses: row.get("uses")?,
            ended: row.get("ended")?,
            succeeded: row.get("succeeded")?,
        })
    }
}

/// The statistics of all templates. They are only numbers, so the caller may read with the program's own rights.
pub(super) async fn stats(tx: &mut Tx) -> Result<HashMap<String, Stats>> {
    const STATS: &str = "select u.template, count(distinct u.id) as uses, count(e.id) as ended, \
        count(case when e.state = 'succeeded' then 1 end) as succeeded from template_uses u \
        left join executions e on e.query_id = u.query_id and e.finished_at is not null group by u.template";
    let all = sql(STATS).cached().all::<Stats>(tx).await?;
    Ok(all.into_iter().map(|stats| (stats.template.clone(), stats)).collect())
}

/// A query created from a template.
#[derive(Clone, Debug)]
pub(super) struct Use {
    pub(super) id: TemplateUseId,
    pub(super) template: String,
    pub(super) query: QueryId,
    pub(super) query_name: String,
    pub(super) version: i64,
    /// The template's text at that time.
    pub(super) base: String,
    pub(super) created_at: DateTime<Utc>,
}

impl FromRow for Use {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            template: row.get("template")?,
            query: row.get("query_id")?,
            query_name: row.get("query_name")?,
            version: row.get("version")?,
            base: row.get("base")?,
            created_at: row.get("created_at")?,
        })
    }
}

/// A person's existing queries created from templates, newest first.
pub(super) async fn uses(tx: &mut Tx, person: &PersonId) -> Result<Vec<Use>> {
    const LIST: &str = "select u.id, u.template, u.query_id, q.name as query_name, u.version, u.base, u.created_at \
        from template_uses u join queries q on q.id = u.query_id where u.person_id = $1 and q.deleted_at is null \
        and q.owner_id = $1 order by u.created_at desc, u.id desc limit 500";
    sql(LIST).bind(person).all(tx).await
}

/// The template use of one query.
pub(super) async fn use_of(tx: &mut Tx, person: &PersonId, query: &QueryId) -> Result<Use> {
    const FIND: &str = "select u.id, u.template, u.query_id, q.name as query_name, u.version, u.base, u.created_at \
        from template_uses u join queries q on q.id = u.query_id where u.person_id = $1 and u.query_id = $2 \
        order by u.created_at desc, u.id desc limit 1";
    sql(FIND).bind(person).bind(query).one(tx).await
}

/// Records a query created from a template.
pub(super) async fn add_use(
    tx: &mut Tx,
    now: DateTime<Utc>,
    person: &PersonId,
    id: &TemplateUseId,
    made: (&str, &QueryId, i64, &str),
) -> Result<()> {
    const ADD: &str = "insert into template_uses (id, template, person_id, query_id, version, base, created_at) \
        values ($1, $2, $3, $4, $5, $6, $7)";
    let (template, query, version, base) = made;
    let statement = sql(ADD).bind(id).bind(template).bind(person).bind(query).bind(version);
    statement.bind(base).bind(now).execute(tx).await?;
    Ok(())
}

/// Records that a query was updated to another version of its template.
pub(super) async fn set_base(
    tx: &mut Tx,
    person: &PersonId,
    id: &TemplateUseId,
    (version, base): (i64, &str),
) -> Result<()> {
    const SET: &str = "update template_uses set version = $3, base = $4 where id = $1 and person_id = $2";
    changed(sql(SET).bind(id).bind(person).bind(version).bind(base).execute(tx).await?)
}
