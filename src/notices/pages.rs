//! The pages of notices: a person's messages, their notification settings, and webhooks.

mod delivery;
mod detail;
mod list;
mod settings;
mod subscription;
mod unsubscribe;
mod webhook;
mod webhooks;

use super::Notices;
use crate::web::routes::Who::{Link, Owner, SignedIn, Viewer};
use crate::web::routes::{Routes, get, post};

pub(super) fn routes(room: Notices) -> Routes {
    Routes::new()
        .route("/notices", get(SignedIn, list::show))
        .route("/notices.csv", get(SignedIn, list::export))
        .route("/notices.json", get(SignedIn, list::export))
        .route("/notices/read", post(SignedIn, list::read_all).about("Mark all notices as read"))
        .route("/notices/{id}", get(Owner, detail::show).about("A notice"))
        .route(
            "/settings/notices",
            get(SignedIn, settings::show).post(SignedIn, settings::save).about("Change one's notification settings"),
        )
        .route(
            "/schedules/{id}/notices",
            get(Viewer, subscription::show).post(Viewer, subscription::save).about("Change a schedule's notifications"),
        )
        .route(
            "/unsubscribe",
            get(Link, unsubscribe::ask).post(Link, unsubscribe::unsubscribe).about("Unsubscribe from emails"),
        )
        .route(
            "/settings/webhooks",
            get(SignedIn, webhooks::show).about("Webhooks").post(SignedIn, webhooks::add).about("Add a webhook"),
        )
        .route("/settings/webhooks.csv", get(SignedIn, webhooks::export))
        .route("/settings/webhooks.json", get(SignedIn, webhooks::export))
        .route("/settings/webhooks/new", get(SignedIn, webhooks::new).about("Add a webhook"))
        .route(
            "/settings/webhooks/{id}",
            get(Owner, webhook::show).about("A webhook").post(Owner, webhook::change).about("Change a webhook"),
        )
        .route(
            "/settings/webhooks/{id}/deliveries.csv",
            get(Owner, webhook::export).about("Deliveries of a webhook as CSV"),
        )
        .route(
            "/settings/webhooks/{id}/deliveries.json",
            get(Owner, webhook::export).about("Deliveries of a webhook as JSON"),
        )
        .route("/settings/webhooks/{id}/delete", post(Owner, webhook::delete).about("Delete a webhook"))
        .route("/settings/webhooks/{id}/switch", post(Owner, webhook::switch).about("Turn a webhook on or off"))
        .route("/settings/webhooks/{id}/secret", post(Owner, webhook::rotate).about("Replace a webhook's secret"))
        .route(
            "/settings/webhooks/{id}/retire",
            post(Owner, webhook::retire).about("Retire a webhook's previous secret"),
        )
        .route("/settings/webhooks/{id}/test", post(Owner, webhook::test).about("Test a webhook"))
        .route(
            "/settings/webhooks/{id}/replay",
            post(Owner, webhook::replay).about("Send a webhook's failed deliveries again"),
        )
        .route("/settings/webhooks/deliveries/{id}", get(Owner, delivery::show).about("A delivery of a webhook"))
        .route(
            "/settings/webhooks/deliveries/{id}/replay",
            post(Owner, delivery::replay).about("Send a delivery of a webhook again"),
        )
        .with_state(room)
}
