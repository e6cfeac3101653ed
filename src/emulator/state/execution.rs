//! Rows of executions: request, status, outcome.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::workflow::Workflow;
use crate::emulator::analytics::OutputColumn;

/// One run of a workflow.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Execution {
    pub(crate) id: String,
    /// Increases with time, over all instances: the order of the queue and of lists.
    pub(crate) number: u64,
    pub(crate) instance: String,
    /// The entity id of the account whose slots it uses.
    pub(crate) account: String,
    /// The workflow when the execution was created.
    pub(crate) workflow: Arc<Workflow>,
    pub(crate) asked: Asked,
    pub(crate) category: Category,
    pub(crate) window: Window,
    /// The outcome of compiling; callers see it at `validates`.
    pub(crate) verdict: Verdict,
    pub(crate) status: Status,
    pub(crate) reason: Option<String>,
    pub(crate) created: DateTime<Utc>,
    pub(crate) updated: DateTime<Utc>,
    /// When validation ends.
    pub(crate) validates: DateTime<Utc>,
    pub(crate) validated: Option<DateTime<Utc>>,
    pub(crate) started: Option<DateTime<Utc>>,
    /// A running execution doesn't end earlier than this, even if the real work is done.
    pub(crate) ready: Option<DateTime<Utc>>,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) finished: Option<DateTime<Utc>>,
    /// The number of result files, and whether rows are omitted: set by faults.
    pub(crate) parts: usize,
    pub(crate) header_only: bool,
}

impl Execution {
    /// An execution created at `now` with default values, validated immediately.
    pub(crate) fn new(
        id: String,
        instance: String,
        account: String,
        workflow: Arc<Workflow>,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            number: 0,
            instance,
            account,
            workflow,
            asked: Asked::default(),
            category: Category::AdHoc,
            window: Window { start: now, end: now, zone: "UTC".to_owned(), original: None },
            verdict: Verdict::Invalid(String::new()),
            status: Status::Pending,
            reason: None,
            created: now,
            updated: now,
            validates: now,
            validated: None,
            started: None,
            ready: None,
            outcome: None,
            finished: None,
            parts: 1,
            header_only: false,
        }
    }
}

/// The request fields that responses repeat or that affect the run.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) parameter_values: Map<String, Value>,
    pub(crate) timeout_seconds: i64,
    pub(crate) dry_run: bool,
    pub(crate) skip_publish: bool,
    pub(crate) require_synthetic_data: bool,
    pub(crate) controls_off: bool,
    pub(crate) ignore_data_gaps: bool,
    pub(crate) advertisers: Option<Value>,
}

/// The time range of the run.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Window {
    /// First instant inside.
    pub(crate) start: DateTime<Utc>,
    /// First instant after.
    pub(crate) end: DateTime<Utc>,
    pub(crate) zone: String,
    /// Start and end as sent; `None` for relative windows.
    pub(crate) original: Option<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Category {
    AdHoc,
    Scheduled(Cadence),
}

/// The part of a result's path that contains its frequency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Cadence {
    Daily,
    Weekly,
}

/// The outcome of compiling.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Verdict {
    /// The query can run.
    Valid {
        columns: Vec<OutputColumn>,
        /// How long AMC would take, in seconds.
        seconds: f64,
    },
    Invalid(String),
}

/// The outcome of the real work.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Outcome {
    Done(Results),
    Failed(String),
}

/// The result files, relative to the execution's folder.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Results {
    pub(crate) columns: Vec<OutputColumn>,
    pub(crate) files: Vec<String>,
    pub(crate) rows: u64,
}

/// The status of an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    Pending,
    Running,
    Succeeded,
    Failed,
    Cancelled,
    Rejected,
}

impl Status {
    /// The API's name.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
            Self::Rejected => "REJECTED",
        }
    }

    /// Whether it is final.
    pub(crate) fn is_over(self) -> bool {
        !matches!(self, Self::Pending | Self::Running)
    }
}

impl Execution {
    /// The result, once the execution has succeeded with one.
    pub(crate) fn results(&self) -> Option<&Results> {
        match (&self.outcome, self.status) {
            (Some(Outcome::Done(results)), Status::Succeeded) => Some(results),
            _ => None,
        }
    }

    /// Ends it at `now`.
    pub(crate) fn end(&mut self, status: Status, reason: Option<String>, now: DateTime<Utc>) {
        self.status = status;
        self.reason = reason;
        self.updated = now;
        self.finished = Some(now);
    }
}
