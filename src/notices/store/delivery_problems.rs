//! Reads which rules fail to deliver, from the tables of the room that delivers.

use crate::db::{FromRow, Result, Row, Single, Tx, sql};
use crate::notices::compose::About;

/// A rule whose deliveries fail.
#[derive(Clone, Debug)]
pub(in crate::notices) struct FailingRule {
    pub about: About,
    pub rule: String,
    pub destination: String,
    /// The last delivery that failed, and why.
    pub delivery: Option<String>,
    pub reason: String,
}

impl FromRow for FailingRule {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            about: About::from_row(row)?,
            rule: row.get("rule_id")?,
            destination: row.get("destination_name")?,
            delivery: row.get("delivery_id")?,
            reason: row.get::<Option<String>>("reason")?.unwrap_or_default(),
        })
    }
}

/// Failing rules that haven't been reported yet, at most `most`.
pub(in crate::notices) async fn failing_rules(tx: &mut Tx, most: i64) -> Result<Vec<FailingRule>> {
    const LIST: &str = "select s.id, s.name, s.instance_id, coalesce(i.name, i.amc_name) as instance_name, \
        r.id as rule_id, t.name as destination_name, l.id as delivery_id, l.reason from delivery_rules r \
        join schedules s on s.id = r.schedule_id join instances i on i.id = s.instance_id \
        join destinations t on t.id = r.destination_id left join deliveries l on l.id = (select p.id from deliveries p \
        where p.rule_id = r.id and p.state in ('failed', 'given-up') order by p.created_at desc, p.id desc limit 1) \
        where r.failing_since is not null and r.deleted_at is null and s.deleted_at is null \
        and not exists (select 1 from message_incidents m where m.cause = 'delivery-failing:' || r.id) \
        order by r.id limit $1";
    sql(LIST).bind(most).all(tx).await
}

/// A rule that delivers again after its failure was reported; `None` if it is gone.
pub(in crate::notices) async fn working_rule(tx: &mut Tx, rule: &str) -> Result<Option<FailingRule>> {
    const FIND: &str = "select s.id, s.name, s.instance_id, coalesce(i.name, i.amc_name) as instance_name, \
        r.id as rule_id, t.name as destination_name, cast(null as text) as delivery_id, cast(null as text) as reason \
        from delivery_rules r join schedules s on s.id = r.schedule_id join instances i on i.id = s.instance_id \
        join destinations t on t.id = r.destination_id where r.id = $1 and r.failing_since is null \
        and r.deleted_at is null and s.deleted_at is null";
    sql(FIND).bind(rule).optional(tx).await
}

/// Causes of reported failures of rules that are over: the rule delivers again, or it is gone.
pub(in crate::notices) async fn ended_rule_failures(tx: &mut Tx) -> Result<Vec<String>> {
    const LIST: &str = "select m.cause as value from message_incidents m where m.cause like 'delivery-failing:%' \
        and not exists (select 1 from delivery_rules r join schedules s on s.id = r.schedule_id \
        where m.cause = 'delivery-failing:' || r.id and r.failing_since is not null and r.deleted_at is null \
        and s.deleted_at is null) order by m.cause";
    Ok(sql(LIST).all::<Single<String>>(tx).await?.into_iter().map(|Single(cause)| cause).collect())
}
