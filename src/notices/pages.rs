//! A person's messages, and their preferences.

mod detail;
mod list;
mod settings;

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
        .with_state(room)
}
