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

use super::Schedules;
use crate::ids::ScheduleId;
use crate::web;
use crate::web::routes::Who::{Analyst, SignedIn, Viewer};
use crate::web::routes::{Routes, get, post};

pub(super) fn routes(room: Schedules) -> Routes {
    Routes::new()
        .route("/schedules", get(SignedIn, list::show).post(Analyst, form::add))
        .route("/schedules.csv", get(SignedIn, list::export))
        .route("/schedules.json", get(SignedIn, list::export))
        .route("/schedules/new", get(SignedIn, form::new))
        .route("/schedules/preview", post(SignedIn, form::preview))
        .route("/schedules/backfills", get(SignedIn, backfills::list::show).post(Analyst, backfills::form::add))
        .route("/schedules/backfills.csv", get(SignedIn, backfills::list::export))
        .route("/schedules/backfills.json", get(SignedIn, backfills::list::export))
        .route("/schedules/backfills/new", get(SignedIn, backfills::form::new))
        .route("/schedules/backfills/preview", post(SignedIn, backfills::form::preview))
        .route("/schedules/backfills/{id}", get(Viewer, backfills::detail::show))
        .route("/schedules/backfills/{id}/pause", post(Analyst, backfills::detail::pause))
        .route("/schedules/backfills/{id}/resume", post(Analyst, backfills::detail::resume))
        .route("/schedules/backfills/{id}/cancel", post(Analyst, backfills::detail::cancel))
        .route("/schedules/backfills/{id}/retry", post(Analyst, backfills::detail::retry))
        .route("/schedules/{id}", get(Viewer, detail::show))
        .route("/schedules/{id}/slots.csv", get(Viewer, detail::export))
        .route("/schedules/{id}/slots.json", get(Viewer, detail::export))
        .route("/schedules/{id}/edit", get(Analyst, form::edit).post(Analyst, form::change))
        .route("/schedules/drafts/discard", post(SignedIn, form::drafts::discard))
        .route("/schedules/bulk", post(SignedIn, bulk::change))
        .route("/schedules/{id}/run", post(Analyst, run::run))
        .route("/schedules/{id}/rehearsal", get(Viewer, rehearsal::show))
        .route("/schedules/{id}/pause", post(Analyst, changes::pause))
        .route("/schedules/{id}/resume", get(Analyst, changes::resume_page).post(Analyst, changes::resume))
        .route("/schedules/{id}/delete", post(Analyst, changes::delete))
        .route("/schedules/{id}/restore", post(Analyst, changes::restore))
        .with_state(room)
}

/// The id in an address; an invalid one is not found.
fn own(id: &str) -> web::Result<ScheduleId> {
    id.parse().map_err(|_| web::Error::Missing)
}
