//! Rules of schedules, and the destinations that they may name.

use chrono::{DateTime, Utc};

use super::{json_of, kind, target};
use crate::db::{FromRow, Result, Row, Tx, sql};
use crate::deliveries::model::{DestinationKind, Rule, Target};
use crate::ids::{DeliveryRuleId, DestinationId, PersonId, ScheduleId};

impl FromRow for Rule {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            schedule: row.get("schedule_id")?,
            destination: row.get("destination_id")?,
            destination_name: row.get("destination_name")?,
            destination_kind: kind(row, "destination_kind")?,
            is_cut_off: row.get("is_cut_off")?,
            target: target(row)?,
            failing_since: row.get("failing_since")?,
            updated_at: row.get("updated_at")?,
            updated_by: row.get("updated_by")?,
            deleted_at: row.get("deleted_at")?,
            done: row.get("done")?,
            open: row.get("open")?,
            given_up: row.get("given_up")?,
        })
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select r.id, r.schedule_id, r.destination_id, d.name as destination_name, d.kind as destination_kind, ",
            "(d.deleted_at is not null) as is_cut_off, r.target, r.failing_since, r.updated_at, r.updated_by, ",
            "r.deleted_at, (select count(*) from deliveries l where l.rule_id = r.id and l.state = 'done') as done, ",
            "(select count(*) from deliveries l where l.rule_id = r.id and l.state in ('waiting', 'sending', 'failed')) ",
            "as open, (select count(*) from deliveries l where l.rule_id = r.id and l.state = 'given-up') as given_up ",
            "from delivery_rules r join destinations d on d.id = r.destination_id join schedules s on s.id = r.schedule_id ",
            "join instance_access a on a.instance_id = s.instance_id and a.person_id = $1 where ",
            $rest
        )
    };
}

/// The rules of a schedule, deleted ones last.
pub(in crate::deliveries) async fn rules(tx: &mut Tx, person: &PersonId, schedule: &ScheduleId) -> Result<Vec<Rule>> {
    const LIST: &str = select!(
        "r.schedule_id = $2 order by case when r.deleted_at is null then 0 else 1 end, r.created_at, r.id limit 200"
    );
    sql(LIST).bind(person).bind(schedule).all(tx).await
}

/// A rule of a schedule that the person may see.
pub(in crate::deliveries) async fn rule(tx: &mut Tx, person: &PersonId, id: &DeliveryRuleId) -> Result<Rule> {
    const FIND: &str = select!("r.id = $2");
    sql(FIND).bind(person).bind(id).one(tx).await
}

/// Adds a rule.
pub(in crate::deliveries) async fn add_rule(
    tx: &mut Tx,
    now: DateTime<Utc>,
    (id, schedule): (&DeliveryRuleId, &ScheduleId),
    (destination, target): (&DestinationId, &Target),
    who: &str,
) -> Result<()> {
    const ADD: &str = "insert into delivery_rules (id, schedule_id, destination_id, target, created_at, created_by, \
        updated_at, updated_by) values ($1, $2, $3, $4, $5, $6, $5, $6)";
    let add = sql(ADD).bind(id).bind(schedule).bind(destination).bind(json_of(target)).bind(now).bind(who);
    add.execute(tx).await.map(drop)
}

/// Changes a rule.
pub(in crate::deliveries) async fn change_rule(
    tx: &mut Tx,
    now: DateTime<Utc>,
    id: &DeliveryRuleId,
    (destination, target): (&DestinationId, &Target),
    who: &str,
) -> Result<()> {
    const CHANGE: &str = "update delivery_rules set destination_id = $2, target = $3, updated_at = $4, \
        updated_by = $5 where id = $1";
    let change = sql(CHANGE).bind(id).bind(destination).bind(json_of(target)).bind(now).bind(who);
    change.execute(tx).await.map(drop)
}

/// Applies a change of a rule to its deliveries that aren't done yet.
pub(in crate::deliveries) async fn retarget(
    tx: &mut Tx,
    id: &DeliveryRuleId,
    (destination, name): (&DestinationId, &str),
    target: &Target,
) -> Result<()> {
    const FOLLOW: &str = "update deliveries set destination_id = $2, destination_name = $3, target = $4, object = '' \
        where rule_id = $1 and state in ('waiting', 'failed', 'given-up')";
    sql(FOLLOW).bind(id).bind(destination).bind(name).bind(json_of(target)).execute(tx).await.map(drop)
}

/// Deletes or restores a rule; says whether that changed anything.
pub(in crate::deliveries) async fn bin_rule(
    tx: &mut Tx,
    now: DateTime<Utc>,
    id: &DeliveryRuleId,
    is_deleted: bool,
) -> Result<bool> {
    const DELETE: &str = "update delivery_rules set deleted_at = $2, failing_since = null where id = $1 \
        and deleted_at is null";
    const RESTORE: &str = "update delivery_rules set deleted_at = null, updated_at = $2 where id = $1 \
        and deleted_at is not null";
    Ok(sql(if is_deleted { DELETE } else { RESTORE }).bind(id).bind(now).execute(tx).await? == 1)
}

/// Cancels what waits for a rule.
pub(in crate::deliveries) async fn cancel(tx: &mut Tx, now: DateTime<Utc>, rule: &DeliveryRuleId) -> Result<u64> {
    const CANCEL: &str = "update deliveries set state = 'canceled', due_at = null, ended_at = $2, \
        reason = 'The rule was deleted.', lease_epoch = lease_epoch + 1 where rule_id = $1 \
        and state in ('waiting', 'sending', 'failed')";
    sql(CANCEL).bind(rule).bind(now).execute(tx).await
}

/// A destination that a rule may name.
#[derive(Clone, Debug)]
pub(in crate::deliveries) struct Usable {
    pub id: DestinationId,
    pub name: String,
    pub kind: DestinationKind,
}

impl FromRow for Usable {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { id: row.get("id")?, name: row.get("name")?, kind: kind(row, "kind")? })
    }
}

/// The destinations, for people who have access to an instance.
pub(in crate::deliveries) async fn usable(tx: &mut Tx, person: &PersonId) -> Result<Vec<Usable>> {
    const LIST: &str = "select d.id, d.name, d.kind from destinations d where d.deleted_at is null \
        and exists (select 1 from instance_access a where a.person_id = $1) order by lower(d.name), d.id limit 500";
    sql(LIST).bind(person).all(tx).await
}
