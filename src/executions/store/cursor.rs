//! Reading the feed of outcomes: each row is handled once by each reader, regardless of the number of processes.

use super::outcomes::Outcome;
use crate::db::{Db, Result, Scope, Single, Tx, sql};

/// How far a worker has read the feed, under the worker's name.
///
/// A worker takes the next [`Batch`], prepares what needs no transaction, and handles the rows in the transaction in
/// which [`Batch::pass`] moves the cursor past them.
#[derive(Clone, Copy, Debug)]
pub struct Cursor(&'static str);

/// Rows of the feed that the cursor hasn't passed yet.
#[derive(Debug)]
pub struct Batch {
    cursor: Cursor,
    from: i64,
    to: i64,
    /// Oldest first, at least one.
    pub rows: Vec<Outcome>,
}

impl Cursor {
    /// The cursor of the worker with this name.
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// The next rows, at most `most`; `None` if there are none. The first call only sets the cursor to the end of the
    /// feed: earlier outcomes don't matter to a new reader.
    pub async fn next(self, db: &Db, most: i64) -> Result<Option<Batch>> {
        const FIND: &str = "select position as value from outcome_cursors where name = $1";
        const LIST: &str = "select o.position, o.execution_id, o.instance_id, e.query_id, e.person_id, e.origin, \
            e.origin_ref, o.event, o.state, o.at from execution_outcomes o join executions e on e.id = o.execution_id \
            where o.position > $1 order by o.position limit $2";
        let mut tx = db.read(&Scope::System).await?;
        let Some(Single(from)) = sql(FIND).bind(self.0).optional::<Single<i64>>(&mut tx).await? else {
            drop(tx);
            return self.begin(db).await.map(|()| None);
        };
        let rows = sql(LIST).bind(from).bind(most).all::<Outcome>(&mut tx).await?;
        Ok(rows.last().map(|row| row.position).map(|to| Batch { cursor: self, from, to, rows }))
    }

    async fn begin(self, db: &Db) -> Result<()> {
        const BEGIN: &str = "insert into outcome_cursors (name, position) values ($1, \
            (select coalesce(max(position), 0) from execution_feed where name = 'outcomes')) \
            on conflict (name) do nothing";
        let mut tx = db.write(&Scope::System).await?;
        sql(BEGIN).bind(self.0).execute(&mut tx).await?;
        tx.commit().await
    }
}

impl Batch {
    /// Moves the cursor past the rows. Returns false if another process has handled them; then the transaction must not
    /// be committed.
    pub async fn pass(&self, tx: &mut Tx) -> Result<bool> {
        const PASS: &str = "update outcome_cursors set position = $2 where name = $1 and position = $3";
        Ok(sql(PASS).bind(self.cursor.0).bind(self.to).bind(self.from).execute(tx).await? == 1)
    }
}
