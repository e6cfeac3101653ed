//! The room's routes, and shared parts of its handlers.

mod assistance;
pub(super) mod bin;
mod changes;
mod drafts;
mod dry_run;
mod duplicate;
mod editing;
mod editor;
mod files;
mod fill;
mod forms;
mod import;
mod link;
mod list;
mod meaning;
pub(super) mod placing;
mod privacy;
pub(super) mod report;
mod run;
pub(super) mod saving;
mod schema;
mod target;
mod trial;
mod versions;
pub(super) mod workflow;
mod workflows;

pub use dry_run::is_dry_run;
pub use editor::editor_page;
pub use forms::{Input, ZONES, windows};
pub use placing::PlacementInput;
pub use run::run_page;
pub use saving::save_to_run;
pub use target::runs_on;
pub use trial::{Trial, Trials, sources};
pub use workflow::{Synced, sync};
pub(super) use workflows::routes as workflow_routes;

use std::sync::Arc;

use super::model::Query;
use super::store;
use crate::db::Tx;
use crate::ids::{PersonId, QueryId};
use crate::instances;
use crate::web::routes::Who::{Analyst, Owner, SignedIn, Viewer};
use crate::web::routes::{Routes, get, post};
use crate::web::{self, Site};

pub(super) fn routes(site: Site, trials: Arc<Trials>) -> Routes {
    Routes::new()
        .route("/queries", get(SignedIn, list::show))
        .route("/queries.csv", get(SignedIn, list::export))
        .route("/queries.json", get(SignedIn, list::export))
        .route("/queries.zip", get(SignedIn, files::archive).about("Queries as files"))
        .route(
            "/queries/new",
            get(SignedIn, editor::new).about("Write a query").post(Analyst, saving::create).about("Save a new query"),
        )
        .route(
            "/queries/import",
            get(SignedIn, import::form).post(SignedIn, import::recognized).about("Import queries"),
        )
        .route("/queries/check", post(SignedIn, editor::check).about("Check a query").while_typing())
        .route("/queries/bin", get(SignedIn, bin::show).about("Deleted queries"))
        .route("/queries/bin.csv", get(SignedIn, bin::export))
        .route("/queries/bin.json", get(SignedIn, bin::export))
        .route(
            "/queries/drafts",
            get(SignedIn, drafts::list::show)
                .about("Drafts")
                .post(SignedIn, drafts::save)
                .about("Save a draft")
                .while_typing(),
        )
        .route("/queries/drafts.csv", get(SignedIn, drafts::list::export))
        .route("/queries/drafts.json", get(SignedIn, drafts::list::export))
        .route("/queries/drafts/{id}/delete", post(Owner, drafts::delete).about("Discard a draft"))
        .route("/queries/drafts/{id}/restore", post(Owner, drafts::restore).about("Restore a draft"))
        .route("/queries/{id}", get(Viewer, run::show).about("A query and its form"))
        .route(
            "/queries/{id}/preview",
            get(Viewer, run::preview_link).post(Viewer, run::preview).about("Preview what is sent to AMC"),
        )
        .route("/queries/{id}/query.sql", get(Viewer, files::download).about("A query as a file"))
        .route(
            "/queries/{id}/fill",
            post(Viewer, fill::fill).about("Fill a query's form from an earlier execution or a brand"),
        )
        .route(
            "/queries/{id}/link",
            get(Viewer, link::show).post(Viewer, link::create).about("A link to a query's filled form"),
        )
        .route("/queries/{id}/edit", get(Analyst, editor::edit).post(Analyst, saving::save).about("Edit a query"))
        .route(
            "/queries/{id}/duplicate",
            get(Viewer, duplicate::form).post(Viewer, duplicate::create).about("Duplicate a query"),
        )
        .route("/queries/{id}/favourite", post(Viewer, list::favourite).about("Mark a query as favorite"))
        .route("/queries/{id}/versions", get(Viewer, versions::show).about("Versions of a query"))
        .route("/queries/{id}/versions.csv", get(Viewer, versions::export))
        .route("/queries/{id}/versions.json", get(Viewer, versions::export))
        .route("/queries/{id}/versions/compare", get(Viewer, versions::compare).about("Compare versions of a query"))
        .route("/queries/{id}/versions/restore", post(Analyst, versions::restore).about("Restore a version of a query"))
        .route("/queries/{id}/delete", post(Analyst, bin::delete).about("Delete a query"))
        .route("/queries/{id}/restore", post(Analyst, bin::restore).about("Restore a query"))
        .with_state(site.clone())
        .merge(assistance::routes(site.clone()))
        .merge(trial::routes(site, trials))
}

/// The id in an address; an invalid one is not found.
fn own(id: &str) -> web::Result<QueryId> {
    id.parse().map_err(|_| web::Error::Missing)
}

/// A query that the person may change.
pub(super) async fn for_change(tx: &mut Tx, person: &PersonId, id: &QueryId) -> web::Result<Query> {
    let query = store::find(tx, person, id).await?;
    if query.rights.change {
        return Ok(query);
    }
    if let Some(id) = query.placement.home.instance() {
        let instance = instances::find(tx, person, id).await?;
        if let Some(why) = instances::refusal(tx, person, &instance, instances::Action::Write).await? {
            return Err(web::Error::Forbidden(why));
        }
    }
    Err(web::Error::Forbidden(format!(
        "Only {} or an administrator can change this query. Duplicate it to make one of your own.",
        query.owned_by
    )))
}
