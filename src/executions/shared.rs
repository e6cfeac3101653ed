//! The result of an execution as a public link shows it: a page of rows, and the CSV file.

use chrono::{DateTime, Utc};

use super::model::State;
use super::store;
use super::submit::Executions;
use crate::amcsql::semantics::of_columns;
use crate::db::{self, Tx};
use crate::ids::ExecutionId;
use crate::results::{self, Cell, CsvForm, Download, Key, PageRequest, Separator};
use crate::web;
use crate::web::components::{ROUNDED, brief};

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
    /// The unit of each column of money, `millicents`; empty for other columns.
    pub units: Vec<String>,
    /// The rows of the page, formatted for display; an empty text is NULL.
    pub rows: Vec<Vec<String>>,
    /// Rows of the whole result.
    pub total: u64,
}

impl SharedResult {
    /// The name of each column, whether it is numeric, and its unit.
    pub fn heads(&self) -> Vec<(&String, bool, &String)> {
        self.columns.iter().zip(&self.units).map(|((name, is_number), unit)| (name, *is_number, unit)).collect()
    }

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
        units: Vec::new(),
        rows: Vec::new(),
        total: 0,
    };
    if shared.removed_at.is_none() {
        let request = PageRequest { offset, limit, ..PageRequest::default() };
        let page = room.result_store.page(&Key::from(&execution.id), request).await.map_err(failed)?;
        shared.columns = page.columns.iter().map(|column| (column.name.clone(), column.kind.is_number())).collect();
        let meanings = of_columns(execution.sent.sql());
        let mut amounts = Vec::new();
        for (name, is_number) in &shared.columns {
            let meaning = meanings.get(&name.to_lowercase()).filter(|_| *is_number);
            let unit = meaning.and_then(|one| one.unit);
            amounts.push(meaning.is_some_and(|one| one.is_amount));
            shared.units.push(unit.map(|unit| unit.name().to_owned()).unwrap_or_default());
        }
        shared.rows = page
            .rows
            .into_iter()
            .map(|row| amounts.iter().zip(row).map(|(is_amount, cell)| shown(*is_amount, cell)).collect())
            .collect();
        shared.total = page.total;
    }
    Ok(Some(shared))
}

/// A value as on the result's own page: numbers with many decimal places are rounded.
fn shown(is_amount: bool, cell: Cell) -> String {
    let has_many_places = cell.exact.split_once('.').is_some_and(|(_, places)| places.len() > ROUNDED);
    let is_brief = !cell.is_null && (is_amount || (cell.kind.is_number() && has_many_places));
    if is_brief { brief(&cell.exact) } else { cell.shown }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::Kind;

    #[test]
    fn readers_see_numbers_with_few_decimal_places() {
        let text = |is_amount, exact: &str| {
            let kind = Kind::Decimal { precision: 38, scale: 8 };
            let cell = Cell { exact: exact.to_owned(), shown: exact.to_owned(), kind, is_null: false, cut: false };
            shown(is_amount, cell)
        };
        assert_eq!(text(true, "1730979.7999999998"), "1,730,979.8");
        assert_eq!(text(true, "1234.5"), "1,234.5");
        assert_eq!(text(false, "0.12345678"), "0.1235");
        assert_eq!(text(false, "1234.5"), "1234.5", "a number that isn't known as an amount stays");
    }
}
