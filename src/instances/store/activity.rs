//! What executions say about an instance; their tables are written by their room.

use crate::db::{Result, Single, Tx, sql};
use crate::ids::InstanceId;

/// How many executions are queued in RecomAMP for a slot of an instance.
pub(in crate::instances) async fn waiting(tx: &mut Tx, instance: &InstanceId) -> Result<i64> {
    const WAITING: &str = "select count(*) as value from executions where instance_id = $1 and state = 'waiting'";
    sql(WAITING).bind(instance).count(tx).await
}

/// The number of executions that were started outside of RecomAMP.
pub(in crate::instances) async fn adopted(tx: &mut Tx, instance: &InstanceId) -> Result<i64> {
    const ADOPTED: &str = "select count(*) as value from executions where instance_id = $1 and origin = 'adopted'";
    sql(ADOPTED).bind(instance).count(tx).await
}

/// Why the last search for such executions failed; empty if it didn't.
pub(in crate::instances) async fn search_problem(tx: &mut Tx, instance: &InstanceId) -> Result<String> {
    const PROBLEM: &str =
        "select problem as value from execution_searches where instance_id = $1 and problem is not null";
    let problem = sql(PROBLEM).bind(instance).optional::<Single<String>>(tx).await?;
    Ok(problem.map(|Single(problem)| problem).unwrap_or_default())
}
