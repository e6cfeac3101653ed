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
        .route("/notices/read", post(SignedIn, list::read_all))
        .route("/notices/{id}", get(Owner, detail::show))
        .route("/settings/notices", get(SignedIn, settings::show).post(SignedIn, settings::save))
        .route("/schedules/{id}/notices", get(Viewer, subscription::show).post(Viewer, subscription::save))
        .route("/unsubscribe", get(Link, unsubscribe::ask).post(Link, unsubscribe::unsubscribe))
        .route("/settings/webhooks", get(SignedIn, webhooks::show).post(SignedIn, webhooks::add))
        .route("/settings/webhooks.csv", get(SignedIn, webhooks::export))
        .route("/settings/webhooks.json", get(SignedIn, webhooks::export))
        .route("/settings/webhooks/new", get(SignedIn, webhooks::new))
        .route("/settings/webhooks/{id}", get(Owner, webhook::show).post(Owner, webhook::change))
        .route("/settings/webhooks/{id}/deliveries.csv", get(Owner, webhook::export))
        .route("/settings/webhooks/{id}/deliveries.json", get(Owner, webhook::export))
        .route("/settings/webhooks/{id}/delete", post(Owner, webhook::delete))
        .route("/settings/webhooks/{id}/switch", post(Owner, webhook::switch))
        .route("/settings/webhooks/{id}/secret", post(Owner, webhook::rotate))
        .route("/settings/webhooks/{id}/retire", post(Owner, webhook::retire))
        .route("/settings/webhooks/{id}/test", post(Owner, webhook::test))
        .route("/settings/webhooks/{id}/replay", post(Owner, webhook::replay))
        .route("/settings/webhooks/deliveries/{id}", get(Owner, delivery::show))
        .route("/settings/webhooks/deliveries/{id}/replay", post(Owner, delivery::replay))
        .with_state(room)
}
