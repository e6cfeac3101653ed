//! Reads the outcome feed: each row is handled once, regardless of the number of processes.

use super::store;
use crate::db::{self, Db, Scope, Tx};
use crate::executions::{Outcome, newest_outcome, outcomes};

/// Maximum number of rows read at a time.
const MOST: i64 = 500;

/// A worker that handles outcomes in the transaction that moves its cursor.
pub(super) trait Follower: Sync {
    /// The name of its cursor.
    const CURSOR: &'static str;

    fn db(&self) -> &Db;

    /// Handles a row; returns whether it changed anything.
    fn follow(&self, tx: &mut Tx, row: &Outcome) -> impl Future<Output = db::Result<bool>> + Send;
}

/// Handles the rows since the last call; returns the number of rows that changed something. The first call only sets
/// the cursor: earlier outcomes don't matter.
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
            // OK because another process has read the same rows: nothing is committed here.
            return Ok(changed);
        }
        tx.commit().await?;
        changed += now_changed;
    }
}
