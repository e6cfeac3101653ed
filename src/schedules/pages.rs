//! The list of schedules, the page of one with its ledger, the form, and actions.

mod changes;
mod detail;
mod form;
mod list;
mod preview;

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
        .route("/schedules/{id}", get(detail::show))
        .route("/schedules/{id}/slots.csv", get(detail::export))
        .route("/schedules/{id}/slots.json", get(detail::export))
        .route("/schedules/{id}/edit", get(form::edit).post(form::change))
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
