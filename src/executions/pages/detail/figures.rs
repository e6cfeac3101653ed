//! The figures of an execution, in one line.

use chrono::{DateTime, Utc};

use super::super::result::ResultView;
use super::pane::has_result;
use crate::executions::maturity;
use crate::executions::model::Execution;
use crate::instances::Instance;
use crate::queries::TypicalDuration;
use crate::web::components::{count, date, duration};
use crate::web::words::bytes;

/// A figure with its name.
pub(super) struct Figure {
    pub(super) label: &'static str,
    pub(super) value: String,
    /// Details shown on hover; mostly empty.
    pub(super) note: String,
    /// Whole seconds of a running time.
    pub(super) seconds: Option<i64>,
}

impl Figure {
    fn new(label: &'static str, value: impl Into<String>) -> Self {
        Self { label, value: value.into(), note: String::new(), seconds: None }
    }

    fn noted(label: &'static str, value: impl Into<String>, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..Self::new(label, value) }
    }
}

/// What is counted besides the execution's own row.
pub(super) struct Around<'a> {
    pub(super) instance: &'a Instance,
    pub(super) slots: i64,
    pub(super) typical: Option<&'a TypicalDuration>,
    pub(super) kept_until: Option<DateTime<Utc>>,
    pub(super) result: Option<&'a ResultView>,
}

/// For a finished execution: rows, duration, time window, suppressed share and maturity; otherwise its elapsed time.
pub(super) fn figures(execution: &Execution, around: &Around<'_>, now: DateTime<Utc>) -> Vec<Figure> {
    let took = execution.took(now);
    let mut figures = Vec::new();
    if let Some(kept) = &execution.result {
        figures.push(Figure::new("Rows", count(kept.rows)));
    }
    figures.push(if execution.state.is_final() {
        Figure::new("Duration", duration(took))
    } else {
        Figure { seconds: Some(took.num_seconds().max(0)), ..Figure::new("Elapsed", duration(took)) }
    });
    if let Some(typical) = around.typical {
        figures.push(Figure::noted("Typical", typical.describe(), typical.source()));
    }
    if !execution.state.is_final() {
        let (used, all) = (around.instance.slots_in_use, around.slots);
        figures.push(Figure::noted("Slots in use", format!("{used} of {all}"), around.instance.name()));
    }
    let window = &execution.window;
    figures.push(match window.days() {
        Some(days) => Figure::noted("Time window", days, window.exact()),
        None => Figure::new("Time window", window.describe()),
    });
    if let Some(suppressed) = around.result.and_then(|result| result.suppressed.as_ref()) {
        figures.push(Figure::noted("Suppressed", &suppressed.share, &suppressed.note));
    }
    if has_result(execution) {
        let maturity = maturity::of(execution);
        figures.extend(maturity.map(|it| Figure::noted("Maturity", it.label, it.note)));
        if let Some(kept) = &execution.result {
            let until = around.kept_until.map(|until| format!("Removed on {}", date(until.date_naive())));
            figures.push(Figure::noted("Size", bytes(kept.bytes), until.unwrap_or_default()));
        }
    }
    figures
}
