//! What may still start executions of a query.

use crate::db::{FromRow, Result, Row, Tx, sql};
use crate::ids::{BackfillId, PersonId, QueryId, ScheduleId};
use crate::schedules::backfill::Stage;
use crate::schedules::model::State;

/// The schedules that aren't finished, newest first, at most `most`: their ids, names and states.
pub(in crate::schedules) async fn open_schedules(
    tx: &mut Tx,
    person: &PersonId,
    query: &QueryId,
    most: i64,
) -> Result<Vec<(ScheduleId, String, State)>> {
    const LIST: &str = "select s.id, s.name, s.state from schedules s join instance_access a \
        on a.instance_id = s.instance_id and a.person_id = $1 where s.query_id = $2 and s.deleted_at is null \
        and s.state in ('active', 'paused') order by s.id desc limit $3";
    struct Line(ScheduleId, String, State);
    impl FromRow for Line {
        fn from_row(row: &Row) -> Result<Self> {
            Ok(Self(row.get("id")?, row.get("name")?, row.parsed("state", State::parse)?))
        }
    }
    let lines = sql(LIST).bind(person).bind(query).bind(most).all::<Line>(tx).await?;
    Ok(lines.into_iter().map(|Line(id, name, state)| (id, name, state)).collect())
}

/// The backfills that aren't over, newest first, at most `most`: their ids, names and states.
pub(in crate::schedules) async fn open_backfills(
    tx: &mut Tx,
    person: &PersonId,
    query: &QueryId,
    most: i64,
) -> Result<Vec<(BackfillId, String, Stage)>> {
    const LIST: &str = "select b.id, b.name, b.state from backfills b join instance_access a \
        on a.instance_id = b.instance_id and a.person_id = $1 where b.query_id = $2 \
        and b.state in ('active', 'paused') order by b.id desc limit $3";
    struct Line(BackfillId, String, Stage);
    impl FromRow for Line {
        fn from_row(row: &Row) -> Result<Self> {
            Ok(Self(row.get("id")?, row.get("name")?, row.parsed("state", Stage::parse)?))
        }
    }
    let lines = sql(LIST).bind(person).bind(query).bind(most).all::<Line>(tx).await?;
    Ok(lines.into_iter().map(|Line(id, name, stage)| (id, name, stage)).collect())
}
