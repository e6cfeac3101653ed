//! Which values are usual for the results of a schedule, and which values of a result are not.
//!
//! A band is the median of the latest results, plus or minus three times their median absolute deviation, but at
//! least a tenth of the median. Unlike with mean and standard deviation, a single earlier outlier doesn't widen it.

use crate::executions::{ResultReport, column_totals};
use crate::results::StoredResult;

/// The number of earlier results that are considered.
pub(super) const LOOKED_AT: i64 = 12;
/// With fewer results, nothing counts as unusual.
const FEWEST: usize = 5;
/// For normally distributed values, the median absolute deviation times this is the standard deviation.
const NORMAL: f64 = 1.4826;
/// The number of standard deviations within the band.
const WIDTH: f64 = 3.0;
/// The band extends at least this share of the median in both directions.
const LEAST: f64 = 0.1;

/// A result of an earlier slot.
#[derive(Clone, Debug)]
pub(super) struct Past {
    pub rows: f64,
    totals: Vec<(String, f64)>,
}

impl Past {
    pub(super) fn of(result: &StoredResult, sql: &str) -> Self {
        let totals = column_totals(result, sql).into_iter().map(|total| (total.name, total.value));
        Self { rows: result.rows as f64, totals: totals.collect() }
    }

    /// The sum of the column with this name.
    pub(super) fn total(&self, name: &str) -> Option<f64> {
        self.totals.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }
}

/// The band of usual values; `None` if there are too few results.
fn band(values: &[f64]) -> Option<(f64, f64)> {
    if values.len() < FEWEST {
        return None;
    }
    let middle = median(values.to_vec());
    let deviation = median(values.iter().map(|value| (value - middle).abs()).collect());
    let width = (WIDTH * NORMAL * deviation).max(LEAST * middle.abs());
    Some((middle - width, middle + width))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match values.len() {
        0 => 0.0,
        length if length % 2 == 1 => values[half],
        _ => f64::midpoint(values[half - 1], values[half]),
    }
}

/// What is unusual about a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unusual {
    /// The condition that found it.
    pub name: &'static str,
    pub sentence: String,
}

/// Which results a person wants to be notified of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Conditions {
    pub no_rows: bool,
    pub unusual: bool,
    /// A share from 0 to 1.
    pub suppressed_above: Option<f64>,
}

impl Conditions {
    /// The conditions that a result meets; `past` contains the results of earlier slots, newest first.
    pub(super) fn met(self, result: &ResultReport, past: &[Past]) -> Vec<Unusual> {
        let mut met = Vec::new();
        if self.no_rows && result.rows == 0 {
            met.push(Unusual { name: "no-rows", sentence: "The result has no rows.".to_owned() });
        }
        if self.unusual && !(self.no_rows && result.rows == 0) {
            let rows: Vec<f64> = past.iter().map(|past| past.rows).collect();
            met.extend(outside("rows", "The number of rows", result.rows as f64, &rows));
            for total in &result.totals {
                let before: Vec<f64> = past.iter().filter_map(|past| past.total(&total.name)).collect();
                met.extend(outside("metric", &format!("The total of {}", total.name), total.value, &before));
            }
        }
        let share = result.suppressed.map(|rows| rows as f64 / result.rows.max(1) as f64);
        if let Some((share, most)) = share.zip(self.suppressed_above).filter(|(share, most)| share > most) {
            let sentence = format!("{:.1}% of rows are suppressed, more than {:.0}%.", share * 100.0, most * 100.0);
            met.push(Unusual { name: "suppressed", sentence });
        }
        met
    }
}

fn outside(name: &'static str, what: &str, value: f64, before: &[f64]) -> Option<Unusual> {
    let (from, to) = band(before)?;
    if (from..=to).contains(&value) {
        return None;
    }
    let shown = |number: f64| crate::web::components::count(format!("{number:.0}"));
    let sentence = format!(
        "{what} is {}, outside the usual {} to {} of the last {} slots.",
        shown(value),
        shown(from.max(0.0)),
        shown(to),
        before.len()
    );
    Some(Unusual { name, sentence })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Conditions = Conditions { no_rows: true, unusual: true, suppressed_above: Some(0.2) };

    fn past(rows: &[f64]) -> Vec<Past> {
        rows.iter().map(|rows| Past { rows: *rows, totals: vec![("reach".to_owned(), *rows * 10.0)] }).collect()
    }

    fn names(result: &ResultReport, past: &[Past]) -> Vec<&'static str> {
        ALL.met(result, past).into_iter().map(|it| it.name).collect()
    }

    #[test]
    fn nothing_is_usual_before_there_are_enough_results() {
        let result = ResultReport { rows: 9_000, ..ResultReport::default() };
        assert!(names(&result, &past(&[10.0; 4])).is_empty());
        assert_eq!(names(&result, &past(&[10.0; 5])), ["rows"]);
    }

    #[test]
    fn an_outlier_does_not_widen_the_band() {
        let before = past(&[100.0, 104.0, 97.0, 5_000.0, 101.0, 99.0]);
        let result = |rows| ResultReport { rows, ..ResultReport::default() };
        assert_eq!(names(&result(200), &before), ["rows"]);
        assert!(names(&result(109), &before).is_empty());
    }

    #[test]
    fn no_rows_and_suppression_are_separate_conditions() {
        assert_eq!(names(&ResultReport::default(), &past(&[10.0; 9])), ["no-rows"]);
        let result = ResultReport { rows: 10, suppressed: Some(3), ..ResultReport::default() };
        assert_eq!(names(&result, &[]), ["suppressed"]);
        assert!(names(&ResultReport { suppressed: Some(2), ..result }, &[]).is_empty());
    }
}
