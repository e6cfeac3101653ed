//! A person's messages, for their list.

use chrono::{DateTime, Utc};

use crate::db::{FromRow, PageRange, Result, Row, Statement, Tx, containing, sql};
use crate::ids::{MessageId, PersonId};
use crate::notices::model::Message;
use crate::web::list::Days;

/// Which messages are listed.
#[derive(Clone, Debug, Default)]
pub(in crate::notices) struct Filter {
    /// Text contained in the title.
    pub text: String,
    /// The stored name; empty for all.
    pub kind: &'static str,
    pub only_unread: bool,
    pub days: Days,
}

/// A message in the list.
#[derive(Clone, Debug)]
pub(in crate::notices) struct Line {
    pub message: Message,
    pub read_at: Option<DateTime<Utc>>,
}

impl FromRow for Line {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { message: Message::from_row(row)?, read_at: row.get("read_at")? })
    }
}

macro_rules! listed {
    ($columns:literal, $rest:literal) => {
        concat!(
            "select ",
            $columns,
            " from message_recipients r join messages m on m.id = r.message_id where r.person_id = $1 ",
            "and (m.instance_id is null or exists (select 1 from instance_access a ",
            "where a.instance_id = m.instance_id and a.person_id = $1)) ",
            "and ($2 = '' or lower(m.title) like lower($2) escape '\\') and ($3 = '' or m.kind = $3) ",
            "and (not $4 or r.read_at is null) and ($5 is null or m.at >= $5) and ($6 is null or m.at < $6)",
            $rest
        )
    };
}

fn filtered(text: &'static str, person: &PersonId, filter: &Filter) -> Statement {
    sql(text)
        .bind(person)
        .bind(containing(&filter.text))
        .bind(filter.kind)
        .bind(filter.only_unread)
        .bind(filter.days.start())
        .bind(filter.days.end())
}

/// The number of messages that match the filter, counted up to `most`.
pub(in crate::notices) async fn count(tx: &mut Tx, person: &PersonId, filter: &Filter, most: i64) -> Result<i64> {
    const COUNT: &str = listed!("count(*) as value from (select 1 as one", " limit $7) as counted");
    filtered(COUNT, person, filter).bind(most).count(tx).await
}

/// A range of the messages that match the filter, newest first.
pub(in crate::notices) async fn list(
    tx: &mut Tx,
    person: &PersonId,
    filter: &Filter,
    range: PageRange,
) -> Result<Vec<Line>> {
    const LIST: &str = listed!(
        "m.id, m.at, m.kind, m.times, m.title, m.detail, m.href, r.read_at",
        " order by m.at desc, m.id desc limit $7 offset $8"
    );
    filtered(LIST, person, filter).bind(range.most).bind(range.skip).all(tx).await
}

/// A message that a person received and may still see.
pub(in crate::notices) async fn find(tx: &mut Tx, person: &PersonId, id: &MessageId) -> Result<Line> {
    const FIND: &str = "select m.id, m.at, m.kind, m.times, m.title, m.detail, m.href, r.read_at \
        from message_recipients r join messages m on m.id = r.message_id where r.person_id = $1 and m.id = $2 \
        and (m.instance_id is null or exists (select 1 from instance_access a where a.instance_id = m.instance_id \
        and a.person_id = $1))";
    sql(FIND).bind(person).bind(id).one(tx).await
}

/// Marks a message as read.
pub(in crate::notices) async fn mark_read(
    tx: &mut Tx,
    now: DateTime<Utc>,
    person: &PersonId,
    id: &MessageId,
) -> Result<u64> {
    const MARK: &str = "update message_recipients set read_at = $3 where person_id = $1 and message_id = $2 \
        and read_at is null";
    sql(MARK).bind(person).bind(id).bind(now).execute(tx).await
}

/// Marks all messages up to `now` as read.
pub(in crate::notices) async fn mark_all_read(tx: &mut Tx, now: DateTime<Utc>, person: &PersonId) -> Result<u64> {
    const MARK: &str = "update message_recipients set read_at = $2 where person_id = $1 and read_at is null";
    sql(MARK).bind(person).bind(now).execute(tx).await
}

/// The number of a person's unread messages, counted up to `most`.
pub(in crate::notices) async fn unread(tx: &mut Tx, person: &PersonId, most: i64) -> Result<i64> {
    const COUNT: &str = "select count(*) as value from (select 1 as one from message_recipients r \
        join messages m on m.id = r.message_id where r.person_id = $1 and r.read_at is null \
        and (m.instance_id is null or exists (select 1 from instance_access a where a.instance_id = m.instance_id \
        and a.person_id = $1)) limit $2) as counted";
    sql(COUNT).bind(person).bind(most).count(tx).await
}
