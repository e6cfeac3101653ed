//! Whose queries and drafts are whose, when somebody leaves.

use crate::db::{Result, Single, Tx, sql};
use crate::ids::PersonId;

/// How many queries and drafts a person owns, those in the bin too.
pub async fn owned(tx: &mut Tx, person: &PersonId) -> Result<i64> {
    const COUNT: &str = "select (select count(*) from queries where owner_id = $1) \
        + (select count(*) from drafts where person_id = $1) as value";
    sql(COUNT).bind(person).one::<Single<i64>>(tx).await.map(|Single(count)| count)
}

/// Gives all queries and drafts of one person, those in the bin too, to another; gives how many. A draft of a query
/// of which the other has a draft becomes one of a new query, so that neither replaces the other.
pub async fn transfer(tx: &mut Tx, from: &PersonId, to: &PersonId) -> Result<u64> {
    const QUERIES: &str = "update queries set owner_id = $2 where owner_id = $1";
    const APART: &str = "update drafts set query_id = null where person_id = $1 and query_id in \
        (select d.query_id from drafts d where d.person_id = $2)";
    const DRAFTS: &str = "update drafts set person_id = $2 where person_id = $1";
    let queries = sql(QUERIES).bind(from).bind(to).execute(tx).await?;
    sql(APART).bind(from).bind(to).execute(tx).await?;
    Ok(queries + sql(DRAFTS).bind(from).bind(to).execute(tx).await?)
}
