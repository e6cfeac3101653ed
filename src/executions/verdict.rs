//! Why a result has few or no rows, with evidence: what other executions of the query found.
//!
//! AMC's file doesn't say why. The verdict is derived from the time window, from the rows that AMC marked, and from
//! the results of the same query on this and other instances. If they aren't conclusive, the verdict says so.

use super::maturity::{COMPLETE_DAYS, days_after_window};
use super::model::Execution;
use super::report::suppression_mark;
use crate::queries::PrivacyMode;
use crate::results::StoredResult;
use crate::web::components::{count, date};
use crate::web::words::counted;
use chrono::{DateTime, Utc};

/// A result counts as thin if at least this share of it is suppressed.
const MOSTLY: f64 = 0.5;

/// What other executions of the same query found.
#[derive(Clone, Debug, Default)]
pub(super) struct Evidence {
    /// The latest other execution on this instance with rows: when it ended, and the number of rows.
    pub(super) here: Option<(DateTime<Utc>, i64)>,
    /// The number of other instances where it found rows.
    pub(super) elsewhere: i64,
}

/// Why a result has few or no rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thinness {
    /// There was nothing to find.
    Empty,
    /// Rows were below the privacy threshold.
    Suppressed,
    /// The data of the time window was incomplete.
    NotYetAvailable,
    /// The instance probably doesn't have the data that the query needs.
    WrongAccount,
}

impl Thinness {
    /// The name for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Suppressed => "suppressed",
            Self::NotYetAvailable => "not-yet-available",
            Self::WrongAccount => "wrong-account",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Empty => "The result is empty",
            Self::Suppressed => "Most values are suppressed",
            Self::NotYetAvailable => "The data isn't complete yet",
            Self::WrongAccount => "This may be the wrong instance",
        }
    }

    const fn todo(self) -> &'static str {
        match self {
            Self::Empty => "Check the filters of the query, or choose a longer time window.",
            Self::Suppressed => {
                "Group by fewer columns, or choose a longer time window, so that more people are behind each row."
            }
            Self::NotYetAvailable => "Run it again later, or choose a time window that ended at least two days ago.",
            Self::WrongAccount => "Check that the campaigns of the query belong to this instance's account.",
        }
    }
}

/// A verdict on a thin result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub thinness: Thinness,
    /// A short title.
    pub title: &'static str,
    /// The evidence, in sentences.
    pub evidence: Vec<String>,
    /// What to do, in one sentence.
    pub todo: &'static str,
}

/// The verdict on a result; `None` if it isn't thin.
pub(super) fn of(
    execution: &Execution,
    kept: &StoredResult,
    suppressed: Option<u64>,
    evidence: &Evidence,
) -> Option<Verdict> {
    let facts = Facts {
        rows: kept.rows,
        suppressed: suppressed.unwrap_or_default(),
        is_all_null: kept.rows > 0 && is_all_null(execution, kept),
        removes_rows: execution.sent.privacy().mode == PrivacyMode::Drop,
        days_after_window: days_after_window(execution),
    };
    facts.verdict(evidence)
}

/// Whether no column except the mark has a value.
fn is_all_null(execution: &Execution, kept: &StoredResult) -> bool {
    let mark = suppression_mark(execution, &kept.columns);
    let mut others = kept.columns.iter().enumerate().filter(|(place, _)| Some(*place) != mark).peekable();
    others.peek().is_some() && others.all(|(_, column)| column.nulls == kept.rows)
}

/// What follows from the result alone.
#[derive(Clone, Copy, Debug)]
struct Facts {
    rows: u64,
    suppressed: u64,
    is_all_null: bool,
    removes_rows: bool,
    days_after_window: Option<i64>,
}

