//! Variants of a query for measuring what its thresholds remove: its rows aggregated without one of its columns.
//!
//! A variant aggregates the rows of the query again, so it works for every query: the text is put into a WITH,
//! unchanged. Only what adds up is summed, and each row of the query counts as one, so all variants have the same
//! totals and can be compared. Removing a column from the text itself was rejected: a UNION, a window or a HAVING
//! would each need a different change.

use super::lower::{Merging, mergings};
use crate::amcsql::bound::Query;
use crate::amcsql::catalogue::ColumnType;

/// The variants of one query.
#[derive(Clone, Debug)]
pub struct Variants<'t> {
    text: &'t str,
    columns: usize,
    /// The columns that identify its rows.
    dimensions: Vec<usize>,
    /// The column to sum; `None` if nothing adds up.
    measure: Option<usize>,
}

impl<'t> Variants<'t> {
    /// The variants of `text`, which is sent unchanged and was resolved as `query`.
    pub fn new(text: &'t str, query: &Query) -> Self {
        let known = mergings(query);
        let merged = |at: &usize| query.outputs.get(*at).and_then(|output| known.get(&output.column)).copied();
        let places = 0..query.outputs.len();
        let adds_up = |at: &usize| {
            let column = query.outputs.get(*at).map(|output| query.column(output.column));
            merged(at) == Some(Merging::Sum) && column.is_some_and(|column| column.data_type.is_numeric())
        };
        let measures = |at: &usize| {
            let column = query.outputs.get(*at).map(|output| query.column(output.column));
            column.is_some_and(|column| column.column_type == ColumnType::Metric)
        };
        let sums: Vec<usize> = places.clone().filter(adds_up).collect();
        let measure = sums.iter().copied().find(measures).or_else(|| sums.first().copied());
        let dimensions = places.filter(|at| merged(at).is_none()).collect();
        Self { text, columns: query.outputs.len(), dimensions, measure }
    }

    /// The indexes of the columns that can be left out.
    pub fn dimensions(&self) -> &[usize] {
        &self.dimensions
    }

    /// The index of the summed column; `None` if only rows are counted.
    pub fn measure(&self) -> Option<usize> {
        self.measure
    }

    /// The text without the column at that index; with `None`, with all of them. Its last column but one is the
    /// number of rows, its last the measure.
    pub fn text(&self, without: Option<usize>) -> String {
        let names: Vec<String> = (0..self.columns).map(|at| format!("c{at}")).collect();
        let kept = self.dimensions.iter().filter(|at| Some(**at) != without).map(|at| format!("c{at}"));
        let kept: Vec<String> = kept.collect();
        let measure = self.measure.map_or_else(|| "0".to_owned(), |at| format!("SUM(c{at})"));
        let keys = if kept.is_empty() { String::new() } else { format!(" GROUP BY {}", kept.join(", ")) };
        let sums = ["COUNT(1) AS row_count".to_owned(), format!("{measure} AS measure")];
        let items: Vec<String> = kept.into_iter().chain(sums).collect();
        format!(
            "WITH measured_rows ({}) AS (\n{}\n) SELECT {} FROM measured_rows{keys}",
            names.join(", "),
            self.text,
            items.join(", ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::catalogue::Catalogue;
    use super::super::super::{Context, check};
    use super::*;

    #[test]
    fn a_variant_leaves_one_column_out_and_sums_what_adds_up() {
        let context = Context::reporting(Catalogue::standard());
        let text = "SELECT campaign, postal_code, AVG(impressions) AS mean, COUNT(DISTINCT user_id) AS reach, SUM(total_cost) AS cost \
            FROM dsp_impressions GROUP BY 1, 2";
        let query = check(text, &context).query.expect("it is right");
        let variants = Variants::new(text, &query);
        assert_eq!((variants.dimensions(), variants.measure()), ([0, 1].as_slice(), Some(4)));
        let without = variants.text(Some(1));
        assert!(
            without.ends_with("SELECT c0, COUNT(1) AS row_count, SUM(c4) AS measure FROM measured_rows GROUP BY c0")
        );
        for without in [None, Some(0), Some(1)] {
            let checked = check(&variants.text(without), &context);
            assert!(checked.query.is_some(), "{:?}", checked.findings);
        }
    }

    #[test]
    fn a_union_of_common_tables_has_variants_as_well() {
        let context = Context::reporting(Catalogue::standard());
        let text = "WITH p AS (SELECT campaign, user_id FROM dsp_clicks) SELECT campaign AS c, COUNT(DISTINCT user_id) AS reach FROM p GROUP BY 1 \
            UNION ALL SELECT advertiser, COUNT(DISTINCT user_id) FROM dsp_views GROUP BY 1 ORDER BY 1";
        let query = check(text, &context).query.expect("it is right");
        let variants = Variants::new(text, &query);
        assert_eq!((variants.dimensions(), variants.measure()), ([0].as_slice(), Some(1)));
        assert!(check(&variants.text(Some(0)), &context).query.is_some());
    }
}
