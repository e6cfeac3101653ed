//! The table of invitations.

use chrono::{DateTime, Utc};

use crate::accounts::invitations::{Invitation, InvitedAccess, NewInvitation, NotAccepted, author_role};
use crate::accounts::model::Role;
use crate::db::{FromRow, PageRange, Result, Row, Statement, Tx, containing, sql};
use crate::ids::{InvitationId, PersonId, token_hash};

impl FromRow for Invitation {
    fn from_row(row: &Row) -> Result<Self> {
        let access: Vec<InvitedAccess> = serde_json::from_value(row.get("access")?).unwrap_or_default();
        Ok(Self {
            id: row.get("id")?,
            email: row.get("email")?,
            role: Role::parse(&row.get::<String>("role")?).unwrap_or(Role::Member),
            access,
            created_by: row.get("created_by")?,
            author: row.get("author")?,
            author_role: author_role(&row.get::<String>("author_role")?, &row.get::<String>("author_state")?),
            created_at: row.get("created_at")?,
            expires_at: row.get("expires_at")?,
            claimed_by: row.get("claimed_by")?,
            guest: row.get("guest")?,
            accepted_at: row.get("accepted_at")?,
            revoked_at: row.get("revoked_at")?,
            mailed_at: row.get("mailed_at")?,
        })
    }
}

macro_rules! select {
    ($rest:expr) => {
        concat!(
            "select i.id, i.email, i.role, i.access, i.created_by, a.name as author, a.role as author_role, ",
            "a.state as author_state, i.created_at, i.expires_at, i.claimed_by, g.name as guest, i.accepted_at, ",
            "i.revoked_at, i.mailed_at from invitations i join people a on a.id = i.created_by ",
            "left join people g on g.id = i.claimed_by where ",
            $rest
        )
    };
}

/// The filter of the list of invitations.
#[derive(Clone, Debug)]
pub struct InvitationFilter {
    /// Only those of this author.
    pub author: Option<PersonId>,
    /// Part of the address or of a name.
    pub text: String,
    /// The name of a state; empty for all.
    pub state: &'static str,
    pub now: DateTime<Utc>,
}

macro_rules! filtered {
    ($rest:literal) => {
        concat!(
            "($1 is null or i.created_by = $1) ",
            "and ($2 = '' or lower(i.email || ' ' || a.name || ' ' || coalesce(g.name, '')) like lower($2) escape '\\') ",
            "and ($3 = '' or $3 = case when i.revoked_at is not null then 'revoked' ",
            "when i.accepted_at is not null then 'accepted' when i.claimed_by is not null then 'claimed' ",
            "when i.expires_at <= $4 then 'expired' else 'open' end) ",
            $rest
        )
    };
}

fn filtered(text: &'static str, filter: &InvitationFilter) -> Statement {
    sql(text).bind(filter.author.as_ref()).bind(containing(&filter.text)).bind(filter.state).bind(filter.now)
}

/// A range of the filtered invitations, newest first.
pub async fn list(tx: &mut Tx, filter: &InvitationFilter, range: PageRange) -> Result<Vec<Invitation>> {
    const LIST: &str = select!(filtered!("order by i.created_at desc, i.id desc limit $5 offset $6"));
    filtered(LIST, filter).bind(range.most).bind(range.skip).all(tx).await
}

/// The number of filtered invitations, counted up to `most`.
pub async fn count(tx: &mut Tx, filter: &InvitationFilter, most: i64) -> Result<i64> {
    const COUNT: &str = concat!(
        "select count(*) as value from (select 1 as one from invitations i join people a on a.id = i.created_by ",
        "left join people g on g.id = i.claimed_by where ",
        filtered!("limit $5) as counted")
    );
    filtered(COUNT, filter).bind(most).count(tx).await
}

/// An invitation that `by` may manage: their own, or any for an administrator (`None`).
pub async fn find(tx: &mut Tx, id: &InvitationId, by: Option<&PersonId>) -> Result<Invitation> {
    const FIND: &str = select!("i.id = $1 and ($2 is null or i.created_by = $2)");
    sql(FIND).bind(id).bind(by).one(tx).await
}

/// The invitation whose link has this token.
pub async fn by_token(tx: &mut Tx, token: &str) -> Result<Option<Invitation>> {
    const FIND: &str = select!("i.token_hash = $1");
    sql(FIND).bind(token_hash(token)).optional(tx).await
}

