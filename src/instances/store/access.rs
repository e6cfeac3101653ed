//! Access to instances: what each source grants (`access_grants`), and the result (`instance_access`), which every
//! statement of every room joins.
//!
//! Only [`settle`] derives the second from the first: the strongest role that hasn't expired. Expired access is
//! removed by [`end_due`], before a request is handled and by a worker: so it never counts, without a time condition
//! in each statement, and cached rows are invalidated with it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::db::{FromRow, Result, Row, Single, Tx, sql};
use crate::ids::{ConnectionId, InstanceId, PersonId};
use crate::instances::model::{Grant, Role, Source, strongest};

impl FromRow for Grant {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            source: Source::parse(&row.get::<String>("source")?),
            role: Role::parse(&row.get::<String>("role")?),
            connection: row.get("connection_id")?,
            given_by: row.get("given_by_name")?,
            giver: row.get("given_by")?,
            lends: row.get("lends")?,
            confirmed_at: row.get("confirmed_at")?,
            missing_since: row.get("missing_since")?,
            ends_at: row.get("ends_at")?,
        })
    }
}

/// The sources of a person's access to an instance.
async fn grants(tx: &mut Tx, person: &PersonId, instance: &InstanceId) -> Result<Vec<Grant>> {
    const GRANTS: &str = "select g.source, g.role, g.connection_id, g.confirmed_at, g.missing_since, g.ends_at, \
        g.given_by, g.lends, p.name as given_by_name from access_grants g left join people p on p.id = g.given_by \
        where g.person_id = $1 and g.instance_id = $2 order by g.source";
    sql(GRANTS).bind(person).bind(instance).all(tx).await
}

/// A person's access to one instance.
struct Pair {
    person: PersonId,
    instance: InstanceId,
}

impl FromRow for Pair {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { person: row.get("person_id")?, instance: row.get("instance_id")? })
    }
}

/// Updates a person's access to an instance from their grants at `now`; without any it is deleted. Returns the role.
async fn settle(tx: &mut Tx, now: DateTime<Utc>, person: &PersonId, instance: &InstanceId) -> Result<Option<Role>> {
    const ENDED: &str = "delete from access_grants where person_id = $1 and instance_id = $2 and ends_at <= $3";
    const GONE: &str = "delete from instance_access where person_id = $1 and instance_id = $2";
    const KEEP: &str = "insert into instance_access (person_id, instance_id, role, source, connection_id, ends_at, \
        created_at) values ($1, $2, $3, $4, $5, $6, $7) on conflict (instance_id, person_id) do update set \
        role = excluded.role, source = excluded.source, connection_id = excluded.connection_id, \
        ends_at = excluded.ends_at";
    sql(ENDED).bind(person).bind(instance).bind(now).execute(tx).await?;
    let grants = grants(tx, person, instance).await?;
    let Some(best) = strongest(&grants) else {
        sql(GONE).bind(person).bind(instance).execute(tx).await?;
        return Ok(None);
    };
    let own = grants.iter().find_map(|grant| grant.connection.clone());
    let connection = match own {
        Some(own) => Some(own),
        None => borrowed(tx, instance, &grants).await?,
    };
    let ends_at = if grants.iter().any(|grant| grant.ends_at.is_none()) {
        None
    } else {
        grants.iter().filter_map(|grant| grant.ends_at).max()
    };
    sql(KEEP)
        .bind(person)
        .bind(instance)
        .bind(best.role.name())
        .bind(best.source.name())
        .bind(connection.as_ref())
        .bind(ends_at)
        .bind(now)
        .execute(tx)
        .await?;
    Ok(Some(best.role))
}

/// The connection for somebody without their own: with a shared role only, that of whoever shares it, if they allow it.
async fn borrowed(tx: &mut Tx, instance: &InstanceId, grants: &[Grant]) -> Result<Option<ConnectionId>> {
    const LENT: &str = "select g.connection_id as value from access_grants g \
        join connections c on c.id = g.connection_id where g.instance_id = $1 and g.person_id = $2 \
        and g.source = 'amazon' and g.missing_since is null and c.state = 'active'";
    if grants.iter().any(|grant| grant.source != Source::Shared) {
        return connection_of_others(tx, instance).await;
    }
    let Some(lender) = grants.iter().filter(|grant| grant.lends).find_map(|grant| grant.giver.as_ref()) else {
        return Ok(None);
    };
    Ok(sql(LENT).bind(instance).bind(lender).optional::<Single<ConnectionId>>(tx).await?.map(|Single(id)| id))
}

