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
mod model;
mod pages;
mod prepare;
mod source_map;
mod store;

pub use bin_purger::BinPurger;
pub use model::fields::{FieldDef, FieldKind};
pub use model::home::{Home, Placement};
pub use model::input::{Given, ParameterValues, RunInput, RunOptions};
pub use model::tags::Tags;
pub use model::window::{Window, WindowChoice, WindowForm, WindowKind};
pub use model::{Privacy, PrivacyMode, Query, Rights, Script};
pub use pages::{run_page, runs_on};
pub use prepare::{AmcParameters, Prepared, prepare};
pub use source_map::{Piece, SourceMap};
pub use store::{
    DraftSeed, Filter, Line, PastRun, TypicalDuration, create_draft, find, list, owned, runs, transfer, usual,
};

use crate::web::Site;

/// The room's routes.
pub fn routes(site: Site) -> axum::Router {
    pages::routes(site)
}
