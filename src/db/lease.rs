//! Leases: how a worker claims due rows so that no two processes do the same work.
//!
//! A lease is three columns of the row itself: the holder, the expiry, and an epoch that counts claims. The holder
//! writes back with its epoch, so a holder that was away too long (a suspended machine) can't overwrite its
//! successor's work: a fencing token. This is the only statement with two texts: PostgreSQL deadlocks without `for
//! update skip locked`, which SQLite doesn't support.

use chrono::{DateTime, TimeDelta, Utc};

use super::{FromRow, Result, Row, Tx, sql};
use crate::ids::ProcessId;

/// The two statements that claim due rows of one table.
#[derive(Clone, Copy, Debug)]
pub struct Queue {
    pub sqlite: &'static str,
    pub postgres: &'static str,
}

/// Declares the [`Queue`] of a table with columns `id`, the given due column, `lease_owner`, `lease_until` and
/// `lease_epoch`. `only` adds a condition; `gives` also returns these columns of the claimed rows ([`claim_as`]).
#[macro_export]
macro_rules! queue {
    ($table:literal, due $due:literal) => {
        $crate::queue!($table, due $due, only "true")
    };
    ($table:literal, due $due:literal, only $only:literal) => {
        $crate::queue!($table, due $due, only $only, gives "id, lease_epoch")
    };
    ($table:literal, due $due:literal, only $only:literal, gives $columns:literal) => {
        $crate::db::lease::Queue {
            sqlite: $crate::queue!(@text $table, $due, $only, $columns, ""),
            postgres: $crate::queue!(@text $table, $due, $only, $columns, " for update skip locked"),
        }
    };
    (@text $table:literal, $due:literal, $only:literal, $columns:literal, $lock:literal) => {
        concat!(
            "update ", $table, " set lease_owner = $1, lease_until = $2, lease_epoch = lease_epoch + 1 ",
            "where id in (select id from ", $table, " where ", $due, " <= $3 ",
            "and (lease_until is null or lease_until <= $3) and ", $only, " order by ", $due, " limit $4", $lock, ") ",
            "returning ", $columns
        )
    };
}

/// A row that this process may work on until the lease expires.
#[derive(Clone, Debug)]
pub struct Lease {
    /// The row's id.
    pub id: String,
    /// The number of the claim, to be used when writing back.
    pub epoch: i64,
}

impl FromRow for Lease {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { id: row.get("id")?, epoch: row.get("lease_epoch")? })
    }
}

/// Claims at most `limit` rows that are due at `now`, for `time`.
pub async fn claim(
    tx: &mut Tx,
    queue: Queue,
    owner: &ProcessId,
    now: DateTime<Utc>,
    time: TimeDelta,
    limit: i64,
) -> Result<Vec<Lease>> {
    claim_as(tx, queue, owner, now, time, limit).await
}

/// The same, returning the columns that the queue `gives`.
pub async fn claim_as<T: FromRow>(
    tx: &mut Tx,
    queue: Queue,
    owner: &ProcessId,
    now: DateTime<Utc>,
    time: TimeDelta,
    limit: i64,
) -> Result<Vec<T>> {
    let text = match tx.engine() {
        super::Engine::Sqlite => queue.sqlite,
        super::Engine::Postgres => queue.postgres,
    };
    sql(text).bind(owner).bind(now + time).bind(now).bind(limit).all(tx).await
}
