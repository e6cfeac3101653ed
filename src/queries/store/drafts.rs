//! Drafts: texts that somebody types, or that a guide provides.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::read;
use crate::db::{FromRow, Result, Row, Single, Tx, containing, sql};
use crate::ids::{DraftId, PersonId, QueryId, Random};
use crate::queries::model::fields::FieldDef;
use crate::queries::model::tags::Tags;
use crate::queries::model::window::WindowForm;
use crate::queries::model::{Privacy, QueryInput};
use crate::web::Fields;

/// Maximum number of drafts of a person; the oldest is moved to the bin. The bin has the same limit.
const MOST: i64 = 50;

/// A text that isn't saved as a query.
#[derive(Clone, Debug)]
pub(in crate::queries) struct Draft {
    pub(in crate::queries) id: DraftId,
    /// The query that it changes; `None` for a new one.
    pub(in crate::queries) query: Option<QueryId>,
    /// The query's revision when its editor was opened.
    pub(in crate::queries) base: i64,
    /// The editor that owns it; empty for a provided draft.
    pub(in crate::queries) tab: String,
    /// Where it came from, for display; empty if its owner typed it.
    pub(in crate::queries) source: String,
    pub(in crate::queries) name: String,
    pub(in crate::queries) sql: String,
    pub(in crate::queries) rest: Rest,
    pub(in crate::queries) updated_at: DateTime<Utc>,
}

/// The content of a draft besides its name and text.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::queries) struct Rest {
    pub(in crate::queries) fields: Vec<FieldDef>,
    pub(in crate::queries) instance: String,
    /// As sent by a form; empty if nothing was chosen.
    pub(in crate::queries) home: String,
    pub(in crate::queries) description: String,
    pub(in crate::queries) tags: Tags,
    pub(in crate::queries) window: WindowForm,
    pub(in crate::queries) privacy: Privacy,
    /// Parameter values and run options, by form field.
    pub(in crate::queries) values: Vec<(String, String)>,
}

impl Draft {
    /// The values for the next run.
    pub(in crate::queries) fn form(&self) -> Fields {
        self.rest.values.iter().cloned().collect()
    }

    /// Its content for the editor.
    pub(in crate::queries) fn written(self) -> QueryInput {
        let Rest { fields, description, tags, window, privacy, .. } = self.rest;
        QueryInput { name: self.name, description, tags, sql: self.sql, fields, window, privacy }
    }

    /// Its name for display.
    pub(in crate::queries) fn title(&self) -> &str {
        if self.name.is_empty() { "Untitled query" } else { &self.name }
    }
}

impl FromRow for Draft {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            query: row.get("query_id")?,
            base: row.get("base")?,
            tab: row.get("tab")?,
            source: row.get("source")?,
            name: row.get("name")?,
            sql: row.get("sql")?,
            rest: read(row.get("fields")?),
            updated_at: row.get("updated_at")?,
        })
    }
}

macro_rules! select {
    ($sql:literal, $rest:literal) => {
        concat!("select id, query_id, base, tab, source, name, ", $sql, ", fields, updated_at from drafts ", $rest)
    };
}

pub(in crate::queries) async fn draft(tx: &mut Tx, person: &PersonId, id: &DraftId) -> Result<Draft> {
    const FIND: &str = select!("sql", "where id = $2 and person_id = $1 and discarded_at is null");
    sql(FIND).bind(person).bind(id).one(tx).await
}

/// A person's draft of a saved query.
pub(in crate::queries) async fn draft_of(tx: &mut Tx, person: &PersonId, query: &QueryId) -> Result<Option<Draft>> {
    const FIND: &str = select!(
        "sql",
        "where person_id = $1 and query_id = $2 and discarded_at is null order by updated_at desc, id desc limit 1"
    );
    sql(FIND).bind(person).bind(query).cached().optional(tx).await
}

/// A person's drafts without their texts, most recently changed first. Provided drafts that were never changed are
/// omitted: looking at a guide's query leaves no trace.
pub(in crate::queries) async fn drafts(tx: &mut Tx, person: &PersonId) -> Result<Vec<Draft>> {
    const LIST: &str = select!(
        "'' as sql",
        "where person_id = $1 and discarded_at is null and not (tab = '' and source <> '') \
         order by updated_at desc, id desc"
    );
    sql(LIST).bind(person).cached().all(tx).await
}

