//! The list of schedules, the page of one with its ledger, the form, and actions.

mod backfills;
mod bulk;
pub(super) mod changes;
mod detail;
pub(super) mod form;
mod list;
mod month;
mod parameter;
mod preview;
mod rehearsal;
mod run;
mod source;

pub(super) use month::Figures;

use axum::Router;
use axum::routing::{get, post};

use super::Schedules;
use crate::ids::ScheduleId;
use crate::web;

pub(super) fn routes(room: Schedules) -> Router {
    Router::new()
        .route("/schedules", get(list::show).post(form::add))
        .route("/schedules.csv", get(list::export))
        .route("/schedules.json", get(list::export))
        .route("/schedules/new", get(form::new))
        .route("/schedules/preview", post(form::preview))
        .route("/schedules/backfills", get(backfills::list::show).post(backfills::form::add))
        .route("/schedules/backfills.csv", get(backfills::list::export))
        .route("/schedules/backfills.json", get(backfills::list::export))
        .route("/schedules/backfills/new", get(backfills::form::new))
        .route("/schedules/backfills/preview", post(backfills::form::preview))
        .route("/schedules/backfills/{id}", get(backfills::detail::show))
        .route("/schedules/backfills/{id}/pause", post(backfills::detail::pause))
        .route("/schedules/backfills/{id}/resume", post(backfills::detail::resume))
        .route("/schedules/backfills/{id}/cancel", post(backfills::detail::cancel))
        .route("/schedules/backfills/{id}/retry", post(backfills::detail::retry))
        .route("/schedules/{id}", get(detail::show))
        .route("/schedules/{id}/slots.csv", get(detail::export))
        .route("/schedules/{id}/slots.json", get(detail::export))
        .route("/schedules/{id}/edit", get(form::edit).post(form::change))
        .route("/schedules/drafts/discard", post(form::drafts::discard))
        .route("/schedules/bulk", post(bulk::change))
        .route("/schedules/{id}/run", post(run::run))
        .route("/schedules/{id}/rehearsal", get(rehearsal::show))
        .route("/schedules/{id}/pause", post(changes::pause))
        .route("/schedules/{id}/resume", get(changes::resume_page).post(changes::resume))
        .route("/schedules/{id}/delete", post(changes::delete))
        .route("/schedules/{id}/restore", post(changes::restore))
        .with_state(room)
}

/// The id in an address; an invalid one is not found.
fn own(id: &str) -> web::Result<ScheduleId> {
    id.parse().map_err(|_| web::Error::Missing)
}
