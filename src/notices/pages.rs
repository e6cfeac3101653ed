//! The pages of notices: a person's messages, their notification settings, and webhooks.

mod delivery;
mod detail;
mod list;
mod settings;
mod subscription;
mod unsubscribe;
mod webhook;
mod webhooks;

use axum::Router;
use axum::routing::{get, post};

use super::Notices;

pub(super) fn routes(room: Notices) -> Router {
    Router::new()
        .route("/notices", get(list::show))
        .route("/notices.csv", get(list::export))
        .route("/notices.json", get(list::export))
        .route("/notices/read", post(list::read_all))
        .route("/notices/{id}", get(detail::show))
        .route("/settings/notices", get(settings::show).post(settings::save))
        .route("/schedules/{id}/notices", get(subscription::show).post(subscription::save))
        .route("/unsubscribe", get(unsubscribe::ask).post(unsubscribe::unsubscribe))
        .route("/settings/webhooks", get(webhooks::show).post(webhooks::add))
        .route("/settings/webhooks.csv", get(webhooks::export))
        .route("/settings/webhooks.json", get(webhooks::export))
        .route("/settings/webhooks/new", get(webhooks::new))
        .route("/settings/webhooks/{id}", get(webhook::show).post(webhook::change))
        .route("/settings/webhooks/{id}/deliveries.csv", get(webhook::export))
        .route("/settings/webhooks/{id}/deliveries.json", get(webhook::export))
        .route("/settings/webhooks/{id}/delete", post(webhook::delete))
        .route("/settings/webhooks/{id}/switch", post(webhook::switch))
        .route("/settings/webhooks/{id}/secret", post(webhook::rotate))
        .route("/settings/webhooks/{id}/retire", post(webhook::retire))
        .route("/settings/webhooks/{id}/test", post(webhook::test))
        .route("/settings/webhooks/{id}/replay", post(webhook::replay))
        .route("/settings/webhooks/deliveries/{id}", get(delivery::show))
        .route("/settings/webhooks/deliveries/{id}/replay", post(delivery::replay))
        .with_state(room)
}
