//! The public links to a result; the table is written by the links' room.

use chrono::{DateTime, Utc};

use crate::db::{Result, Tx, sql};
use crate::ids::{ExecutionId, PersonId};

/// The number of links that show the execution's result at `now`; only those of this author, unless it is `None`.
pub(in crate::executions) async fn open_links(
    tx: &mut Tx,
    now: DateTime<Utc>,
    id: &ExecutionId,
    author: Option<&PersonId>,
) -> Result<i64> {
    const OPEN: &str = "select count(*) as value from public_links where execution_id = $1 and revoked_at is null \
        and expires_at > $2 and ($3 is null or person_id = $3)";
    sql(OPEN).bind(id).bind(now).bind(author).count(tx).await
}
