//! The table of personal tokens.

use chrono::{DateTime, Utc};

use super::model::{Scopes, Standing, Token};
use crate::db::{Error, FromRow, PageRange, Result, Row, Statement, Tx, containing, sql};
use crate::ids::{InstanceId, PersonId, TokenId};

impl FromRow for Token {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            name: row.get("name")?,
            hint: row.get("hint")?,
            scopes: Scopes::parse(&row.get::<String>("scopes")?),
            instances: instances(&row.get::<String>("instances")?),
            created_at: row.get("created_at")?,
            expires_at: row.get("expires_at")?,
            revoked_at: row.get("revoked_at")?,
            used_at: row.get("used_at")?,
            used_from: row.get("used_from")?,
        })
    }
}

/// The stored list of instances; `None` for all.
fn instances(text: &str) -> Option<Vec<InstanceId>> {
    // OK to leave out what isn't an id: a limited token stays limited.
    (!text.is_empty()).then(|| text.split(',').filter_map(|id| id.parse().ok()).collect())
}

/// The filter of a person's list.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter {
    /// Part of the name.
    pub(super) text: String,
    pub(super) standing: Option<Standing>,
}

macro_rules! listed {
    ($columns:literal, $rest:literal) => {
        concat!(
            "select ",
            $columns,
            " from personal_tokens where person_id = $1 and ($2 = '' or lower(name) like lower($2) escape '\\') ",
            "and ($3 = '' or ($3 = 'revoked' and revoked_at is not null) ",
            "or ($3 = 'expired' and revoked_at is null and expires_at <= $4) ",
            "or ($3 = 'active' and revoked_at is null and expires_at > $4)) ",
            $rest
        )
    };
}

fn filtered(text: &'static str, person: &PersonId, filter: &Filter, now: DateTime<Utc>) -> Statement {
    sql(text).bind(person).bind(containing(&filter.text)).bind(filter.standing.map_or("", Standing::name)).bind(now)
}

/// A range of a person's tokens, newest first.
pub(super) async fn list(
    tx: &mut Tx,
    person: &PersonId,
    filter: &Filter,
    now: DateTime<Utc>,
    range: PageRange,
) -> Result<Vec<Token>> {
    const LIST: &str = listed!(
        "id, name, hint, scopes, instances, created_at, expires_at, revoked_at, used_at, used_from",
        "order by created_at desc, id desc limit $5 offset $6"
    );
    filtered(LIST, person, filter, now).bind(range.most).bind(range.skip).all(tx).await
}

/// The number of filtered tokens, counted up to `most`.
pub(super) async fn count(
    tx: &mut Tx,
    person: &PersonId,
    filter: &Filter,
    now: DateTime<Utc>,
    most: i64,
) -> Result<i64> {
    const COUNT: &str = listed!("count(*) as value from (select 1 as one", "limit $5) as counted");
    filtered(COUNT, person, filter, now).bind(most).count(tx).await
}

/// One of a person's tokens.
pub(super) async fn find(tx: &mut Tx, person: &PersonId, id: &TokenId) -> Result<Token> {
    const FIND: &str = "select id, name, hint, scopes, instances, created_at, expires_at, revoked_at, used_at, \
        used_from from personal_tokens where person_id = $1 and id = $2";
    sql(FIND).bind(person).bind(id).one(tx).await
}

/// A token to be stored.
pub(super) struct NewToken<'a> {
    pub(super) id: &'a TokenId,
    pub(super) person: &'a PersonId,
    pub(super) name: &'a str,
    pub(super) hash: &'a str,
    pub(super) hint: &'a str,
    pub(super) scopes: &'a Scopes,
    pub(super) instances: &'a [InstanceId],
    pub(super) expires_at: DateTime<Utc>,
}

pub(super) async fn add(tx: &mut Tx, now: DateTime<Utc>, token: &NewToken<'_>) -> Result<()> {
    const ADD: &str = "insert into personal_tokens (id, person_id, name, hash, hint, scopes, instances, created_at, \
        expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let instances = match token.instances {
        [] => String::new(),
        some => some.iter().fold(",".to_owned(), |text, id| text + id.as_str() + ","),
    };
    sql(ADD)
        .bind(token.id)
        .bind(token.person)
        .bind(token.name)
        .bind(token.hash)
        .bind(token.hint)
        .bind(token.scopes.names().join(" "))
        .bind(instances)
        .bind(now)
        .bind(token.expires_at)
        .execute(tx)
        .await
        .map(drop)
}

/// Revokes one of a person's tokens; false if it was revoked before.
pub(super) async fn revoke(tx: &mut Tx, now: DateTime<Utc>, person: &PersonId, id: &TokenId) -> Result<bool> {
    const REVOKE: &str = "update personal_tokens set revoked_at = $3 where person_id = $1 and id = $2 \
        and revoked_at is null";
    Ok(sql(REVOKE).bind(person).bind(id).bind(now).execute(tx).await? == 1)
}

/// Revokes all tokens of a person who leaves; returns how many worked.
pub async fn revoke_all(tx: &mut Tx, now: DateTime<Utc>, person: &PersonId) -> Result<u64> {
    const REVOKE: &str = "update personal_tokens set revoked_at = $2 where person_id = $1 and revoked_at is null \
        and expires_at > $2";
    sql(REVOKE).bind(person).bind(now).execute(tx).await
}

/// A token as a request uses it.
#[derive(Clone, Debug)]
pub(super) struct Presented {
    pub(super) person: PersonId,
    pub(super) token: Token,
}

impl FromRow for Presented {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { person: row.get("person_id")?, token: Token::from_row(row)? })
    }
}

/// The token with this hash; for the program.
pub(super) async fn presented(tx: &mut Tx, hash: &str) -> Result<Option<Presented>> {
    const FIND: &str = "select id, person_id, name, hint, scopes, instances, created_at, expires_at, revoked_at, \
        used_at, used_from from personal_tokens where hash = $1";
    sql(FIND).bind(hash).optional(tx).await
}

/// Notes when and from where a token was used; for the program.
pub(super) async fn used(tx: &mut Tx, now: DateTime<Utc>, id: &TokenId, from: Option<&str>) -> Result<()> {
    const USED: &str = "update personal_tokens set used_at = $2, used_from = coalesce($3, used_from) where id = $1";
    match sql(USED).bind(id).bind(now).bind(from.map(str::to_owned)).execute(tx).await? {
        0 => Err(Error::Missing),
        _ => Ok(()),
    }
}
