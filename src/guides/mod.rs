//! Build guides: pages of markdown that teach how to ask AMC, with queries that open in the editor.
//!
//! A guide is `guides/<slug>/guide.md`, built into the program so that one file is all there is to
//! install. It is read once, into parts that are HTML already and queries that are not: a query stays
//! SQL with its fields, so that it can be shown, checked in the tests, and handed over to the editor.
//!
//! Guides are written by people who may not be the ones who run the installation. So nothing of a
//! guide reaches the page as it stands: raw HTML is shown as text, and links and images lead to
//! `http`, `https` or this program only. `docs/guides.md` tells authors what they can write.

mod address;
mod entries;
mod fields;
mod library;
mod model;
mod pages;
mod reader;
mod table;
#[cfg(test)]
mod tests;

pub use library::{all, find, first, search};
pub use model::{Fault, Guide, GuideQuery, Heading, Level, Part};

use crate::web::Site;

/// The room's routes.
pub fn routes(site: Site) -> axum::Router {
    pages::routes(site)
}
