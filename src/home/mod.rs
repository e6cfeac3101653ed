//! The rooms seen from above: the dashboard, the search, and what the background is doing.
//!
//! It reads through the doors of the rooms below, each with the person's own scope, and writes nothing.
//! So whatever is shown here is what the room itself would show to the same person.

mod dashboard;
mod operations;
mod search;

use axum::Router;
use axum::routing::get;

use crate::web::Site;

/// The room's routes.
pub fn routes(site: Site) -> Router {
    Router::new()
        .route("/", get(dashboard::show))
        .route("/search", get(search::show))
        .route("/operations", get(operations::show))
        .with_state(site)
}
