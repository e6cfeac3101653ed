//! Transfers queries and drafts when somebody leaves.

use crate::db::{Result, Tx, sql};
use crate::ids::PersonId;

/// How many queries and drafts a person owns, including those in the bin.
pub async fn owned(tx: &mut Tx, person: &PersonId) -> Result<i64> {
    const COUNT: &str = "select (select count(*) from queries where owner_id = $1) \
        + (select count(*) from drafts where person_id = $1) as value";
    sql(COUNT).bind(person).count(tx).await
}

/// Transfers all queries and drafts of one person, including those in the bin, to another; returns how many. If both
/// have a draft of the same query, the transferred one becomes a draft of a new query, so that neither is
/// overwritten.
pub async fn transfer(tx: &mut Tx, from: &PersonId, to: &PersonId) -> Result<u64> {
    const QUERIES: &str = "update queries set owner_id = $2 where owner_id = $1";
    const APART: &str = "update drafts set query_id = null where person_id = $1 and query_id in \
        (select d.query_id from drafts d where d.person_id = $2)";
    const DRAFTS: &str = "update drafts set person_id = $2 where person_id = $1";
    let queries = sql(QUERIES).bind(from).bind(to).execute(tx).await?;
    sql(APART).bind(from).bind(to).execute(tx).await?;
    Ok(queries + sql(DRAFTS).bind(from).bind(to).execute(tx).await?)
}
