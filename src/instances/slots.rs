//! What uses up the executions that AMC takes at the same time, on an instance and on its account: counted in one way.

use crate::db::{FromRow, Result, Row, Tx, sql};
use crate::ids::InstanceId;

/// The condition that an execution takes one of AMC's slots, over the column `state` with this prefix (`e.`): it is
/// being sent, or AMC has it and has not ended it. One that waits in RecomAMP, or whose result is being fetched, does
/// not.
macro_rules! takes_slot {
    ($prefix:literal) => {
        concat!($prefix, "state in ('sending', 'pending', 'running')")
    };
}
pub(crate) use takes_slot;

/// Executions of everybody on one instance and its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotsInUse {
    /// On the instance.
    pub instance: i64,
    /// On all instances of its account.
    pub account: i64,
}

impl FromRow for SlotsInUse {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { instance: row.get("on_instance")?, account: row.get("on_account")? })
    }
}

/// How many slots are in use on an instance and on its account.
pub async fn slots_in_use(tx: &mut Tx, instance: &InstanceId) -> Result<SlotsInUse> {
    const COUNT: &str = concat!(
        "select coalesce(sum(case when e.instance_id = $1 then 1 else 0 end), 0) as on_instance, ",
        "count(*) as on_account from executions e join instances i on i.id = e.instance_id where ",
        takes_slot!("e."),
        " and i.entity_id = (select entity_id from instances where id = $1)"
    );
    sql(COUNT).bind(instance).one(tx).await
}

/// How many executions wait in RecomAMP for a slot of an instance.
pub(super) async fn waiting(tx: &mut Tx, instance: &InstanceId) -> Result<i64> {
    const WAITING: &str = "select count(*) as value from executions where instance_id = $1 and state = 'waiting'";
    Ok(sql(WAITING).bind(instance).one::<crate::db::Single<i64>>(tx).await?.0)
}