pub async fn add(
    tx: &mut Tx,
    now: DateTime<Utc>,
    (id, by, token): (&InvitationId, &PersonId, &str),
    invitation: &NewInvitation,
) -> Result<()> {
    const ADD: &str = "insert into invitations (id, token_hash, email, role, access, created_by, created_at, expires_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
    sql(ADD)
        .bind(id)
        .bind(token_hash(token))
        .bind(&invitation.email)
        .bind(invitation.role.name())
        .bind(serde_json::to_value(&invitation.access).unwrap_or_default())
        .bind(by)
        .bind(now)
        .bind(invitation.expires_at)
        .execute(tx)
        .await?;
    Ok(())
}

/// Gives an unused invitation a new link, until `expires_at`, on behalf of `by`; the previous link stops working.
/// Returns whether it was unused.
pub async fn renew(
    tx: &mut Tx,
    (id, by, token): (&InvitationId, &PersonId, &str),
    expires_at: DateTime<Utc>,
) -> Result<bool> {
    const RENEW: &str = "update invitations set token_hash = $2, created_by = $3, expires_at = $4, mailed_at = null \
        where id = $1 and claimed_by is null and accepted_at is null and revoked_at is null";
    Ok(sql(RENEW).bind(id).bind(token_hash(token)).bind(by).bind(expires_at).execute(tx).await? > 0)
}

/// Revokes an invitation that wasn't accepted; somebody who signed in through it is signed out, unless they are on the
/// list. Returns whether it was possible.
pub async fn revoke(tx: &mut Tx, now: DateTime<Utc>, id: &InvitationId) -> Result<bool> {
    const REVOKE: &str =
        "update invitations set revoked_at = $2 where id = $1 and accepted_at is null and revoked_at is null";
    const LEAVE: &str = "update people set invitation_id = null where invitation_id = $1";
    if sql(REVOKE).bind(id).bind(now).execute(tx).await? == 0 {
        return Ok(false);
    }
    sql(LEAVE).bind(id).execute(tx).await?;
    Ok(true)
}

/// Records that the link was sent by email.
pub async fn mailed(tx: &mut Tx, now: DateTime<Utc>, id: &InvitationId) -> Result<()> {
    const MAILED: &str = "update invitations set mailed_at = $2 where id = $1";
    sql(MAILED).bind(id).bind(now).execute(tx).await.map(drop)
}

/// Reserves the invitation with this token for somebody who signs in, if it lets them in beside the list.
pub(in crate::accounts) async fn claim(
    tx: &mut Tx,
    now: DateTime<Utc>,
    token: Option<&str>,
    person: &PersonId,
    email: &str,
) -> Result<Option<InvitationId>> {
    const CLAIM: &str = "update invitations set claimed_by = $2 where id = $1 and accepted_at is null \
        and revoked_at is null and (claimed_by = $2 or (claimed_by is null and expires_at > $3))";
    let Some(token) = token else { return Ok(None) };
    let Some(found) = by_token(tx, token).await? else { return Ok(None) };
    if !found.admits() || !found.is_for(email) {
        return Ok(None);
    }
    let claimed = sql(CLAIM).bind(&found.id).bind(person).bind(now).execute(tx).await?;
    Ok((claimed > 0).then_some(found.id))
}

/// Accepts the invitation with this token for a signed-in person: they get its role in the installation. The caller
/// gives the roles on instances.
pub async fn accept(
    tx: &mut Tx,
    now: DateTime<Utc>,
    token: &str,
    (person, email): (&PersonId, &str),
) -> std::result::Result<Invitation, NotAccepted> {
    const ACCEPT: &str = "update invitations set claimed_by = $2, accepted_at = $3 where id = $1 \
        and accepted_at is null and revoked_at is null and (claimed_by = $2 or (claimed_by is null and expires_at > $3))";
    const STAY: &str = "update people set invitation_id = $2 where id = $1 and invitation_id is null";
    const ADMINISTER: &str = "update people set role = 'administrator' where id = $1";
    let found = by_token(tx, token).await?.filter(|found| found.is_usable_by(now, person));
    let found = found.ok_or(NotAccepted::Unknown)?;
    if !found.is_for(email) {
        return Err(NotAccepted::Address);
    }
    if !found.is_backed() {
        return Err(NotAccepted::Void);
    }
    if sql(ACCEPT).bind(&found.id).bind(person).bind(now).execute(tx).await? == 0 {
        return Err(NotAccepted::Unknown);
    }
    if found.admits() {
        sql(STAY).bind(person).bind(&found.id).execute(tx).await?;
    }
    if found.role == Role::Administrator {
        sql(ADMINISTER).bind(person).execute(tx).await?;
    }
    Ok(found)
}
