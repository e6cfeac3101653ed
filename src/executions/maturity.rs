//! How complete the data was when AMC ran an execution.

use chrono::TimeDelta;

use super::model::Execution;

/// Days after which attributed conversions no longer change (AMC documentation, attribution).
const SETTLED_DAYS: i64 = 14;
/// Days after which AMC has the events themselves.
pub(super) const COMPLETE_DAYS: i64 = 2;

/// How complete the data is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maturity {
    /// A short label: `Incomplete`, `Day 5 of 14`, `Settled`.
    pub label: String,
    /// The reason, in sentences.
    pub note: String,
}

/// Whole days between the end of the time window and the request; `None` if AMC sets the window.
pub(super) fn days_after_window(execution: &Execution) -> Option<i64> {
    let end = execution.window.end?.date();
    let asked = execution.sent_at.unwrap_or(execution.created_at).date_naive();
    Some((asked - end).max(TimeDelta::zero()).num_days())
}

/// The maturity of a result, if the request names the end of its window.
pub(super) fn of(execution: &Execution) -> Option<Maturity> {
    let days = days_after_window(execution)?;
    let maturity = |label: String, what: &str| Maturity {
        label,
        note: format!("The time window ended {days} days before this ran. {what}"),
    };
    Some(match days {
        ..COMPLETE_DAYS => maturity("Incomplete".to_owned(), "Events arrive up to 48 hours late."),
        COMPLETE_DAYS..SETTLED_DAYS => maturity(
            format!("Day {days} of {SETTLED_DAYS}"),
            "Attributed conversions can change until 14 days after the ad event.",
        ),
        _ => maturity("Settled".to_owned(), "Attributed conversions no longer change."),
    })
}
