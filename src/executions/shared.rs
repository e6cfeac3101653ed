//! The result of an execution as a public link shows it: a page of rows, and the CSV file.

use chrono::{DateTime, Utc};

use super::model::State;
use super::store;
use super::submit::Executions;
use crate::amcsql::semantics::of_columns;
use crate::db::{self, Tx};
use crate::ids::ExecutionId;
use crate::results::{self, CsvForm, Download, Key, PageRequest, Separator};
use crate::web;

/// A page of a shared result.
#[derive(Clone, Debug)]
pub struct SharedResult {
    /// The window, for display.
    pub window: String,
    pub finished_at: Option<DateTime<Utc>>,
    /// When the result was removed because of its age; it then has no rows.
    pub removed_at: Option<DateTime<Utc>>,
    /// The columns, and whether each is numeric.
    pub columns: Vec<(String, bool)>,
    /// The rows of the page, formatted for display; an empty text is NULL.
    pub rows: Vec<Vec<String>>,
    /// Rows of the whole result.
    pub total: u64,
}

impl SharedResult {
    /// The cells of a row, each with its column.
    pub fn cells<'a>(&'a self, row: &'a [String]) -> Vec<(&'a (String, bool), &'a String)> {
        self.columns.iter().zip(row).collect()
    }
}

/// The result of an execution in the scope of its public link, with `limit` rows after `offset`; `None` if the execution
/// doesn't exist or has no result.
pub async fn shared_result(
    room: &Executions,
    tx: &mut Tx,
    id: &ExecutionId,
    (offset, limit): (u64, usize),
) -> web::Result<Option<SharedResult>> {
    let Some(execution) = store::find_any(tx, id).await?.filter(|one| one.state == State::Succeeded) else {
        return Ok(None);
    };
    let mut shared = SharedResult {
        window: execution.window.days().unwrap_or_else(|| execution.window.describe()),
        finished_at: execution.finished_at,
        removed_at: execution.result_removed_at,
        columns: Vec::new(),
        rows: Vec::new(),
        total: 0,
    };
    if shared.removed_at.is_none() {
        let request = PageRequest { offset, limit, ..PageRequest::default() };
        let page = room.result_store.page(&Key::from(&execution.id), request).await.map_err(failed)?;
        shared.columns = page.columns.iter().map(|column| (column.name.clone(), column.kind.is_number())).collect();
        let meanings = of_columns(execution.sent.sql());
        let is_amount = |(name, is_number): &(String, bool)| {
            *is_number && meanings.get(&name.to_lowercase()).is_some_and(|meaning| meaning.is_amount)
        };
        let amounts: Vec<bool> = shared.columns.iter().map(is_amount).collect();
        let shown = |(is_amount, cell): (&bool, results::Cell)| {
            if *is_amount && !cell.is_null { results::grouped(&cell.exact) } else { cell.shown }
        };
        shared.rows = page.rows.into_iter().map(|row| amounts.iter().zip(row).map(shown).collect()).collect();
        shared.total = page.total;
    }
    Ok(Some(shared))
}

/// The whole result as CSV with commas.
pub async fn shared_csv(room: &Executions, id: &ExecutionId) -> web::Result<Download> {
    let form = CsvForm::Spreadsheet(Separator::Comma);
    room.result_store.export_csv(&Key::from(id), &[], form).await.map_err(failed)
}

fn failed(error: results::Error) -> web::Error {
    match error {
        results::Error::Missing => db::Error::Missing.into(),
        error => web::Error::Unavailable(error.to_string()),
    }
}
