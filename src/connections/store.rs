//! The table of connections.

use chrono::{DateTime, Utc};

use super::model::{BUFFER, Connection, Grant, State, belongs_to, retry_at};
use crate::amazon::Region;
use crate::db::{Db, FromRow, Result, Row, Scope, Single, Tx, sql};
use crate::ids::{ConnectionId, PersonId, Random};
use crate::vault::Vault;

impl FromRow for Connection {
    fn from_row(row: &Row) -> Result<Self> {
        let state: String = row.get("state")?;
        Ok(Self {
            id: row.get("id")?,
            person: row.get("person_id")?,
            region: row.get("region")?,
            state: if state == State::Active.name() { State::Active } else { State::Reconnect },
            sealed_access: row.get("sealed_access")?,
            sealed_refresh: row.get("sealed_refresh")?,
            access_expires_at: row.get("access_expires_at")?,
            refreshed_at: row.get("refreshed_at")?,
            failures: row.get("failures")?,
            last_error: row.get("last_error")?,
            revision: row.get("revision")?,
        })
    }
}

/// The connection with this id.
pub(super) async fn find(tx: &mut Tx, id: &ConnectionId) -> Result<Option<Connection>> {
    const FIND: &str = "select id, person_id, region, state, sealed_access, sealed_refresh, access_expires_at, \
        refreshed_at, failures, last_error, revision from connections where id = $1";
    sql(FIND).bind(id).optional(tx).await
}

/// A person's connections.
pub(super) async fn of_person(tx: &mut Tx, person: &PersonId) -> Result<Vec<Connection>> {
    const LIST: &str = "select id, person_id, region, state, sealed_access, sealed_refresh, access_expires_at, \
        refreshed_at, failures, last_error, revision from connections where person_id = $1 order by region";
    sql(LIST).bind(person).all(tx).await
}

/// Keeps a fresh grant of a person for a region, instead of the one before. The seal names the row's
/// id, so the row is made (or found) first.
pub(super) async fn put(
    tx: &mut Tx,
    vault: &Vault,
    random: &Random,
    now: DateTime<Utc>,
    person: &PersonId,
    region: Region,
    grant: &Grant,
) -> Result<ConnectionId> {
    const PUT: &str = "insert into connections (id, person_id, region, state, sealed_access, sealed_refresh, \
        access_expires_at, refreshed_at, created_at) values ($1, $2, $3, 'reconnect', '', '', $4, $4, $4) \
        on conflict (person_id, region) do update set failures = 0, last_error = null returning id as value";
    const FILL: &str = "update connections set state = 'active', sealed_access = $2, sealed_refresh = $3, \
        access_expires_at = $4, refresh_at = $5, refreshed_at = $6, revision = revision + 1, lease_until = null \
        where id = $1";
    let fresh: ConnectionId = random.id(now);
    let Single(id) = sql(PUT).bind(&fresh).bind(person).bind(region).bind(now).one::<Single<ConnectionId>>(tx).await?;
    sql(FILL)
        .bind(&id)
        .bind(vault.seal(&grant.access, &belongs_to(&id, "access")))
        .bind(vault.seal(&grant.refresh, &belongs_to(&id, "refresh")))
        .bind(grant.expires_at)
        .bind(grant.expires_at - BUFFER)
        .bind(now)
        .execute(tx)
        .await?;
    Ok(id)
}

/// Writes a refreshed grant where nobody else did meanwhile; says whether it was written.
pub(super) async fn refreshed(
    tx: &mut Tx,
    vault: &Vault,
    now: DateTime<Utc>,
    connection: &Connection,
    grant: &Grant,
) -> Result<bool> {
    const WRITE: &str = "update connections set sealed_access = $3, sealed_refresh = $4, access_expires_at = $5, \
        refresh_at = $6, refreshed_at = $7, failures = 0, last_error = null, revision = revision + 1, \
        lease_until = null where id = $1 and revision = $2 and state = 'active'";
    let touched = sql(WRITE)
        .bind(&connection.id)
        .bind(connection.revision)
        .bind(vault.seal(&grant.access, &belongs_to(&connection.id, "access")))
        .bind(vault.seal(&grant.refresh, &belongs_to(&connection.id, "refresh")))
        .bind(grant.expires_at)
        .bind(grant.expires_at - BUFFER)
        .bind(now)
        .execute(tx)
        .await?;
    Ok(touched == 1)
}

