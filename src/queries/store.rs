//! The tables of queries and of drafts.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::fields::FieldDef;
use super::model::{Privacy, Query, Written};
use super::window::WindowForm;
use crate::db::{FromRow, Result, Row, Single, Tx, sql};
use crate::ids::{DraftId, InstanceId, PersonId, QueryId, Random};

/// Drafts that a person keeps; the oldest goes when there are more.
const MOST_DRAFTS: i64 = 50;

impl FromRow for Query {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            instance: row.get("instance_id")?,
            name: row.get("name")?,
            description: row.get("description")?,
            sql: row.get("sql")?,
            fields: read(row.get("fields")?),
            window: read(row.get("run_window")?),
            privacy: read(row.get("privacy")?),
            revision: row.get("revision")?,
            created_by: row.get("creator")?,
            updated_by: row.get("editor")?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
            deleted_at: row.get("deleted_at")?,
        })
    }
}

/// A stored part of a query; one that an older program cannot read starts anew.
fn read<T: Default + for<'a> Deserialize<'a>>(kept: serde_json::Value) -> T {
    serde_json::from_value(kept).unwrap_or_default()
}

/// One of the queries of a person's instances, deleted ones too; `Missing` when it is none of theirs.
pub async fn find(tx: &mut Tx, person: &PersonId, id: &QueryId) -> Result<Query> {
    const FIND: &str = "select q.id, q.instance_id, q.name, q.description, q.sql, q.fields, q.run_window, q.privacy, \
        q.revision, q.created_at, q.updated_at, q.deleted_at, coalesce(c.name, 'somebody who left') as creator, \
        coalesce(u.name, 'somebody who left') as editor from queries q \
        join instance_access a on a.instance_id = q.instance_id and a.person_id = $1 \
        left join people c on c.id = q.created_by left join people u on u.id = q.updated_by where q.id = $2";
    sql(FIND).bind(person).bind(id).one(tx).await
}

/// Which queries are listed, and how.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Text that name or description hold.
    pub text: String,
    /// Of this instance only; empty for all.
    pub instance: String,
    /// `name`, `instance`, `changed`, by whom (`by`); with `-` before it the other way round.
    pub sort: String,
}

impl Filter {
    /// The pattern for `like … escape '\'` that finds the text anywhere; empty finds everything.
    fn pattern(&self) -> String {
        if self.text.is_empty() {
            return String::new();
        }
        // OK to drop NUL: no name holds one, and PostgreSQL takes none.
        let escaped = self.text.replace('\0', "").replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        format!("%{escaped}%")
    }
}

/// A line of the list.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its id.
    pub id: QueryId,
    /// Its name.
    pub name: String,
    /// What it answers; may be empty.
    pub description: String,
    /// Where it runs.
    pub instance: InstanceId,
    /// The name of that instance.
    pub instance_name: String,
    /// The name of its account.
    pub account_name: String,
    /// Who changed it last; a name for people.
    pub updated_by: String,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
    /// When it was run last, if it was.
    pub ran_at: Option<DateTime<Utc>>,
}

impl Line {
    /// The beginning of the description.
    pub(super) fn summary(&self) -> String {
        let first = self.description.lines().next().unwrap_or_default();
        match first.char_indices().nth(120) {
            Some((end, _)) => format!("{}…", &first[..end]),
            None => first.to_owned(),
        }
    }
}

impl FromRow for Line {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            name: row.get("name")?,
            description: row.get("description")?,
            instance: row.get("instance_id")?,
            instance_name: row.get("instance_name")?,
            account_name: row.get("account_name")?,
            updated_by: row.get("editor")?,
            updated_at: row.get("updated_at")?,
            ran_at: row.get("ran_at")?,
        })
    }
}

macro_rules! listed {
    ($columns:literal, $rest:literal) => {
        concat!(
            "select ",
            $columns,
            " from queries q join instances i on i.id = q.instance_id ",
            "join instance_access a on a.instance_id = q.instance_id and a.person_id = $1 ",
            "left join people u on u.id = q.updated_by where q.deleted_at is null ",
            "and ($2 = '' or lower(q.name || ' ' || q.description) like lower($2) escape '\\') ",
            "and ($3 = '' or q.instance_id = $3)",
            $rest
        )
    };
}

