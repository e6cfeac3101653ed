//! People's notification settings for schedules.

use crate::db::{FromRow, Result, Row, Tx, sql};
use crate::ids::{PersonId, ScheduleId};
use crate::notices::subscription::Subscription;

/// A schedule, as seen by a person who may subscribe to it.
#[derive(Clone, Debug)]
pub(in crate::notices) struct Followed {
    pub id: ScheduleId,
    pub name: String,
    pub is_owner: bool,
}

impl FromRow for Followed {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { id: row.get("id")?, name: row.get("name")?, is_owner: row.get("is_owner")? })
    }
}

/// A schedule of an instance to which the person has access.
pub(in crate::notices) async fn followed(tx: &mut Tx, person: &PersonId, id: &ScheduleId) -> Result<Followed> {
    const FIND: &str = "select s.id, s.name, (s.owner_id = $1) as is_owner from schedules s join instance_access a \
        on a.instance_id = s.instance_id and a.person_id = $1 where s.id = $2";
    sql(FIND).bind(person).bind(id).one(tx).await
}

impl FromRow for Subscription {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            results: row.get("results")?,
            failures: row.get("failures")?,
            no_rows: row.get("no_rows")?,
            unusual: row.get("unusual")?,
            suppressed_above: row.get("suppressed_above")?,
            late_minutes: row.get("late_minutes")?,
        })
    }
}

/// A person's settings for a schedule, if stored.
pub(in crate::notices) async fn subscription(
    tx: &mut Tx,
    person: &PersonId,
    id: &ScheduleId,
) -> Result<Option<Subscription>> {
    const FIND: &str = "select results, failures, no_rows, unusual, suppressed_above, late_minutes \
        from notice_subscriptions where person_id = $1 and schedule_id = $2";
    sql(FIND).bind(person).bind(id).optional(tx).await
}

/// Stores a person's settings for a schedule.
pub(in crate::notices) async fn subscribe(
    tx: &mut Tx,
    person: &PersonId,
    id: &ScheduleId,
    own: &Subscription,
) -> Result<()> {
    const SET: &str = "insert into notice_subscriptions (schedule_id, person_id, results, failures, no_rows, unusual, \
        suppressed_above, late_minutes) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (schedule_id, person_id) \
        do update set results = $3, failures = $4, no_rows = $5, unusual = $6, suppressed_above = $7, late_minutes = $8";
    sql(SET)
        .bind(id)
        .bind(person)
        .bind(own.results)
        .bind(own.failures)
        .bind(own.no_rows)
        .bind(own.unusual)
        .bind(own.suppressed_above)
        .bind(own.late_minutes)
        .execute(tx)
        .await
        .map(drop)
}
