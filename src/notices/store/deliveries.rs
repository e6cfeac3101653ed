//! Deliveries to endpoints, and the log of attempts.

use chrono::{DateTime, TimeDelta, Utc};

use crate::db::lease::{self, Lease, Queue};
use crate::db::{FromRow, PageRange, Result, Row, Statement, Tx, sql};
use crate::ids::{DeliveryId, EndpointId, ProcessId};
use crate::notices::webhooks::{Attempt, Delivery, DeliveryState};
use crate::web::list::Days;

const DUE: Queue = crate::queue!("webhook_deliveries", due "due_at", only "state = 'waiting'");

impl FromRow for Delivery {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            message: row.get("message_id")?,
            title: row.get("title")?,
            kind: row.get("kind")?,
            state: row.parsed("state", DeliveryState::parse)?,
            attempts: row.get("attempts")?,
            created_at: row.get("created_at")?,
            due_at: row.get("due_at")?,
            last_status: row.get("last_status")?,
            last_error: row.get("last_error")?,
        })
    }
}

impl FromRow for Attempt {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            number: row.get("number")?,
            at: row.get("at")?,
            duration_ms: row.get("duration_ms")?,
            request: row.get("request")?,
            status: row.get("status")?,
            answer: row.get("answer")?,
            error: row.get("error")?,
        })
    }
}

pub(in crate::notices) async fn claim_deliveries(
    tx: &mut Tx,
    process: &ProcessId,
    (now, time): (DateTime<Utc>, TimeDelta),
    most: i64,
) -> Result<Vec<Lease>> {
    lease::claim(tx, DUE, process, now, time, most).await
}

pub(in crate::notices) async fn next_delivery(tx: &mut Tx) -> Result<Option<DateTime<Utc>>> {
    const NEXT: &str = "select min(case when lease_until > due_at then lease_until else due_at end) as value \
        from webhook_deliveries where state = 'waiting' and due_at is not null";
    sql(NEXT).value(tx).await
}

/// A delivery to send, with its endpoint.
#[derive(Clone, Debug)]
pub(in crate::notices) struct Outgoing {
    pub id: DeliveryId,
    pub endpoint: EndpointId,
    pub message: String,
    pub body: String,
    pub attempts: i64,
    pub sealed_url: String,
    pub is_chat: bool,
    pub is_active: bool,
    /// Whether the endpoint's owner is active and has access to the instance, or is an administrator if the endpoint is
    /// for messages to everyone.
    pub is_allowed: bool,
}

impl FromRow for Outgoing {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            endpoint: row.get("endpoint_id")?,
            message: row.get("message_id")?,
            body: row.get("body")?,
            attempts: row.get("attempts")?,
            sealed_url: row.get("sealed_url")?,
            is_chat: row.get::<String>("endpoint_kind")? == "chat",
            is_active: row.get::<String>("endpoint_state")? == "active",
            is_allowed: row.get("is_allowed")?,
        })
    }
}

/// A claimed delivery, while the claim is valid.
pub(in crate::notices) async fn outgoing(tx: &mut Tx, lease: &Lease) -> Result<Option<Outgoing>> {
    const FIND: &str = "select d.id, d.endpoint_id, d.message_id, d.body, d.attempts, e.sealed_url, \
        e.kind as endpoint_kind, e.state as endpoint_state, (p.state = 'active' and (not e.is_global \
        or p.role = 'administrator') and (e.is_global or d.instance_id is null or exists (select 1 \
        from instance_access a where a.person_id = p.id and a.instance_id = d.instance_id))) as is_allowed \
        from webhook_deliveries d join webhook_endpoints e on e.id = d.endpoint_id join people p on p.id = e.person_id \
        where d.id = $1 and d.lease_epoch = $2 and d.state = 'waiting'";
    sql(FIND).bind(lease.id.as_str()).bind(lease.epoch).optional(tx).await
}

/// The outcome of an attempt.
#[derive(Clone, Debug)]
pub(in crate::notices) struct Tried {
    pub state: DeliveryState,
    pub attempts: i64,
    pub next: Option<DateTime<Utc>>,
    pub status: Option<i64>,
    /// A sentence; empty if it was delivered.
    pub error: String,
}

/// Records the outcome of an attempt; returns false if the claim was lost.
pub(in crate::notices) async fn tried(tx: &mut Tx, now: DateTime<Utc>, lease: &Lease, tried: &Tried) -> Result<bool> {
    const WRITE: &str = "update webhook_deliveries set state = $3, attempts = $4, due_at = $5, last_status = $6, \
        last_error = $7, ended_at = case when $3 = 'waiting' then null else $8 end, lease_owner = null, \
        lease_until = null where id = $1 and lease_epoch = $2";
    let written = sql(WRITE)
        .bind(lease.id.as_str())
        .bind(lease.epoch)
        .bind(tried.state.name())
        .bind(tried.attempts)
        .bind(tried.next)
        .bind(tried.status)
        .bind(&tried.error)
        .bind(now)
        .execute(tx)
        .await?;
    Ok(written == 1)
}

