//! Owners of schedules and backfills, and who can take over.

use crate::db::{FromRow, Result, Row, Tx, sql};
use crate::ids::{InstanceId, PersonId, ScheduleId};

/// Transfers a person's schedules and backfills to somebody else, including deleted ones; returns the number of
/// schedules.
pub async fn transfer(tx: &mut Tx, from: &PersonId, to: &PersonId) -> Result<u64> {
    const TRANSFER: &str = "update schedules set owner_id = $2 where owner_id = $1";
    const BACKFILLS: &str = "update backfills set owner_id = $2 where owner_id = $1";
    sql(BACKFILLS).bind(from).bind(to).execute(tx).await?;
    sql(TRANSFER).bind(from).bind(to).execute(tx).await
}

/// The number of a person's schedules that are neither deleted nor finished; for the program.
pub async fn owned(tx: &mut Tx, person: &PersonId) -> Result<i64> {
    const COUNT: &str = "select count(*) as value from schedules where owner_id = $1 and deleted_at is null \
        and state <> 'finished'";
    sql(COUNT).bind(person).count(tx).await
}

/// The people who may run queries on an instance, except one: managers first, at most `most`; for the program.
pub(in crate::schedules) async fn others_who_run(
    tx: &mut Tx,
    instance: &InstanceId,
    but: &PersonId,
    most: i64,
) -> Result<Vec<(PersonId, String)>> {
    const LIST: &str = "select p.id, p.name from instance_access a join people p on p.id = a.person_id \
        where a.instance_id = $1 and p.id <> $2 and p.state = 'active' and a.role in ('analyst', 'manager') \
        order by case a.role when 'manager' then 0 else 1 end, p.id limit $3";
    struct Line(PersonId, String);
    impl FromRow for Line {
        fn from_row(row: &Row) -> Result<Self> {
            Ok(Self(row.get("id")?, row.get("name")?))
        }
    }
    let lines = sql(LIST).bind(instance).bind(but).bind(most).all::<Line>(tx).await?;
    Ok(lines.into_iter().map(|Line(id, name)| (id, name)).collect())
}

/// Sets the owner of a schedule, whose access it uses from now on.
pub(in crate::schedules) async fn set_owner(tx: &mut Tx, id: &ScheduleId, owner: &PersonId) -> Result<()> {
    const SET: &str = "update schedules set owner_id = $2 where id = $1";
    sql(SET).bind(id).bind(owner).execute(tx).await.map(drop)
}
