//! Ongoing problems.

use chrono::{DateTime, Utc};

use crate::db::{Result, Single, Tx, sql};
use crate::ids::{MessageId, PersonId};

/// Opens an incident; returns false if it is already open.
pub(in crate::notices) async fn open(
    tx: &mut Tx,
    now: DateTime<Utc>,
    cause: &str,
    person: Option<&PersonId>,
) -> Result<bool> {
    const OPEN: &str = "insert into message_incidents (cause, opened_at, person_id) values ($1, $2, $3) \
        on conflict (cause) do nothing";
    Ok(sql(OPEN).bind(cause).bind(now).bind(person).execute(tx).await? == 1)
}

/// Records the message that reported an incident.
pub(in crate::notices) async fn set_message(tx: &mut Tx, cause: &str, message: &MessageId) -> Result<()> {
    const SET: &str = "update message_incidents set message_id = $2 where cause = $1";
    sql(SET).bind(cause).bind(message).execute(tx).await.map(drop)
}

/// A closed incident.
#[derive(Clone, Debug)]
pub(in crate::notices) struct Closed {
    /// The message that reported it; `None` if another message did.
    pub message: Option<MessageId>,
}

/// Closes an incident; returns `None` if it wasn't open.
pub(in crate::notices) async fn close(tx: &mut Tx, cause: &str) -> Result<Option<Closed>> {
    const CLOSE: &str = "delete from message_incidents where cause = $1 returning message_id as value";
    let closed = sql(CLOSE).bind(cause).optional::<Single<Option<MessageId>>>(tx).await?;
    Ok(closed.map(|Single(message)| Closed { message }))
}

/// Closes the incidents with this prefix that were opened before `before`.
pub(in crate::notices) async fn close_older(tx: &mut Tx, begin: &str, before: DateTime<Utc>) -> Result<()> {
    const CLOSE: &str = "delete from message_incidents where cause like $1 || '%' and opened_at < $2";
    sql(CLOSE).bind(begin).bind(before).execute(tx).await.map(drop)
}

/// The causes of open incidents with this prefix.
pub(in crate::notices) async fn open_causes(tx: &mut Tx, begin: &str) -> Result<Vec<String>> {
    const LIST: &str = "select cause as value from message_incidents where cause like $1 || '%' order by cause";
    sql(LIST).bind(begin).column(tx).await
}

/// Whether a person has an open incident whose cause has this prefix.
pub(in crate::notices) async fn has_open(tx: &mut Tx, begin: &str, person: &PersonId) -> Result<bool> {
    const FIND: &str =
        "select cause as value from message_incidents where cause like $1 || '%' and person_id = $2 limit 1";
    Ok(sql(FIND).bind(begin).bind(person).optional::<Single<String>>(tx).await?.is_some())
}

/// The people who received a message.
pub(in crate::notices) async fn recipients_of(tx: &mut Tx, message: &MessageId) -> Result<Vec<PersonId>> {
    const LIST: &str = "select person_id as value from message_recipients where message_id = $1";
    sql(LIST).bind(message).column(tx).await
}
