//! Reading the audit log with filters and paging; deleting old entries.

use chrono::{DateTime, Utc};

use crate::db::{FromRow, LATEST, PageRange, Result, Row, Single, Statement, Tx, containing, sql};
use crate::ids::{AuditId, PersonId, TokenId};

/// An entry of the log.
#[derive(Clone, Debug)]
pub(in crate::accounts) struct Entry {
    pub(in crate::accounts) id: AuditId,
    pub(in crate::accounts) at: DateTime<Utc>,
    pub(in crate::accounts) person: Option<String>,
    /// The person's name, if they still exist.
    pub(in crate::accounts) person_name: Option<String>,
    pub(in crate::accounts) action: String,
    pub(in crate::accounts) subject: String,
    pub(in crate::accounts) detail: serde_json::Value,
    /// The personal token with which it was done.
    pub(in crate::accounts) token: Option<String>,
}

impl FromRow for Entry {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            at: row.get("at")?,
            person: row.get("person_id")?,
            person_name: row.get("person_name")?,
            action: row.get("action")?,
            subject: row.get("subject")?,
            detail: row.get("detail")?,
            token: row.get("token_id")?,
        })
    }
}

#[derive(Clone, Debug, Default)]
pub(in crate::accounts) struct Filter {
    /// Whose; `None` for everybody's.
    pub(in crate::accounts) person: Option<PersonId>,
    /// Of one action; empty for all.
    pub(in crate::accounts) action: String,
    /// Part of the subject or of the person's name; empty for all.
    pub(in crate::accounts) text: String,
    /// With this personal token.
    pub(in crate::accounts) token: Option<TokenId>,
    pub(in crate::accounts) from: Option<DateTime<Utc>>,
    pub(in crate::accounts) before: Option<DateTime<Utc>>,
    /// Only entries after this one in the list, whose time is known.
    pub(in crate::accounts) after: Option<(DateTime<Utc>, AuditId)>,
}

macro_rules! listed {
    ($columns:literal, $rest:literal) => {
        concat!(
            "select ",
            $columns,
            " from audit a left join people p on p.id = a.person_id ",
            "where ($1 is null or a.person_id = $1) and ($2 = '' or a.action = $2) ",
            "and ($3 = '' or lower(a.subject || ' ' || coalesce(p.name, '')) like lower($3) escape '\\') ",
            "and ($4 is null or a.at >= $4) and ($5 is null or a.at < $5) ",
            "and a.at <= $6 and ($7 is null or a.at < $6 or a.id < $7) and ($8 is null or a.token_id = $8) ",
            $rest
        )
    };
}

fn filtered(text: &'static str, filter: &Filter) -> Statement {
    let (from, after) = filter.after.as_ref().map_or((LATEST, None), |(at, id)| (*at, Some(id)));
    sql(text)
        .bind(filter.person.as_ref())
        .bind(&filter.action)
        .bind(containing(&filter.text))
        .bind(filter.from)
        .bind(filter.before)
        .bind(from)
        .bind(after)
        .bind(filter.token.as_ref())
}

/// A range of the log, newest first.
pub(in crate::accounts) async fn list(tx: &mut Tx, filter: &Filter, range: PageRange) -> Result<Vec<Entry>> {
    const LIST: &str = listed!(
        "a.id, a.at, a.person_id, p.name as person_name, a.action, a.subject, a.detail, a.token_id",
        "order by a.at desc, a.id desc limit $9 offset $10"
    );
    filtered(LIST, filter).bind(range.most).bind(range.skip).cached().all(tx).await
}

/// The number of filtered entries, counted up to `most`.
pub(in crate::accounts) async fn count(tx: &mut Tx, filter: &Filter, most: i64) -> Result<i64> {
    const COUNT: &str = listed!("count(*) as value from (select 1 as one", "limit $9) as counted");
    filtered(COUNT, filter).bind(most).cached().count(tx).await
}

/// The name of a personal token; with a person, only of theirs.
pub(in crate::accounts) async fn token_name(
    tx: &mut Tx,
    person: Option<&PersonId>,
    id: &TokenId,
) -> Result<Option<String>> {
    const FIND: &str = "select name as value from personal_tokens where id = $1 and ($2 is null or person_id = $2)";
    let found = sql(FIND).bind(id).bind(person).optional::<Single<String>>(tx).await?;
    Ok(found.map(|Single(name)| name))
}

/// Deletes at most `most` entries from before `before`, oldest first. Only the owner of the table may.
pub(in crate::accounts) async fn forget(tx: &mut Tx, before: DateTime<Utc>, most: i64) -> Result<u64> {
    const FORGET: &str = "delete from audit where id in (select id from audit where at < $1 order by at, id limit $2)";
    sql(FORGET).bind(before).bind(most).execute(tx).await
}