/// A person's discarded drafts, without their texts, most recently changed first.
pub(in crate::queries) async fn discarded(tx: &mut Tx, person: &PersonId) -> Result<Vec<Draft>> {
    const LIST: &str = select!(
        "'' as sql",
        "where person_id = $1 and discarded_at is not null and not (tab = '' and source <> '') \
         order by updated_at desc, id desc"
    );
    sql(LIST).bind(person).cached().all(tx).await
}

/// Unsaved work of a person.
#[derive(Clone, Debug)]
pub struct DraftText {
    pub id: DraftId,
    /// The query that it changes; `None` for a new one.
    pub query: Option<QueryId>,
    /// Its name for display.
    pub name: String,
    pub sql: String,
    pub fields: Vec<FieldDef>,
}

/// A person's drafts whose text contains a word, most recently changed first; not provided drafts that were never
/// changed.
pub async fn drafts_mentioning(tx: &mut Tx, person: &PersonId, word: &str) -> Result<Vec<DraftText>> {
    const LIST: &str = select!(
        "sql",
        "where person_id = $1 and discarded_at is null and not (tab = '' and source <> '') \
         and lower(sql) like lower($2) escape '\\' order by updated_at desc, id desc"
    );
    let drafts: Vec<Draft> = sql(LIST).bind(person).bind(containing(word)).all(tx).await?;
    let text = |draft: Draft| {
        let name = draft.title().to_owned();
        DraftText { id: draft.id, query: draft.query, name, sql: draft.sql, fields: draft.rest.fields }
    };
    Ok(drafts.into_iter().map(text).collect())
}

/// Stores a draft, overwriting the one with that id if it is the person's; returns its id, which is a new one
/// otherwise.
pub(in crate::queries) async fn save_draft(
    tx: &mut Tx,
    random: &Random,
    now: DateTime<Utc>,
    person: &PersonId,
    draft: &Draft,
) -> Result<DraftId> {
    const CHANGE: &str = "update drafts set query_id = $3, name = $4, source = $5, sql = $6, fields = $7, base = $8, \
        tab = $9, updated_at = $10, discarded_at = null where id = $1 and person_id = $2";
    const ADD: &str = "insert into drafts (id, person_id, query_id, name, source, sql, fields, base, tab, created_at, \
        updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) on conflict (id) do nothing";
    let statement = |text: &'static str, id: &DraftId| {
        sql(text)
            .bind(id)
            .bind(person)
            .bind(draft.query.as_ref().map(|id| id.as_str().to_owned()))
            .bind(&draft.name)
            .bind(&draft.source)
            .bind(&draft.sql)
            .bind(json!(draft.rest))
            .bind(draft.base)
            .bind(&draft.tab)
            .bind(now)
    };
    let mut id = draft.id.clone();
    if statement(CHANGE, &id).execute(tx).await? == 0 && statement(ADD, &id).execute(tx).await? == 0 {
        id = random.id(now);
        statement(ADD, &id).execute(tx).await?;
    }
    trim(tx, now, person).await?;
    Ok(id)
}

/// Moves the oldest drafts over the limit to the bin, and deletes the oldest over the limit there.
async fn trim(tx: &mut Tx, now: DateTime<Utc>, person: &PersonId) -> Result<()> {
    const TRIM: &str = "update drafts set discarded_at = $3 where person_id = $1 and discarded_at is null and id not in \
        (select id from drafts where person_id = $1 and discarded_at is null order by updated_at desc, id desc limit $2)";
    const EMPTY: &str = "delete from drafts where person_id = $1 and discarded_at is not null and id not in \
        (select id from drafts where person_id = $1 and discarded_at is not null \
        order by discarded_at desc, id desc limit $2)";
    sql(TRIM).bind(person).bind(MOST).bind(now).execute(tx).await?;
    sql(EMPTY).bind(person).bind(MOST).execute(tx).await?;
    Ok(())
}