/// An active connection through which Amazon lists the instance, most recently confirmed first: for people without
/// their own.
async fn connection_of_others(tx: &mut Tx, instance: &InstanceId) -> Result<Option<ConnectionId>> {
    const OTHERS: &str = "select g.connection_id as value from access_grants g \
        join connections c on c.id = g.connection_id where g.instance_id = $1 and g.source = 'amazon' \
        and g.missing_since is null and c.state = 'active' order by g.confirmed_at desc, c.id limit 1";
    Ok(sql(OTHERS).bind(instance).optional::<Single<ConnectionId>>(tx).await?.map(|Single(id)| id))
}

/// Records that Amazon lists the instance for this person through their connection: new access gets the role manager,
/// existing access keeps its role, and a grace period ends. `listed` is false for an instance that Amazon's lists
/// don't show and that was requested by its id.
pub(super) async fn confirm(
    tx: &mut Tx,
    now: DateTime<Utc>,
    person: &PersonId,
    connection: &ConnectionId,
    instance: &InstanceId,
    listed: bool,
) -> Result<()> {
    const CONFIRM: &str = "insert into access_grants (instance_id, person_id, source, role, connection_id, listed, \
        confirmed_at, created_at) values ($1, $2, 'amazon', 'manager', $3, $4, $5, $5) \
        on conflict (instance_id, person_id, source) do update set connection_id = excluded.connection_id, \
        listed = access_grants.listed or excluded.listed, confirmed_at = excluded.confirmed_at, \
        missing_since = null, ends_at = null";
    const LISTED: &str = "select exists (select 1 from access_grants g join instance_access a \
        on a.instance_id = g.instance_id and a.person_id = g.person_id where g.instance_id = $1 and g.person_id = $2 \
        and g.source = 'amazon' and g.connection_id = $3 and g.missing_since is null and a.connection_id = $3) as value";
    const WITHOUT: &str = "select person_id, instance_id from instance_access where instance_id = $1 \
        and connection_id is null order by person_id";
    let known: bool = sql(LISTED).bind(instance).bind(person).bind(connection).value(tx).await?;
    sql(CONFIRM).bind(instance).bind(person).bind(connection).bind(listed).bind(now).execute(tx).await?;
    // OK to skip the update: only the confirmation time has changed.
    if !known {
        settle(tx, now, person, instance).await?;
        // Others may have waited for a connection.
        for pair in sql(WITHOUT).bind(instance).all::<Pair>(tx).await? {
            settle(tx, now, &pair.person, &pair.instance).await?;
        }
    }
    Ok(())
}

/// A person's access to an instance that Amazon no longer lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::instances) struct Withdrawn {
    pub(in crate::instances) person: PersonId,
    pub(in crate::instances) instance: InstanceId,
}

/// Begins the grace period, which ends at `ends_at`, for instances that a connection's survey begun at `begun` didn't
/// find again. Only for a survey that was answered: those in `unanswered`, by their usual account, are unchanged.
/// Returns the newly affected ones.
pub(in crate::instances) async fn withdraw(
    tx: &mut Tx,
    now: DateTime<Utc>,
    connection: &ConnectionId,
    begun: DateTime<Utc>,
    unanswered: &[String],
    ends_at: DateTime<Utc>,
) -> Result<Vec<Withdrawn>> {
    const MISSING: &str = "select g.person_id, g.instance_id, i.entity_id from access_grants g \
        join instances i on i.id = g.instance_id where g.connection_id = $1 and g.source = 'amazon' and g.listed \
        and g.missing_since is null and g.confirmed_at < $2 order by g.instance_id";
    struct Missing(Pair, String);
    impl FromRow for Missing {
        fn from_row(row: &Row) -> Result<Self> {
            Ok(Self(Pair::from_row(row)?, row.get("entity_id")?))
        }
    }
    let missing: Vec<Missing> = sql(MISSING).bind(connection).bind(begun).all(tx).await?;
    let mut withdrawn = Vec::new();
    for Missing(Pair { person, instance }, entity) in missing {
        if unanswered.contains(&entity) {
            continue;
        }
        lose(tx, now, &person, &instance, ends_at).await?;
        withdrawn.push(Withdrawn { person, instance });
    }
    Ok(withdrawn)
}

/// Begins the grace period of a person's access from Amazon.
async fn lose(
    tx: &mut Tx,
    now: DateTime<Utc>,
    person: &PersonId,
    instance: &InstanceId,
    ends_at: DateTime<Utc>,
) -> Result<()> {
    const LOSE: &str = "update access_grants set missing_since = $3, ends_at = $4 where person_id = $1 \
        and instance_id = $2 and source = 'amazon' and missing_since is null";
    sql(LOSE).bind(person).bind(instance).bind(now).bind(ends_at).execute(tx).await?;
    settle(tx, now, person, instance).await?;
    Ok(())
}

