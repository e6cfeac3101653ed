//! The ledger grouped by day, for the calendar and its totals.

use chrono::{DateTime, NaiveDate, Utc};

use crate::db::{FromRow, Result, Row, Tx, sql};
use crate::ids::{ExecutionId, ScheduleId};
use crate::schedules::calendar::SlotName;
use crate::schedules::model::SlotState;

/// The slots of one day with the same state.
#[derive(Clone, Debug)]
pub(in crate::schedules) struct DayGroup {
    pub day: NaiveDate,
    pub state: SlotState,
    pub is_late: bool,
    pub count: i64,
    /// The earliest of them.
    pub first: SlotName,
    /// The execution of one of them.
    pub execution: Option<ExecutionId>,
}

impl FromRow for DayGroup {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            day: row.parsed("day", |text| text.parse().ok())?,
            state: row.parsed("state", SlotState::parse)?,
            is_late: row.get("is_late")?,
            count: row.get("count")?,
            first: super::slot_name(&row.get::<String>("first")?)?,
            execution: row.get("execution_id")?,
        })
    }
}

/// The slots from a day (inclusive) to another (exclusive), grouped by day, state and lateness. The caller has checked
/// that the reader may see the schedule.
pub(in crate::schedules) async fn days(
    tx: &mut Tx,
    schedule: &ScheduleId,
    (from, until): (NaiveDate, NaiveDate),
) -> Result<Vec<DayGroup>> {
    // OK to compare as text: a slot's name begins with its date.
    const LIST: &str = "select substr(slot, 1, 10) as day, state, is_late, count(*) as count, min(slot) as first, \
        min(execution_id) as execution_id from schedule_slots where schedule_id = $1 and slot >= $2 and slot < $3 \
        group by substr(slot, 1, 10), state, is_late order by 1, 5";
    sql(LIST).bind(schedule).bind(from.to_string()).bind(until.to_string()).all(tx).await
}

/// The last slot started since this time, with its execution.
pub(in crate::schedules) async fn last_started(
    tx: &mut Tx,
    schedule: &ScheduleId,
    since: DateTime<Utc>,
) -> Result<Option<(DateTime<Utc>, ExecutionId)>> {
    const FIND: &str = "select decided_at, execution_id from schedule_slots where schedule_id = $1 and decided_at >= $2 \
        and state in ('started', 'succeeded') and execution_id is not null order by at desc, slot desc limit 1";
    struct Line(DateTime<Utc>, ExecutionId);
    impl FromRow for Line {
        fn from_row(row: &Row) -> Result<Self> {
            Ok(Self(row.get("decided_at")?, row.get("execution_id")?))
        }
    }
    let found = sql(FIND).bind(schedule).bind(since).optional::<Line>(tx).await?;
    Ok(found.map(|Line(at, execution)| (at, execution)))
}

/// The durations of a schedule's latest successful executions in seconds, at most `most`.
pub(in crate::schedules) async fn durations(tx: &mut Tx, schedule: &ScheduleId, most: i64) -> Result<Vec<i64>> {
    const LIST: &str = "select took_seconds as value from schedule_slots where schedule_id = $1 \
        and state = 'succeeded' and took_seconds is not null order by at desc limit $2";
    sql(LIST).bind(schedule).bind(most).column(tx).await
}
