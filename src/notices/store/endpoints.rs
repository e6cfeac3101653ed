//! Endpoints and their secrets.

use chrono::{DateTime, Utc};

use crate::db::{FromRow, PageRange, Result, Row, Statement, Tx, containing, sql};
use crate::ids::{EndpointId, PersonId, WebhookSecretId};
use crate::notices::webhooks::{Endpoint, EndpointKind, OFF_AFTER, Read, Sends, WARNED_AFTER};
use crate::web::Person;

impl FromRow for Endpoint {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            owner: row.get("person_id")?,
            owner_name: row.get("owner_name")?,
            is_global: row.get("is_global")?,
            name: row.get("name")?,
            kind: row.parsed("kind", EndpointKind::parse)?,
            sends: Sends::stored(&row.get::<String>("sends")?, &row.get::<String>("events")?),
            sealed_url: row.get("sealed_url")?,
            host: row.get("host")?,
            is_active: row.get::<String>("state")? == "active",
            state_reason: row.get("state_reason")?,
            state_at: row.get("state_at")?,
            failing_since: row.get("failing_since")?,
            created_at: row.get("created_at")?,
        })
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select e.id, e.person_id, coalesce(p.name, 'somebody else') as owner_name, e.is_global, e.name, e.kind, ",
            "e.sends, e.events, e.sealed_url, e.host, e.state, e.state_reason, e.state_at, e.failing_since, e.created_at ",
            "from webhook_endpoints e left join people p on p.id = e.person_id where ",
            $rest
        )
    };
}

/// An endpoint that the person may change: their own, or, for administrators, one for messages to everyone.
pub(in crate::notices) async fn endpoint(tx: &mut Tx, person: &Person, id: &EndpointId) -> Result<Endpoint> {
    const FIND: &str = select!("((e.person_id = $1 and not e.is_global) or (e.is_global and $2)) and e.id = $3");
    sql(FIND).bind(&person.id).bind(person.is_administrator).bind(id).one(tx).await
}

/// Any endpoint; for the program.
pub(in crate::notices) async fn any_endpoint(tx: &mut Tx, id: &EndpointId) -> Result<Option<Endpoint>> {
    const FIND: &str = select!("e.id = $1");
    sql(FIND).bind(id).optional(tx).await
}

/// The filter of the list.
#[derive(Clone, Debug, Default)]
pub(in crate::notices) struct EndpointFilter {
    /// Text contained in the name or the host.
    pub text: String,
    /// `active`, `failing` or `off`; empty for all.
    pub state: &'static str,
}

fn filtered(text: &'static str, person: &Person, filter: &EndpointFilter) -> Statement {
    sql(text).bind(&person.id).bind(person.is_administrator).bind(containing(&filter.text)).bind(filter.state)
}

macro_rules! listed {
    ($columns:literal, $rest:literal) => {
        concat!(
            "select ",
            $columns,
            " from webhook_endpoints e left join people p on p.id = e.person_id where ",
            "((e.person_id = $1 and not e.is_global) or (e.is_global and $2)) ",
            "and ($3 = '' or lower(e.name || ' ' || e.host) like lower($3) escape '\\') ",
            "and ($4 = '' or $4 = case when e.state = 'off' then 'off' when e.failing_since is not null then 'failing' ",
            "else 'active' end)",
            $rest
        )
    };
}

/// The number of endpoints that match the filter, counted up to `most`.
pub(in crate::notices) async fn count_endpoints(
    tx: &mut Tx,
    person: &Person,
    filter: &EndpointFilter,
    most: i64,
) -> Result<i64> {
    const COUNT: &str = listed!("count(*) as value from (select 1 as one", " limit $5) as counted");
    filtered(COUNT, person, filter).bind(most).count(tx).await
}

/// A range of the endpoints that match the filter, by name.
pub(in crate::notices) async fn list_endpoints(
    tx: &mut Tx,
    person: &Person,
    filter: &EndpointFilter,
    range: PageRange,
) -> Result<Vec<Endpoint>> {
    const LIST: &str = listed!(
        "e.id, e.person_id, coalesce(p.name, 'somebody else') as owner_name, e.is_global, e.name, e.kind, e.sends, \
         e.events, e.sealed_url, e.host, e.state, e.state_reason, e.state_at, e.failing_since, e.created_at",
        " order by lower(e.name), e.id limit $5 offset $6"
    );
    filtered(LIST, person, filter).bind(range.most).bind(range.skip).all(tx).await
}

/// The number of a person's endpoints.
pub(in crate::notices) async fn owned(tx: &mut Tx, person: &PersonId) -> Result<i64> {
    const COUNT: &str = "select count(*) as value from webhook_endpoints where person_id = $1";
    sql(COUNT).bind(person).count(tx).await
}

pub(in crate::notices) async fn add_endpoint(
    tx: &mut Tx,
    now: DateTime<Utc>,
    (id, person): (&EndpointId, &PersonId),
    (name, is_global): (&str, bool),
    (read, sealed_url): (&Read, &str),
) -> Result<()> {
    const ADD: &str = "insert into webhook_endpoints (id, person_id, is_global, name, kind, sends, sealed_url, host, \
        state, state_reason, state_at, created_at, updated_at, events) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, 'active', '', $9, $9, $9, $10)";
    sql(ADD)
        .bind(id)
        .bind(person)
        .bind(is_global)
        .bind(name)
        .bind(read.kind.name())
        .bind(read.sends.sends())
        .bind(sealed_url)
        .bind(&read.host)
        .bind(now)
        .bind(read.sends.events())
        .execute(tx)
        .await
        .map(drop)
}