/// Removes a disconnected connection from all access: its owner's begins its grace period, which ends at `ends_at`;
/// that of others switches to another connection if there is one. Returns the owner's.
pub async fn disconnect(
    tx: &mut Tx,
    now: DateTime<Utc>,
    connection: &ConnectionId,
    ends_at: DateTime<Utc>,
) -> Result<Vec<InstanceId>> {
    const OWN: &str = "select person_id, instance_id from access_grants where connection_id = $1 \
        and source = 'amazon' and missing_since is null order by instance_id";
    const FREE: &str = "update access_grants set connection_id = null where connection_id = $1";
    const USED: &str = "select person_id, instance_id from instance_access where connection_id = $1 \
        order by instance_id, person_id";
    let own: Vec<Pair> = sql(OWN).bind(connection).all(tx).await?;
    sql(FREE).bind(connection).execute(tx).await?;
    for pair in &own {
        lose(tx, now, &pair.person, &pair.instance, ends_at).await?;
    }
    for pair in sql(USED).bind(connection).all::<Pair>(tx).await? {
        settle(tx, now, &pair.person, &pair.instance).await?;
    }
    Ok(own.into_iter().map(|pair| pair.instance).collect())
}

/// A role that somebody grants.
#[derive(Clone, Copy, Debug)]
pub struct Given {
    pub role: Role,
    /// When it ends, if it does.
    pub ends_at: Option<DateTime<Utc>>,
    /// Whether queries may run with the connection of whoever grants it.
    pub lends: bool,
}

/// Grants a person a role on an instance, or changes the role of this source; until its end if it has one. Access from
/// Amazon ends with Amazon's lists, so only its role is changed.
pub async fn give(
    tx: &mut Tx,
    now: DateTime<Utc>,
    by: &PersonId,
    (person, instance): (&PersonId, &InstanceId),
    source: Source,
    given: Given,
) -> Result<Option<Role>> {
    const GIVE: &str = "insert into access_grants (instance_id, person_id, source, role, given_by, ends_at, created_at, \
        lends) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (instance_id, person_id, source) do update set \
        role = excluded.role, given_by = excluded.given_by, ends_at = excluded.ends_at, lends = excluded.lends";
    const CHANGE: &str = "update access_grants set role = $3 where instance_id = $1 and person_id = $2 \
        and source = 'amazon'";
    if source == Source::Amazon {
        sql(CHANGE).bind(instance).bind(person).bind(given.role.name()).execute(tx).await?;
    } else {
        sql(GIVE)
            .bind(instance)
            .bind(person)
            .bind(source.name())
            .bind(given.role.name())
            .bind(by)
            .bind(given.ends_at)
            .bind(now)
            .bind(given.lends)
            .execute(tx)
            .await?;
    }
    settle(tx, now, person, instance).await
}

/// Revokes the access of a source; returns whether there was any.
pub async fn revoke(
    tx: &mut Tx,
    now: DateTime<Utc>,
    (person, instance): (&PersonId, &InstanceId),
    source: Source,
) -> Result<bool> {
    const REVOKE: &str = "delete from access_grants where instance_id = $1 and person_id = $2 and source = $3";
    let touched = sql(REVOKE).bind(instance).bind(person).bind(source.name()).execute(tx).await?;
    settle(tx, now, person, instance).await?;
    Ok(touched > 0)
}

/// Revokes all access of a person from any source; returns on how many instances.
pub async fn revoke_all(tx: &mut Tx, person: &PersonId) -> Result<u64> {
    const GRANTS: &str = "delete from access_grants where person_id = $1";
    const ACCESS: &str = "delete from instance_access where person_id = $1";
    sql(GRANTS).bind(person).execute(tx).await?;
    sql(ACCESS).bind(person).execute(tx).await
}

/// When the next access of anybody expires.
pub(in crate::instances) async fn next_end(tx: &mut Tx) -> Result<Option<DateTime<Utc>>> {
    const NEXT: &str = "select min(ends_at) as value from access_grants where ends_at is not null";
    sql(NEXT).value(tx).await
}

/// Access that has expired, and the role that another source still grants, if any.
#[derive(Clone, Debug)]
pub(in crate::instances) struct Ended {
    pub(in crate::instances) person: PersonId,
    pub(in crate::instances) instance: InstanceId,
    pub(in crate::instances) left: Option<Role>,
}

/// Removes all access that has expired at `now`.
pub(in crate::instances) async fn end_due(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<Ended>> {
    const DUE: &str = "select distinct person_id, instance_id from access_grants where ends_at <= $1 \
        order by instance_id, person_id";
    let mut ended = Vec::new();
    for Pair { person, instance } in sql(DUE).bind(now).all::<Pair>(tx).await? {
        let left = settle(tx, now, &person, &instance).await?;
        ended.push(Ended { person, instance, left });
    }
    Ok(ended)
}

/// When the access of somebody who loses an instance at `now` ends.
pub(in crate::instances) fn end_of_grace(now: DateTime<Utc>, days: u32) -> DateTime<Utc> {
    now + TimeDelta::days(days.into())
}
