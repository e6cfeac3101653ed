//! Computes the numbers that a guide states about the results of its queries.

use super::Case;
use super::running::Runner;
use crate::amcsql::engine::ResultSet;
use crate::guides::content::{Claim, Finding, Rows, Stated};

/// Maximum number of rows that a formula reads.
const MOST_ROWS: usize = 10_000;

/// The claims that don't hold; `usual` is the result with the default values.
pub(super) async fn check(runner: &Runner, case: &Case<'_>, usual: &ResultSet) -> Vec<Finding> {
    let (plain, others): (Vec<&Claim>, Vec<&Claim>) =
        case.claims.iter().copied().partition(|it| it.parameters.is_empty());
    let mut findings = wrong(&case.file, &plain, usual);
    let mut others = others.as_slice();
    // Claims with the same values that follow each other share a run.
    while let Some(first) = others.first() {
        let same = others.iter().take_while(|claim| claim.parameters == first.parameters).count();
        let (group, rest) = others.split_at(same);
        others = rest;
        match runner.query(case.query, &first.parameters).await {
            Some(Ok(result)) => findings.extend(wrong(&case.file, group, &result)),
            Some(Err(error)) => findings.push(Finding::error(&case.file, first.place, "claim", error.to_string())),
            None => {
                let message = format!("{} can't run with the values of `parameters`.", case.query.id);
                findings.push(Finding::error(&case.file, first.place, "claim", message));
            }
        }
    }
    findings
}

fn wrong(file: &str, claims: &[&Claim], result: &ResultSet) -> Vec<Finding> {
    if claims.is_empty() {
        return Vec::new();
    }
    let columns: Vec<String> = result.columns.iter().map(|column| column.name.clone()).collect();
    let rows = match result.texts(MOST_ROWS) {
        Ok(rows) => rows,
        Err(error) => return vec![Finding::error(file, (1, 1), "claim", error.to_string())],
    };
    let rows = Rows { columns: &columns, rows: &rows };
    let stated = claims.iter().flat_map(|claim| claim.numbers.iter().map(move |stated| (*claim, stated)));
    stated.filter_map(|(claim, stated)| told(file, claim, stated, rows)).collect()
}

fn told(file: &str, claim: &Claim, stated: &Stated, rows: Rows<'_>) -> Option<Finding> {
    let Stated { number, within, place, source, formula } = stated;
    let (shown, query, line) = (&number.shown, &claim.query, claim.place.0);
    let message = match formula.value(rows) {
        Ok(value) if (value - number.value).abs() <= *within => return None,
        Ok(value) => format!(
            "The text says {shown}; {query} gives {} for `{source}`. Correct the text, or the claim in line {line}.",
            exact(value)
        ),
        Err(why) => {
            format!("`{source}`, by which line {line} computes {shown} from {query}, can't be computed: {why}.")
        }
    };
    Some(Finding::error(file, *place, "claim", message))
}

/// A number with as many decimals as it takes to see a difference.
fn exact(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
