//! A stored result on its execution's page: rows, column summaries, or a chart; filtered by the address.
//!
//! The address alone determines what is shown, so it can be shared: `view`, `f` for each filter, `sort`, `page`,
//! `hide` for hidden columns, `money`, and a chart's columns. Only what is shown is computed.

mod chart;
mod columns;
pub(in crate::executions) mod downloads;
mod params;
mod rows;
mod suppressed;

pub(super) use downloads::{csv, json, parquet, tsv, xlsx};
pub(super) use params::settled;

use std::collections::HashMap;

use downloads::Offer;
use params::{ResultParams, View};

use crate::amcsql::money::Unit;
use crate::amcsql::semantics::{ColumnSemantics, of_columns};
use crate::executions::model::Execution;
use crate::executions::submit::Executions;
use crate::instances;
use crate::results::{self, Key, StoredColumn};
use crate::web::components::{Address, Choice};
use crate::web::{self, Fields};

/// An active filter, with the address without it.
pub(super) struct Chip {
    pub(super) text: String,
    pub(super) without: String,
}

/// The form for adding a filter.
pub(super) struct FilterForm {
    pub(super) kept: Vec<(String, String)>,
    pub(super) columns: Vec<Choice>,
    pub(super) column: String,
    pub(super) ops: Vec<Choice>,
    pub(super) op: String,
    pub(super) value: String,
    /// Whether this filter of the address is invalid.
    pub(super) is_wrong: bool,
}

/// The form for hiding and showing columns.
pub(super) struct ColumnForm {
    pub(super) kept: Vec<(String, String)>,
    /// Each column's index and name, and whether it is shown.
    pub(super) columns: Vec<(usize, String, bool)>,
    pub(super) hidden: usize,
    /// The address with all columns.
    pub(super) all: String,
}

/// How money is displayed, if the result has any, and the address for the alternative.
pub(super) struct Money {
    pub(super) is_converted: bool,
    pub(super) other: String,
}

/// The result view for an address.
pub(super) struct ResultView {
    pub(super) chips: Vec<Chip>,
    pub(super) clear: String,
    pub(super) form: FilterForm,
    pub(super) column_form: ColumnForm,
    pub(super) faults: Vec<String>,
    pub(super) offers: Vec<Offer>,
    pub(super) money: Option<Money>,
    pub(super) total: u64,
    /// The number of filtered rows.
    pub(super) found: u64,
    /// The address of the rows as clipboard text; empty if there are too many.
    pub(super) copy: String,
    /// The note on missing values; mostly empty.
    pub(super) missing: String,
    /// The note on ambiguous rows; mostly empty.
    pub(super) doubts: String,
    /// How many rows have suppressed values, if the query asked AMC to flag them.
    pub(super) suppressed: Option<suppressed::Suppressed>,
    pub(super) rows: Option<rows::Grid>,
    pub(super) columns: Option<columns::Columns>,
    pub(super) chart: Option<chart::Picture>,
}

/// The columns of a result with their semantics.
struct Table<'a> {
    key: Key,
    columns: &'a [StoredColumn],
    rows: u64,
    meanings: HashMap<String, ColumnSemantics>,
}

impl Table<'_> {
    /// The unit of a money column.
    fn unit(&self, column: usize) -> Option<Unit> {
        let column = self.columns.get(column).filter(|column| column.kind.is_number())?;
        self.meanings.get(&column.name.to_lowercase())?.unit
    }

    /// Whether the numbers of a column add up; `None` if its query doesn't tell.
    fn adds_up(&self, column: usize) -> Option<bool> {
        let name = self.columns.get(column)?.name.to_lowercase();
        self.meanings.get(&name)?.adds_up
    }

    /// Whether a numeric column is a count or a measure, according to its query.
    fn is_amount(&self, column: usize) -> bool {
        let Some(column) = self.columns.get(column).filter(|column| column.kind.is_number()) else { return false };
        self.meanings.get(&column.name.to_lowercase()).is_some_and(|meaning| meaning.is_amount)
    }
}

impl ResultView {
    pub(super) async fn load(
        room: &Executions,
        execution: &Execution,
        path: &str,
        fields: &Fields,
    ) -> web::Result<Self> {
        let key = Key::from(&execution.id);
        let (columns, total) = room.result_store.columns(&key).await.map_err(failed)?;
        let doubts = room.result_store.doubts(&key).await.map_err(failed)?;
        let params = ResultParams::read(path, fields, &columns);
        let table = Table { key, columns: &columns, rows: total, meanings: of_columns(execution.sent.sql()) };
        let has_money = (0..columns.len()).any(|place| table.unit(place).is_some());
        let mut view = Self {
            chips: params.chips(&columns),
            clear: params.address(&[]).to_string(),
            form: params.form(&columns),
            column_form: params.column_form(&columns),
            faults: params.faults.clone(),
            offers: Vec::new(),
            money: has_money.then(|| Money {
                is_converted: params.is_converted,
                other: at_result(&params.here().with("money", if params.is_converted { "" } else { "units" })),
            }),
            total,
            found: total,
            copy: String::new(),
            missing: suppressed::missing(&columns, total),
            doubts: doubts.map(|doubts| doubts.describe()).unwrap_or_default(),
            suppressed: suppressed::counted(room, execution, &table, total).await?,
            rows: None,
            columns: None,
            chart: None,
        };
        // Always loaded, since the download labels contain the number of rows.
        let grid = rows::Grid::load(room, &table, &params).await?;
        view.found = grid.pager.total;
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let has_brands = !instances::brand_columns(&names).is_empty();
        view.offers = downloads::offers(&execution.id, &params, (total, view.found), has_brands);
        view.copy = downloads::copy(&execution.id, &params, view.found);
        match params.view {
            View::Rows => view.rows = Some(grid),
            View::Columns => view.columns = Some(columns::Columns::load(room, &table, &params).await?),
            View::Chart => view.chart = Some(chart::Picture::load(room, &table, &params, fields, total).await?),
        }
        Ok(view)
    }
}

pub(super) fn failed(error: results::Error) -> web::Error {
    match error {
        results::Error::Missing | results::Error::Full | results::Error::Store(_) | results::Error::Damaged(_) => {
            web::Error::Unavailable(error.to_string())
        }
        error => web::Error::Invalid(error.to_string()),
    }
}

/// The address of an execution's page.
fn page_of(id: &crate::ids::ExecutionId) -> String {
    format!("/executions/{id}")
}

/// Column names for a select, with their indexes.
fn choices<'a>(columns: impl Iterator<Item = (usize, &'a StoredColumn)>) -> Vec<Choice> {
    columns.map(|(place, column)| Choice::new(place.to_string(), &column.name)).collect()
}

/// An address with the anchor of the result.
fn at_result(address: &Address) -> String {
    format!("{address}#result")
}
