//! Rows of saved workflows and of schedules.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A workflow, saved or sent along with an execution.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Workflow {
    pub(crate) id: String,
    /// The fields that were set, cleaned, in the order in which reads give them (without the id).
    pub(crate) fields: Map<String, Value>,
}

/// A schedule of a saved workflow.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Schedule {
    pub(crate) id: String,
    pub(crate) workflow: String,
    pub(crate) period: Period,
    /// The hour of the day, UTC, at which it fires.
    pub(crate) hour: u32,
    pub(crate) enabled: bool,
    pub(crate) require_synthetic_data: Option<bool>,
    pub(crate) controls_off: Option<bool>,
    /// Up to when it has fired; slots are looked for after this.
    pub(crate) fired_until: DateTime<Utc>,
}

/// How often a schedule fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Period {
    /// Every day; a day sent along is kept for reads and has no effect.
    Daily(Option<chrono::Weekday>),
    /// On one day of the week.
    Weekly(chrono::Weekday),
}

impl Workflow {
    /// The query text, if it has one (the old form has operations instead).
    pub(crate) fn sql(&self) -> Option<&str> {
        self.fields.get("sqlQuery").and_then(Value::as_str)
    }

    /// A field that holds text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(Value::as_str)
    }
}
