//! What programs do with executions, by the same rules as the pages.

use axum::response::Response;
use chrono::{DateTime, Utc};

use super::model::{Execution, State};
use super::pages::{changes, result};
use super::report::{self, Failure};
use super::store;
use super::submit::Executions;
use crate::db::{self, Tx};
use crate::ids::ExecutionId;
use crate::web::{self, Person};

/// A format of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// An array of objects.
    Json,
    Csv,
    Parquet,
}

/// A state of an execution, with the time at which it began.
#[derive(Clone, Debug)]
pub struct TimelineEntry {
    pub at: DateTime<Utc>,
    pub state: State,
    /// Details; may be empty.
    pub note: String,
}

impl Execution {
    /// Why it ended without a result.
    pub fn failure(&self) -> Option<Failure> {
        report::failure(self)
    }
}

impl Executions {
    /// Requests cancellation for a person who may run queries on its instance; returns whether there was anything to
    /// cancel.
    pub async fn cancel(&self, person: &Person, id: &ExecutionId) -> web::Result<bool> {
        let (mut tx, execution, _) = changes::to_change(self, person, id).await?;
        let asked = store::ask_cancel(&mut tx, &execution, &person.name, self.site.clock.now()).await?;
        tx.commit().await?;
        self.tags.forget(id.as_str());
        self.wake();
        Ok(asked)
    }

    /// The rows of a result as a file, streamed, as the result's page offers it. `query` has the filters and the form
    /// of the file, as in that page's addresses.
    pub async fn download(
        &self,
        person: &Person,
        id: &ExecutionId,
        format: Format,
        query: Option<String>,
    ) -> web::Result<Response> {
        match format {
            Format::Json => result::downloads::json_file(self, person, id.as_str(), query).await,
            Format::Csv => result::downloads::csv_file(self, person, id.as_str(), query).await,
            Format::Parquet => result::downloads::parquet_file(self, person, id.as_str(), query).await,
        }
    }
}

/// The states of an execution that the caller has found, in order.
pub async fn timeline(tx: &mut Tx, id: &ExecutionId) -> db::Result<Vec<TimelineEntry>> {
    let events = store::events(tx, id).await?;
    Ok(events.into_iter().map(|event| TimelineEntry { at: event.at, state: event.state, note: event.note }).collect())
}
