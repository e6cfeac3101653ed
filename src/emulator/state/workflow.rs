//! Rows of saved workflows and of schedules.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A workflow, saved or ad hoc.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Workflow {
    pub(crate) id: String,
    /// The fields that were set, normalized, in the order in which reads return them (without the id).
    pub(crate) fields: Map<String, Value>,
}

/// A schedule of a saved workflow.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Schedule {
    pub(crate) id: String,
    pub(crate) workflow: String,
    pub(crate) period: Period,
    /// The hour of the day in UTC.
    pub(crate) hour: u32,
    pub(crate) enabled: bool,
    pub(crate) require_synthetic_data: Option<bool>,
    pub(crate) controls_off: Option<bool>,
    /// The time up to which it has fired; later slots are due.
    pub(crate) fired_until: DateTime<Utc>,
}

/// The frequency of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Period {
    /// Every day; a day that was sent is kept for reads and has no effect.
    Daily(Option<chrono::Weekday>),
    /// On one day of the week.
    Weekly(chrono::Weekday),
}

impl Workflow {
    /// The SQL, if it has any (the old format has operations instead).
    pub(crate) fn sql(&self) -> Option<&str> {
        self.fields.get("sqlQuery").and_then(Value::as_str)
    }

    /// A text field.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(Value::as_str)
    }
}
