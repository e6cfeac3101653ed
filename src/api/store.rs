//! The table of requests with an idempotency key.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::db::{FromRow, Result, Row, Tx, sql};
use crate::ids::PersonId;

/// A request with a key, as it is stored.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) digest: String,
    pub(super) claim: String,
    pub(super) claimed_until: DateTime<Utc>,
    /// The answer, once there is one.
    pub(super) status: Option<i64>,
    pub(super) headers: Option<Value>,
    pub(super) body: Option<String>,
}

impl FromRow for Known {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            digest: row.get("digest")?,
            claim: row.get("claim")?,
            claimed_until: row.get("claimed_until")?,
            status: row.get("status")?,
            headers: row.get("headers")?,
            body: row.get("body")?,
        })
    }
}

/// Claims a key for a request, if nobody has it; returns the stored request.
pub(super) async fn claim(
    tx: &mut Tx,
    (person, key): (&PersonId, &str),
    (digest, claim): (&str, &str),
    (now, until): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Known> {
    const ADD: &str = "insert into api_requests (person_id, idempotency_key, digest, claim, claimed_until, created_at) \
        values ($1, $2, $3, $4, $5, $6) on conflict (person_id, idempotency_key) do update set \
        claim = case when api_requests.status is null and api_requests.claimed_until <= $6 \
        and api_requests.digest = $3 then $4 else api_requests.claim end, \
        claimed_until = case when api_requests.status is null and api_requests.claimed_until <= $6 \
        and api_requests.digest = $3 then $5 else api_requests.claimed_until end \
        returning digest, claim, claimed_until, status, headers, body";
    sql(ADD).bind(person).bind(key).bind(digest).bind(claim).bind(until).bind(now).one(tx).await
}

/// What is stored of an answer.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// An object: values by the headers' names.
    pub(super) headers: Value,
    pub(super) body: String,
}

/// Stores the answer of a claimed request; false if the claim is lost.
pub(super) async fn answered(
    tx: &mut Tx,
    (person, key): (&PersonId, &str),
    claim: &str,
    answer: &Answer,
) -> Result<bool> {
    const ANSWER: &str = "update api_requests set status = $4, headers = $5, body = $6 \
        where person_id = $1 and idempotency_key = $2 and claim = $3 and status is null";
    let Answer { status, headers, body } = answer;
    let stored = sql(ANSWER).bind(person).bind(key).bind(claim);
    let stored = stored.bind(i64::from(*status)).bind(headers.clone()).bind(body);
    Ok(stored.execute(tx).await? == 1)
}

/// Gives back the key of a request that did nothing.
pub(super) async fn released(tx: &mut Tx, (person, key): (&PersonId, &str), claim: &str) -> Result<()> {
    const RELEASE: &str = "delete from api_requests where person_id = $1 and idempotency_key = $2 and claim = $3 \
        and status is null";
    sql(RELEASE).bind(person).bind(key).bind(claim).execute(tx).await.map(drop)
}

/// Deletes a person's requests from before `before`.
pub(super) async fn forget(tx: &mut Tx, person: &PersonId, before: DateTime<Utc>) -> Result<u64> {
    const FORGET: &str = "delete from api_requests where person_id = $1 and created_at < $2";
    sql(FORGET).bind(person).bind(before).execute(tx).await
}
