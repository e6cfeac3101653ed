//! The table of connections.

use chrono::{DateTime, Utc};

use super::model::{BUFFER, Connection, Grant, State, belongs_to, retry_at};
use super::proof::{CLOSED, ClosedGrant};
use super::seals::Sealed;
use crate::amazon::Region;
use crate::db::{Db, FromRow, PageRange, Result, Row, Scope, Single, Statement, Tx, containing, sql};
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
            failures: row.get("failures")?,
            revision: row.get("revision")?,
        })
    }
}

pub(super) async fn find(tx: &mut Tx, id: &ConnectionId) -> Result<Option<Connection>> {
    const FIND: &str = "select id, person_id, region, state, sealed_access, sealed_refresh, access_expires_at, \
        failures, revision from connections where id = $1";
    sql(FIND).bind(id).optional(tx).await
}

/// A connection as shown to its owner and administrators.
#[derive(Clone, Debug)]
pub(super) struct Health {
    pub(super) id: ConnectionId,
    pub(super) person_name: String,
    pub(super) region: Region,
    pub(super) state: State,
    pub(super) access_expires_at: DateTime<Utc>,
    pub(super) refresh_at: Option<DateTime<Utc>>,
    pub(super) refreshed_at: DateTime<Utc>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) failures: i64,
    pub(super) last_error: Option<String>,
    pub(super) instances: i64,
    /// When its owner, or an administrator who suspended them, disconnected it.
    pub(super) disconnected_at: Option<DateTime<Utc>>,
}

impl FromRow for Health {
    fn from_row(row: &Row) -> Result<Self> {
        let state: String = row.get("state")?;
        Ok(Self {
            id: row.get("id")?,
            person_name: row.get("person_name")?,
            region: row.get("region")?,
            state: if state == State::Active.name() { State::Active } else { State::Reconnect },
            access_expires_at: row.get("access_expires_at")?,
            refresh_at: row.get("refresh_at")?,
            refreshed_at: row.get("refreshed_at")?,
            created_at: row.get("created_at")?,
            failures: row.get("failures")?,
            last_error: row.get("last_error")?,
            instances: row.get("instances")?,
            disconnected_at: row.get("disconnected_at")?,
        })
    }
}

/// The filter of a list of connections.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter {
    /// Of one person.
    pub(super) of: Option<PersonId>,
    /// Of everybody but one person.
    pub(super) but: Option<PersonId>,
    /// Part of the person's name, or of the region's code.
    pub(super) text: String,
    /// `working`, `failing` or `reconnect`; empty for all.
    pub(super) state: String,
}

macro_rules! listed {
    ($columns:literal, $rest:literal) => {
        concat!(
            "select ",
            $columns,
            " from connections c join people p on p.id = c.person_id ",
            "where ($1 is null or c.person_id = $1) and ($2 is null or c.person_id <> $2) ",
            "and ($3 = '' or lower(p.name || ' ' || c.region) like lower($3) escape '\\') ",
            "and ($4 = '' or $4 = case when c.disconnected_at is not null then 'disconnected' when c.state <> 'active' then 'reconnect' ",
            "when c.failures > 0 then 'failing' else 'working' end) ",
            $rest
        )
    };
}

fn filtered(text: &'static str, filter: &Filter) -> Statement {
    sql(text).bind(filter.of.as_ref()).bind(filter.but.as_ref()).bind(containing(&filter.text)).bind(&filter.state)
}

/// A range of the filtered connections with their status, by their owners' names.
pub(super) async fn health(tx: &mut Tx, filter: &Filter, range: PageRange) -> Result<Vec<Health>> {
    const LIST: &str = listed!(
        "c.id, p.name as person_name, c.region, c.state, c.access_expires_at, c.refresh_at, \
         c.refreshed_at, c.created_at, c.failures, c.last_error, c.disconnected_at, \
         (select count(*) from instance_access a where a.connection_id = c.id) as instances",
        "order by lower(p.name), c.person_id, c.region limit $5 offset $6"
    );
    filtered(LIST, filter).bind(range.most).bind(range.skip).cached().all(tx).await
}

/// The number of filtered connections, counted up to `most`.
pub(super) async fn count(tx: &mut Tx, filter: &Filter, most: i64) -> Result<i64> {
    const COUNT: &str = listed!("count(*) as value from (select 1 as one", "limit $5) as counted");
    filtered(COUNT, filter).bind(most).count(tx).await
}

/// The names of the accounts that a connection reaches, sorted.
pub(super) async fn accounts(tx: &mut Tx, id: &ConnectionId) -> Result<Vec<String>> {
    const ACCOUNTS: &str = "select distinct i.account_name as value from instance_access a \
        join instances i on i.id = a.instance_id where a.connection_id = $1 order by i.account_name";
    Ok(sql(ACCOUNTS).bind(id).cached().all::<Single<String>>(tx).await?.into_iter().map(|Single(name)| name).collect())
}

