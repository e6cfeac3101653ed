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
pub use poller::{Fetcher, Poller};
pub use retention::Retention;
pub use start::{Actor, Refusal, Request, Started, What};
pub use store::{
    Filter, Happened, Line, Outcome, Queue, count, list, newest_outcome, outcomes, queues, totals, unfinished,
};
pub use submit::Executions;

/// The folder of results below this data folder, if there are any: a database without tables beside them is a loss.
pub fn orphaned_results(data: &std::path::Path) -> Option<std::path::PathBuf> {
    let results = crate::results::kept_in(&data.join(submit::RESULTS));
    let has_some = std::fs::read_dir(&results).is_ok_and(|mut files| files.next().is_some());
    has_some.then_some(results)
}

/// The room's routes.
pub fn routes(executions: Executions) -> axum::Router {
    pages::routes(executions)
}