/// How many queries the filter finds.
pub(super) async fn count(tx: &mut Tx, person: &PersonId, filter: &Filter) -> Result<i64> {
    const COUNT: &str = listed!("count(*) as value", "");
    let statement = sql(COUNT).bind(person).bind(filter.pattern()).bind(&filter.instance);
    statement.one::<Single<i64>>(tx).await.map(|Single(count)| count)
}

/// A stretch of the queries that the filter finds; the last changed first unless sorted.
pub async fn list(tx: &mut Tx, person: &PersonId, filter: &Filter, skip: i64, most: i64) -> Result<Vec<Line>> {
    const LIST: &str = listed!(
        "q.id, q.name, q.description, q.instance_id, coalesce(i.name, i.amc_name) as instance_name, i.account_name, \
         coalesce(u.name, 'somebody who left') as editor, q.updated_at, \
         (select max(e.created_at) from executions e where e.query_id = q.id) as ran_at",
        " order by case when $4 = 'name' then lower(q.name) when $4 = 'instance' then lower(coalesce(i.name, i.amc_name)) \
         when $4 = 'by' then lower(u.name) end, \
         case when $4 = '-name' then lower(q.name) when $4 = '-instance' then lower(coalesce(i.name, i.amc_name)) \
         when $4 = '-by' then lower(u.name) end desc, case when $4 = 'changed' then q.updated_at end, \
         q.updated_at desc, q.id desc limit $5 offset $6"
    );
    sql(LIST)
        .bind(person)
        .bind(filter.pattern())
        .bind(&filter.instance)
        .bind(&filter.sort)
        .bind(most)
        .bind(skip)
        .all(tx)
        .await
}

/// Keeps a new query.
pub(super) async fn add(
    tx: &mut Tx,
    id: &QueryId,
    now: DateTime<Utc>,
    person: &PersonId,
    instance: &InstanceId,
    written: &Written,
) -> Result<()> {
    const ADD: &str = "insert into queries (id, instance_id, name, description, sql, fields, run_window, privacy, \
        created_by, updated_by, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $10)";
    sql(ADD)
        .bind(id)
        .bind(instance)
        .bind(&written.name)
        .bind(&written.description)
        .bind(&written.sql)
        .bind(json!(written.fields))
        .bind(json!(written.window))
        .bind(json!(written.privacy))
        .bind(person)
        .bind(now)
        .execute(tx)
        .await?;
    Ok(())
}

/// Changes a query that is still at `revision`; false when somebody else changed it meanwhile.
pub(super) async fn change(
    tx: &mut Tx,
    id: &QueryId,
    revision: i64,
    now: DateTime<Utc>,
    person: &PersonId,
    written: &Written,
) -> Result<bool> {
    const CHANGE: &str = "update queries set name = $3, description = $4, sql = $5, fields = $6, run_window = $7, \
        privacy = $8, updated_by = $9, updated_at = $10, revision = revision + 1 where id = $1 and revision = $2";
    let changed = sql(CHANGE)
        .bind(id)
        .bind(revision)
        .bind(&written.name)
        .bind(&written.description)
        .bind(&written.sql)
        .bind(json!(written.fields))
        .bind(json!(written.window))
        .bind(json!(written.privacy))
        .bind(person)
        .bind(now)
        .execute(tx)
        .await?;
    Ok(changed == 1)
}

/// Deletes a query, or brings it back without a time. Its runs and their results stay.
pub(super) async fn set_deleted(tx: &mut Tx, id: &QueryId, at: Option<DateTime<Utc>>) -> Result<()> {
    const DELETE: &str = "update queries set deleted_at = $2 where id = $1";
    sql(DELETE).bind(id).bind(at).execute(tx).await?;
    Ok(())
}

/// A text that is not saved as a query.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) id: DraftId,
    /// The query that it changes; none for a new one.
    pub(super) query: Option<QueryId>,
    /// Where it came from, in words; empty when its owner kept it themselves.
    pub(super) source: String,
    pub(super) name: String,
    pub(super) sql: String,
    pub(super) rest: Rest,
    pub(super) updated_at: DateTime<Utc>,
}

