//! The input of a run, and its errors.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use datafusion::error::DataFusionError;
use serde_json::Value;

/// One run of a query.
#[derive(Clone, Debug)]
pub struct Run {
    /// The time window for all event sources.
    pub window: Window,
    /// Custom parameters by name, case-insensitively: a text, number, boolean or array of these. A missing parameter
    /// fails the run; a JSON null is NULL.
    pub parameters: HashMap<String, Value>,
    /// Whether aggregation thresholds apply. If off, nothing is counted and every row is returned.
    pub controls: bool,
    /// How rows below a threshold are handled, and which extra columns are added.
    pub privacy: Privacy,
    /// The value of `CURRENT_TIMESTAMP` and `'now'`.
    pub now: DateTime<Utc>,
}

/// A half-open time window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Inclusive.
    pub start: DateTime<Utc>,
    /// Exclusive.
    pub end: DateTime<Utc>,
}

/// The effect of thresholds on the result (AMC documentation, aggregation thresholds).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Privacy {
    /// How rows below a threshold are handled.
    pub mode: Mode,
    /// The name of the column that flags rows with blanked values; only in [`Mode::Blank`].
    pub discriminator: Option<String>,
    /// The name of the column with the number of users that was compared with the threshold.
    pub distinct_user_count: Option<String>,
    /// The name of the column with the reason why a row is below a threshold.
    pub reason: Option<String>,
}

/// How rows below a threshold are handled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    #[default]
    Drop,
    /// Columns that require more users become NULL, and equal rows are then merged.
    Blank,
}

/// Why a run failed, in a text for people.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The instance doesn't have this source.
    #[error("The data source '{0}' is not in this instance.")]
    NoSuchSource(String),
    /// A custom parameter has no value, or one with another type.
    #[error("{0}")]
    Parameter(String),
    /// The memory limit of a run was exceeded.
    #[error(
        "The query needs more memory than a run may use. Shorten the time window, filter earlier, or aggregate before joining."
    )]
    OutOfMemory,
    /// The time limit of a run was exceeded.
    #[error("The query ran longer than {0} seconds. Shorten the time window, or filter and aggregate earlier.")]
    TimedOut(u64),
    /// The row limit of a result was exceeded.
    #[error("The result has more than {0} rows. Aggregate further, or filter.")]
    TooManyRows(usize),
    /// The query is too large to be planned.
    #[error("The query is too complex: its common tables, put in wherever they are read, make {0} steps.")]
    TooComplex(usize),
    /// A correlated subquery that isn't supported.
    #[error(
        "A subquery compares with the query around it in a way that cannot be run. Compute what it looks up in a WITH, and join it."
    )]
    Subquery,
    /// A value couldn't be computed.
    #[error("The query failed while running: {0}")]
    Value(String),
}

impl From<DataFusionError> for RunError {
    fn from(error: DataFusionError) -> Self {
        match error.find_root() {
            DataFusionError::ResourcesExhausted(_) => Self::OutOfMemory,
            // OK because everything else in plans is supported.
            DataFusionError::NotImplemented(what) if what.contains("ubquery") || what.contains("Exists(") => {
                Self::Subquery
            }
            root => Self::Value(root.strip_backtrace().trim_start_matches("Execution error: ").to_owned()),
        }
    }
}
