//! Reads which backfills have ended, and what became of their windows, from the tables of the room that runs them.

use chrono::{DateTime, Utc};

use crate::db::{FromRow, Result, Row, Single, Tx, sql};
use crate::ids::{InstanceId, PersonId};

/// A backfill that runs no more windows.
#[derive(Clone, Debug)]
pub(in crate::notices) struct EndedBackfill {
    pub id: String,
    pub name: String,
    pub owner: PersonId,
    pub instance: InstanceId,
    pub instance_name: String,
    /// Whether it was paused automatically; otherwise no window is left.
    pub is_paused: bool,
    /// Why it was paused.
    pub reason: String,
    /// Differs for each time that it ends.
    pub cause: String,
}

impl FromRow for EndedBackfill {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            name: row.get("name")?,
            owner: row.get("owner_id")?,
            instance: row.get("instance_id")?,
            instance_name: row.get("instance_name")?,
            is_paused: row.get::<String>("state")? == "paused",
            reason: row.get("state_reason")?,
            cause: row.get("cause")?,
        })
    }
}

/// Backfills that have finished or were paused automatically after `since`, and that haven't been reported yet, at most
/// `most`. If a person paused one, the reason starts with their name.
pub(in crate::notices) async fn ended_backfills(
    tx: &mut Tx,
    since: DateTime<Utc>,
    most: i64,
) -> Result<Vec<EndedBackfill>> {
    const LIST: &str = "select b.id, b.name, b.owner_id, b.instance_id, coalesce(i.name, i.amc_name) as instance_name, \
        b.state, b.state_reason, 'backfill-ended:' || b.id || ':' || b.lease_epoch as cause \
        from backfills b join instances i on i.id = b.instance_id where b.state_at > $1 \
        and b.state in ('finished', 'paused') and b.state_reason not like 'Paused by %' \
        and not exists (select 1 from message_incidents m \
        where m.cause = 'backfill-ended:' || b.id || ':' || b.lease_epoch) order by b.state_at, b.id limit $2";
    sql(LIST).bind(since).bind(most).all(tx).await
}

/// Windows of a backfill in the same state for the same reason.
#[derive(Clone, Debug)]
pub(in crate::notices) struct WindowCount {
    /// As stored: `succeeded`, `present`, `failed`, …
    pub state: String,
    /// Why they have no result; may be empty.
    pub reason: String,
    pub count: i64,
}

impl FromRow for WindowCount {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { state: row.get("state")?, reason: row.get("reason")?, count: row.get("windows")? })
    }
}

/// The windows of a backfill by state and reason, the most frequent first.
pub(in crate::notices) async fn windows_of(tx: &mut Tx, backfill: &str) -> Result<Vec<WindowCount>> {
    const LIST: &str = "select state, reason, count(*) as windows from backfill_windows where backfill_id = $1 \
        group by state, reason order by count(*) desc, state, reason";
    sql(LIST).bind(backfill).all(tx).await
}

/// Whether a backfill may still run windows.
pub(in crate::notices) async fn is_backfill_open(tx: &mut Tx, id: &str) -> Result<bool> {
    const FIND: &str = "select id as value from backfills where id = $1 and state in ('active', 'paused')";
    Ok(sql(FIND).bind(id).optional::<Single<String>>(tx).await?.is_some())
}
