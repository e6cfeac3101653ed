//! Executions as JSON.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::api::schema::{answer, names};
use crate::executions::{self, Line, Origin, TimelineEntry};
use crate::ids::{ExecutionId, InstanceId, QueryId};
use crate::queries::WindowChoice;
use crate::web::run_state::RunState;

names! {
    /// The state of an execution. `waiting` to `fetching` are in progress; the others are final.
    StateName: RunState::ALL.map(RunState::name);
    /// What started an execution.
    OriginName: Origin::ALL.map(Origin::name);
}

answer! {
    /// An execution of a query.
    Execution {
        id: ExecutionId,
        /// The saved query; null if it was deleted, or if a text ran that isn't saved.
        workflow: Option<QueryId>,
        /// The query's name when it ran.
        workflow_name: String,
        instance: InstanceId,
        state: StateName,
        /// Whether it has ended.
        is_final: bool,
        /// Why it waits.
        waiting_for: Option<String>,
        origin: OriginName,
        /// The name of who started it.
        started_by: String,
        window: ExecutionWindow,
        /// The values of its parameters: texts, true, false and lists as they are, numbers and dates as `{"number": "2.50"}` and `{"date": "2026-01-31"}`.
        parameters: Value,
        /// AMC's ID, once it has one.
        amc_execution_id: Option<String>,
        /// When somebody requested cancellation.
        cancel_requested_at: Option<DateTime<Utc>>,
        created_at: DateTime<Utc>,
        sent_at: Option<DateTime<Utc>>,
        finished_at: Option<DateTime<Utc>>,
        /// From the request to the end; null while it is in progress.
        duration_seconds: Option<i64>,
        /// Why it ended without a result.
        failure: Option<ExecutionFailure>,
        /// The stored result.
        result: Option<ResultInfo>,
        /// When the result was removed because of its age.
        result_removed_at: Option<DateTime<Utc>>,
        timeline: Vec<ExecutionStep>,
    }

    /// The time window of an execution.
    ExecutionWindow {
        /// How it was chosen.
        kind: String,
        /// The start as local time of the zone; null if AMC determines it.
        start: Option<String>,
        /// The exclusive end.
        end: Option<String>,
        zone: String,
    }

    /// Why an execution ended without a result.
    ExecutionFailure {
        /// What happened.
        what: String,
        /// AMC's message; may be empty.
        amc_message: String,
        /// The stable name of the cause; `unknown` if it isn't recognized.
        cause: String,
        /// What to do.
        fix: String,
    }

    /// A stored result.
    ResultInfo {
        rows: u64,
        /// Its size in storage.
        bytes: u64,
        columns: Vec<ResultColumn>,
    }

    /// A column of a result.
    ResultColumn {
        name: String,
        /// The type that AMC declared.
        declared_type: Option<String>,
        /// `DIMENSION` or `METRIC`, if declared.
        role: Option<String>,
        /// The number of values that are NULL.
        nulls: u64,
    }

    /// A state of an execution, with the time at which it began.
    ExecutionStep {
        at: DateTime<Utc>,
        state: StateName,
        /// Details; may be empty.
        note: String,
    }

    /// The state of an execution, for polling.
    ExecutionStatus {
        id: ExecutionId,
        state: StateName,
        is_final: bool,
        waiting_for: Option<String>,
        cancel_requested_at: Option<DateTime<Utc>>,
        finished_at: Option<DateTime<Utc>>,
        /// The number of rows of the result.
        rows: Option<u64>,
        /// What happened, if it ended without a result.
        problem: Option<String>,
    }

    /// An execution in a list.
    ExecutionSummary {
        id: ExecutionId,
        /// The saved query that ran; it may be deleted.
        workflow: Option<QueryId>,
        workflow_name: String,
        instance: InstanceId,
        instance_name: String,
        state: StateName,
        is_final: bool,
        origin: OriginName,
        started_by: String,
        created_at: DateTime<Utc>,
        finished_at: Option<DateTime<Utc>>,
        rows: Option<u64>,
        /// What happened, if it ended without a result.
        problem: Option<String>,
    }
}

impl ExecutionWindow {
    fn new(window: WindowChoice) -> Self {
        Self {
            kind: window.kind.name().into_owned(),
            start: window.start.map(WindowChoice::stored),
            end: window.end.map(WindowChoice::stored),
            zone: window.zone.name().to_owned(),
        }
    }
}

impl Execution {
    pub(super) fn new(execution: executions::Execution, timeline: Vec<TimelineEntry>) -> Self {
        let words = execution.problem.as_ref().map(|problem| problem.words.clone()).unwrap_or_default();
        let failure = execution.failure().map(|failure| ExecutionFailure {
            what: failure.what,
            amc_message: words,
            cause: failure.cause.to_owned(),
            fix: failure.fix.to_owned(),
        });
        let result = execution.result.as_ref().filter(|_| execution.result_removed_at.is_none());
        let result = result.map(|kept| ResultInfo {
            rows: kept.rows,
            bytes: kept.bytes,
            columns: kept
                .columns
                .iter()
                .map(|column| ResultColumn {
                    name: column.name.clone(),
                    declared_type: column.declared.clone(),
                    role: column.column_type.clone(),
                    nulls: column.nulls,
                })
                .collect(),
        });
        let step = |entry: TimelineEntry| ExecutionStep {
            at: entry.at,
            state: StateName(entry.state.name()),
            note: entry.note,
        };
        Self {
            duration_seconds: execution.finished_at.map(|at| (at - execution.created_at).num_seconds()),
            window: ExecutionWindow::new(execution.window),
            parameters: execution.values.json(),
            state: StateName(execution.state.name()),
            is_final: execution.state.is_final(),
            origin: OriginName(execution.origin.name()),
            amc_execution_id: execution.amc_id.as_ref().map(ToString::to_string),
            timeline: timeline.into_iter().map(step).collect(),
            failure,
            result,
            id: execution.id,
            workflow: execution.query,
            workflow_name: execution.query_name,
            instance: execution.instance,
            waiting_for: execution.waiting_for,
            started_by: execution.person_name,
            cancel_requested_at: execution.cancel_asked_at,
            created_at: execution.created_at,
            sent_at: execution.sent_at,
            finished_at: execution.finished_at,
            result_removed_at: execution.result_removed_at,
        }
    }
}

impl From<&executions::Execution> for ExecutionStatus {
    fn from(execution: &executions::Execution) -> Self {
        Self {
            id: execution.id.clone(),
            state: StateName(execution.state.name()),
            is_final: execution.state.is_final(),
            waiting_for: execution.waiting_for.clone(),
            cancel_requested_at: execution.cancel_asked_at,
            finished_at: execution.finished_at,
            rows: execution.result.as_ref().map(|kept| kept.rows),
            problem: execution.problem.as_ref().map(|problem| problem.what.clone()),
        }
    }
}

impl From<Line> for ExecutionSummary {
    fn from(line: Line) -> Self {
        Self {
            state: StateName(line.state.name()),
            is_final: line.state.is_final(),
            origin: OriginName(line.origin.name()),
            problem: line.problem.map(|problem| problem.what),
            id: line.id,
            workflow: line.query,
            workflow_name: line.query_name,
            instance: line.instance,
            instance_name: line.instance_name,
            started_by: line.person_name,
            created_at: line.created_at,
            finished_at: line.finished_at,
            rows: line.rows,
        }
    }
}
