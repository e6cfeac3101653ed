//! Mails, and the messages in them.

use chrono::{DateTime, TimeDelta, Utc};

use crate::db::lease::{self, Lease, Queue};
use crate::db::{FromRow, Result, Row, Tx, sql};
use crate::ids::{MailId, PersonId, ProcessId};
use crate::notices::model::Message;

const DUE: Queue = crate::queue!("mails", due "due_at", only "state = 'waiting'");

/// Maximum number of messages shown in a mail; the rest are counted.
pub(in crate::notices) const SHOWN: i64 = 50;

pub(in crate::notices) async fn claim_mails(
    tx: &mut Tx,
    process: &ProcessId,
    (now, time): (DateTime<Utc>, TimeDelta),
    most: i64,
) -> Result<Vec<Lease>> {
    lease::claim(tx, DUE, process, now, time, most).await
}

pub(in crate::notices) async fn next_mail(tx: &mut Tx) -> Result<Option<DateTime<Utc>>> {
    const NEXT: &str = "select min(case when lease_until > due_at then lease_until else due_at end) as value \
        from mails where state = 'waiting' and due_at is not null";
    sql(NEXT).value(tx).await
}

/// A mail to send.
#[derive(Clone, Debug)]
pub(in crate::notices) struct OutgoingMail {
    pub id: MailId,
    pub person: PersonId,
    pub name: String,
    pub email: String,
    pub attempts: i64,
    /// Whether the person is active and still wants mail.
    pub is_wanted: bool,
}

impl FromRow for OutgoingMail {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            person: row.get("person_id")?,
            name: row.get("name")?,
            email: row.get("email")?,
            attempts: row.get("attempts")?,
            is_wanted: row.get("is_wanted")?,
        })
    }
}

/// A claimed mail, while the claim is valid.
pub(in crate::notices) async fn outgoing_mail(tx: &mut Tx, lease: &Lease) -> Result<Option<OutgoingMail>> {
    const FIND: &str = "select m.id, m.person_id, p.name, p.email, m.attempts, (p.state = 'active' \
        and coalesce(n.mail, 'digest') <> 'off') as is_wanted from mails m join people p on p.id = m.person_id \
        left join notice_preferences n on n.person_id = p.id \
        where m.id = $1 and m.lease_epoch = $2 and m.state = 'waiting'";
    sql(FIND).bind(lease.id.as_str()).bind(lease.epoch).optional(tx).await
}

/// The messages of a mail that its reader may still see, newest first, and their total number.
pub(in crate::notices) async fn carried(tx: &mut Tx, mail: &OutgoingMail) -> Result<(Vec<Message>, i64)> {
    const LIST: &str = "select m.id, m.at, m.kind, m.times, m.title, m.detail, m.href from message_recipients r \
        join messages m on m.id = r.message_id where r.mail_id = $1 and r.person_id = $2 and (m.instance_id is null \
        or exists (select 1 from instance_access a where a.instance_id = m.instance_id and a.person_id = $2)) \
        order by m.at desc, m.id desc limit $3";
    const COUNT: &str = "select count(*) as value from message_recipients r join messages m on m.id = r.message_id \
        where r.mail_id = $1 and r.person_id = $2 and (m.instance_id is null or exists (select 1 \
        from instance_access a where a.instance_id = m.instance_id and a.person_id = $2))";
    let messages = sql(LIST).bind(&mail.id).bind(&mail.person).bind(SHOWN).all(tx).await?;
    let count = sql(COUNT).bind(&mail.id).bind(&mail.person).count(tx).await?;
    Ok((messages, count))
}

/// Records the outcome of an attempt: sent, failed with the reason, or retried at `next`; returns false if the claim
/// was lost.
pub(in crate::notices) async fn mailed(
    tx: &mut Tx,
    now: DateTime<Utc>,
    lease: &Lease,
    (state, error): (&str, &str),
    next: Option<DateTime<Utc>>,
) -> Result<bool> {
    const WRITE: &str = "update mails set state = $3, attempts = attempts + 1, last_error = $4, due_at = $5, \
        sent_at = case when $3 = 'sent' then $6 else sent_at end, lease_owner = null, lease_until = null \
        where id = $1 and lease_epoch = $2";
    let written = sql(WRITE)
        .bind(lease.id.as_str())
        .bind(lease.epoch)
        .bind(state)
        .bind(error)
        .bind(next)
        .bind(now)
        .execute(tx)
        .await?;
    Ok(written == 1)
}
