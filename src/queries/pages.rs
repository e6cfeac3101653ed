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

use axum::Router;
use axum::middleware::map_response;
use axum::routing::{get, post};

use super::model::Query;
use super::store;
use crate::db::Tx;
use crate::ids::{PersonId, QueryId};
use crate::instances;
use crate::web::rate_limits::while_typing;
use crate::web::{self, Site};

pub(super) fn routes(site: Site, trials: Arc<Trials>) -> Router {
    Router::new()
        .route("/queries", get(list::show))
        .route("/queries.csv", get(list::export))
        .route("/queries.json", get(list::export))
        .route("/queries.zip", get(files::archive))
        .route("/queries/new", get(editor::new).post(saving::create))
        .route("/queries/import", get(import::form).post(import::recognized))
        .route("/queries/check", post(editor::check).layer(map_response(while_typing)))
        .route("/queries/bin", get(bin::show))
        .route("/queries/bin.csv", get(bin::export))
        .route("/queries/bin.json", get(bin::export))
        .route("/queries/drafts", get(drafts::list::show).post(drafts::save).layer(map_response(while_typing)))
        .route("/queries/drafts.csv", get(drafts::list::export))
        .route("/queries/drafts.json", get(drafts::list::export))
        .route("/queries/drafts/{id}/delete", post(drafts::delete))
        .route("/queries/drafts/{id}/restore", post(drafts::restore))
        .route("/queries/{id}", get(run::show))
        .route("/queries/{id}/preview", get(run::preview_link).post(run::preview))
        .route("/queries/{id}/query.sql", get(files::download))
        .route("/queries/{id}/fill", post(fill::fill))
        .route("/queries/{id}/link", get(link::show).post(link::create))
        .route("/queries/{id}/edit", get(editor::edit).post(saving::save))
        .route("/queries/{id}/duplicate", get(duplicate::form).post(duplicate::create))
        .route("/queries/{id}/favourite", post(list::favourite))
        .route("/queries/{id}/versions", get(versions::show))
        .route("/queries/{id}/versions.csv", get(versions::export))
        .route("/queries/{id}/versions.json", get(versions::export))
        .route("/queries/{id}/versions/compare", get(versions::compare))
        .route("/queries/{id}/versions/restore", post(versions::restore))
        .route("/queries/{id}/delete", post(bin::delete))
        .route("/queries/{id}/restore", post(bin::restore))
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
