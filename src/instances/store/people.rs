//! Access by person and by connection: for administrators, and for disconnecting.

use crate::db::{FromRow, Result, Row, Tx, sql};
use crate::ids::{ConnectionId, InstanceId, PersonId};
use crate::instances::model::Grant;

/// The access that one source grants a person on one instance.
#[derive(Clone, Debug)]
pub struct PersonGrant {
    pub instance: InstanceId,
    pub name: String,
    pub account: String,
    pub grant: Grant,
}

impl FromRow for PersonGrant {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            instance: row.get("instance_id")?,
            name: row.get("name")?,
            account: row.get("account_name")?,
            grant: Grant::from_row(row)?,
        })
    }
}

/// All access grants of a person, by account and instance.
pub async fn grants_of(tx: &mut Tx, person: &PersonId) -> Result<Vec<PersonGrant>> {
    const GRANTS: &str = "select g.instance_id, coalesce(i.name, i.amc_name) as name, i.account_name, g.source, g.role, \
        g.connection_id, g.confirmed_at, g.missing_since, g.ends_at, p.name as given_by_name \
        from access_grants g join instances i on i.id = g.instance_id left join people p on p.id = g.given_by \
        where g.person_id = $1 order by lower(i.account_name), lower(i.amc_name), g.instance_id, g.source";
    sql(GRANTS).bind(person).all(tx).await
}

/// An instance's names, for a select.
#[derive(Clone, Debug)]
pub struct NamedInstance {
    pub id: InstanceId,
    pub name: String,
    pub account: String,
}

impl FromRow for NamedInstance {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { id: row.get("id")?, name: row.get("name")?, account: row.get("account_name")? })
    }
}

/// All instances of the installation.
pub async fn named(tx: &mut Tx) -> Result<Vec<NamedInstance>> {
    const ALL: &str = "select id, coalesce(name, amc_name) as name, account_name from instances \
        order by lower(account_name), lower(amc_name), id";
    sql(ALL).all(tx).await
}

/// The instances that people reach through a connection.
pub async fn reached_by(tx: &mut Tx, connection: &ConnectionId) -> Result<Vec<NamedInstance>> {
    const REACHED: &str = "select distinct i.id, coalesce(i.name, i.amc_name) as name, i.account_name \
        from instance_access a join instances i on i.id = a.instance_id where a.connection_id = $1 \
        order by i.account_name, name, i.id";
    sql(REACHED).bind(connection).all(tx).await
}

/// Resets a connection's survey, so that it starts again when the connection works again.
pub async fn forget_survey(tx: &mut Tx, connection: &ConnectionId) -> Result<()> {
    const SURVEY: &str = "delete from surveys where connection_id = $1";
    const ACCOUNTS: &str = "delete from survey_accounts where connection_id = $1";
    sql(SURVEY).bind(connection).execute(tx).await?;
    sql(ACCOUNTS).bind(connection).execute(tx).await?;
    Ok(())
}