/// Notes a refresh that failed, and when to try again.
pub(super) async fn failed(tx: &mut Tx, now: DateTime<Utc>, connection: &Connection, error: &str) -> Result<()> {
    const WRITE: &str = "update connections set failures = failures + 1, last_error = $3, refresh_at = $4, \
        lease_until = null where id = $1 and revision = $2 and state = 'active'";
    sql(WRITE)
        .bind(&connection.id)
        .bind(connection.revision)
        .bind(error)
        .bind(retry_at(now, connection.failures))
        .execute(tx)
        .await?;
    Ok(())
}

/// Notes that only signing in again helps; says whether this was news.
pub(super) async fn broken(tx: &mut Tx, connection: &Connection, error: &str) -> Result<bool> {
    const WRITE: &str = "update connections set state = 'reconnect', last_error = $3, refresh_at = null, \
        revision = revision + 1, lease_until = null where id = $1 and revision = $2 and state = 'active'";
    Ok(sql(WRITE).bind(&connection.id).bind(connection.revision).bind(error).execute(tx).await? == 1)
}

/// How a connection reaches Amazon: whose it is, where, and whether it works.
#[derive(Clone, Debug)]
pub struct Reach {
    /// The connection.
    pub id: ConnectionId,
    /// Whose it is.
    pub person: PersonId,
    /// Where it calls.
    pub region: Region,
}

impl FromRow for Reach {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { id: row.get("id")?, person: row.get("person_id")?, region: row.get("region")? })
    }
}

/// What [`prove`] found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// Stored grants.
    pub grants: usize,
    /// Of those, the ones that no key of the ring opens.
    pub closed: usize,
}

/// Tries the key ring on every stored grant, before anything depends on it.
pub async fn prove(db: &Db, vault: &Vault) -> Result<Proof> {
    const ALL: &str = "select id, person_id, region, state, sealed_access, sealed_refresh, access_expires_at, \
        refreshed_at, failures, last_error, revision from connections where state = 'active'";
    let mut tx = db.read(&Scope::System).await?;
    let connections: Vec<Connection> = sql(ALL).all(&mut tx).await?;
    let closed = connections
        .iter()
        .filter(|connection| vault.open(&connection.sealed_refresh, &belongs_to(&connection.id, "refresh")).is_err());
    Ok(Proof { closed: closed.count(), grants: connections.len() })
}

/// Seals every grant again with the first key of the ring; gives how many were sealed with another.
pub async fn reseal(db: &Db, vault: &Vault) -> anyhow::Result<usize> {
    const ALL: &str = "select id, person_id, region, state, sealed_access, sealed_refresh, access_expires_at, \
        refreshed_at, failures, last_error, revision from connections where state = 'active'";
    const WRITE: &str = "update connections set sealed_access = $3, sealed_refresh = $4, revision = revision + 1 \
        where id = $1 and revision = $2";
    let mut tx = db.write(&Scope::System).await?;
    let connections: Vec<Connection> = sql(ALL).all(&mut tx).await?;
    let mut sealed = 0;
    for connection in connections.iter().filter(|connection| !vault.is_current(&connection.sealed_refresh)) {
        let again = |text: &str, which: &str| {
            let place = belongs_to(&connection.id, which);
            anyhow::Ok(vault.seal(&vault.open(text, &place)?, &place))
        };
        sql(WRITE)
            .bind(&connection.id)
            .bind(connection.revision)
            .bind(again(&connection.sealed_access, "access")?)
            .bind(again(&connection.sealed_refresh, "refresh")?)
            .execute(&mut tx)
            .await?;
        sealed += 1;
    }
    tx.commit().await?;
    Ok(sealed)
}
