//! The room's routes, and shared parts of its handlers.

mod compare;
mod detail;
mod drift;
mod fields;
mod filters;
mod list;

use std::sync::Arc;

use axum::extract::FromRef;

use super::directory::{Known, View};
use crate::db::Memo;
use crate::ids::PersonId;
use crate::web::components::Choice;
use crate::web::list::ListParams;
use crate::web::routes::Who::{Owner, SignedIn};
use crate::web::routes::{Routes, get, post};
use crate::web::{self, Site};
use detail::Used;

/// Maximum number of cached uses of sources; beyond it, the cache is cleared.
const MOST_USED: usize = 2_000;

#[derive(Clone, Debug)]
struct Sources {
    site: Site,
    /// The uses of a source that each person may see.
    used: Memo<(PersonId, String), Arc<Used>>,
}

impl FromRef<Sources> for Site {
    fn from_ref(sources: &Sources) -> Self {
        sources.site.clone()
    }
}

pub(super) fn routes(site: Site) -> Routes {
    Routes::new()
        .route("/data-sources", get(SignedIn, list::show))
        .route("/data-sources.csv", get(SignedIn, list::export))
        .route("/data-sources.json", get(SignedIn, list::export))
        .route("/data-sources/fields", get(SignedIn, fields::show))
        .route("/data-sources/fields.csv", get(SignedIn, fields::export))
        .route("/data-sources/fields.json", get(SignedIn, fields::export))
        .route("/data-sources/fields.md", get(SignedIn, fields::markdown).about("Columns as Markdown"))
        .route("/data-sources/compare", get(SignedIn, compare::show))
        .route("/data-sources/compare.csv", get(SignedIn, compare::export))
        .route("/data-sources/compare.json", get(SignedIn, compare::export))
        .route(
            "/data-sources/compare.md",
            get(SignedIn, compare::markdown).about("A comparison of data sources as Markdown"),
        )
        .route("/data-sources/drift", get(SignedIn, drift::show))
        .route("/data-sources/drift.csv", get(SignedIn, drift::export))
        .route("/data-sources/drift.json", get(SignedIn, drift::export))
        .route("/data-sources/drift/fix", post(SignedIn, drift::fix).about("Put a column's new name into queries"))
        .route("/data-sources/filters", post(SignedIn, filters::save).about("Save a filter of columns"))
        .route("/data-sources/filters/{id}/delete", post(Owner, filters::delete).about("Delete a saved filter"))
        .route("/data-sources/{name}", get(SignedIn, detail::show).about("A data source"))
        .route("/data-sources/{name}/export.md", get(SignedIn, detail::markdown).about("A data source as Markdown"))
        .route("/data-sources/{name}/draft", post(SignedIn, detail::draft).about("Begin a query on a data source"))
        .with_state(Sources { used: Memo::new(site.db.clone(), MOST_USED), site })
}

/// The person's instance named in an address, if any.
fn of_instance<'a>(view: &'a View, params: &mut ListParams) -> web::Result<Option<&'a Known>> {
    match params.id("instance", "instance") {
        None => Ok(None),
        Some(id) => view.instance(&id).map(Some).ok_or(web::Error::Missing),
    }
}

/// The person's instances as options, after `all`.
fn instance_choices(view: &View, all: &str) -> Vec<Choice> {
    let instance = |known: &Known| {
        let label = format!("{} · {}", known.listing.name, known.listing.account);
        Choice::new(known.listing.id.as_str(), label)
    };
    Choice::optional(all, view.instances().map(instance))
}
