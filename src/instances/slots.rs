//! Counts the slots in use, on an instance and on its account.

use crate::db::{FromRow, Result, Row, Tx, sql};
use crate::ids::InstanceId;

/// The condition that an execution uses one of AMC's slots, over the column `state` with this prefix (`e.`): it is
/// being sent, or AMC has it and has not ended it. One that is queued in RecomAMP, or whose result is being
/// downloaded, doesn't.
macro_rules! takes_slot {
    ($prefix:literal) => {
        concat!($prefix, "state in ('sending', 'pending', 'running')")
    };
}
pub(crate) use takes_slot;

/// Everybody's executions on one instance and its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotsInUse {
    pub instance: i64,
    /// On all instances of its account.
    pub account: i64,
}

impl FromRow for SlotsInUse {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { instance: row.get("on_instance")?, account: row.get("on_account")? })
    }
}

/// How many slots are in use on an instance and its account.
pub async fn slots_in_use(tx: &mut Tx, instance: &InstanceId) -> Result<SlotsInUse> {
    const COUNT: &str = concat!(
        "select coalesce(sum(case when e.instance_id = $1 then 1 else 0 end), 0) as on_instance, ",
        "count(*) as on_account from executions e join instances i on i.id = e.instance_id where ",
        takes_slot!("e."),
        " and i.entity_id = (select entity_id from instances where id = $1)"
    );
    sql(COUNT).bind(instance).one(tx).await
}