/// An account that a connection asked for instances.
#[derive(Clone, Debug)]
pub(super) struct AskedAccount {
    pub(super) name: String,
    pub(super) entity: String,
    pub(super) marketplace: String,
    /// `waiting`, `answered`, `refused`, `failed`, or `elsewhere` if another region's connection asks it.
    pub(super) state: String,
    pub(super) is_amc_account: bool,
    pub(super) found: i64,
    pub(super) problem: Option<String>,
    pub(super) asked_at: Option<DateTime<Utc>>,
}

impl FromRow for AskedAccount {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            name: row.get("name")?,
            entity: row.get("entity_id")?,
            marketplace: row.get("marketplace_id")?,
            state: row.get("state")?,
            is_amc_account: row.get::<String>("listed_by")? == "amc",
            found: row.get("found")?,
            problem: row.get("problem")?,
            asked_at: row.get("asked_at")?,
        })
    }
}

/// The accounts that a connection asked for instances, in that order.
pub(super) async fn asked_accounts(tx: &mut Tx, id: &ConnectionId) -> Result<Vec<AskedAccount>> {
    const ASKED: &str = "select name, entity_id, marketplace_id, state, listed_by, found, problem, asked_at \
        from survey_accounts where connection_id = $1 order by position, entity_id";
    sql(ASKED).bind(id).cached().all(tx).await
}

/// What the last survey of a connection skipped or couldn't list.
pub(super) async fn survey_notes(tx: &mut Tx, id: &ConnectionId) -> Result<Vec<String>> {
    const NOTES: &str = "select coalesce(error, '') as value from surveys where connection_id = $1 \
        union all select coalesce(note, '') as value from surveys where connection_id = $1";
    let notes = sql(NOTES).bind(id).cached().all::<Single<String>>(tx).await?;
    Ok(notes.into_iter().map(|Single(note)| note).filter(|note| !note.is_empty()).collect())
}

/// Stores a new grant of a person for a region, replacing the previous one. The encryption is bound to the row's id,
/// so the row is created (or found) first.
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
        access_expires_at = $4, refresh_at = $5, refreshed_at = $6, revision = revision + 1, lease_until = null, \
        disconnected_at = null where id = $1";
    let fresh: ConnectionId = random.id(now);
    let id: ConnectionId = sql(PUT).bind(&fresh).bind(person).bind(region).bind(now).value(tx).await?;
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

/// Deletes a connection's tokens, so that it only works again when its owner signs in; returns whether there were
/// any. The row stays, because executions refer to it.
pub async fn disconnect(tx: &mut Tx, now: DateTime<Utc>, id: &ConnectionId) -> Result<bool> {
    const ERASE: &str = "update connections set state = 'reconnect', sealed_access = '', sealed_refresh = '', \
        refresh_at = null, failures = 0, last_error = null, disconnected_at = $2, revision = revision + 1, \
        lease_until = null where id = $1 and disconnected_at is null";
    Ok(sql(ERASE).bind(id).bind(now).execute(tx).await? == 1)
}

/// The connections of a person that aren't disconnected.
pub async fn connected(tx: &mut Tx, person: &PersonId) -> Result<Vec<ConnectedRegion>> {
    const CONNECTED: &str = "select id, person_id, region from connections where person_id = $1 \
        and disconnected_at is null order by region";
    sql(CONNECTED).bind(person).cached().all(tx).await
}

/// The connections of a person that work.
pub async fn working(tx: &mut Tx, person: &PersonId) -> Result<Vec<ConnectedRegion>> {
    const WORKING: &str =
        "select id, person_id, region from connections where person_id = $1 and state = 'active' order by region";
    sql(WORKING).bind(person).all(tx).await
}

/// The region of a connection.
pub async fn region(tx: &mut Tx, id: &ConnectionId) -> Result<Region> {
    const REGION: &str = "select region as value from connections where id = $1";
    sql(REGION).bind(id).value(tx).await
}