/// Adds an attempt to the log.
pub(in crate::notices) async fn log_attempt(tx: &mut Tx, delivery: &DeliveryId, attempt: &Attempt) -> Result<()> {
    const LOG: &str = "insert into webhook_attempts (delivery_id, number, at, duration_ms, request, status, answer, \
        error) values ($1, $2, $3, $4, $5, $6, $7, $8)";
    sql(LOG)
        .bind(delivery)
        .bind(attempt.number)
        .bind(attempt.at)
        .bind(attempt.duration_ms)
        .bind(&attempt.request)
        .bind(attempt.status)
        .bind(&attempt.answer)
        .bind(&attempt.error)
        .execute(tx)
        .await
        .map(drop)
}

/// Cancels the waiting deliveries of an endpoint.
pub(in crate::notices) async fn cancel_deliveries(
    tx: &mut Tx,
    now: DateTime<Utc>,
    endpoint: &EndpointId,
    why: &str,
) -> Result<u64> {
    const CANCEL: &str = "update webhook_deliveries set state = 'canceled', due_at = null, ended_at = $2, \
        last_error = $3, lease_epoch = lease_epoch + 1 where endpoint_id = $1 and state = 'waiting'";
    sql(CANCEL).bind(endpoint).bind(now).bind(why).execute(tx).await
}

/// The filter of a delivery log.
#[derive(Clone, Debug)]
pub(in crate::notices) struct DeliveryFilter {
    pub endpoint: EndpointId,
    pub state: Option<DeliveryState>,
    pub days: Days,
}

macro_rules! listed {
    ($columns:literal, $rest:literal) => {
        concat!(
            "select ",
            $columns,
            " from webhook_deliveries where endpoint_id = $1 and ($2 = '' or state = $2) ",
            "and ($3 is null or created_at >= $3) and ($4 is null or created_at < $4)",
            $rest
        )
    };
}

fn filtered(text: &'static str, filter: &DeliveryFilter) -> Statement {
    sql(text)
        .bind(&filter.endpoint)
        .bind(filter.state.map_or("", DeliveryState::name))
        .bind(filter.days.start())
        .bind(filter.days.end())
}

/// The number of deliveries that match the filter, counted up to `most`. The caller has checked that the reader may see
/// the endpoint.
pub(in crate::notices) async fn count_deliveries(tx: &mut Tx, filter: &DeliveryFilter, most: i64) -> Result<i64> {
    const COUNT: &str = listed!("count(*) as value from (select 1 as one", " limit $5) as counted");
    filtered(COUNT, filter).bind(most).count(tx).await
}

/// A range of the deliveries that match the filter, newest first.
pub(in crate::notices) async fn list_deliveries(
    tx: &mut Tx,
    filter: &DeliveryFilter,
    range: PageRange,
) -> Result<Vec<Delivery>> {
    const LIST: &str = listed!(
        "id, message_id, (select m.title from messages m where m.id = message_id) as title, kind, state, attempts, \
         created_at, due_at, last_status, last_error",
        " order by created_at desc, id desc limit $5 offset $6"
    );
    filtered(LIST, filter).bind(range.most).bind(range.skip).all(tx).await
}

/// A delivery with its endpoint and body. The caller still has to check that the reader may see the endpoint.
pub(in crate::notices) async fn delivery(tx: &mut Tx, id: &DeliveryId) -> Result<(Delivery, EndpointId, String)> {
    const FIND: &str = "select id, endpoint_id, message_id, (select m.title from messages m where m.id = message_id) \
        as title, kind, state, attempts, created_at, due_at, last_status, last_error, body \
        from webhook_deliveries where id = $1";
    struct Whole(Delivery, EndpointId, String);
    impl FromRow for Whole {
        fn from_row(row: &Row) -> Result<Self> {
            Ok(Self(Delivery::from_row(row)?, row.get("endpoint_id")?, row.get("body")?))
        }
    }
    sql(FIND).bind(id).one::<Whole>(tx).await.map(|Whole(delivery, endpoint, body)| (delivery, endpoint, body))
}

/// The attempts of a delivery, newest first.
pub(in crate::notices) async fn attempts(tx: &mut Tx, id: &DeliveryId) -> Result<Vec<Attempt>> {
    const LIST: &str = "select number, at, duration_ms, request, status, answer, error from webhook_attempts \
        where delivery_id = $1 order by number desc";
    sql(LIST).bind(id).all(tx).await
}

/// Sends the same message to the same endpoint again, as a new delivery; returns false if the old one is still waiting.
pub(in crate::notices) async fn replay(
    tx: &mut Tx,
    now: DateTime<Utc>,
    fresh: &DeliveryId,
    id: &DeliveryId,
) -> Result<bool> {
    const COPY: &str = "insert into webhook_deliveries (id, endpoint_id, message_id, kind, instance_id, body, state, \
        attempts, created_at, due_at) select $1, endpoint_id, message_id, kind, instance_id, body, 'waiting', 0, \
        $3, $3 from webhook_deliveries where id = $2 and state <> 'waiting'";
    Ok(sql(COPY).bind(fresh).bind(id).bind(now).execute(tx).await? == 1)
}

/// Deletes up to `most` deliveries created before `before`, oldest first; waiting ones remain.
pub(in crate::notices) async fn forget_deliveries(tx: &mut Tx, before: DateTime<Utc>, most: i64) -> Result<u64> {
    const FORGET: &str = "delete from webhook_deliveries where id in (select id from webhook_deliveries \
        where created_at < $1 and state <> 'waiting' order by created_at limit $2)";
    sql(FORGET).bind(before).bind(most).execute(tx).await
}
