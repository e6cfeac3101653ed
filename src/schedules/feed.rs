//! Reading on in the feed of outcomes, each row once whatever process reads it.

use super::store;
use crate::db::{self, Db, Scope, Tx};
use crate::executions::{Outcome, newest_outcome, outcomes};

/// Rows that are read at a time.
const MOST: i64 = 500;

/// A worker that acts on outcomes, in the transaction in which its position moves on.
pub(super) trait Follower: Sync {
    /// The name of its position.
    const CURSOR: &'static str;

    fn db(&self) -> &Db;

    /// Acts on one row; says whether it changed anything.
    fn follow(&self, tx: &mut Tx, row: &Outcome) -> impl Future<Output = db::Result<bool>> + Send;
}

/// Reads what came since the last time; gives how many rows changed something. What was before the first time does
/// not matter.
pub(super) async fn read_on<F: Follower>(follower: &F) -> db::Result<usize> {
    let mut changed = 0;
    loop {
        let mut tx = follower.db().write(&Scope::System).await?;
        let Some(position) = store::cursor(&mut tx, F::CURSOR).await? else {
            let newest = newest_outcome(&mut tx).await?;
            store::advance_cursor(&mut tx, F::CURSOR, None, newest).await?;
            tx.commit().await?;
            return Ok(changed);
        };
        let rows = outcomes(&mut tx, position, MOST).await?;
        let Some(last) = rows.last().map(|row| row.position) else { return Ok(changed) };
        let mut now_changed = 0;
        for row in &rows {
            now_changed += usize::from(follower.follow(&mut tx, row).await?);
        }
        if !store::advance_cursor(&mut tx, F::CURSOR, Some(position), last).await? {
            // OK because another process has read the same rows: nothing of this is committed.
            return Ok(changed);
        }
        tx.commit().await?;
        changed += now_changed;
    }
}
