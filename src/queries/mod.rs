//! Queries: saved SQL with typed form fields and a window, and everything that decides what AMC is sent.
//!
//! A query belongs to a person and has a home that decides who sees it: its owner, the people of an instance, or
//! everyone. Where it runs is chosen when it runs, among the instances where the person may. Text, fields, window and
//! privacy options become a request in one function, [`prepare`], which preview, check and run share: what
//! was previewed is what is run. SQL that AMC would refuse can be saved, never sent.
//!
//! Nothing that was typed is lost: it is a draft while somebody types, a version when it was changed, and in the
//! bin for thirty days when it was deleted.

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
mod workflow;

pub use identity::identity;
pub use model::authored::{
    AuthoredQuery, AuthoredRead, Difficulty, PRODUCTS, QueryKind, RelativeWindow, Sample, products_of_entry,
    read_authored, sample_number,
};
pub use model::fields::{FieldDef, FieldKind};
pub use model::front_matter::{Entry, Fault, FrontMatter};
pub use model::home::{Home, Placement};
pub use model::input::{Given, ParameterValues, RunInput, RunOptions};
pub use model::tags::Tags;
pub use model::window::{Window, WindowChoice, WindowForm, WindowKind};
pub use model::{Privacy, PrivacyMode, Query, QueryInput, Rights, Script};
pub use names::{explained_at, linked};
pub use pages::{editor_page, run_page, runs_on, save_to_run};
pub use prepare::{AmcParameters, Prepared, field_kind, prepare};
pub use reads::{amend, errors, reads};
pub use source_map::{Piece, SourceMap};
pub use store::{
    DraftSeed, DraftText, Filter, Line, PastRun, TypicalDuration, create_draft, drafts_mentioning, find, list,
    mentioning, owned, recent, runs, transfer, usual,
};
pub use synthetic::{SCALE, bound, run_of};

use std::sync::Arc;

use futures::FutureExt as _;

use crate::accounts::audit::Action;
use crate::connections::Grants;
use crate::db::{self, PageRange, Tx};
use crate::web::room::{Hit, PageEntry, Room, Search};
use crate::web::shell::Section;
use crate::web::{Person, Site};
use bin_purger::BinPurger;

/// The room, and a worker that empties its bin.
pub fn room(site: Site, grants: Grants) -> Room {
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
        actions: &[Action::QueryDeleted, Action::QueryRestored, Action::QueryShared, Action::WorkflowChanged],
        workers: vec![Arc::new(BinPurger::new(site.clone()))],
        ..Room::new(pages::routes(site.clone()).merge(pages::workflow_routes(site, grants)))
    }
}

#[expect(non_upper_case_globals, reason = "named like the values of an enum, which rooms extend")]
impl Section {
    /// `/queries` and below.
    pub const Queries: Self = Self::new("/queries", "Queries", "code");
}

#[expect(non_upper_case_globals, reason = "named like the values of an enum, which rooms extend")]
impl Action {
    /// A query was put into the bin.
    pub const QueryDeleted: Self = Self::new("query-deleted", "Query deleted");
    /// A query was taken back out of the bin.
    pub const QueryRestored: Self = Self::new("query-restored", "Query restored");
    /// Somebody changed who sees a query.
    pub const QueryShared: Self = Self::new("query-shared", "Query shared or made private");
    /// A query was sent to AMC as a workflow, or deleted there.
    pub const WorkflowChanged: Self = Self::new("workflow-changed", "Workflow on AMC changed");
}

async fn found(tx: &mut Tx, person: &Person, q: &str, range: PageRange) -> db::Result<Vec<Hit>> {
    let filter = Filter { text: q.to_owned(), ..Filter::default() };
    let queries = list(tx, &person.id, &filter, range).await?;
    let hit = |line: Line| Hit { href: format!("/queries/{}", line.id), title: line.name, note: line.description };
    Ok(queries.into_iter().map(hit).collect())
}
