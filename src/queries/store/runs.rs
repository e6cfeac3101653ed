//! The executions of one query, for its page and the page of an execution. The rows belong to another room and are
//! only read here.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::db::{FromRow, Result, Row, Single, Tx, sql};
use crate::ids::{ExecutionId, InstanceId, PersonId, QueryId};
use crate::queries::model::input::ParameterValues;
use crate::web::components::duration;
use crate::web::run_state::RunState;

/// How many of the last successful runs are used for the typical duration.
const LOOKED_AT: i64 = 9;

#[derive(Clone, Debug)]
pub struct PastRun {
    pub id: ExecutionId,
    pub state: RunState,
    pub instance_name: String,
    pub person_name: String,
    pub created_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    pub rows: Option<u64>,
}

impl FromRow for PastRun {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            state: row.parsed("state", RunState::parse)?,
            instance_name: row.get("instance_name")?,
            person_name: row.get("person_name")?,
            created_at: row.get("created_at")?,
            finished_at: row.get("finished_at")?,
            rows: row.get::<Option<Value>>("result")?.and_then(|kept| kept["rows"].as_u64()),
        })
    }
}

impl PastRun {
    /// Its duration from pressing Run; empty while it is in progress.
    pub(in crate::queries) fn took(&self) -> String {
        self.finished_at.map(|end| duration(end - self.created_at)).unwrap_or_default()
    }
}

/// The last runs of a query that a person may see, newest first.
pub async fn runs(tx: &mut Tx, person: &PersonId, query: &QueryId, most: i64) -> Result<Vec<PastRun>> {
    const LIST: &str = "select e.id, e.state, e.person_name, e.created_at, e.finished_at, e.result, \
        coalesce(i.name, i.amc_name) as instance_name from executions e join instances i on i.id = e.instance_id \
        join instance_access a on a.instance_id = e.instance_id and a.person_id = $1 \
        where e.query_id = $2 order by e.created_at desc, e.id desc limit $3";
    sql(LIST).bind(person).bind(query).bind(most).cached().all(tx).await
}

/// The newest run with this identity on an instance whose result is still stored and that a person may see; see
/// [`identity`](crate::queries::identity).
pub(in crate::queries) async fn same_run(
    tx: &mut Tx,
    person: &PersonId,
    instance: &InstanceId,
    identity: &str,
) -> Result<Option<PastRun>> {
    const FIND: &str = "select e.id, e.state, e.person_name, e.created_at, e.finished_at, e.result, \
        coalesce(i.name, i.amc_name) as instance_name from executions e join instances i on i.id = e.instance_id \
        join instance_access a on a.instance_id = e.instance_id and a.person_id = $1 \
        where e.instance_id = $2 and e.same_as = $3 and e.state = 'succeeded' and e.result is not null \
        and e.result_removed_at is null order by e.created_at desc, e.id desc limit 1";
    sql(FIND).bind(person).bind(instance).bind(identity).optional(tx).await
}

/// The instance on which a person last ran a query.
pub(in crate::queries) async fn last_instance(
    tx: &mut Tx,
    person: &PersonId,
    query: &QueryId,
) -> Result<Option<InstanceId>> {
    const FIND: &str = "select e.instance_id as value from executions e where e.query_id = $2 and e.person_id = $1 \
        order by e.created_at desc, e.id desc limit 1";
    Ok(sql(FIND).bind(person).bind(query).cached().optional::<Single<InstanceId>>(tx).await?.map(|Single(id)| id))
}

/// The instance on which a person last ran any query.
pub(in crate::queries) async fn last_instance_of_all(tx: &mut Tx, person: &PersonId) -> Result<Option<InstanceId>> {
    const FIND: &str = "select e.instance_id as value from executions e where e.person_id = $1 \
        order by e.created_at desc, e.id desc limit 1";
    Ok(sql(FIND).bind(person).optional::<Single<InstanceId>>(tx).await?.map(|Single(id)| id))
}

