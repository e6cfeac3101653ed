//! Queries: saved SQL with typed parameters and a window, and everything that determines what is sent to AMC.
//!
//! A query belongs to a person and has a home that decides who sees it: its owner, the people of an instance, or
//! everyone. The instance is chosen when it runs, among those where the person may run queries. SQL, parameters,
//! window and privacy options become a request in one function, [`prepare`], which preview, check and run share: the
//! preview shows exactly what runs. SQL that AMC would reject can be saved, but never sent.
//!
//! No work is lost: it is saved as a draft while somebody types, as a version when it changes, and stays in the bin
//! for thirty days when it is deleted.

mod amc_words;
mod bin_purger;
mod identity;
mod model;
mod names;
mod pages;
mod prepare;
mod reads;
mod source_map;
mod store;
mod synthetic;
mod saving;
mod workflow;

pub use amc_words::Mark as AmcMark;
pub use identity::identity;
pub use model::authored::{
    AuthoredQuery, AuthoredRead, Difficulty, PRODUCTS, QueryKind, RelativeWindow, Sample, lines_of_entry,
    products_of_entry, read_authored, sample_number,
};
pub use model::fields::{FieldDef, FieldKind};
pub use model::front_matter::{Entry, Fault, FrontMatter};
pub use model::home::{Home, Placement};
pub use model::input::{Given, ParameterValues, RunInput, RunOptions};
pub use model::tags::Tags;
pub use model::window::{WINDOW_FIELDS, Window, WindowChoice, WindowForm, WindowKind};
pub use model::{Privacy, PrivacyMode, Query, QueryInput, Rights, Script};
pub use names::{explained_at, linked};
pub use pages::{
    Input, PlacementInput, Synced, Trial, Trials, ZONES, editor_page, is_dry_run, run_page, runs_on, save_to_run,
    sources, sync, windows,
};
pub use prepare::{AmcParameters, Prepared, field_kind, prepare};
pub use reads::{amend, errors, reads, replace};
pub use saving::{Saved, add, change, note, set_deleted};
pub use source_map::{Piece, SourceMap};
pub use store::{
    DraftSeed, DraftText, Filter, Line, PastRun, TypicalDuration, create, create_draft, drafts_mentioning, find, list,
    mentioning, owned, recent, runs, seed_draft, transfer, usual,
};
pub use synthetic::{SCALE, bound, run_of};

use std::sync::Arc;

use futures::FutureExt as _;

use crate::accounts::audit::Action;
use crate::connections::Grants;
use crate::db::{self, PageRange, Tx};
use crate::web::components::Errors;
use crate::web::room::{Hit, PageEntry, Room, Search};
use crate::web::shell::Section;
use crate::web::{Person, Site};
use bin_purger::BinPurger;

/// The room, with a worker that purges the bin.
pub fn room(site: Site, grants: Grants, trials: Arc<Trials>) -> Room {
    Room {
        section: Some(Section::Queries),
        pages: const {
            &[
                PageEntry::new("/queries", "Queries", "sql saved"),
                PageEntry::new("/queries/new", "New query", "sql editor write"),
                PageEntry::new("/queries/import", "Import a query", "paste instructional upload sql file"),
                PageEntry::new("/queries/drafts", "Drafts", "kept discarded unsaved queries"),
                PageEntry::new("/queries/bin", "Bin", "deleted queries drafts restore undo"),
            ]
        },
        searches: const {
            &[Search {
                name: "Queries",
                list: "/queries",
                find: |tx, person, q, range| found(tx, person, q, range).boxed(),
            }]
        },
        actions: &[
            Action::QueryWritten,
            Action::QueryDeleted,
            Action::QueryRestored,
            Action::QueryShared,
            Action::WorkflowChanged,
        ],
        workers: vec![Arc::new(BinPurger::new(site.clone()))],
        ..Room::new(pages::routes(site.clone(), trials).merge(pages::workflow_routes(site, grants)))
    }
}

#[expect(non_upper_case_globals, reason = "named like the values of an enum, which rooms extend")]
impl Section {
    /// `/queries` and below.
    pub const Queries: Self = Self::new("/queries", "Queries", "code");
}

#[expect(non_upper_case_globals, reason = "named like the values of an enum, which rooms extend")]
impl Action {
    /// A program created a query, or changed one.
    pub const QueryWritten: Self = Self::new("query-written", "Query created or changed by a program");
    /// A query was moved to the bin.
    pub const QueryDeleted: Self = Self::new("query-deleted", "Query deleted");
    /// A query was restored from the bin.
    pub const QueryRestored: Self = Self::new("query-restored", "Query restored");
    /// Somebody changed who sees a query.
    pub const QueryShared: Self = Self::new("query-shared", "Query shared or made private");
    /// A query was stored on AMC as a workflow, or deleted there.
    pub const WorkflowChanged: Self = Self::new("workflow-changed", "Workflow on AMC changed");
}

/// A query as a file: its SQL below a comment with everything else.
pub fn to_file(query: &QueryInput) -> String {
    model::file::write(query)
}

/// Parses such a file; errors are sentences about what couldn't be parsed or is invalid.
pub fn of_file(text: &str) -> Result<QueryInput, String> {
    let read = model::file::read(text);
    let mut errors = Errors::new();
    read.written.check(&mut errors);
    let problems: Vec<&str> =
        read.problems.iter().map(String::as_str).chain(errors.iter().map(|(_, sentence)| sentence)).collect();
    if problems.is_empty() { Ok(read.written) } else { Err(problems.join(" ")) }
}

async fn found(tx: &mut Tx, person: &Person, q: &str, range: PageRange) -> db::Result<Vec<Hit>> {
    let filter = Filter { text: q.to_owned(), ..Filter::default() };
    let queries = list(tx, &person.id, &filter, range).await?;
    let hit = |line: Line| Hit { href: format!("/queries/{}", line.id), title: line.name, note: line.description };
    Ok(queries.into_iter().map(hit).collect())
}
