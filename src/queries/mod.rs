//! Queries: saved SQL with typed form fields and a window, and everything that decides what AMC is sent.
//!
//! A query belongs to an instance; who reaches the instance reaches the query. Text, fields, window and
//! privacy options become a request in one function, [`prepare`], which preview, check and run share: what
//! was previewed is what is run. SQL that AMC would refuse can be saved, never sent.

mod editor;
mod fields;
mod forms;
mod model;
mod pages;
mod prepare;
mod report;
mod run;
mod source_map;
mod store;
mod window;

pub use fields::{FieldDef, FieldKind};
pub use model::{Privacy, PrivacyMode, Query, Script};
pub use prepare::{AmcParameters, Prepared, prepare};
pub use run::{filled, run_page};
pub use source_map::{Piece, SourceMap};
pub use store::{Filter, HandedOver, Line, find, hand_over, list};
pub use window::{Window, WindowForm, WindowKind};

use crate::web::Site;

/// The room's routes.
pub fn routes(site: Site) -> axum::Router {
    pages::routes(site)
}
