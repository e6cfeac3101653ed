//! Queries: saved SQL with typed form fields and a window, and everything that decides what AMC is sent.
//!
//! A query belongs to an instance; who reaches the instance reaches the query. Text, fields, window and
//! privacy options become a request in one function, [`prepare`], which preview, check and run share: what
//! was previewed is what is run. SQL that AMC would refuse can be saved, never sent.
//!
//! Nothing that was typed is lost: it is a draft while somebody types, a version when it was changed, and in the
//! bin for thirty days when it was deleted.

mod bin;
mod changes;
mod drafts;
mod editor;
mod fields;
mod forms;
mod list;
mod model;
mod pages;
mod prepare;
mod report;
mod run;
mod saving;
mod source_map;
mod store;
mod tags;
mod versions;
mod window;

pub use bin::BinPurger;
pub use fields::{FieldDef, FieldKind};
pub use model::{Privacy, PrivacyMode, Query, Script};
pub use prepare::{AmcParameters, Prepared, prepare};
pub use run::{filled, run_page};
pub use source_map::{Piece, SourceMap};
pub use store::{DraftSeed, Filter, Line, PastRun, TypicalDuration, create_draft, find, list, runs, usual};
pub use tags::Tags;
pub use window::{Window, WindowForm, WindowKind};

use crate::web::Site;

/// The room's routes.
pub fn routes(site: Site) -> axum::Router {
    pages::routes(site)
}
