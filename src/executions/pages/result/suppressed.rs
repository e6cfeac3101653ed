//! Data that AMC withheld from a result: rows flagged as suppressed, columns without any values.
//!
//! AMC removes values of groups that are too small. The file doesn't tell whether a missing value was removed or
//! never existed, so both are mentioned.

use super::{Table, failed};
use crate::executions::model::Execution;
use crate::executions::report::suppression_mark;
use crate::executions::submit::Executions;
use crate::results::{Filter, Op, PageRequest, StoredColumn};
use crate::web;
use crate::web::components::count;

/// How many empty columns are named; more are counted.
const NAMED: usize = 3;

/// The rows with suppressed values.
pub(in crate::executions::pages) struct Suppressed {
    /// `12.5 % of rows`.
    pub(in crate::executions::pages) share: String,
    /// The same as a count.
    pub(in crate::executions::pages) note: String,
    /// Rows with values removed by AMC.
    pub(in crate::executions::pages) rows: u64,
}

/// Counts the rows flagged in the column that the request named for this; `None` if it named none.
pub(super) async fn counted(
    room: &Executions,
    execution: &Execution,
    table: &Table<'_>,
    total: u64,
) -> web::Result<Option<Suppressed>> {
    let Some(column) = suppression_mark(execution, table.columns).filter(|_| total > 0) else { return Ok(None) };
    let filters = vec![Filter { column, op: Op::Equals, value: "true".to_owned() }];
    let request = PageRequest { limit: 0, filters, ..PageRequest::default() };
    let rows = room.result_store.page(&table.key, request).await.map_err(failed)?.total;
    let share = super::columns::percent(rows, total);
    Ok(Some(Suppressed {
        share: if rows == 0 { "None".to_owned() } else { share },
        note: format!("{} of {} rows have values below AMC's aggregation threshold.", count(rows), count(total)),
        rows,
    }))
}

/// Why values are missing, if a column or the whole result is empty; otherwise empty.
pub(super) fn missing(columns: &[StoredColumn], total: u64) -> String {
    let empty: Vec<&str> =
        columns.iter().filter(|column| total > 0 && column.nulls == total).map(|column| column.name.as_str()).collect();
    let why = "AMC suppressed the values because too few people were behind them, or there was no data for them in the \
        time window.";
    match empty.as_slice() {
        [] => String::new(),
        _ if empty.len() == columns.len() => {
            let rows =
                if total == 1 { "The only row has".to_owned() } else { format!("All {} rows have", count(total)) };
            format!("{rows} no values (null). {why}")
        }
        [one] => format!("`{one}` has no value in any row. {why}"),
        many => {
            let named = many.iter().take(NAMED).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let more = many.len().saturating_sub(NAMED);
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            format!("{named}{more} have no value in any row. {why}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::Kind;

    fn column(name: &str, nulls: u64) -> StoredColumn {
        StoredColumn {
            name: name.to_owned(),
            declared: None,
            column_type: None,
            kind: Kind::Integer,
            nulls,
            total: None,
            misfit: None,
        }
    }

    #[test]
    fn missing_values_are_said_with_both_reasons() {
        let said = |nulls: &[u64], total| {
            let columns: Vec<StoredColumn> =
                nulls.iter().enumerate().map(|(place, nulls)| column(&format!("c{place}"), *nulls)).collect();
            missing(&columns, total)
        };
        assert!(said(&[1, 1], 1).starts_with("The only row has no values (null). AMC suppressed"));
        assert!(said(&[30, 30], 30).starts_with("All 30 rows have no values"));
        assert!(said(&[0, 5], 5).starts_with("`c1` has no value in any row."));
        assert!(said(&[0, 5, 5, 5, 5], 5).starts_with("`c1`, `c2`, `c3` and 1 more have no value"));
        assert_eq!(said(&[0, 4], 5), "");
        assert_eq!(said(&[0, 0], 0), "");
    }
}
