//! Who has starred which query.

use chrono::{DateTime, Utc};

use crate::db::{Result, Single, Tx, sql};
use crate::ids::{PersonId, QueryId};

/// Whether a person has starred this query.
pub(in crate::queries) async fn is_favourite(tx: &mut Tx, person: &PersonId, query: &QueryId) -> Result<bool> {
    const FIND: &str = "select query_id as value from query_favourites where person_id = $1 and query_id = $2";
    Ok(sql(FIND).bind(person).bind(query).cached().optional::<Single<String>>(tx).await?.is_some())
}

/// Sets a star, or removes it (without a time). The caller has checked that the person may see the query.
pub(in crate::queries) async fn set_favourite(
    tx: &mut Tx,
    person: &PersonId,
    query: &QueryId,
    at: Option<DateTime<Utc>>,
) -> Result<()> {
    const GIVE: &str = "insert into query_favourites (person_id, query_id, created_at) values ($1, $2, $3) \
        on conflict (person_id, query_id) do nothing";
    const TAKE: &str = "delete from query_favourites where person_id = $1 and query_id = $2";
    match at {
        Some(at) => sql(GIVE).bind(person).bind(query).bind(at).execute(tx).await?,
        None => sql(TAKE).bind(person).bind(query).execute(tx).await?,
    };
    Ok(())
}

/// Whether a person made this query from a template.
pub(in crate::queries) async fn has_template(tx: &mut Tx, person: &PersonId, query: &QueryId) -> Result<bool> {
    const FIND: &str = "select template as value from template_uses where person_id = $1 and query_id = $2 limit 1";
    Ok(sql(FIND).bind(person).bind(query).cached().optional::<Single<String>>(tx).await?.is_some())
}
