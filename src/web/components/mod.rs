//! The values that the macros of `templates/components.html` take: states, form errors, addresses
//! that keep the query string, pages of a list, sorted columns, numbers and times in words.
//!
//! Pages compute these, templates only lay them out: a template never joins a query string or
//! counts pages.

mod address;
mod amounts;
mod dates;
mod form;
mod table;

use std::fmt;

pub use address::Address;
pub use amounts::{count, duration};
pub use dates::{date, date_time, date_time_exact, days, read_date, read_date_time};
pub use form::{Choice, Errors};
pub use table::{Direction, Pager, SortLink};

/// The four states that have a colour, and two without: over on purpose, and not reached yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Not started: queued, pending, scheduled.
    Waiting,
    /// Something happens now.
    Running,
    Done,
    Failed,
    /// Ended on purpose: cancelled, skipped, off.
    Stopped,
    /// Not reached yet, as a later step on a timeline.
    Later,
}

impl State {
    /// The icon that carries the state for those who do not see its colour.
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

/// The word used in `data-state`.
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

/// A step on a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What this step is called.
    pub label: String,
    /// Where it stands.
    pub state: State,
    /// When it was reached, if it was.
    pub at: Option<chrono::DateTime<chrono::Utc>>,
    /// A short remark ("2 min 10 s in the queue"); may be empty.
    pub note: String,
}