/// Changes an endpoint except for its kind.
pub(in crate::notices) async fn change_endpoint(
    tx: &mut Tx,
    now: DateTime<Utc>,
    id: &EndpointId,
    name: &str,
    (read, sealed_url): (&Read, &str),
) -> Result<()> {
    const CHANGE: &str = "update webhook_endpoints set name = $2, sends = $3, sealed_url = $4, host = $5, \
        updated_at = $6, events = $7 where id = $1";
    sql(CHANGE)
        .bind(id)
        .bind(name)
        .bind(read.sends.sends())
        .bind(sealed_url)
        .bind(&read.host)
        .bind(now)
        .bind(read.sends.events())
        .execute(tx)
        .await
        .map(drop)
}

/// Switches an endpoint off with a reason, or on if `off` is `None`; returns whether its state changed.
pub(in crate::notices) async fn switch_endpoint(
    tx: &mut Tx,
    now: DateTime<Utc>,
    id: &EndpointId,
    off: Option<&str>,
) -> Result<bool> {
    const SWITCH: &str = "update webhook_endpoints set state = $2, state_reason = $3, state_at = $4, \
        failing_since = null, warned_at = null where id = $1 and state <> $2";
    let state = if off.is_some() { "off" } else { "active" };
    Ok(sql(SWITCH).bind(id).bind(state).bind(off.unwrap_or_default()).bind(now).execute(tx).await? == 1)
}

/// Deletes an endpoint with its deliveries.
pub(in crate::notices) async fn delete_endpoint(tx: &mut Tx, id: &EndpointId) -> Result<()> {
    const DELETE: &str = "delete from webhook_endpoints where id = $1";
    sql(DELETE).bind(id).execute(tx).await.map(drop)
}

/// Records whether an endpoint is failing.
pub(in crate::notices) async fn note_endpoint(
    tx: &mut Tx,
    now: DateTime<Utc>,
    id: &EndpointId,
    fails: bool,
) -> Result<()> {
    const FAILS: &str = "update webhook_endpoints set failing_since = $2 where id = $1 and failing_since is null";
    const WORKS: &str = "update webhook_endpoints set failing_since = null, warned_at = null where id = $1 \
        and failing_since is not null";
    if fails {
        sql(FAILS).bind(id).bind(now).execute(tx).await.map(drop)
    } else {
        sql(WORKS).bind(id).execute(tx).await.map(drop)
    }
}

/// Endpoints that have been failing for so long that their owners should be notified now.
pub(in crate::notices) async fn to_warn(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<Endpoint>> {
    const LIST: &str =
        select!("e.state = 'active' and e.warned_at is null and e.failing_since <= $1 order by e.id limit 100");
    sql(LIST).bind(now - WARNED_AFTER).all(tx).await
}

/// Records that the owner of an endpoint was notified; returns false if another process did so.
pub(in crate::notices) async fn mark_warned(tx: &mut Tx, now: DateTime<Utc>, id: &EndpointId) -> Result<bool> {
    const MARK: &str = "update webhook_endpoints set warned_at = $2 where id = $1 and warned_at is null";
    Ok(sql(MARK).bind(id).bind(now).execute(tx).await? == 1)
}

/// Endpoints that have been failing for too long, whose owners were notified earlier.
pub(in crate::notices) async fn to_switch_off(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<Endpoint>> {
    const LIST: &str =
        select!("e.state = 'active' and e.warned_at is not null and e.failing_since <= $1 order by e.id limit 100");
    sql(LIST).bind(now - OFF_AFTER).all(tx).await
}

/// A sealed secret of an endpoint.
#[derive(Clone, Debug)]
pub(in crate::notices) struct SealedSecret {
    pub id: WebhookSecretId,
    pub sealed: String,
    pub created_at: DateTime<Utc>,
}

impl FromRow for SealedSecret {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { id: row.get("id")?, sealed: row.get("sealed")?, created_at: row.get("created_at")? })
    }
}

/// The secrets of an endpoint, newest first.
pub(in crate::notices) async fn secrets(tx: &mut Tx, endpoint: &EndpointId) -> Result<Vec<SealedSecret>> {
    const LIST: &str = "select id, sealed, created_at from webhook_secrets where endpoint_id = $1 \
        order by created_at desc, id desc";
    sql(LIST).bind(endpoint).all(tx).await
}

pub(in crate::notices) async fn add_secret(
    tx: &mut Tx,
    now: DateTime<Utc>,
    id: &WebhookSecretId,
    endpoint: &EndpointId,
    sealed: &str,
) -> Result<()> {
    const ADD: &str = "insert into webhook_secrets (id, endpoint_id, sealed, created_at) values ($1, $2, $3, $4)";
    sql(ADD).bind(id).bind(endpoint).bind(sealed).bind(now).execute(tx).await.map(drop)
}

/// Removes all secrets of an endpoint except this one; returns the number of removed secrets.
pub(in crate::notices) async fn remove_secrets(
    tx: &mut Tx,
    endpoint: &EndpointId,
    but: &WebhookSecretId,
) -> Result<u64> {
    const REMOVE: &str = "delete from webhook_secrets where endpoint_id = $1 and id <> $2";
    sql(REMOVE).bind(endpoint).bind(but).execute(tx).await
}
