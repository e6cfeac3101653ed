//! The report of an ended execution: figures, the failure and its likely fix, or a verdict on a thin result.
//!
//! Rooms that send messages use it, so that messages say the same as the execution's page.

use chrono::{DateTime, TimeDelta, Utc};

use super::causes;
use super::maturity::{self, Maturity};
use super::model::{Execution, Origin, State};
use super::store;
use super::submit::Executions;
use super::verdict::{self, Verdict};
use crate::amcsql::semantics::{ColumnSemantics, of_columns};
use crate::db::{self, Scope};
use crate::ids::{ExecutionId, InstanceId, PersonId, QueryId};
use crate::results::{self, Filter, Key, Kind, Op, PageRequest, StoredColumn, StoredResult};

/// The report of an ended execution.
#[derive(Clone, Debug)]
pub struct Report {
    pub id: ExecutionId,
    /// Where it ran.
    pub instance: InstanceId,
    /// The saved query, while there is one.
    pub query: Option<QueryId>,
    /// The query's name at the time.
    pub query_name: String,
    /// For whom it ran.
    pub person: PersonId,
    pub person_name: String,
    pub origin: Origin,
    /// What the origin speaks of.
    pub origin_ref: Option<String>,
    pub state: State,
    /// The time window, for display.
    pub window: String,
    pub duration: TimeDelta,
    pub finished_at: Option<DateTime<Utc>>,
    /// The report of its result, if there is one.
    pub result: Option<ResultReport>,
    /// Why it ended without a result.
    pub failure: Option<Failure>,
}

/// Figures of a result.
#[derive(Clone, Debug, Default)]
pub struct ResultReport {
    pub rows: u64,
    /// The sums of additive columns, in column order.
    pub totals: Vec<Total>,
    /// Rows with values suppressed by AMC, if the query asked AMC to mark them.
    pub suppressed: Option<u64>,
    /// How complete the data was when the execution was requested.
    pub maturity: Option<Maturity>,
    /// Why the result has few or no rows.
    pub verdict: Option<Verdict>,
}

/// The sum of a column.
#[derive(Clone, Debug, PartialEq)]
pub struct Total {
    /// The column's name.
    pub name: String,
    /// In currency units, for money.
    pub value: f64,
    /// The value, formatted for display.
    pub shown: String,
}

/// Why an execution ended without a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What happened, in one sentence.
    pub what: String,
    /// The stable name of the cause; `unknown` if it isn't recognized.
    pub cause: &'static str,
    /// The title of the cause; empty if it isn't recognized.
    pub title: &'static str,
    pub fix: &'static str,
}

impl Executions {
    /// The report of an execution; without access checks, for the program itself. `None` if the execution doesn't
    /// exist.
    pub async fn report(&self, id: &ExecutionId) -> db::Result<Option<Report>> {
        let mut tx = self.site.db.read(&Scope::System).await?;
        let Some(execution) = store::find_any(&mut tx, id).await? else { return Ok(None) };
        let verdict = match &execution.result {
            Some(kept) => {
                let evidence = store::evidence(&mut tx, None, &execution).await?;
                Some((kept, evidence))
            }
            None => None,
        };
        drop(tx);
        let result = match verdict {
            Some((kept, evidence)) => {
                let suppressed = self.suppressed_rows(&execution, kept).await;
                Some(ResultReport {
                    rows: kept.rows,
                    totals: column_totals(kept, execution.sent.sql()),
                    suppressed,
                    maturity: maturity::of(&execution),
                    verdict: verdict::of(&execution, kept, suppressed, &evidence),
                })
            }
            None => None,
        };
        Ok(Some(Report {
            window: execution.window.days().unwrap_or_else(|| execution.window.describe()),
            duration: execution.took(execution.finished_at.unwrap_or(execution.created_at)),
            failure: failure(&execution),
            result,
            id: execution.id,
            instance: execution.instance,
            query: execution.query,
            query_name: execution.query_name,
            person: execution.person,
            person_name: execution.person_name,
            origin: execution.origin,
            origin_ref: execution.origin_ref,
            state: execution.state,
            finished_at: execution.finished_at,
        }))
    }

