//! Summaries of a result's columns, one line each.

use super::params::ResultParams;
use super::rows::{align, fraction, unit_text};
use super::{Table, failed};
use crate::amcsql::money::Unit;
use crate::executions::submit::Executions;
use crate::results::{ColumnSummary, Kind, StoredColumn};
use crate::web;
use crate::web::chart;
use crate::web::components::{ROUNDED, brief, count};

/// A column.
pub(in crate::executions::pages) struct Line {
    pub(in crate::executions::pages) name: String,
    pub(in crate::executions::pages) unit: String,
    pub(in crate::executions::pages) kind: &'static str,
    pub(in crate::executions::pages) is_number: bool,
    pub(in crate::executions::pages) note: String,
    pub(in crate::executions::pages) empty: String,
    pub(in crate::executions::pages) distinct: String,
    pub(in crate::executions::pages) least: String,
    pub(in crate::executions::pages) greatest: String,
    pub(in crate::executions::pages) mean: String,
    pub(in crate::executions::pages) sum: String,
    /// The SVG of its distribution; empty if there is none.
    pub(in crate::executions::pages) spread: String,
}

pub(in crate::executions::pages) struct Columns {
    pub(in crate::executions::pages) lines: Vec<Line>,
    pub(in crate::executions::pages) is_filtered: bool,
}

impl Columns {
    pub(super) async fn load(room: &Executions, table: &Table<'_>, params: &ResultParams) -> web::Result<Self> {
        let summary = room.result_store.summary(&table.key, params.filters.clone()).await.map_err(failed)?;
        let lines = table.columns.iter().zip(summary.iter()).enumerate();
        let lines = lines.map(|(place, (column, summary))| {
            let unit = table.unit(place);
            let mut line = Line::new(place, column, summary, unit.filter(|_| params.is_converted));
            if table.adds_up(place) == Some(false) {
                "–".clone_into(&mut line.sum);
            }
            line.unit = unit.map(|unit| unit_text(unit, params.is_converted)).unwrap_or_default();
            line
        });
        Ok(Self { lines: lines.collect(), is_filtered: !params.filters.is_empty() })
    }
}

impl Line {
    fn new(place: usize, column: &StoredColumn, summary: &ColumnSummary, unit: Option<Unit>) -> Self {
        let is_number = column.kind.is_number();
        let amount = |text: &Option<String>| match text {
            None => String::new(),
            Some(text) if is_number => brief(&unit.map_or_else(|| text.clone(), |unit| unit.converted(text))),
            Some(text) => text.clone(),
        };
        let mean = summary.mean.map(|mean| mean / unit.map_or(1.0, |unit| 10_f64.powi(unit.digits() as i32)));
        let about = if summary.distinct.exact { "" } else { "about " };
        let rows = summary.nulls + summary.values;
        let empty = match summary.nulls {
            0 => "0".to_owned(),
            nulls => format!("{} ({})", count(nulls), percent(nulls, rows)),
        };
        let title = format!("Distribution of {}", column.name);
        let mut line = Self {
            name: column.name.clone(),
            unit: String::new(),
            kind: kind(column.kind),
            is_number,
            note: column.misfit.as_ref().map(ToString::to_string).unwrap_or_default(),
            empty,
            distinct: format!("{about}{}", count(summary.distinct.count)),
            least: amount(&summary.least),
            greatest: amount(&summary.greatest),
            mean: String::new(),
            // OK because a sum of ids is meaningless.
            sum: amount(&summary.sum.clone().filter(|_| !is_id(column) && summary.values > 0)),
            spread: if summary.bars.is_empty() {
                String::new()
            } else {
                chart::histogram(&format!("spread-{place}"), &title, &summary.bars)
            },
        };
        line.mean = mean.map(|mean| line.rounded(mean)).unwrap_or_default();
        if column.kind == Kind::Integer {
            align(&mut [&mut line.least, &mut line.greatest, &mut line.sum]);
        } else if is_number {
            align(&mut [&mut line.least, &mut line.greatest, &mut line.mean, &mut line.sum]);
        }
        line
    }

    /// An average with as many decimal places as the column's other numbers, but at least two; four if it is below one.
    fn rounded(&self, mean: f64) -> String {
        let others = [&self.least, &self.greatest, &self.sum].into_iter().filter_map(|text| fraction(text)).max();
        let digits = if mean.abs() < 1.0 { ROUNDED } else { others.unwrap_or(0).clamp(2, ROUNDED) };
        let power = 10_f64.powi(digits as i32);
        chart::exact((mean * power).round() / power)
    }
}

/// Whether a column's numbers are ids.
pub(super) fn is_id(column: &StoredColumn) -> bool {
    let name = column.name.to_lowercase();
    !column.is_metric() && (name == "id" || name.ends_with("_id") || name.ends_with("_ids"))
}

pub(super) fn percent(part: u64, whole: u64) -> String {
    let percent = part as f64 / whole.max(1) as f64 * 100.0;
    if percent < 0.1 {
        "under 0.1 %".to_owned()
    } else {
        format!("{} %", chart::exact((percent * 10.0).round() / 10.0))
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "Text",
        Kind::Integer => "Integer",
        Kind::Decimal { .. } => "Decimal",
        Kind::Double => "Number",
        Kind::Boolean => "Boolean",
        Kind::Date => "Day",
        Kind::Timestamp { .. } => "Time",
    }
}
