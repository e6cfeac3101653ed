//! Values for the macros of `templates/components.html`: states, form errors, addresses, pagination, sortable
//! columns, formatted numbers and times.
//!
//! Handlers compute these, templates only render them: a template never builds a query string or counts pages.

mod address;
mod amounts;
mod dates;
mod form;
mod table;

use std::fmt;

pub use address::Address;
pub use amounts::{ROUNDED, brief, count, duration};
pub use dates::{date, date_time, date_time_exact, days, read_date, read_date_time};
pub use form::{Choice, Errors};
pub use table::{Direction, Pager, SortLink};

/// Four states with a color, and two without: stopped on purpose, and not reached yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Not started: queued, pending, scheduled.
    Waiting,
    Running,
    Done,
    Failed,
    /// Ended on purpose: canceled, skipped, off.
    Stopped,
    /// Not reached yet, for future steps of a timeline.
    Later,
}

impl State {
    /// The icon of the state, for people who can't distinguish its color.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Waiting => "hourglass",
            Self::Running => "loader",
            Self::Done => "circle-check",
            Self::Failed => "circle-x",
            Self::Stopped => "ban",
            Self::Later => "circle-dashed",
        }
    }
}

/// The value of `data-state`.
impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::Later => "later",
        })
    }
}

/// A step of a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub label: String,
    pub state: State,
    /// When it was reached, if it was.
    pub at: Option<chrono::DateTime<chrono::Utc>>,
    /// A short note ("2 min 10 s in the queue"); may be empty.
    pub note: String,
}