/// Stores a refreshed grant unless somebody else did meanwhile; returns whether it was written.
pub(super) async fn refreshed(
    tx: &mut Tx,
    vault: &Vault,
    now: DateTime<Utc>,
    connection: &Connection,
    grant: &Grant,
) -> Result<bool> {
    const WRITE: &str = "update connections set sealed_access = $3, sealed_refresh = $4, access_expires_at = $5, \
        refresh_at = $6, refreshed_at = $7, failures = 0, last_error = null, revision = revision + 1, \
        renewed_until = null, lease_until = null where id = $1 and revision = $2 and state = 'active'";
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

/// Takes the lease on the refresh token until `until`; returns false if another process has it.
pub(super) async fn begin_renewal(
    tx: &mut Tx,
    connection: &Connection,
    process: &str,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<bool> {
    const BEGIN: &str = "update connections set renewed_by = $3, renewed_until = $5 where id = $1 and revision = $2 \
        and (renewed_until is null or renewed_until <= $4 or renewed_by = $3)";
    let begun = sql(BEGIN).bind(&connection.id).bind(connection.revision).bind(process).bind(now).bind(until);
    Ok(begun.execute(tx).await? == 1)
}

/// Records a failed refresh, and when to retry.
pub(super) async fn failed(tx: &mut Tx, now: DateTime<Utc>, connection: &Connection, error: &str) -> Result<()> {
    const WRITE: &str = "update connections set failures = failures + 1, last_error = $3, refresh_at = $4, \
        renewed_until = null, lease_until = null where id = $1 and revision = $2 and state = 'active'";
    sql(WRITE)
        .bind(&connection.id)
        .bind(connection.revision)
        .bind(error)
        .bind(retry_at(now, connection.failures))
        .execute(tx)
        .await?;
    Ok(())
}

/// Records that the owner must sign in again; returns whether this was new.
pub(super) async fn broken(tx: &mut Tx, connection: &Connection, error: &str) -> Result<bool> {
    const WRITE: &str = "update connections set state = 'reconnect', last_error = $3, refresh_at = null, \
        revision = revision + 1, renewed_until = null, lease_until = null where id = $1 and revision = $2 and state = 'active'";
    Ok(sql(WRITE).bind(&connection.id).bind(connection.revision).bind(error).execute(tx).await? == 1)
}

/// A connection's owner, region and status.
#[derive(Clone, Debug)]
pub struct ConnectedRegion {
    pub id: ConnectionId,
    pub person: PersonId,
    pub region: Region,
}

impl FromRow for ConnectedRegion {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { id: row.get("id")?, person: row.get("person_id")?, region: row.get("region")? })
    }
}

/// The regions with working grants.
pub async fn regions(db: &Db) -> Result<Vec<Region>> {
    const REGIONS: &str = "select distinct region as value from connections where state = 'active' order by region";
    let mut tx = db.read(&Scope::System).await?;
    sql(REGIONS).column(&mut tx).await
}

/// All grants with tokens, either those in use or those that no key decrypted at an earlier start, by their owners'
/// names.
pub(super) async fn sealed_grants(tx: &mut Tx, in_use: bool) -> Result<Vec<ClosedGrant>> {
    const GRANTS: &str = "select c.id, c.person_id, p.name as owner, c.region, c.revision, c.sealed_access, \
        c.sealed_refresh from connections c join people p on p.id = c.person_id where c.sealed_refresh <> '' \
        and ((c.state = 'active' and $1) or (c.state <> 'active' and c.last_error = $2 and not $1)) \
        order by lower(p.name), c.region";
    sql(GRANTS).bind(in_use).bind(CLOSED).all(tx).await
}

/// Marks a grant that no key decrypts; returns whether this was new. Its tokens are kept as they are.
pub(super) async fn close(tx: &mut Tx, grant: &ClosedGrant, why: &str) -> Result<bool> {
    const CLOSE: &str = "update connections set state = 'reconnect', last_error = $3, refresh_at = null, \
        revision = revision + 1, lease_until = null where id = $1 and revision = $2 and state = 'active'";
    Ok(sql(CLOSE).bind(&grant.id).bind(grant.revision).bind(why).execute(tx).await? == 1)
}

/// Restores a grant that was marked by [`close`]; returns whether it was still marked.
pub(super) async fn take_back(tx: &mut Tx, grant: &ClosedGrant, now: DateTime<Utc>) -> Result<bool> {
    const TAKE: &str = "update connections set state = 'active', last_error = null, failures = 0, refresh_at = $3, \
        revision = revision + 1, lease_until = null where id = $1 and revision = $2 and state = 'reconnect'";
    Ok(sql(TAKE).bind(&grant.id).bind(grant.revision).bind(now).execute(tx).await? == 1)
}

/// Writes a grant's re-encrypted tokens, unless somebody wrote new ones meanwhile; returns whether it did. The tokens
/// are the same, so current users aren't affected.
pub(super) async fn sealed_again(tx: &mut Tx, was: &Sealed, access: &str, refresh: &str) -> Result<bool> {
    const WRITE: &str = "update connections set sealed_access = $4, sealed_refresh = $5 \
        where id = $1 and sealed_access = $2 and sealed_refresh = $3";
    let touched =
        sql(WRITE).bind(&was.id).bind(&was.access).bind(&was.refresh).bind(access).bind(refresh).execute(tx).await?;
    Ok(touched == 1)
}
