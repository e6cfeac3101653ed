//! Executions: runs of queries that are never lost and never doubled, and the pages of the results that they leave.
//!
//! [`Executions::start`] stores the intent, whoever asks for it, and wakes the [`Poller`]. The poller sends it and
//! asks AMC how it goes; the [`Fetcher`] fetches the result within the life of its links, and keeps it. Every
//! step is: read the row, call, write the row where the claim still holds. What a crash leaves is an
//! unfinished row, and the next tick takes it from there:
//!
//! * `waiting`: not sent. It is sent when a slot is free.
//! * `sending`: it may have been sent. The execution carries a workflow id of its own, so AMC is asked by
//!   that id. Only when AMC does not list it, twice and a minute after the send, is it sent again.
//! * `pending`, `running`: AMC has it under a known id.
//! * `fetching`: AMC is done. Links are asked for anew on each try.

mod adoption;
mod causes;
mod live;
mod model;
mod pages;
mod poller;
mod retention;
mod start;
mod store;
mod submit;

pub use model::{Execution, Kept, Origin, Problem, Sent, State};
pub use poller::Poller;
pub use start::{Actor, Refusal, Request, Started, What};
pub use store::{
    Filter, Happened, Line, Outcome, Queue, count, find, list, newest_outcome, outcomes, queues, totals, unfinished,
};
pub use submit::Executions;

use std::sync::Arc;

use futures::FutureExt as _;

use crate::accounts::audit::Action;
use crate::db::{self, PageRange, Tx};
use crate::ids::ProcessId;
use crate::web::room::{Hit, PageEntry, Room, Search};
use crate::web::shell::Section;
use crate::web::{Person, components};
use adoption::Adoption;
use poller::Fetcher;
use retention::Retention;

/// The folder of results below this data folder, if there are any: a database without tables beside them is a loss.
pub fn orphaned_results(data: &std::path::Path) -> Option<std::path::PathBuf> {
    let results = crate::results::kept_in(&data.join(submit::RESULTS));
    let has_some = std::fs::read_dir(&results).is_ok_and(|mut files| files.next().is_some());
    has_some.then_some(results)
}

/// The room, and workers that send, follow and fetch as `process`, and remove old results.
pub fn room(executions: &Executions, process: &ProcessId) -> Room {
    let own = || (executions.clone(), process.clone());
    let ((polled, poller), (fetched, fetcher)) = (own(), own());
    Room {
        section: Some(Section::Executions),
        pages: const { &[PageEntry::new("/executions", "Executions", "runs results history")] },
        searches: const {
            &[Search {
                name: "Executions",
                list: "/executions",
                find: |tx, person, q, range| found(tx, person, q, range).boxed(),
            }]
        },
        actions: &[Action::ExecutionStarted],
        workers: vec![
            Arc::new(Poller::new(polled, poller)),
            Arc::new(Fetcher::new(fetched, fetcher)),
            Arc::new(Retention::new(executions.clone())),
            Arc::new(Adoption::new(executions.clone())),
        ],
        ..Room::new(pages::routes(executions.clone()))
    }
}

#[expect(non_upper_case_globals, reason = "named like the values of an enum, which rooms extend")]
impl Section {
    /// `/executions` and below.
    pub const Executions: Self = Self::new("/executions", "Executions", "activity");
}

#[expect(non_upper_case_globals, reason = "named like the values of an enum, which rooms extend")]
impl Action {
    /// An execution was started.
    pub const ExecutionStarted: Self = Self::new("execution-started", "Execution started");
}

async fn found(tx: &mut Tx, person: &Person, q: &str, range: PageRange) -> db::Result<Vec<Hit>> {
    let filter = Filter { text: q.to_owned(), ..Filter::default() };
    let lines = list(tx, &person.id, &filter, range).await?;
    let hit = |line: Line| Hit {
        href: format!("/executions/{}", line.id),
        note: format!(
            "{} on {}, {} UTC",
            line.state.label(),
            line.instance_name,
            components::date_time(&line.created_at)
        ),
        title: line.query_name,
    };
    Ok(lines.into_iter().map(hit).collect())
}
