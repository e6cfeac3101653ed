//! Writes outcomes of executions to the ledgers of schedules and backfills.

use crate::db::{self, Db, Scope, Tx};
use crate::executions::{Cursor, Outcome};

/// Maximum number of rows read at a time.
const MOST: i64 = 500;

/// A worker that handles outcomes.
pub(super) trait Follower: Sync {
    const CURSOR: Cursor;

    fn db(&self) -> &Db;

    /// Handles a row; returns whether it changed anything.
    fn follow(&self, tx: &mut Tx, row: &Outcome) -> impl Future<Output = db::Result<bool>> + Send;
}

/// Handles the rows since the last call; returns the number of rows that changed something.
pub(super) async fn read_on<F: Follower>(follower: &F) -> db::Result<usize> {
    let mut changed = 0;
    while let Some(batch) = F::CURSOR.next(follower.db(), MOST).await? {
        let mut tx = follower.db().write(&Scope::System).await?;
        if !batch.pass(&mut tx).await? {
            break;
        }
        let mut now_changed = 0;
        for row in &batch.rows {
            now_changed += usize::from(follower.follow(&mut tx, row).await?);
        }
        tx.commit().await?;
        changed += now_changed;
    }
    Ok(changed)
}
