//! The feed of outcomes: a row for each start and each end of an execution, read with a [`super::Cursor`].
//!
//! A row is written in the transaction that changes the state, so neither exists without the other. Its position
//! comes from the feed's single row in `execution_feed`, which the increment keeps locked until the commit: the next
//! position is assigned when the previous one is visible. So a reader that continues after the last position it saw
//! skips nothing, and a transaction that is rolled back leaves no gap. A sequence was rejected: its numbers can
//! become visible out of order. The lock is taken last, after all execution rows that the transaction changes, so
//! that two transactions never deadlock.

use chrono::{DateTime, Utc};

use super::{origin, state};
use crate::db::{Error, FromRow, Result, Row, Tx, WrongValue, sql};
use crate::executions::model::{Origin, State};
use crate::ids::{ExecutionId, InstanceId, PersonId, QueryId};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// The execution was started; it waits to be sent.
    Started,
    /// It ended. An execution whose result is downloaded again ends again.
    Ended,
}

impl Happened {
    const fn name(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Ended => "ended",
        }
    }
}

/// One row of the feed, with what readers filter by.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Its position in the feed: the reader's cursor.
    pub position: i64,
    pub execution: ExecutionId,
    pub instance: InstanceId,
    /// The saved query, if any.
    pub query: Option<QueryId>,
    pub person: PersonId,
    pub origin: Origin,
    /// What the origin refers to.
    pub origin_ref: Option<String>,
    pub happened: Happened,
    /// The state at that time.
    pub state: State,
    pub at: DateTime<Utc>,
}

impl FromRow for Outcome {
    fn from_row(row: &Row) -> Result<Self> {
        let wrong = Error::Inconsistent { column: "event", source: WrongValue::new("known event") };
        Ok(Self {
            position: row.get("position")?,
            execution: row.get("execution_id")?,
            instance: row.get("instance_id")?,
            query: row.get("query_id")?,
            person: row.get("person_id")?,
            origin: origin(row)?,
            origin_ref: row.get("origin_ref")?,
            happened: match row.get::<String>("event")?.as_str() {
                "started" => Happened::Started,
                "ended" => Happened::Ended,
                _ => return Err(wrong),
            },
            state: state(row)?,
            at: row.get("at")?,
        })
    }
}

/// Adds a row to the feed.
pub(in crate::executions) async fn announce(
    tx: &mut Tx,
    now: DateTime<Utc>,
    (execution, instance): (&ExecutionId, &InstanceId),
    happened: Happened,
    state: State,
) -> Result<()> {
    const NEXT: &str = "insert into execution_feed (name, position) values ('outcomes', 1) \
        on conflict (name) do update set position = execution_feed.position + 1 returning position as value";
    const ADD: &str = "insert into execution_outcomes (position, execution_id, instance_id, event, state, at) \
        values ($1, $2, $3, $4, $5, $6)";
    let position: i64 = sql(NEXT).value(tx).await?;
    sql(ADD)
        .bind(position)
        .bind(execution)
        .bind(instance)
        .bind(happened.name())
        .bind(state.name())
        .bind(now)
        .execute(tx)
        .await
        .map(drop)
}

/// Deletes rows from before `before`, oldest first, at most `most`; returns how many.
pub(in crate::executions) async fn forget_outcomes(tx: &mut Tx, before: DateTime<Utc>, most: i64) -> Result<u64> {
    const FORGET: &str = "delete from execution_outcomes where position in (\
        select position from execution_outcomes where at < $1 order by at, position limit $2)";
    sql(FORGET).bind(before).bind(most).execute(tx).await
}
