//! Generates starter SQL from a source or one of its columns: valid as it is, and short enough to edit.

use std::fmt::Write as _;

use crate::amcsql::catalogue::{ColumnDef, ColumnType, DataSource, DataType, Threshold};

/// Dimensions for describing a row; the first ones that a source has are used.
const DESCRIBING: [&str; 8] = [
    "campaign",
    "advertiser",
    "segment_name",
    "store_name",
    "page_title",
    "event_type",
    "no_3p_trackers",
    "marketplace_name",
];

/// A query on a source: its dimensions, the number of users, and its metrics.
pub(super) fn of_source(source: &DataSource) -> String {
    let fits = |column: &&ColumnDef| can_group(column) && column.data_type == DataType::String;
    let describing = DESCRIBING.iter().find_map(|name| source.column(name)).filter(fits);
    let describing = describing.or_else(|| source.columns.iter().find(fits));
    let metrics = source.columns.iter().filter(|column| can_sum(column));
    let metrics: Vec<&ColumnDef> = metrics.filter(|column| column.category == "Metrics").take(2).collect();
    write(source, describing, &metrics)
}

/// A query on one column of a source.
pub(super) fn of_column(source: &DataSource, column: &ColumnDef) -> String {
    if can_sum(column) {
        let describing = DESCRIBING.iter().find_map(|name| source.column(name)).filter(|it| can_group(it));
        return write(source, describing, &[column]);
    }
    if can_group(column) {
        return write(source, Some(column), &[]);
    }
    let describing = DESCRIBING.iter().find_map(|name| source.column(name)).filter(|it| can_group(it));
    let mut sql = String::from("SELECT\n");
    if let Some(describing) = describing {
        let _ = writeln!(sql, "  {},", describing.name);
    }
    let counted = if matches!(column.data_type, DataType::Array(_)) {
        "SUM(CARDINALITY($)) AS values_in_all"
    } else {
        "COUNT(DISTINCT $) AS different_values"
    };
    let _ = write!(sql, "  {}\nFROM {}", counted.replace('$', &column.name), source.id);
    if let Some(describing) = describing {
        let _ = write!(sql, "\nGROUP BY {}", describing.name);
    }
    sql
}

fn write(source: &DataSource, describing: Option<&ColumnDef>, metrics: &[&ColumnDef]) -> String {
    let mut items: Vec<String> = describing.iter().map(|column| column.name.clone()).collect();
    items.extend(metrics.iter().map(|column| sum(column)));
    items.push(if source.is_user_level() {
        "COUNT(DISTINCT user_id) AS users".to_owned()
    } else {
        "COUNT(*) AS row_count".to_owned()
    });
    let mut sql = format!("SELECT\n  {}\nFROM {}", items.join(",\n  "), source.id);
    if let Some(column) = describing {
        let _ = write!(sql, "\nGROUP BY {}", column.name);
    }
    sql
}

/// The sum of a column, converted to currency if its unit is a fraction of it.
fn sum(column: &ColumnDef) -> String {
    let name = &column.name;
    match column.unit.as_deref() {
        Some("microcents") => format!("SUM({name}) / 100000000.0 AS {name}_in_currency"),
        Some("millicents") => format!("SUM({name}) / 100000.0 AS {name}_in_currency"),
        _ => format!("SUM({name}) AS {name}"),
    }
}

fn can_group(column: &ColumnDef) -> bool {
    column.column_type == ColumnType::Dimension
        && column.threshold.may_be_shown()
        && !matches!(column.data_type, DataType::Array(_) | DataType::Map(..) | DataType::Struct(_) | DataType::Binary)
}

fn can_sum(column: &ColumnDef) -> bool {
    column.column_type == ColumnType::Metric
        && column.data_type.is_numeric()
        && !matches!(column.threshold, Threshold::VeryHigh | Threshold::Internal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amcsql::catalogue::Catalogue;
    use crate::amcsql::{Context, check};

    #[test]
    fn starter_queries_of_all_sources_and_columns_are_valid() {
        let catalogue = Catalogue::standard();
        let mut wrong = Vec::new();
        for source in catalogue.sources() {
            let columns = source.columns.iter().map(|column| of_column(source, column));
            for sql in std::iter::once(of_source(source)).chain(columns) {
                let checked = check(&sql, &Context::reporting(catalogue));
                if let Some(amc) = checked.amc() {
                    wrong.push(format!("{sql}\n{amc}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong[..wrong.len().min(5)].join("\n\n"));
    }
}
