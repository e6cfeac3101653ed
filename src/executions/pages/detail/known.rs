//! Details of a failed or waiting execution.

use serde_json::{Value, json};

use crate::executions::causes::{self, Cause, Way};
use crate::executions::live;
use crate::executions::model::Execution;

/// The cause of an execution's problem or wait.
pub(super) fn cause(execution: &Execution) -> Option<&'static Cause> {
    match &execution.problem {
        Some(problem) => Some(causes::of_problem(problem)),
        None => execution.waiting_for.as_deref().and_then(causes::of_wait),
    }
}

/// Label and address of the page for following a cause's advice; `None` if that page belonged to a deleted query.
pub(super) fn way(execution: &Execution, cause: &Cause) -> Option<(&'static str, String)> {
    let page = |name, address: &str| Some((name, address.to_owned()));
    let query = || execution.query.as_ref();
    match cause.way()? {
        Way::Connections => page("Connections", "/settings/connections"),
        Way::Operations => page("Operations", "/operations"),
        Way::Instances => page("Instances", "/instances"),
        Way::Search => page("Search data sources and columns", "/search"),
        Way::InProgress => {
            Some(("In progress here", format!("/executions?instance={}&state=active", execution.instance)))
        }
        Way::Query => query().map(|query| ("Open the query", format!("/queries/{query}"))),
        Way::Editor => query().map(|query| ("Edit the query", format!("/queries/{query}/edit"))),
    }
}

/// All details of a failed execution.
pub(super) fn known(execution: &Execution) -> Value {
    let mark = live::mark(execution);
    let place = mark.map(|mark| json!({ "line": mark.place.line, "column": mark.place.column }));
    let cause = cause(execution);
    let cause = cause.map(|it| json!({ "name": it.name, "likely": it.likely, "fix": it.fix }));
    json!({
        "execution": execution.id, "state": execution.state.name(), "amcStatus": execution.amc_status,
        "amcExecutionId": execution.amc_id, "amcWorkflowId": execution.amc_workflow_id,
        "createdAt": execution.created_at, "sentAt": execution.sent_at, "finishedAt": execution.finished_at,
        "problem": execution.problem, "cause": cause, "place": place, "sql": execution.author_sql,
        "request": execution.sent.body,
    })
}
