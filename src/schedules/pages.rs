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
        .route(
            "/schedules",
            get(SignedIn, list::show).about("Schedules").post(Analyst, form::add).about("Add a schedule"),
        )
        .route("/schedules.csv", get(SignedIn, list::export))
        .route("/schedules.json", get(SignedIn, list::export))
        .route("/schedules/new", get(SignedIn, form::new).about("Add a schedule"))
        .route("/schedules/preview", post(SignedIn, form::preview).about("Preview when a schedule runs"))
        .route(
            "/schedules/backfills",
            get(SignedIn, backfills::list::show)
                .about("Backfills")
                .post(Analyst, backfills::form::add)
                .about("Start a backfill"),
        )
        .route("/schedules/backfills.csv", get(SignedIn, backfills::list::export))
        .route("/schedules/backfills.json", get(SignedIn, backfills::list::export))
        .route("/schedules/backfills/new", get(SignedIn, backfills::form::new).about("Start a backfill"))
        .route("/schedules/backfills/preview", post(SignedIn, backfills::form::preview).about("Preview a backfill"))
        .route("/schedules/backfills/{id}", get(Viewer, backfills::detail::show).about("A backfill"))
        .route("/schedules/backfills/{id}/pause", post(Analyst, backfills::detail::pause).about("Pause a backfill"))
        .route("/schedules/backfills/{id}/resume", post(Analyst, backfills::detail::resume).about("Resume a backfill"))
        .route("/schedules/backfills/{id}/cancel", post(Analyst, backfills::detail::cancel).about("Cancel a backfill"))
        .route(
            "/schedules/backfills/{id}/retry",
            post(Analyst, backfills::detail::retry).about("Retry a backfill's failed windows"),
        )
        .route("/schedules/{id}", get(Viewer, detail::show).about("A schedule and its slots"))
        .route("/schedules/{id}/slots.csv", get(Viewer, detail::export).about("Slots of a schedule as CSV"))
        .route("/schedules/{id}/slots.json", get(Viewer, detail::export).about("Slots of a schedule as JSON"))
        .route("/schedules/{id}/edit", get(Analyst, form::edit).post(Analyst, form::change).about("Edit a schedule"))
        .route(
            "/schedules/drafts/discard",
            post(SignedIn, form::drafts::discard).about("Discard the draft of a schedule"),
        )
        .route("/schedules/bulk", post(SignedIn, bulk::change).about("Change several schedules at once"))
        .route("/schedules/{id}/run", post(Analyst, run::run).about("Run a schedule now"))
        .route("/schedules/{id}/rehearsal", get(Viewer, rehearsal::show).about("Rehearse a schedule on synthetic data"))
        .route("/schedules/{id}/pause", post(Analyst, changes::pause).about("Pause a schedule"))
        .route(
            "/schedules/{id}/resume",
            get(Analyst, changes::resume_page).post(Analyst, changes::resume).about("Resume a schedule"),
        )
        .route("/schedules/{id}/delete", post(Analyst, changes::delete).about("Delete a schedule"))
        .route("/schedules/{id}/restore", post(Analyst, changes::restore).about("Restore a schedule"))
        .with_state(room)
}

/// The id in an address; an invalid one is not found.
fn own(id: &str) -> web::Result<ScheduleId> {
    id.parse().map_err(|_| web::Error::Missing)
}
