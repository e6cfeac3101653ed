//! What other executions of the same query found.

use crate::db::{FromRow, Result, Row, Tx, sql};
use crate::executions::model::Execution;
use crate::executions::verdict::Evidence;
use crate::ids::PersonId;
use chrono::{DateTime, Utc};

/// What other executions of the same query found, limited to those that the person may see; all of them for the
/// program.
pub(in crate::executions) async fn evidence(
    tx: &mut Tx,
    person: Option<&PersonId>,
    execution: &Execution,
) -> Result<Evidence> {
    const HERE: &str = "select e.finished_at, cast(e.result->>'rows' as bigint) as found from executions e \
        where e.query_id = $1 and e.instance_id = $2 and e.id <> $3 and e.state = 'succeeded' \
        and e.finished_at is not null and cast(e.result->>'rows' as bigint) > 0 order by e.created_at desc limit 1";
    const ELSEWHERE: &str = "select count(distinct e.instance_id) as value from executions e where e.query_id = $1 \
        and e.instance_id <> $2 and e.state = 'succeeded' and cast(e.result->>'rows' as bigint) > 0 \
        and ($3 is null or e.instance_id in (select instance_id from instance_access where person_id = $3))";
    struct Found(DateTime<Utc>, i64);
    impl FromRow for Found {
        fn from_row(row: &Row) -> Result<Self> {
            Ok(Self(row.get("finished_at")?, row.get("found")?))
        }
    }
    let Some(query) = &execution.query else { return Ok(Evidence::default()) };
    let here = sql(HERE).bind(query).bind(&execution.instance).bind(&execution.id).optional::<Found>(tx).await?;
    let elsewhere = sql(ELSEWHERE).bind(query).bind(&execution.instance).bind(person).count(tx).await?;
    Ok(Evidence { here: here.map(|Found(at, rows)| (at, rows)), elsewhere })
}