/// The parameter values with which a person last ran a query on an instance.
#[derive(Clone, Debug)]
pub(in crate::queries) struct LastValues {
    pub(in crate::queries) at: DateTime<Utc>,
    /// By parameter name, in the form's format.
    pub(in crate::queries) values: Vec<(String, String)>,
}

impl FromRow for LastValues {
    fn from_row(row: &Row) -> Result<Self> {
        let values = ParameterValues::read(&row.get("field_values")?);
        let values = values.texts().map(|(name, value)| (name.to_owned(), value)).collect();
        Ok(Self { at: row.get("created_at")?, values })
    }
}

/// The values with which a person last ran a query on an instance; `None` if they haven't.
pub(in crate::queries) async fn last_values(
    tx: &mut Tx,
    person: &PersonId,
    query: &QueryId,
    instance: &InstanceId,
) -> Result<Option<LastValues>> {
    const FIND: &str = "select e.created_at, e.field_values from executions e \
        where e.query_id = $2 and e.person_id = $1 and e.instance_id = $3 order by e.created_at desc, e.id desc limit 1";
    sql(FIND).bind(person).bind(query).bind(instance).cached().optional(tx).await
}

/// The typical duration of a query's runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypicalDuration {
    /// The median time from pressing Run to the stored result.
    pub took: TimeDelta,
    /// The number of runs.
    pub runs: usize,
}

impl TypicalDuration {
    /// The median of the durations; `None` without any.
    fn of(mut lengths: Vec<TimeDelta>) -> Option<Self> {
        lengths.sort_unstable();
        lengths.get(lengths.len() / 2).map(|took| Self { took: *took, runs: lengths.len() })
    }

    /// Formatted: `2m 10s`.
    pub fn describe(&self) -> String {
        duration(self.took)
    }

    /// Its basis: `based on 7 executions`.
    pub fn source(&self) -> String {
        format!("based on {}", crate::web::words::counted(self.runs as i64, "execution", "executions"))
    }
}

/// The typical duration of a query's last successful runs on an instance, optionally without one of them; `None`
/// without runs.
pub async fn usual(
    tx: &mut Tx,
    person: &PersonId,
    query: &QueryId,
    instance: &InstanceId,
    but: Option<&ExecutionId>,
) -> Result<Option<TypicalDuration>> {
    const LIST: &str = "select e.created_at, e.finished_at from executions e \
        join instance_access a on a.instance_id = e.instance_id and a.person_id = $1 \
        where e.query_id = $2 and e.instance_id = $3 and e.state = 'succeeded' and e.finished_at is not null \
        and e.id <> $4 order by e.created_at desc limit $5";
    #[derive(Clone)]
    struct Span(TimeDelta);
    impl FromRow for Span {
        fn from_row(row: &Row) -> Result<Self> {
            Ok(Self(row.get::<DateTime<Utc>>("finished_at")? - row.get::<DateTime<Utc>>("created_at")?))
        }
    }
    let spans = sql(LIST)
        .bind(person)
        .bind(query)
        .bind(instance)
        .bind(but.map_or("", ExecutionId::as_str))
        .bind(LOOKED_AT)
        .cached()
        .all::<Span>(tx)
        .await?;
    Ok(TypicalDuration::of(spans.into_iter().map(|Span(length)| length).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_length_is_the_median_whatever_one_run_did() {
        let lengths = |seconds: &[i64]| TypicalDuration::of(seconds.iter().copied().map(TimeDelta::seconds).collect());
        assert_eq!(lengths(&[]), None);
        let usual = lengths(&[130, 7_200, 60]).unwrap();
        assert_eq!((usual.describe(), usual.source()), ("2m 10s".to_owned(), "based on 3 executions".to_owned()));
        assert_eq!(lengths(&[41]).unwrap().source(), "based on 1 execution");
    }
}
