//! Texts that are not saved as queries: what somebody types, and what a guide hands over.

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

/// Drafts that a person keeps; the oldest goes to the bin when there are more. The bin holds as many.
const MOST: i64 = 50;

/// A text that is not saved as a query.
#[derive(Clone, Debug)]
pub(in crate::queries) struct Draft {
    pub(in crate::queries) id: DraftId,
    /// The query that it changes; none for a new one.
    pub(in crate::queries) query: Option<QueryId>,
    /// The revision of that query when its editor was opened.
    pub(in crate::queries) base: i64,
    /// The editor that keeps it; empty for what was handed over.
    pub(in crate::queries) tab: String,
    /// Where it came from, in words; empty when its owner kept it themselves.
    pub(in crate::queries) source: String,
    pub(in crate::queries) name: String,
    pub(in crate::queries) sql: String,
    pub(in crate::queries) rest: Rest,
    pub(in crate::queries) updated_at: DateTime<Utc>,
}

/// What a draft holds beside its name and text.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::queries) struct Rest {
    pub(in crate::queries) fields: Vec<FieldDef>,
    pub(in crate::queries) instance: String,
    /// As a form sends it; empty where nothing was chosen.
    pub(in crate::queries) home: String,
    pub(in crate::queries) description: String,
    pub(in crate::queries) tags: Tags,
    pub(in crate::queries) window: WindowForm,
    pub(in crate::queries) privacy: Privacy,
    /// Values of parameters and options of a run, by the names of the form's fields.
    pub(in crate::queries) values: Vec<(String, String)>,
}

impl Draft {
    /// The values that were filled in beside the query.
    pub(in crate::queries) fn form(&self) -> Fields {
        self.rest.values.iter().cloned().collect()
    }

    /// What the editor shows of it.
    pub(in crate::queries) fn written(self) -> QueryInput {
        let Rest { fields, description, tags, window, privacy, .. } = self.rest;
        QueryInput { name: self.name, description, tags, sql: self.sql, fields, window, privacy }
    }

    /// What people call it.
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

/// One of a person's drafts.
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

/// A person's drafts without their texts, the last changed first. What was handed over and never changed is left out:
/// looking at a guide's query leaves no trace.
pub(in crate::queries) async fn drafts(tx: &mut Tx, person: &PersonId) -> Result<Vec<Draft>> {
    const LIST: &str = select!(
        "'' as sql",
        "where person_id = $1 and discarded_at is null and not (tab = '' and source <> '') \
         order by updated_at desc, id desc"
    );
    sql(LIST).bind(person).cached().all(tx).await
}

/// The drafts that a person threw away, without their texts, the last changed first.
pub(in crate::queries) async fn discarded(tx: &mut Tx, person: &PersonId) -> Result<Vec<Draft>> {
    const LIST: &str = select!(
        "'' as sql",
        "where person_id = $1 and discarded_at is not null and not (tab = '' and source <> '') \
         order by updated_at desc, id desc"
    );
    sql(LIST).bind(person).cached().all(tx).await
}

/// What a person is writing and has not saved.
#[derive(Clone, Debug)]
pub struct DraftText {
    pub id: DraftId,
    /// The query that it changes; none for a new one.
    pub query: Option<QueryId>,
    /// What people call it.
    pub name: String,
    pub sql: String,
    /// What its fields are.
    pub fields: Vec<FieldDef>,
}

/// A person's drafts whose text holds a word, the last changed first; not those that were handed over and never
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

/// Keeps a draft, over the one of that id if it is theirs; gives its id, which is another where that one is not.
pub(in crate::queries) async fn keep_draft(
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

/// Sends the oldest of too many drafts to the bin, and the oldest of too many there away.
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

/// Removes a draft whose text is saved now, if it is still the one that this editor kept (`tab`) or took up (`was`).
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

/// Throws one of a person's drafts away, if it is there; the bin keeps it.
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

/// Takes a draft out of the bin; another draft of the same query goes there instead. False when it is not there.
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

/// Removes for good what was thrown away before `before`; gives how many.
pub(in crate::queries) async fn purge_drafts(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64> {
    const PURGE: &str = "delete from drafts where discarded_at < $1";
    sql(PURGE).bind(before).execute(tx).await
}

/// A text that a guide or a template hands over.
#[derive(Clone, Debug)]
pub struct DraftSeed<'a> {
    /// What to call it.
    pub name: &'a str,
    /// Where it comes from, in words ("Guide: Your first query").
    pub source: &'a str,
    /// The text, with `{{name}}`.
    pub sql: &'a str,
    /// What its fields are.
    pub fields: Vec<FieldDef>,
}

/// Makes a draft of it; the editor opens it at `/queries/new?draft=…`. One of the same name and source that nobody has
/// changed is used again.
pub async fn create_draft(
    tx: &mut Tx,
    random: &Random,
    now: DateTime<Utc>,
    person: &PersonId,
    text: DraftSeed<'_>,
) -> Result<DraftId> {
    const UNTOUCHED: &str = "select id as value from drafts where person_id = $1 and source = $2 and name = $3 \
        and tab = '' and query_id is null and discarded_at is null order by updated_at desc limit 1";
    let untouched = sql(UNTOUCHED).bind(person).bind(text.source).bind(text.name);
    let untouched = untouched.optional::<Single<DraftId>>(tx).await?.map(|Single(id)| id);
    let draft = Draft {
        id: untouched.unwrap_or_else(|| random.id(now)),
        query: None,
        base: 0,
        tab: String::new(),
        source: text.source.to_owned(),
        name: text.name.to_owned(),
        sql: text.sql.to_owned(),
        rest: Rest { fields: text.fields, ..Rest::default() },
        updated_at: now,
    };
    keep_draft(tx, random, now, person, &draft).await
}
