//! What a run is given, and what it gives back when it fails.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use datafusion::error::DataFusionError;
use serde_json::Value;

/// One run of a query.
#[derive(Clone, Debug)]
pub struct Run {
    /// The time window that every event source is cut to.
    pub window: Window,
    /// Custom parameters by name, in any case: a text, number, boolean or array of these. A parameter that the query uses and
    /// that is missing here fails the run; a JSON null is NULL.
    pub parameters: HashMap<String, Value>,
    /// Whether aggregation thresholds apply. Off, nothing is counted and every row is given.
    pub controls: bool,
    /// What happens to rows that miss a threshold, and which extra columns are wanted.
    pub privacy: Privacy,
    /// The instant that `CURRENT_TIMESTAMP` and `'now'` mean.
    pub now: DateTime<Utc>,
}

/// A time window: from `start`, up to but not at `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first instant inside.
    pub start: DateTime<Utc>,
    /// The first instant after it.
    pub end: DateTime<Utc>,
}

/// How thresholds show in the result (AMC documentation, aggregation thresholds).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Privacy {
    /// What happens to failing rows.
    pub mode: Mode,
    /// Name of the column that is true for rows with blanked values; written in [`Mode::Blank`] only.
    pub discriminator: Option<String>,
    /// Name of the column with the number of users that was compared with the threshold.
    pub distinct_user_count: Option<String>,
    /// Name of the column with the reason why a row failed.
    pub reason: Option<String>,
}

/// What happens to rows that miss a threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    #[default]
    Drop,
    /// The columns that need more users become NULL, and rows that look alike then become one.
    Blank,
}

/// Why a run gave no result. The text is for people.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The instance has no such source.
    #[error("The data source '{0}' is not in this instance.")]
    NoSuchSource(String),
    /// A custom parameter has no value, or one of another type.
    #[error("{0}")]
    Parameter(String),
    /// The query needs more memory than one run may take.
    #[error(
        "The query needs more memory than a run may use. Shorten the time window, filter earlier, or aggregate before joining."
    )]
    OutOfMemory,
    /// The query ran longer than a run may take.
    #[error("The query ran longer than {0} seconds. Shorten the time window, or filter and aggregate earlier.")]
    TimedOut(u64),
    /// The result is larger than a result may be.
    #[error("The result has more than {0} rows. Aggregate further, or filter.")]
    TooManyRows(usize),
    /// The query is too large to be planned.
    #[error("The query is too complex: its common tables, put in wherever they are read, make {0} steps.")]
    TooComplex(usize),
    /// A subquery refers to the query around it in a way that cannot be run.
    #[error(
        "A subquery compares with the query around it in a way that cannot be run. Compute what it looks up in a WITH, and join it."
    )]
    Subquery,
    /// A value could not be computed.
    #[error("The query failed while running: {0}")]
    Value(String),
}

impl From<DataFusionError> for RunError {
    fn from(error: DataFusionError) -> Self {
        match error.find_root() {
            DataFusionError::ResourcesExhausted(_) => Self::OutOfMemory,
            // OK because everything else that plans are made of has a physical form.
            DataFusionError::NotImplemented(what) if what.contains("ubquery") || what.contains("Exists(") => {
                Self::Subquery
            }
            root => Self::Value(root.strip_backtrace().trim_start_matches("Execution error: ").to_owned()),
        }
    }
}
