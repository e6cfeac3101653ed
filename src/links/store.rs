//! The table of public links.

use chrono::{DateTime, Utc};

use super::model::{Link, Thing};
use crate::db::{FromRow, PageRange, Result, Row, Statement, Tx, containing, sql};
use crate::ids::{ExecutionId, LinkId, PersonId, ReportId, token_hash};

impl FromRow for Link {
    fn from_row(row: &Row) -> Result<Self> {
        let execution = row.get::<Option<ExecutionId>>("execution_id")?.map(Thing::Execution);
        let report = row.get::<Option<ReportId>>("report_id")?.map(Thing::Report);
        Ok(Self {
            id: row.get("id")?,
            thing: execution.or(report),
            title: row.get("title")?,
            allows_csv: row.get("allows_csv")?,
            person: row.get("person_id")?,
            author: row.get("author")?,
            created_at: row.get("created_at")?,
            expires_at: row.get("expires_at")?,
            revoked_at: row.get("revoked_at")?,
            views: row.get("views")?,
            viewed_at: row.get("viewed_at")?,
        })
    }
}

macro_rules! select {
    ($rest:expr) => {
        concat!(
            "select l.id, l.execution_id, l.report_id, l.title, l.allows_csv, l.person_id, p.name as author, ",
            "l.created_at, l.expires_at, l.revoked_at, l.views, l.viewed_at ",
            "from public_links l join people p on p.id = l.person_id where ",
            $rest
        )
    };
}

/// The filter of lists of links. Without an author it is for administrators, and for the page of one thing.
#[derive(Clone, Debug)]
pub(super) struct LinkFilter {
    /// Only those of this author.
    pub(super) author: Option<PersonId>,
    /// Only those to this execution or report.
    pub(super) thing: Option<String>,
    /// Part of the title.
    pub(super) text: String,
    /// The name of a state; empty for all.
    pub(super) state: &'static str,
    pub(super) now: DateTime<Utc>,
}

macro_rules! filtered {
    ($rest:literal) => {
        concat!(
            "($1 is null or l.person_id = $1) and ($2 is null or l.execution_id = $2 or l.report_id = $2) ",
            "and ($3 = '' or lower(l.title) like lower($3) escape '\\') ",
            "and ($4 = '' or $4 = case when l.revoked_at is not null then 'revoked' ",
            "when l.expires_at <= $5 then 'expired' else 'open' end) ",
            $rest
        )
    };
}

fn filtered(text: &'static str, filter: &LinkFilter) -> Statement {
    sql(text)
        .bind(filter.author.as_ref())
        .bind(filter.thing.as_ref())
        .bind(containing(&filter.text))
        .bind(filter.state)
        .bind(filter.now)
}

/// A range of the filtered links, newest first.
pub(super) async fn list(tx: &mut Tx, filter: &LinkFilter, range: PageRange) -> Result<Vec<Link>> {
    const LIST: &str = select!(filtered!("order by l.created_at desc, l.id desc limit $6 offset $7"));
    filtered(LIST, filter).bind(range.most).bind(range.skip).all(tx).await
}

/// The number of filtered links, counted up to `most`.
pub(super) async fn count(tx: &mut Tx, filter: &LinkFilter, most: i64) -> Result<i64> {
    const COUNT: &str = concat!(
        "select count(*) as value from (select 1 as one from public_links l where ",
        filtered!("limit $6) as counted")
    );
    filtered(COUNT, filter).bind(most).count(tx).await
}

pub(super) async fn find(tx: &mut Tx, id: &LinkId) -> Result<Link> {
    const FIND: &str = select!("l.id = $1");
    sql(FIND).bind(id).one(tx).await
}

/// The open link with this token, if its author may still show what it shows.
pub(super) async fn opened(tx: &mut Tx, now: DateTime<Utc>, token: &str) -> Result<Option<Link>> {
    const OPEN: &str = select!(
        "l.token_hash = $1 and l.revoked_at is null and l.expires_at > $2 and p.state = 'active' \
         and (l.report_id is not null or exists (select 1 from executions e \
         join instance_access a on a.instance_id = e.instance_id and a.person_id = l.person_id \
         where e.id = l.execution_id and a.role in ('analyst', 'manager')))"
    );
    sql(OPEN).bind(token_hash(token)).bind(now).optional(tx).await
}

/// Counts a view.
pub(super) async fn viewed(tx: &mut Tx, now: DateTime<Utc>, id: &LinkId) -> Result<()> {
    const VIEWED: &str = "update public_links set views = views + 1, viewed_at = $2 where id = $1";
    sql(VIEWED).bind(id).bind(now).execute(tx).await.map(drop)
}

/// A link to be stored.
#[derive(Clone, Debug)]
pub(super) struct NewLink {
    pub(super) thing: Thing,
    pub(super) title: String,
    pub(super) allows_csv: bool,
    pub(super) expires_at: DateTime<Utc>,
}

pub(super) async fn add(
    tx: &mut Tx,
    now: DateTime<Utc>,
    (id, person, token): (&LinkId, &PersonId, &str),
    link: &NewLink,
) -> Result<()> {
    const ADD: &str = "insert into public_links (id, token_hash, execution_id, report_id, title, allows_csv, person_id, \
        created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let (execution, report) = match &link.thing {
        Thing::Execution(id) => (Some(id), None),
        Thing::Report(id) => (None, Some(id)),
    };
    sql(ADD)
        .bind(id)
        .bind(token_hash(token))
        .bind(execution)
        .bind(report)
        .bind(&link.title)
        .bind(link.allows_csv)
        .bind(person)
        .bind(now)
        .bind(link.expires_at)
        .execute(tx)
        .await?;
    Ok(())
}

/// Revokes a link; returns whether it was not revoked before.
pub(super) async fn revoke(tx: &mut Tx, now: DateTime<Utc>, id: &LinkId) -> Result<bool> {
    const REVOKE: &str = "update public_links set revoked_at = $2 where id = $1 and revoked_at is null";
    Ok(sql(REVOKE).bind(id).bind(now).execute(tx).await? > 0)
}