/// What a draft holds beside its name and text.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Rest {
    pub(super) fields: Vec<FieldDef>,
    pub(super) instance: String,
    pub(super) description: String,
    pub(super) window: WindowForm,
    pub(super) privacy: Privacy,
}

impl Draft {
    /// What the editor shows of it.
    pub(super) fn written(self) -> Written {
        let Rest { fields, description, window, privacy, .. } = self.rest;
        Written { name: self.name, description, sql: self.sql, fields, window, privacy }
    }
}

impl FromRow for Draft {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            query: row.get("query_id")?,
            source: row.get("source")?,
            name: row.get("name")?,
            sql: row.get("sql")?,
            rest: read(row.get("fields")?),
            updated_at: row.get("updated_at")?,
        })
    }
}

/// One of a person's drafts.
pub(super) async fn draft(tx: &mut Tx, person: &PersonId, id: &DraftId) -> Result<Draft> {
    const FIND: &str = "select id, query_id, source, name, sql, fields, updated_at from drafts \
        where id = $2 and person_id = $1";
    sql(FIND).bind(person).bind(id).one(tx).await
}

/// A person's drafts, the last changed first.
pub(super) async fn drafts(tx: &mut Tx, person: &PersonId) -> Result<Vec<Draft>> {
    const LIST: &str = "select id, query_id, source, name, '' as sql, fields, updated_at from drafts \
        where person_id = $1 order by updated_at desc, id desc";
    sql(LIST).bind(person).all(tx).await
}

/// Keeps a draft, over the one of that id if it is theirs.
pub(super) async fn keep_draft(tx: &mut Tx, now: DateTime<Utc>, person: &PersonId, draft: &Draft) -> Result<()> {
    const KEEP: &str = "insert into drafts (id, person_id, query_id, name, source, sql, fields, created_at, updated_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $8) on conflict (id) do update set query_id = excluded.query_id, \
        name = excluded.name, source = excluded.source, sql = excluded.sql, fields = excluded.fields, \
        updated_at = excluded.updated_at where drafts.person_id = excluded.person_id";
    const TRIM: &str = "delete from drafts where person_id = $1 and id not in \
        (select id from drafts where person_id = $1 order by updated_at desc, id desc limit $2)";
    sql(KEEP)
        .bind(&draft.id)
        .bind(person)
        .bind(draft.query.as_ref().map(|id| id.as_str().to_owned()))
        .bind(&draft.name)
        .bind(&draft.source)
        .bind(&draft.sql)
        .bind(json!(draft.rest))
        .bind(now)
        .execute(tx)
        .await?;
    sql(TRIM).bind(person).bind(MOST_DRAFTS).execute(tx).await?;
    Ok(())
}

/// Throws away one of a person's drafts, if it is there.
pub(super) async fn drop_draft(tx: &mut Tx, person: &PersonId, id: &DraftId) -> Result<()> {
    const DROP: &str = "delete from drafts where id = $2 and person_id = $1";
    sql(DROP).bind(person).bind(id).execute(tx).await?;
    Ok(())
}

/// A text that a guide or a template hands over.
#[derive(Clone, Debug)]
pub struct HandedOver<'a> {
    /// What to call it.
    pub name: &'a str,
    /// Where it comes from, in words ("Guide: Your first query").
    pub source: &'a str,
    /// The text, with `{{name}}`.
    pub sql: &'a str,
    /// What its fields are.
    pub fields: Vec<FieldDef>,
}

/// Makes a draft of it; the editor opens it at `/queries/new?draft=…`.
pub async fn hand_over(
    tx: &mut Tx,
    random: &Random,
    now: DateTime<Utc>,
    person: &PersonId,
    text: HandedOver<'_>,
) -> Result<DraftId> {
    let id: DraftId = random.id(now);
    let draft = Draft {
        id: id.clone(),
        query: None,
        source: text.source.to_owned(),
        name: text.name.to_owned(),
        sql: text.sql.to_owned(),
        rest: Rest { fields: text.fields, ..Rest::default() },
        updated_at: now,
    };
    keep_draft(tx, now, person, &draft).await?;
    Ok(id)
}
