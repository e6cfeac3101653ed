//! People as an administrator sees them: listed, given roles, suspended, removed.

use chrono::{DateTime, Utc};

use super::PersonRow;
use crate::accounts::model::{Role, Standing};
use crate::db::{self, FromRow, PageRange, Result, Row, Single, Statement, Tx, containing, sql};
use crate::ids::PersonId;

/// A person, with what they have here.
#[derive(Clone, Debug)]
pub struct Member {
    pub id: PersonId,
    /// The name that Amazon gave.
    pub name: String,
    /// The address that they signed in with.
    pub email: String,
    /// What they may do with the installation.
    pub role: Role,
    /// Whether they may sign in.
    pub standing: Standing,
    /// Since when that is so; none for somebody who always could.
    pub standing_since: Option<DateTime<Utc>>,
    /// When they first signed in.
    pub created_at: DateTime<Utc>,
    /// When they last signed in.
    pub signed_in_at: DateTime<Utc>,
    /// Instances to which they have access.
    pub instances: i64,
    /// Executions of theirs that have not ended.
    pub unfinished: i64,
}

impl FromRow for Member {
    fn from_row(row: &Row) -> Result<Self> {
        let PersonRow { name, email, role, standing } = PersonRow::from_row(row)?;
        Ok(Self {
            id: row.get("id")?,
            name,
            email,
            role,
            standing,
            standing_since: row.get("state_at")?,
            created_at: row.get("created_at")?,
            signed_in_at: row.get("signed_in_at")?,
            instances: row.get("instances")?,
            unfinished: row.get("unfinished")?,
        })
    }
}

/// Which people are listed.
#[derive(Clone, Debug, Default)]
pub struct MemberFilter {
    /// A part of the name or the address.
    pub text: String,
    /// `administrator` or `member`; the empty text for both.
    pub role: String,
    /// `active`, `suspended` or `removed`; the empty text for all.
    pub standing: String,
}

macro_rules! select {
    ($rest:expr) => {
        concat!(
            "select p.id, p.name, p.email, p.role, p.state, p.state_at, p.created_at, p.signed_in_at, ",
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
    sql(text).bind(containing(&filter.text)).bind(&filter.role).bind(&filter.standing)
}

/// A range of the people that a filter leaves, by name.
pub async fn members(tx: &mut Tx, filter: &MemberFilter, range: PageRange) -> Result<Vec<Member>> {
    const LIST: &str = select!(filtered!("order by lower(p.name), p.id limit $4 offset $5"));
    filtered(LIST, filter).bind(range.most).bind(range.skip).cached().all(tx).await
}

/// How many people a filter leaves, counted up to `most`.
pub async fn count_members(tx: &mut Tx, filter: &MemberFilter, most: i64) -> Result<i64> {
    const COUNT: &str = concat!(
        "select count(*) as value from (select 1 as one from people p where ",
        filtered!("limit $4) as counted")
    );
    filtered(COUNT, filter).bind(most).cached().one::<Single<i64>>(tx).await.map(|Single(count)| count)
}

pub async fn member(tx: &mut Tx, id: &PersonId) -> Result<Member> {
    const FIND: &str = select!("p.id = $1");
    sql(FIND).bind(id).cached().one(tx).await
}

/// Those who may sign in, but one, by name: for choosing who takes something over.
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

/// What an administrator changes about a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberChange {
    /// What they may do with the installation.
    Role(Role),
    /// Whether they may sign in.
    Standing(Standing),
}

/// Why a person is not changed.
#[derive(Debug, thiserror::Error)]
pub enum Unchanged {
    /// Who asks is no administrator any more.
    #[error("You are no longer an administrator.")]
    NotAdministrator,
    /// It is the person who asks.
    #[error("You cannot change your own role, or suspend or remove yourself. Ask another administrator.")]
    Oneself,
    /// Nobody would be left to look after the installation.
    #[error("This is the last administrator. Make somebody else an administrator first.")]
    LastAdministrator,
    /// The database, or there is no such person.
    #[error(transparent)]
    Db(#[from] db::Error),
}

/// A person, if somebody may change them: an administrator may everybody but themselves.
pub async fn may_change(tx: &mut Tx, by: &PersonId, id: &PersonId) -> std::result::Result<Member, Unchanged> {
    let asking = member(tx, by).await?;
    if asking.role != Role::Administrator || asking.standing != Standing::Active {
        return Err(Unchanged::NotAdministrator);
    }
    if by == id {
        return Err(Unchanged::Oneself);
    }
    Ok(member(tx, id).await?)
}

/// Changes a person for an administrator. Changes of two administrators to each other are made one after the other,
/// so that one is always left.
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
    const STANDING: &str = "update people set state = $2, state_at = $3 where id = $1";
    tx.alone("administrators").await?;
    let was = may_change(tx, by, id).await?;
    let stays = matches!(change, MemberChange::Role(Role::Administrator) | MemberChange::Standing(Standing::Active));
    if was.role == Role::Administrator && was.standing == Standing::Active && !stays {
        let Single(others): Single<i64> = sql(OTHERS).bind(id).one(tx).await?;
        if others == 0 {
            return Err(Unchanged::LastAdministrator);
        }
    }
    match change {
        MemberChange::Role(role) => sql(ROLE).bind(id).bind(role.name()).execute(tx).await?,
        MemberChange::Standing(standing) => sql(STANDING).bind(id).bind(standing.name()).bind(now).execute(tx).await?,
    };
    Ok(was)
}