/// Removes a draft whose text was saved, if it is still the one that this editor owned (`tab`) or resumed (`was`).
pub(in crate::queries) async fn drop_draft(
    tx: &mut Tx,
    person: &PersonId,
    id: &DraftId,
    tab: &str,
    was: &str,
) -> Result<()> {
    const DROP: &str = "delete from drafts where id = $2 and person_id = $1 and tab in ($3, $4)";
    sql(DROP).bind(person).bind(id).bind(tab).bind(was).execute(tx).await?;
    Ok(())
}

/// Moves one of a person's drafts to the bin, if it exists.
pub(in crate::queries) async fn discard(
    tx: &mut Tx,
    now: DateTime<Utc>,
    person: &PersonId,
    id: &DraftId,
) -> Result<()> {
    const DISCARD: &str = "update drafts set discarded_at = $3 where id = $2 and person_id = $1";
    sql(DISCARD).bind(person).bind(id).bind(now).execute(tx).await?;
    trim(tx, now, person).await
}

/// Restores a draft from the bin; another draft of the same query is moved there instead. False if it doesn't exist.
pub(in crate::queries) async fn restore_draft(
    tx: &mut Tx,
    now: DateTime<Utc>,
    person: &PersonId,
    id: &DraftId,
) -> Result<bool> {
    const SWAP: &str = "update drafts set discarded_at = $3 where person_id = $1 and id <> $2 and discarded_at is null \
        and query_id = (select d.query_id from drafts d where d.id = $2 and d.person_id = $1)";
    const RESTORE: &str = "update drafts set discarded_at = null where person_id = $1 and id = $2";
    sql(SWAP).bind(person).bind(id).bind(now).execute(tx).await?;
    Ok(sql(RESTORE).bind(person).bind(id).execute(tx).await? == 1)
}

/// Permanently deletes drafts discarded before `before`; returns how many.
pub(in crate::queries) async fn purge_drafts(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64> {
    const PURGE: &str = "delete from drafts where discarded_at < $1";
    sql(PURGE).bind(before).execute(tx).await
}

/// A draft provided by a guide or a template.
#[derive(Clone, Debug)]
pub struct DraftSeed<'a> {
    pub name: &'a str,
    /// Where it comes from, for display ("Guide: Your first query").
    pub source: &'a str,
    /// The SQL, with `{{name}}`.
    pub sql: &'a str,
    pub fields: Vec<FieldDef>,
}

/// Creates a draft from it; the editor opens it at `/queries/new?draft=…`. An unchanged one with the same name and
/// source is reused.
pub async fn create_draft(
    tx: &mut Tx,
    random: &Random,
    now: DateTime<Utc>,
    person: &PersonId,
    text: DraftSeed<'_>,
) -> Result<DraftId> {
    let input = QueryInput {
        name: text.name.to_owned(),
        sql: text.sql.to_owned(),
        fields: text.fields,
        ..QueryInput::default()
    };
    seed_draft(tx, random, now, person, text.source, input).await
}

/// The same for a whole query, with its window and other fields.
pub async fn seed_draft(
    tx: &mut Tx,
    random: &Random,
    now: DateTime<Utc>,
    person: &PersonId,
    source: &str,
    input: QueryInput,
) -> Result<DraftId> {
    const UNTOUCHED: &str = "select id as value from drafts where person_id = $1 and source = $2 and name = $3 \
        and tab = '' and query_id is null and discarded_at is null order by updated_at desc limit 1";
    let untouched = sql(UNTOUCHED).bind(person).bind(source).bind(&input.name);
    let untouched = untouched.optional::<Single<DraftId>>(tx).await?.map(|Single(id)| id);
    let QueryInput { name, description, tags, sql, fields, window, privacy } = input;
    let draft = Draft {
        id: untouched.unwrap_or_else(|| random.id(now)),
        query: None,
        base: 0,
        tab: String::new(),
        source: source.to_owned(),
        name,
        sql,
        rest: Rest { fields, description, tags, window, privacy, ..Rest::default() },
        updated_at: now,
    };
    save_draft(tx, random, now, person, &draft).await
}
