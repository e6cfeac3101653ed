//! People for administrators: list, change roles, suspend, remove.

use chrono::{DateTime, Utc};

use super::PersonRow;
use crate::accounts::model::{PersonStatus, Role};
use crate::db::{self, FromRow, PageRange, Result, Row, Statement, Tx, containing, sql};
use crate::ids::PersonId;

/// A person, with counts.
#[derive(Clone, Debug)]
pub struct Member {
    pub id: PersonId,
    /// Their name at Amazon.
    pub name: String,
    /// The address they signed in with.
    pub email: String,
    pub role: Role,
    /// Whether they may sign in.
    pub status: PersonStatus,
    /// Since when; `None` if they always could.
    pub status_since: Option<DateTime<Utc>>,
    /// When they first signed in.
    pub created_at: DateTime<Utc>,
    /// When they last signed in.
    pub signed_in_at: DateTime<Utc>,
    /// How many instances they have access to.
    pub instances: i64,
    /// How many of their executions are in progress.
    pub unfinished: i64,
}

impl FromRow for Member {
    fn from_row(row: &Row) -> Result<Self> {
        let PersonRow { name, email, role, status, .. } = PersonRow::from_row(row)?;
        Ok(Self {
            id: row.get("id")?,
            name,
            email,
            role,
            status,
            status_since: row.get("state_at")?,
            created_at: row.get("created_at")?,
            signed_in_at: row.get("signed_in_at")?,
            instances: row.get("instances")?,
            unfinished: row.get("unfinished")?,
        })
    }
}

/// The filter of the list of people.
#[derive(Clone, Debug, Default)]
pub struct MemberFilter {
    /// Part of the name or the address.
    pub text: String,
    /// `administrator` or `member`; empty for both.
    pub role: String,
    /// `active`, `suspended` or `removed`; empty for all.
    pub status: String,
}

macro_rules! select {
    ($rest:expr) => {
        concat!(
            "select p.id, p.name, p.email, p.role, p.state, p.state_at, p.invitation_id, p.created_at, p.signed_in_at, ",
            "(select count(*) from instance_access a where a.person_id = p.id) as instances, ",
            "(select count(*) from executions e where e.person_id = p.id and e.finished_at is null) as unfinished ",
            "from people p where ",
            $rest
        )
    };
}

macro_rules! filtered {
    ($rest:literal) => {
        concat!(
            "($1 = '' or lower(p.name || ' ' || p.email) like lower($1) escape '\\') ",
            "and ($2 = '' or p.role = $2) and ($3 = '' or p.state = $3) ",
            $rest
        )
    };
}

fn filtered(text: &'static str, filter: &MemberFilter) -> Statement {
    sql(text).bind(containing(&filter.text)).bind(&filter.role).bind(&filter.status)
}

/// A range of the filtered people, by name.
pub async fn members(tx: &mut Tx, filter: &MemberFilter, range: PageRange) -> Result<Vec<Member>> {
    const LIST: &str = select!(filtered!("order by lower(p.name), p.id limit $4 offset $5"));
    filtered(LIST, filter).bind(range.most).bind(range.skip).cached().all(tx).await
}

/// The number of filtered people, counted up to `most`.
pub async fn count_members(tx: &mut Tx, filter: &MemberFilter, most: i64) -> Result<i64> {
    const COUNT: &str = concat!(
        "select count(*) as value from (select 1 as one from people p where ",
        filtered!("limit $4) as counted")
    );
    filtered(COUNT, filter).bind(most).cached().count(tx).await
}

pub async fn member(tx: &mut Tx, id: &PersonId) -> Result<Member> {
    const FIND: &str = select!("p.id = $1");
    sql(FIND).bind(id).cached().one(tx).await
}

/// The people with this address, in any state.
pub async fn by_email(tx: &mut Tx, email: &str) -> Result<Vec<Member>> {
    const FIND: &str = select!("lower(p.email) = lower($1) order by p.id limit 10");
    sql(FIND).bind(email).all(tx).await
}

/// Everyone who may sign in, except one, by name: for choosing a successor.
pub async fn successors(tx: &mut Tx, but: &PersonId) -> Result<Vec<(PersonId, String)>> {
    const ACTIVE: &str = "select id, name from people where state = 'active' and id <> $1 order by lower(name), id";
    Ok(sql(ACTIVE)
        .bind(but)
        .cached()
        .all::<super::Named>(tx)
        .await?
        .into_iter()
        .map(|named| (named.0, named.1))
        .collect())
}

/// An administrator's change to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberChange {
    Role(Role),
    /// Whether they may sign in.
    Status(PersonStatus),
}

/// Why a person isn't changed.
#[derive(Debug, thiserror::Error)]
pub enum Unchanged {
    /// The caller is no longer an administrator.
    #[error("You are no longer an administrator.")]
    NotAdministrator,
    /// It is the caller themselves.
    #[error("You cannot change your own role, or suspend or remove yourself. Ask another administrator.")]
    Oneself,
    /// No administrator would be left.
    #[error("This is the last administrator. Make somebody else an administrator first.")]
    LastAdministrator,
    /// A database error, or the person doesn't exist.
    #[error(transparent)]
    Db(#[from] db::Error),
}

/// A person, if the caller may change them: administrators may change everybody but themselves.
pub async fn may_change(tx: &mut Tx, by: &PersonId, id: &PersonId) -> std::result::Result<Member, Unchanged> {
    let asking = member(tx, by).await?;
    if asking.role != Role::Administrator || asking.status != PersonStatus::Active {
        return Err(Unchanged::NotAdministrator);
    }
    if by == id {
        return Err(Unchanged::Oneself);
    }
    Ok(member(tx, id).await?)
}

/// Changes a person on behalf of an administrator. Changes that two administrators make to each other are serialized,
/// so one always remains.
pub async fn change_member(
    tx: &mut Tx,
    now: DateTime<Utc>,
    by: &PersonId,
    id: &PersonId,
    change: MemberChange,
) -> std::result::Result<Member, Unchanged> {
    const OTHERS: &str = "select count(*) as value from people where role = 'administrator' and state = 'active' \
        and id <> $1";
    const ROLE: &str = "update people set role = $2 where id = $1";
    const STATE: &str = "update people set state = $2, state_at = $3 where id = $1";
    tx.alone("administrators").await?;
    let was = may_change(tx, by, id).await?;
    let stays = matches!(change, MemberChange::Role(Role::Administrator) | MemberChange::Status(PersonStatus::Active));
    if was.role == Role::Administrator && was.status == PersonStatus::Active && !stays {
        let others = sql(OTHERS).bind(id).count(tx).await?;
        if others == 0 {
            return Err(Unchanged::LastAdministrator);
        }
    }
    match change {
        MemberChange::Role(role) => sql(ROLE).bind(id).bind(role.name()).execute(tx).await?,
        MemberChange::Status(status) => sql(STATE).bind(id).bind(status.name()).bind(now).execute(tx).await?,
    };
    Ok(was)
}
