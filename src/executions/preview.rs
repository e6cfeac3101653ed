//! A preview of an execution for other pages: its state and the first rows of its result.

use chrono::{DateTime, Utc};

use super::model::State;
use super::store;
use super::submit::Executions;
use crate::db::{self, Tx};
use crate::ids::{ExecutionId, PersonId};
use crate::results::{self, Key, PageRequest};
use crate::web;
use crate::web::components::brief;

/// What will be sent to AMC, as the page shows it before a run.
#[derive(Clone, Debug)]
pub struct Preview {
    pub id: ExecutionId,
    pub state: State,
    /// The window, for display.
    pub window: String,
    /// The parameter values, for display.
    pub values: Vec<(String, String)>,
    pub created_at: DateTime<Utc>,
    /// Why it ended without a result; empty if it has one.
    pub problem: String,
    /// The columns of the result, and whether each is numeric; empty if there is no result, or no longer one.
    pub columns: Vec<(String, bool)>,
    /// The first rows, formatted for display; an empty text is NULL.
    pub rows: Vec<Vec<String>>,
    /// Rows of the whole result.
    pub total: u64,
}

impl Preview {
    /// The cells of a row, each with its column.
    pub fn cells<'a>(&'a self, row: &'a [String]) -> Vec<(&'a (String, bool), &'a String)> {
        self.columns.iter().zip(row).collect()
    }

    /// How many rows there are, in words.
    pub fn rows_text(&self) -> String {
        let rows = web::words::counted(i64::try_from(self.total).unwrap_or(i64::MAX), "row", "rows");
        if self.total > self.rows.len() as u64 { format!("{rows}, the first {} shown", self.rows.len()) } else { rows }
    }
}

/// An execution that a person can see, with this number of rows; `None` if it doesn't exist or isn't visible to them.
pub async fn preview(
    room: &Executions,
    tx: &mut Tx,
    person: &PersonId,
    id: &ExecutionId,
    rows: usize,
) -> web::Result<Option<Preview>> {
    let Some(execution) = db::found(store::find(tx, person, id).await)? else { return Ok(None) };
    let mut preview = Preview {
        id: execution.id.clone(),
        state: execution.state,
        window: execution.window.describe(),
        values: execution.values.texts().map(|(name, text)| (name.to_owned(), text)).collect(),
        created_at: execution.created_at,
        problem: execution.problem.as_ref().map(|problem| problem.brief().to_owned()).unwrap_or_default(),
        columns: Vec::new(),
        rows: Vec::new(),
        total: 0,
    };
    if execution.state == State::Succeeded && execution.result_removed_at.is_none() {
        let request = PageRequest { limit: rows, ..PageRequest::default() };
        match room.result_store.page(&Key::from(&execution.id), request).await {
            Ok(page) => {
                let is_number = |column: &results::StoredColumn| (column.name.clone(), column.kind.is_number());
                preview.columns = page.columns.iter().map(is_number).collect();
                let meanings = crate::amcsql::semantics::of_columns(execution.sent.sql());
                let is_amount = |(name, is_number): &(String, bool)| {
                    *is_number && meanings.get(&name.to_lowercase()).is_some_and(|meaning| meaning.is_amount)
                };
                let amounts: Vec<bool> = preview.columns.iter().map(is_amount).collect();
                let text = |(is_amount, cell): (&bool, results::Cell)| {
                    let is_fraction = cell.kind.is_number() && cell.exact.contains('.');
                    if is_fraction {
                        brief(&cell.exact)
                    } else if *is_amount && !cell.is_null {
                        results::grouped(&cell.exact)
                    } else {
                        cell.shown
                    }
                };
                preview.rows = page.rows.into_iter().map(|row| amounts.iter().zip(row).map(text).collect()).collect();
                preview.total = page.total;
            }
            Err(error) => preview.problem = error.to_string(),
        }
    }
    Ok(Some(preview))
}
