//! Reads which rules fail to deliver, and which deliveries that people asked for were given up, from the tables of the
//! room that delivers.

use crate::db::{FromRow, Result, Row, Tx, sql};
use crate::ids::{InstanceId, PersonId};
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

/// Rules with the last failed delivery, as selected and joined.
macro_rules! rules {
    ($delivery:literal, $join:literal, $filter:literal) => {
        concat!(
            "select s.id, s.name, s.instance_id, coalesce(i.name, i.amc_name) as instance_name, r.id as rule_id, ",
            "t.name as destination_name, ",
            $delivery,
            " from delivery_rules r join schedules s on s.id = r.schedule_id join instances i on i.id = s.instance_id ",
            "join destinations t on t.id = r.destination_id ",
            $join,
            "where r.deleted_at is null and s.deleted_at is null and ",
            $filter
        )
    };
}

/// Failing rules that haven't been reported yet, at most `most`.
pub(in crate::notices) async fn failing_rules(tx: &mut Tx, most: i64) -> Result<Vec<FailingRule>> {
    const LIST: &str = rules!(
        "l.id as delivery_id, l.reason",
        "left join deliveries l on l.id = (select p.id from deliveries p where p.rule_id = r.id \
         and p.state in ('failed', 'given-up') order by p.created_at desc, p.id desc limit 1) ",
        "r.failing_since is not null and not exists (select 1 from message_incidents m \
         where m.cause = 'delivery-failing:' || r.id) order by r.id limit $1"
    );
    sql(LIST).bind(most).all(tx).await
}

/// A rule that delivers again after its failure was reported; `None` if it is gone.
pub(in crate::notices) async fn working_rule(tx: &mut Tx, rule: &str) -> Result<Option<FailingRule>> {
    const FIND: &str = rules!(
        "cast(null as text) as delivery_id, cast(null as text) as reason",
        "",
        "r.id = $1 and r.failing_since is null"
    );
    sql(FIND).bind(rule).optional(tx).await
}

/// Causes of reported failures of rules that are over: the rule delivers again, or it is gone.
pub(in crate::notices) async fn ended_rule_failures(tx: &mut Tx) -> Result<Vec<String>> {
    const LIST: &str = "select m.cause as value from message_incidents m where m.cause like 'delivery-failing:%' \
        and not exists (select 1 from delivery_rules r join schedules s on s.id = r.schedule_id \
        where m.cause = 'delivery-failing:' || r.id and r.failing_since is not null and r.deleted_at is null \
        and s.deleted_at is null) order by m.cause";
    sql(LIST).column(tx).await
}

/// A delivery that a person asked for.
#[derive(Clone, Debug)]
pub(in crate::notices) struct ManualDelivery {
    pub id: String,
    /// Who asked for it.
    pub person: PersonId,
    pub execution: String,
    pub instance: InstanceId,
    pub instance_name: String,
    pub query_name: String,
    pub destination: String,
    /// Why the last attempt failed; empty if it arrived.
    pub reason: String,
}

impl FromRow for ManualDelivery {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            person: row.get("person_id")?,
            execution: row.get("execution_id")?,
            instance: row.get("instance_id")?,
            instance_name: row.get("instance_name")?,
            query_name: row.get("query_name")?,
            destination: row.get("destination_name")?,
            reason: row.get("reason")?,
        })
    }
}

macro_rules! manual {
    ($rest:literal) => {
        concat!(
            "select d.id, d.person_id, d.execution_id, d.instance_id, coalesce(i.name, i.amc_name) as instance_name, d.query_name, ",
            "d.destination_name, d.reason from deliveries d join instances i on i.id = d.instance_id ",
            "where d.person_id is not null and ",
            $rest
        )
    };
}

/// Deliveries that people asked for, that were given up and haven't been reported yet, at most `most`.
pub(in crate::notices) async fn given_up(tx: &mut Tx, most: i64) -> Result<Vec<ManualDelivery>> {
    const LIST: &str = manual!(
        "d.state = 'given-up' and not exists (select 1 from message_incidents m \
         where m.cause = 'delivery-given-up:' || d.id) order by d.id limit $1"
    );
    sql(LIST).bind(most).all(tx).await
}

/// A delivery that a person asked for and that has arrived.
pub(in crate::notices) async fn arrived(tx: &mut Tx, delivery: &str) -> Result<Option<ManualDelivery>> {
    const FIND: &str = manual!("d.id = $1 and d.state = 'done'");
    sql(FIND).bind(delivery).optional(tx).await
}

/// Causes of reported deliveries that are over: the delivery arrived, was canceled, or is gone. One that is being tried
/// again isn't over.
pub(in crate::notices) async fn ended_deliveries(tx: &mut Tx) -> Result<Vec<String>> {
    // The id follows the prefix of 18 characters: the row is found by its key.
    const LIST: &str = "select m.cause as value from message_incidents m where m.cause like 'delivery-given-up:%' \
        and not exists (select 1 from deliveries d where d.id = substr(m.cause, 19) \
        and d.state not in ('done', 'canceled')) order by m.cause";
    sql(LIST).column(tx).await
}
