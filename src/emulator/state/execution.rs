//! Rows of executions: what was asked, where each stands, and what came of it.

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
    /// Grows with time, over all instances: the order of the queue and of lists.
    pub(crate) number: u64,
    pub(crate) instance: String,
    /// Entity id of the account whose slots it takes.
    pub(crate) account: String,
    /// The workflow as it was when the execution was created.
    pub(crate) workflow: Arc<Workflow>,
    pub(crate) asked: Asked,
    pub(crate) category: Category,
    pub(crate) window: Window,
    /// What compiling found; callers learn of it at `validates`.
    pub(crate) verdict: Verdict,
    pub(crate) status: Status,
    pub(crate) reason: Option<String>,
    pub(crate) created: DateTime<Utc>,
    pub(crate) updated: DateTime<Utc>,
    /// When validation is over.
    pub(crate) validates: DateTime<Utc>,
    pub(crate) validated: Option<DateTime<Utc>>,
    pub(crate) started: Option<DateTime<Utc>>,
    /// Not before this does a running execution end, whenever the real work is done.
    pub(crate) ready: Option<DateTime<Utc>>,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) finished: Option<DateTime<Utc>>,
    /// In how many files the result is written, and whether without its rows: set by faults.
    pub(crate) parts: usize,
    pub(crate) header_only: bool,
}

impl Execution {
    /// An execution that is created at `now`: nothing asked, nothing known, validated at once.
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

/// The request fields that answers repeat or the run obeys.
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

/// Which slice of time the run sees.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Window {
    /// First instant inside.
    pub(crate) start: DateTime<Utc>,
    /// First instant after.
    pub(crate) end: DateTime<Utc>,
    pub(crate) zone: String,
    /// Start and end as they were written; none for the relative types.
    pub(crate) original: Option<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Category {
    /// A request.
    AdHoc,
    /// A schedule.
    Scheduled(Cadence),
}

/// The part of a result's path that tells how often it comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Cadence {
    Daily,
    Weekly,
}

/// What compiling found.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Verdict {
    /// The query can run.
    Valid {
        columns: Vec<OutputColumn>,
        /// How long AMC would take for it, in seconds.
        seconds: f64,
    },
    /// Why it cannot.
    Invalid(String),
}

/// What the real work came to.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Outcome {
    Done(Results),
    Failed(String),
}

/// The files of a result, named inside the execution's folder.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Results {
    pub(crate) columns: Vec<OutputColumn>,
    pub(crate) files: Vec<String>,
    pub(crate) rows: u64,
}

/// Where an execution stands.
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
    /// The contract's word.
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

    /// Whether nothing follows.
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
