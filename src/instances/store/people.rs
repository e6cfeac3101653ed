//! Access by person and by connection: for administrators, and for disconnecting.

use crate::db::{FromRow, PageRange, Result, Row, Statement, Tx, containing, sql};
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
        g.connection_id, g.confirmed_at, g.missing_since, g.ends_at, g.given_by, g.lends, p.name as given_by_name \
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

/// The access that one source grants somebody on an instance.
#[derive(Clone, Debug)]
pub struct Colleague {
    pub person: PersonId,
    pub name: String,
    pub email: String,
    /// Whether they may sign in.
    pub is_active: bool,
    pub grant: Grant,
}

impl FromRow for Colleague {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            person: row.get("person_id")?,
            name: row.get("name")?,
            email: row.get("email")?,
            is_active: row.get::<String>("state")? == "active",
            grant: Grant::from_row(row)?,
        })
    }
}

/// The filter of the people of an instance.
#[derive(Clone, Debug)]
pub struct ColleagueFilter {
    pub instance: InstanceId,
    /// Part of the name or the address.
    pub text: String,
    /// The stored name of a role; empty for all.
    pub role: &'static str,
    /// The stored name of a source; empty for all.
    pub source: &'static str,
    /// Only this person.
    pub person: Option<PersonId>,
}

macro_rules! colleagues {
    ($columns:literal, $rest:literal) => {
        concat!(
            "select ",
            $columns,
            " from access_grants g join people m on m.id = g.person_id left join people p on p.id = g.given_by ",
            "where g.instance_id = $1 ",
            "and ($2 = '' or lower(m.name || ' ' || m.email) like lower($2) escape '\\') ",
            "and ($3 = '' or g.role = $3) and ($4 = '' or g.source = $4) and ($5 is null or g.person_id = $5) ",
            $rest
        )
    };
}

fn filtered(text: &'static str, filter: &ColleagueFilter) -> Statement {
    sql(text)
        .bind(&filter.instance)
        .bind(containing(&filter.text))
        .bind(filter.role)
        .bind(filter.source)
        .bind(filter.person.as_ref())
}

/// Who has access to an instance, one row for each source, by name. In the system's scope.
pub async fn people_of(tx: &mut Tx, filter: &ColleagueFilter, range: PageRange) -> Result<Vec<Colleague>> {
    const LIST: &str = colleagues!(
        "g.person_id, m.name, m.email, m.state, g.source, g.role, g.connection_id, g.confirmed_at, g.missing_since, \
         g.ends_at, g.given_by, g.lends, p.name as given_by_name",
        "order by lower(m.name), g.person_id, g.source limit $6 offset $7"
    );
    filtered(LIST, filter).bind(range.most).bind(range.skip).all(tx).await
}

/// Their number, counted up to `most`.
pub async fn count_people_of(tx: &mut Tx, filter: &ColleagueFilter, most: i64) -> Result<i64> {
    const COUNT: &str = colleagues!("count(*) as value from (select 1 as one", "limit $6) as counted");
    filtered(COUNT, filter).bind(most).count(tx).await
}

struct Named(PersonId, String);

impl FromRow for Named {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self(row.get("id")?, row.get("name")?))
    }
}

/// Active people with whom somebody shares any instance, by name.
pub async fn colleagues(tx: &mut Tx, person: &PersonId) -> Result<Vec<(PersonId, String)>> {
    const ALL: &str = "select distinct p.id, p.name, lower(p.name) as sorted from instance_access mine \
        join instance_access theirs on theirs.instance_id = mine.instance_id join people p on p.id = theirs.person_id \
        where mine.person_id = $1 and p.id <> $1 and p.state = 'active' order by sorted, p.id";
    Ok(sql(ALL).bind(person).all::<Named>(tx).await?.into_iter().map(|Named(id, name)| (id, name)).collect())
}
