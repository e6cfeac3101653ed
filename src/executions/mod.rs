//! Executions: running queries without ever losing or duplicating a run, and the pages with their results.
//!
//! [`Executions::start`] stores the intent, for any caller, and wakes the [`Poller`]. The poller sends it and
//! polls its status; the [`Fetcher`] downloads the result while its links are valid, and stores it. Every step is:
//! read the row, call AMC, write the row if the lease still holds. A crash leaves an unfinished row, and the next
//! tick continues with it:
//!
//! * `waiting`: not sent. It is sent when a slot is free.
//! * `sending`: it may have been sent. The execution has its own workflow id, by which it is looked up at AMC. It is
//!   sent again only if AMC doesn't list it, twice and at least a minute after the send.
//! * `pending`, `running`: AMC has it under a known id.
//! * `fetching`: AMC is done. Each try requests new links.

mod adoption;
mod causes;
mod live;
mod maturity;
mod model;
mod pages;
mod poller;
mod report;
mod preview;
mod programs;
mod retention;
mod shared;
mod start;
mod store;
mod submit;
mod verdict;

pub use maturity::Maturity;
pub use model::{Execution, Origin, Problem, Sent, State};
pub use poller::Poller;
pub use preview::{Preview, preview};
pub use programs::{Format, TimelineEntry, timeline};
pub use report::{Failure, Report, ResultReport, Total, column_totals};
pub use shared::{SharedResult, shared_csv, shared_result};
pub use start::{Actor, Refusal, Request, Started, What};
pub use store::{
    Batch, Cursor, Filter, Happened, Line, Outcome, Queue, count, find, list, queues, totals, unfinished,
    unfinished_through,
};
pub use submit::Executions;
pub use verdict::{Thinness, Verdict};

use std::sync::Arc;

use futures::FutureExt as _;

use crate::accounts::audit::Action;
use crate::db::{self, PageRange, Tx};
use crate::ids::ProcessId;
use crate::web::room::{AuditDetail, Hit, PageEntry, Room, Search, Subject};
use crate::web::shell::Section;
use crate::web::{Person, components};
use adoption::Adoption;
use poller::Fetcher;
use retention::Retention;

/// Wakes the workers that read the feed of outcomes, when an execution has ended.
pub const OUTCOMES: &str = "execution-outcomes";

/// The folder of results in this data folder, if there are any: without tables in the database, they indicate data
/// loss.
pub fn orphaned_results(data: &std::path::Path) -> Option<std::path::PathBuf> {
    let results = crate::results::kept_in(&data.join(submit::RESULTS));
    let has_some = std::fs::read_dir(&results).is_ok_and(|mut files| files.next().is_some());
    has_some.then_some(results)
}

/// The room, with workers that send, follow and download as `process`, and remove old results.
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
        details: const {
            &[AuditDetail { name: "origin", label: "started", word: |word| Origin::parse(word).map(Origin::label) }]
        },
        subjects: const { &[Subject::new("exe", "/executions/", |tx, person, id| opens(tx, person, id).boxed())] },
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

/// Whether somebody can open the page of an execution.
async fn opens(tx: &mut Tx, person: &Person, id: &str) -> db::Result<bool> {
    let Ok(id) = id.parse() else { return Ok(false) };
    Subject::is_found(find(tx, &person.id, &id).await)
}
