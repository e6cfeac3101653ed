//! The table of people.

use chrono::{DateTime, Utc};

pub(super) mod invitations;
mod people;

pub use people::{
    Member, MemberChange, MemberFilter, Unchanged, by_email, change_member, count_members, may_change, member, members,
    successors,
};

use super::model::{Admission, Entry, NewPerson, PersonStatus, Role, admission, stays};
use crate::config::Config;
use crate::db::{FromRow, Result, Row, Tx, sql};
use crate::ids::{PersonId, Random};

pub(super) struct PersonRow {
    pub(super) name: String,
    pub(super) email: String,
    pub(super) role: Role,
    pub(super) status: PersonStatus,
    /// Whether an invitation lets them stay, whatever the list of allowed addresses says.
    pub(super) is_invited: bool,
}

impl FromRow for PersonRow {
    fn from_row(row: &Row) -> Result<Self> {
        let role = Role::parse(&row.get::<String>("role")?).unwrap_or(Role::Member);
        let status = PersonStatus::parse(&row.get::<String>("state")?);
        let is_invited = row.get::<Option<String>>("invitation_id")?.is_some();
        Ok(Self { name: row.get("name")?, email: row.get("email")?, role, status, is_invited })
    }
}

pub(super) async fn find(tx: &mut Tx, id: &PersonId) -> Result<Option<PersonRow>> {
    const FIND: &str = "select name, email, role, state, invitation_id from people where id = $1";
    sql(FIND).bind(id).optional(tx).await
}

/// A person's id and name.
#[derive(Clone)]
struct Named(PersonId, String);

impl FromRow for Named {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self(row.get("id")?, row.get("name")?))
    }
}

/// All people by name, for a select.
pub(super) async fn everybody(tx: &mut Tx) -> Result<Vec<(PersonId, String)>> {
    const ALL: &str = "select id, name from people order by lower(name), id";
    Ok(sql(ALL).cached().all::<Named>(tx).await?.into_iter().map(|Named(id, name)| (id, name)).collect())
}

/// Admits a person: one who was here before if they may stay (updating name and address), a new one according to the
/// rules, or because of the invitation with this token.
pub async fn admit(
    tx: &mut Tx,
    random: &Random,
    config: &Config,
    now: DateTime<Utc>,
    person: &NewPerson,
    token: Option<&str>,
) -> Result<Entry> {
    const COUNT: &str = "select count(*) as value from people";
    const ADD: &str = "insert into people (id, amazon_user_id, name, email, role, created_at, signed_in_at, \
        invitation_id) values ($1, $2, $3, $4, $5, $6, $6, $7)";
    if let Some(known) = known(tx, person).await? {
        return back(tx, config, now, person, known, token).await;
    }
    // One newcomer at a time, so that two concurrent sign-ins don't both become the first, nor create two people.
    tx.alone("a newcomer").await?;
    if let Some(known) = known(tx, person).await? {
        return back(tx, config, now, person, known, token).await;
    }
    let people = sql(COUNT).count(tx).await?;
    let id: PersonId = random.id(now);
    let (role, invitation) = match admission(people == 0, config.is_demo(), &config.allowed_emails, &person.email) {
        Admission::As(role) => (role, None),
        Admission::Refused => match invitations::claim(tx, now, token, &id, &person.email).await? {
            Some(invitation) => (Role::Member, Some(invitation)),
            None => return Ok(Entry::NotListed),
        },
    };
    sql(ADD)
        .bind(&id)
        .bind(&person.amazon_user_id)
        .bind(&person.name)
        .bind(&person.email)
        .bind(role.name())
        .bind(now)
        .bind(invitation.as_ref())
        .execute(tx)
        .await?;
    Ok(Entry::In(id))
}

/// Somebody who was admitted earlier.
struct Known(PersonId, PersonRow);

impl FromRow for Known {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self(row.get("id")?, PersonRow::from_row(row)?))
    }
}

async fn known(tx: &mut Tx, person: &NewPerson) -> Result<Option<Known>> {
    const FIND: &str = "select id, name, email, role, state, invitation_id from people where amazon_user_id = $1";
    sql(FIND).bind(&person.amazon_user_id).optional(tx).await
}

async fn back(
    tx: &mut Tx,
    config: &Config,
    now: DateTime<Utc>,
    person: &NewPerson,
    Known(id, row): Known,
    token: Option<&str>,
) -> Result<Entry> {
    const BACK: &str = "update people set name = $2, email = $3, signed_in_at = $4, \
        invitation_id = coalesce($5, invitation_id) where id = $1 and state = 'active'";
    if row.status != PersonStatus::Active {
        return Ok(Entry::Closed(row.status));
    }
    let mut invitation = None;
    if !stays(row.role, row.is_invited, config.is_demo(), &config.allowed_emails, &person.email) {
        invitation = invitations::claim(tx, now, token, &id, &person.email).await?;
        if invitation.is_none() {
            return Ok(Entry::NotListed);
        }
    }
    let let_in = sql(BACK)
        .bind(&id)
        .bind(&person.name)
        .bind(&person.email)
        .bind(now)
        .bind(invitation.as_ref())
        .execute(tx)
        .await?;
    if let_in == 0 {
        // They were suspended while this waited for the row.
        return Ok(Entry::Closed(PersonStatus::Suspended));
    }
    Ok(Entry::In(id))
}