    /// The rows that AMC marked as suppressed, in the column that the request named for this; `None` if it named
    /// none, or if the result can't be read.
    async fn suppressed_rows(&self, execution: &Execution, kept: &StoredResult) -> Option<u64> {
        let column = suppression_mark(execution, &kept.columns)?;
        let filters = vec![Filter { column, op: Op::Equals, value: "true".to_owned() }];
        let request = PageRequest { limit: 0, filters, ..PageRequest::default() };
        let page = self.result_store.page(&Key::from(&execution.id), request).await;
        match page {
            Ok(page) => Some(page.total),
            Err(results::Error::Missing) => None,
            Err(error) => {
                tracing::warn!(execution.id = %execution.id, %error, "suppressed rows were not counted for a message");
                None
            }
        }
    }
}

/// The index of the column in which AMC marks rows with suppressed values.
pub(super) fn suppression_mark(execution: &Execution, columns: &[StoredColumn]) -> Option<usize> {
    let name = execution.sent.body["workflow"]["filteredMetricsDiscriminatorColumn"].as_str()?;
    columns.iter().position(|column| column.name.eq_ignore_ascii_case(name) && column.kind == Kind::Boolean)
}

/// The sums of the additive columns of a stored result, according to its query.
pub fn column_totals(kept: &StoredResult, sql: &str) -> Vec<Total> {
    let meanings = of_columns(sql);
    let total = |column: &StoredColumn| {
        let meaning = meanings.get(&column.name.to_lowercase()).copied();
        let sum = column.total.as_deref().filter(|_| column.nulls < kept.rows && adds_up(column, meaning))?;
        let unit = meaning.and_then(|meaning| meaning.unit);
        let exact = unit.map_or_else(|| sum.to_owned(), |unit| unit.converted(sum));
        let value: f64 = exact.parse().ok().filter(|value: &f64| value.is_finite())?;
        let shown = if unit.is_some() || exact.contains('.') { format!("{value:.2}") } else { exact };
        Some(Total { name: column.name.clone(), value, shown: results::grouped(&shown) })
    };
    kept.columns.iter().filter_map(total).collect()
}

fn adds_up(column: &StoredColumn, meaning: Option<ColumnSemantics>) -> bool {
    let known = meaning.and_then(|meaning| meaning.adds_up);
    column.kind.is_number() && known.unwrap_or_else(|| column.is_metric() && column.kind == Kind::Integer)
}

/// Why an execution ended without a result.
pub(super) fn failure(execution: &Execution) -> Option<Failure> {
    let problem = execution.problem.as_ref()?;
    let cause = causes::of_problem(problem);
    Some(Failure {
        what: problem.what.clone(),
        cause: cause.name,
        title: if cause.is_unknown() { "" } else { cause.title },
        fix: cause.fix,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, kind: Kind, total: &str) -> StoredColumn {
        StoredColumn {
            name: name.to_owned(),
            declared: None,
            column_type: Some("METRIC".to_owned()),
            kind,
            nulls: 0,
            total: Some(total.to_owned()),
            misfit: None,
        }
    }

    #[test]
    fn totals_are_of_what_adds_up_and_in_currency() {
        let columns = vec![
            column("reach", Kind::Integer, "500"),
            column("impressions", Kind::Integer, "12345"),
            column("cost", Kind::Integer, "250000"),
        ];
        let kept = StoredResult { rows: 3, bytes: 1, columns };
        let sql = "SELECT COUNT(DISTINCT user_id) AS reach, SUM(impressions) AS impressions, SUM(total_cost) AS cost \
            FROM dsp_impressions";
        let totals = column_totals(&kept, sql);
        let shown: Vec<(&str, &str)> = totals.iter().map(|it| (it.name.as_str(), it.shown.as_str())).collect();
        assert_eq!(shown, [("impressions", "12,345"), ("cost", "2.50")]);
    }
}
