//! Results of earlier slots of a schedule.

use chrono::{DateTime, Utc};

use crate::db::{FromRow, Result, Row, Tx, sql};
use crate::ids::{ExecutionId, ScheduleId};
use crate::notices::usual::{LOOKED_AT, Past};
use crate::results::StoredResult;

/// The slot of an execution: its schedule and time.
pub(in crate::notices) async fn slot_before(
    tx: &mut Tx,
    execution: &ExecutionId,
) -> Result<Option<(ScheduleId, DateTime<Utc>)>> {
    const FIND: &str = "select schedule_id, at from schedule_slots where execution_id = $1 limit 1";
    struct Slot(ScheduleId, DateTime<Utc>);
    impl FromRow for Slot {
        fn from_row(row: &Row) -> Result<Self> {
            Ok(Self(row.get("schedule_id")?, row.get("at")?))
        }
    }
    Ok(sql(FIND).bind(execution).optional::<Slot>(tx).await?.map(|Slot(schedule, at)| (schedule, at)))
}

/// The results of a schedule's slots before `at`, newest first.
pub(in crate::notices) async fn past(tx: &mut Tx, schedule: &ScheduleId, at: DateTime<Utc>) -> Result<Vec<Past>> {
    const LIST: &str = "select e.result, e.author_sql from schedule_slots s join executions e on e.id = s.execution_id \
        where s.schedule_id = $1 and s.at < $2 and e.state = 'succeeded' and e.result is not null \
        order by s.at desc limit $3";
    struct Line(StoredResult, String);
    impl FromRow for Line {
        fn from_row(row: &Row) -> Result<Self> {
            Ok(Self(row.json("result")?, row.get("author_sql")?))
        }
    }
    let lines = sql(LIST).bind(schedule).bind(at).bind(LOOKED_AT).all::<Line>(tx).await?;
    Ok(lines.into_iter().map(|Line(result, sql)| Past::of(&result, &sql)).collect())
}
