//! The table of nightly backups.

use chrono::{DateTime, TimeDelta, Utc};

use crate::db::lease::{self, Lease, Queue};
use crate::db::{FromRow, PageRange, Result, Row, Tx, sql};
use crate::ids::{BackupId, ProcessId};

/// Backups that are due.
const DUE: Queue = crate::queue!("backups", due "due_at", only "state = 'waiting'");

/// The state of a night's backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is due, being made, or tried again later.
    Waiting,
    /// It was made, opened and checked.
    Verified,
    Failed,
}

impl State {
    pub(super) const ALL: [Self; 3] = [Self::Waiting, Self::Verified, Self::Failed];

    /// The stored name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Verified => "verified",
            Self::Failed => "failed",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::Waiting => "In progress",
            Self::Verified => "Verified",
            Self::Failed => "Failed",
        }
    }
}

/// The backup of a night.
#[derive(Clone, Debug)]
pub struct Backup {
    /// The day, `2026-03-18`.
    pub night: String,
    pub state: State,
    /// The path of its folder; empty until it is verified, and once it was deleted.
    pub folder: String,
    pub bytes: i64,
    /// Rows of all tables.
    pub rows: i64,
    /// Why the last try failed; empty if it didn't.
    pub problem: String,
    pub attempts: i64,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
}

impl FromRow for Backup {
    fn from_row(row: &Row) -> Result<Self> {
        let state: String = row.get("state")?;
        Ok(Self {
            night: row.get("night")?,
            state: State::ALL.into_iter().find(|known| known.name() == state).unwrap_or(State::Failed),
            folder: row.get("file")?,
            bytes: row.get("bytes")?,
            rows: row.get("row_count")?,
            problem: row.get("problem")?,
            attempts: row.get("attempts")?,
            started_at: row.get("started_at")?,
            finished_at: row.get("finished_at")?,
        })
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select night, state, file, bytes, row_count, problem, attempts, started_at, finished_at from backups ",
            $rest
        )
    };
}

/// A range of the backups, newest first; of one state, unless it is empty.
pub(super) async fn list(tx: &mut Tx, state: &str, range: PageRange) -> Result<Vec<Backup>> {
    const LIST: &str = select!("where ($1 = '' or state = $1) order by night desc limit $2 offset $3");
    sql(LIST).bind(state).bind(range.most).bind(range.skip).all(tx).await
}

/// Their number, counted up to `most`.
pub(super) async fn count(tx: &mut Tx, state: &str, most: i64) -> Result<i64> {
    const COUNT: &str = "select count(*) as value from (select 1 as one from backups where ($1 = '' or state = $1) \
        limit $2) as counted";
    sql(COUNT).bind(state).bind(most).count(tx).await
}

/// The backup of the latest night, if there is any.
pub async fn newest(tx: &mut Tx) -> Result<Option<Backup>> {
    const NEWEST: &str = select!("order by night desc limit 1");
    sql(NEWEST).optional(tx).await
}

/// Adds the backup of a night that is due, unless it is there. An older one that still waits is given up.
pub(super) async fn plan(tx: &mut Tx, id: &BackupId, night: &str, due_at: DateTime<Utc>) -> Result<()> {
    const PLAN: &str = "insert into backups (id, night, state, due_at) values ($1, $2, 'waiting', $3) \
        on conflict (night) do nothing";
    const MISSED: &str = "update backups set state = 'failed', due_at = null, finished_at = $2, \
        problem = 'It was not made before the next night.' where state = 'waiting' and night < $1";
    if sql(PLAN).bind(id).bind(night).bind(due_at).execute(tx).await? > 0 {
        sql(MISSED).bind(night).bind(due_at).execute(tx).await?;
    }
    Ok(())
}

/// Claims the backup that is due, for `time`.
pub(super) async fn claim(
    tx: &mut Tx,
    process: &ProcessId,
    now: DateTime<Utc>,
    time: TimeDelta,
) -> Result<Option<Lease>> {
    const BEGIN: &str =
        "update backups set started_at = $3, attempts = attempts + 1 where id = $1 and lease_epoch = $2";
    let Some(lease) = lease::claim(tx, DUE, process, now, time, 1).await?.into_iter().next() else { return Ok(None) };
    sql(BEGIN).bind(&lease.id).bind(lease.epoch).bind(now).execute(tx).await?;
    Ok(Some(lease))
}

/// The night of a claimed backup, and how often it was tried.
pub(super) async fn claimed(tx: &mut Tx, lease: &Lease) -> Result<Option<Backup>> {
    const FIND: &str = select!("where id = $1 and lease_epoch = $2");
    sql(FIND).bind(&lease.id).bind(lease.epoch).optional(tx).await
}

/// What a verified backup contains.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) folder: String,
    pub(super) bytes: i64,
    pub(super) rows: i64,
}

/// Records a verified backup.
pub(super) async fn verified(tx: &mut Tx, now: DateTime<Utc>, lease: &Lease, made: &Made) -> Result<()> {
    const VERIFIED: &str = "update backups set state = 'verified', due_at = null, finished_at = $3, file = $4, \
        bytes = $5, row_count = $6, problem = '', lease_until = null where id = $1 and lease_epoch = $2";
    sql(VERIFIED)
        .bind(&lease.id)
        .bind(lease.epoch)
        .bind(now)
        .bind(&made.folder)
        .bind(made.bytes)
        .bind(made.rows)
        .execute(tx)
        .await
        .map(drop)
}

/// Records a failure; `next` is when it is tried again, if it is.
pub(super) async fn failed(
    tx: &mut Tx,
    now: DateTime<Utc>,
    lease: &Lease,
    problem: &str,
    next: Option<DateTime<Utc>>,
) -> Result<()> {
    const FAILED: &str = "update backups set state = $3, due_at = $4, finished_at = $5, problem = $6, lease_until = null \
        where id = $1 and lease_epoch = $2";
    let (state, finished) = if next.is_some() { (State::Waiting, None) } else { (State::Failed, Some(now)) };
    sql(FAILED)
        .bind(&lease.id)
        .bind(lease.epoch)
        .bind(state.name())
        .bind(next)
        .bind(finished)
        .bind(problem)
        .execute(tx)
        .await
        .map(drop)
}

/// Records that the folder of a night was deleted.
pub(super) async fn deleted(tx: &mut Tx, night: &str) -> Result<()> {
    const DELETED: &str = "update backups set file = '' where night = $1";
    sql(DELETED).bind(night).execute(tx).await.map(drop)
}

/// Deletes the rows of long past nights.
pub(super) async fn forget(tx: &mut Tx, before: &str) -> Result<()> {
    const FORGET: &str = "delete from backups where night < $1 and file = ''";
    sql(FORGET).bind(before).execute(tx).await.map(drop)
}
