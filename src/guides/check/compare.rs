//! Compares a documented sample with the actual result of its query: not the exact numbers, which change daily, but
//! their order of magnitude.

use crate::amcsql::engine::ResultSet;
use crate::guides::content::{Finding, GuideQuery};
use crate::queries::{Sample, sample_number};

/// The maximum factor between a sample's typical number and the result's.
const FACTOR: f64 = 10.0;
/// Maximum number of compared rows.
const MOST_ROWS: usize = 10_000;

/// The errors in the sample of a query that returned `result`.
pub(super) fn sample(query: &GuideQuery, result: &ResultSet) -> Vec<Finding> {
    let Some(sample) = &query.authored.sample else { return Vec::new() };
    let mut findings = Vec::new();
    let Ok(rows) = result.texts(MOST_ROWS) else { return findings };
    for (at, column) in result.columns.iter().enumerate() {
        let is_named = sample.columns.get(at) == Some(&column.name);
        if !is_named || !column.data_type.is_numeric() {
            continue;
        }
        let real = rows.iter().filter_map(|row| row.get(at)?.as_deref()).filter_map(sample_number).collect();
        let (Some(real), Some(documented)) = (median(real), median(numbers(sample, at))) else { continue };
        if !are_near(documented, real) {
            let name = &column.name;
            let message = format!(
                "{name} is about {} in the sample, but about {} in the result. Use rows from a result on synthetic data.",
                shown(documented),
                shown(real)
            );
            findings.push(Finding::error(&query.file, (sample.line, 1), "sample", message));
        }
    }
    findings
}

fn numbers(sample: &Sample, column: usize) -> Vec<f64> {
    sample.rows.iter().filter_map(|row| sample_number(row.get(column)?)).collect()
}

/// The median, ignoring signs.
fn median(mut numbers: Vec<f64>) -> Option<f64> {
    for number in &mut numbers {
        *number = number.abs();
    }
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied()
}

fn are_near(documented: f64, real: f64) -> bool {
    // OK to accept small ones: between 0 and 2 there is no order of magnitude.
    (documented < 2.0 && real < 2.0 && documented.max(real) - documented.min(real) < 1.0)
        || (documented <= real * FACTOR && real <= documented * FACTOR && (documented > 0.0) == (real > 0.0))
}

fn shown(number: f64) -> String {
    if number >= 100.0 { format!("{number:.0}") } else { format!("{number:.3}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_same_magnitude_match() {
        for (documented, real) in [(1.0, 9.0), (0.02, 0.4), (1200.0, 130.0), (0.0, 0.0)] {
            assert!(are_near(documented, real), "{documented} {real}");
        }
        for (documented, real) in [(1.0, 11.0), (0.0, 5.0), (50_000.0, 200.0)] {
            assert!(!are_near(documented, real), "{documented} {real}");
        }
        assert_eq!(median(vec![5.0, -7.0, 1.0]), Some(5.0));
    }
}