impl Facts {
    fn verdict(self, evidence: &Evidence) -> Option<Verdict> {
        let share = self.suppressed as f64 / self.rows.max(1) as f64;
        let is_suppressed = self.rows > 0 && (self.is_all_null || (self.suppressed > 0 && share >= MOSTLY));
        let thinness = match self.days_after_window {
            _ if is_suppressed => Thinness::Suppressed,
            _ if self.rows > 0 => return None,
            Some(..COMPLETE_DAYS) => Thinness::NotYetAvailable,
            _ if evidence.here.is_none() && evidence.elsewhere > 0 => Thinness::WrongAccount,
            _ => Thinness::Empty,
        };
        let sentences = if self.rows > 0 { self.of_values() } else { self.of_nothing(evidence) };
        Some(Verdict { thinness, title: thinness.title(), evidence: sentences, todo: thinness.todo() })
    }

    fn of_values(self) -> Vec<String> {
        let rows = counted(i64::try_from(self.rows).unwrap_or(i64::MAX), "row", "rows");
        if self.suppressed > 0 {
            vec![format!("AMC marks {} of {rows} as below the aggregation threshold.", count(self.suppressed))]
        } else {
            vec![format!("None of the {rows} has a value: AMC suppressed the values, or there was no data for them.")]
        }
    }

    fn of_nothing(self, evidence: &Evidence) -> Vec<String> {
        let mut sentences = vec!["AMC returned no rows.".to_owned()];
        if let Some(days) = self.days_after_window {
            let days_ago = counted(days, "day", "days");
            sentences.push(if days < COMPLETE_DAYS {
                format!("The time window ended {days_ago} before this ran, and events arrive up to 48 hours late.")
            } else {
                format!("The time window ended {days_ago} before this ran, so the events had arrived.")
            });
        }
        match (evidence.here, evidence.elsewhere) {
            (Some((at, rows)), _) => sentences.push(format!(
                "On {} the same query found {} on this instance.",
                date(at.date_naive()),
                counted(rows, "row", "rows")
            )),
            (None, 0) => sentences.push("No other execution of this query has found rows.".to_owned()),
            (None, other) => sentences.push(format!(
                "The same query found rows on {}, and never on this one.",
                counted(other, "other instance", "other instances")
            )),
        }
        if self.removes_rows {
            sentences.push(
                "Rows below the privacy threshold were removed. To see whether there were any, run it with their values \
                 blanked."
                    .to_owned(),
            );
        }
        sentences
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Facts =
        Facts { rows: 0, suppressed: 0, is_all_null: false, removes_rows: true, days_after_window: Some(14) };

    fn thinness(facts: Facts, here: bool, elsewhere: i64) -> Option<Thinness> {
        let here = here.then_some((DateTime::UNIX_EPOCH, 7));
        facts.verdict(&Evidence { here, elsewhere }).map(|verdict| verdict.thinness)
    }

    #[test]
    fn the_four_kinds_of_thin_results_are_distinguished() {
        assert_eq!(thinness(NOTHING, true, 3), Some(Thinness::Empty));
        assert_eq!(thinness(NOTHING, false, 0), Some(Thinness::Empty));
        assert_eq!(thinness(NOTHING, false, 2), Some(Thinness::WrongAccount));
        assert_eq!(thinness(Facts { days_after_window: Some(1), ..NOTHING }, true, 0), Some(Thinness::NotYetAvailable));
        assert_eq!(thinness(Facts { days_after_window: None, ..NOTHING }, true, 0), Some(Thinness::Empty));
        assert_eq!(thinness(Facts { rows: 10, suppressed: 5, ..NOTHING }, true, 0), Some(Thinness::Suppressed));
        assert_eq!(thinness(Facts { rows: 10, suppressed: 4, ..NOTHING }, true, 0), None);
        assert_eq!(thinness(Facts { rows: 1, is_all_null: true, ..NOTHING }, false, 9), Some(Thinness::Suppressed));
    }

    #[test]
    fn the_evidence_is_reported() {
        let verdict = NOTHING.verdict(&Evidence { here: None, elsewhere: 2 }).unwrap();
        let text = verdict.evidence.join(" ");
        assert!(text.contains("2 other instances") && text.contains("14 days before"), "{text}");
        assert!(text.contains("privacy threshold"), "{text}");
    }
}
