//! Stores messages with their recipients and channels.

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::db::{FromRow, Result, Row, Single, Tx, sql};
use crate::ids::{DeliveryId, EndpointId, InstanceId, MailId, MessageId, PersonId};
use crate::notices::model::Draft;
use crate::notices::preferences::Preferences;
use crate::notices::webhooks::Sends;

pub(in crate::notices) async fn put(tx: &mut Tx, now: DateTime<Utc>, id: &MessageId, draft: &Draft) -> Result<()> {
    const PUT: &str = "insert into messages (id, at, kind, tone, cause, times, title, detail, href, instance_id) \
        values ($1, $2, $3, $4, $5, 1, $6, $7, $8, $9)";
    sql(PUT)
        .bind(id)
        .bind(now)
        .bind(draft.kind.name())
        .bind(draft.kind.tone().to_string())
        .bind(&draft.cause)
        .bind(&draft.title)
        // OK because JSON can represent all values of these types.
        .bind(serde_json::to_value(&draft.detail).unwrap_or_else(|_| json!({})))
        .bind(&draft.href)
        .bind(draft.instance.as_ref())
        .execute(tx)
        .await
        .map(drop)
}

/// Increments the count of an existing message with the same cause, if it was written after `since` and somebody
/// hasn't read it; returns false if there is none.
pub(in crate::notices) async fn coalesce(
    tx: &mut Tx,
    now: DateTime<Utc>,
    since: DateTime<Utc>,
    draft: &Draft,
) -> Result<bool> {
    const COUNT: &str = "update messages set times = times + 1, at = $3, href = $4 where id = (select m.id \
        from messages m where m.cause = $1 and m.at > $2 and exists (select 1 from message_recipients r \
        where r.message_id = m.id and r.read_at is null) order by m.at desc limit 1)";
    Ok(sql(COUNT).bind(&draft.cause).bind(since).bind(now).bind(&draft.href).execute(tx).await? > 0)
}

/// A person who may receive a message, with their preferences.
pub(in crate::notices) struct Reader {
    pub preferences: Preferences,
}

impl FromRow for Reader {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { preferences: super::preferences::read(row)?.unwrap_or_default() })
    }
}

/// A person who may sign in and, if the message is about an instance, has access to it.
pub(in crate::notices) async fn reader(
    tx: &mut Tx,
    person: &PersonId,
    instance: Option<&InstanceId>,
) -> Result<Option<Reader>> {
    const FIND: &str = "select n.mail, n.digest_at, n.quiet_from, n.quiet_until, n.zone, n.results, n.failures, \
        n.manual from people p left join notice_preferences n on n.person_id = p.id where p.id = $1 \
        and p.state = 'active' and ($2 is null or exists (select 1 from instance_access a where a.person_id = p.id \
        and a.instance_id = $2))";
    sql(FIND).bind(person).bind(instance).optional(tx).await
}

/// Adds a person as a recipient of a message.
pub(in crate::notices) async fn receive(
    tx: &mut Tx,
    now: DateTime<Utc>,
    message: &MessageId,
    person: &PersonId,
    mail: Option<&MailId>,
) -> Result<()> {
    const PUT: &str = "insert into message_recipients (message_id, person_id, at, mail_id) values ($1, $2, $3, $4)";
    sql(PUT).bind(message).bind(person).bind(now).bind(mail).execute(tx).await.map(drop)
}

/// The person's mail that is due at `due` and collects all messages for that time. If there is none yet, one is
/// created with the id `fresh`.
pub(in crate::notices) async fn attach_mail(
    tx: &mut Tx,
    now: DateTime<Utc>,
    fresh: MailId,
    person: &PersonId,
    due: DateTime<Utc>,
) -> Result<MailId> {
    const FIND: &str = "select id as value from mails where person_id = $1 and state = 'waiting' and due_at = $2 \
        and due_at > $3 and attempts = 0";
    const PUT: &str = "insert into mails (id, person_id, created_at, due_at, state, attempts) \
        values ($1, $2, $3, $4, 'waiting', 0)";
    if let Some(Single(id)) = sql(FIND).bind(person).bind(due).bind(now).optional::<Single<MailId>>(tx).await? {
        return Ok(id);
    }
    sql(PUT).bind(&fresh).bind(person).bind(now).bind(due).execute(tx).await?;
    Ok(fresh)
}

/// An endpoint that may receive a message.
pub(in crate::notices) struct Receiver {
    pub id: EndpointId,
    pub is_chat: bool,
    pub sends: Sends,
}

impl FromRow for Receiver {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            is_chat: row.get::<String>("kind")? == "chat",
            sends: Sends::stored(&row.get::<String>("sends")?, &row.get::<String>("events")?),
        })
    }
}

/// The enabled endpoints of a person; without a person, those for messages to everyone.
pub(in crate::notices) async fn endpoints(tx: &mut Tx, person: Option<&PersonId>) -> Result<Vec<Receiver>> {
    const LIST: &str = "select id, kind, sends, events from webhook_endpoints where state = 'active' \
        and ((is_global and $1 is null) or (not is_global and person_id = $1)) order by id";
    sql(LIST).bind(person).all(tx).await
}

/// Adds a delivery of a message to an endpoint.
pub(in crate::notices) async fn deliver(
    tx: &mut Tx,
    now: DateTime<Utc>,
    id: &DeliveryId,
    endpoint: &EndpointId,
    message: &MessageId,
    (kind, instance, body): (&str, Option<&InstanceId>, &str),
) -> Result<()> {
    const PUT: &str = "insert into webhook_deliveries (id, endpoint_id, message_id, kind, instance_id, body, state, \
        attempts, created_at, due_at) values ($1, $2, $3, $4, $5, $6, 'waiting', 0, $7, $7)";
    sql(PUT)
        .bind(id)
        .bind(endpoint)
        .bind(message)
        .bind(kind)
        .bind(instance)
        .bind(body)
        .bind(now)
        .execute(tx)
        .await
        .map(drop)
}

/// Deletes up to `most` messages older than `before`, oldest first; returns their number.
pub(in crate::notices) async fn forget(tx: &mut Tx, before: DateTime<Utc>, most: i64) -> Result<u64> {
    const FORGET: &str =
        "delete from messages where id in (select id from messages where at < $1 order by at limit $2)";
    sql(FORGET).bind(before).bind(most).execute(tx).await
}
