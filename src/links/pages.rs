//! Public links: the lists, creating and revoking one, and the page that it shows.

mod list;
mod make;
mod shown;

use axum::Router;
use axum::routing::{get, post};

use crate::executions::Executions;
use crate::web::Site;

/// What the pages share.
#[derive(Clone, Debug)]
pub(super) struct Links {
    pub(super) site: Site,
    pub(super) executions: Executions,
}

pub(super) fn routes(room: Links) -> Router {
    Router::new()
        .route("/settings/links", get(list::show))
        .route("/settings/links.csv", get(list::export))
        .route("/settings/links.json", get(list::export))
        .route("/settings/links/{id}/revoke", post(list::revoke))
        .route("/executions/{id}/links", get(make::of_execution).post(make::for_execution))
        .route("/guides/reports/{id}/links", get(make::of_report).post(make::for_report))
        .route("/shared/{token}", get(shown::show))
        .route("/shared/{token}/result.csv", get(shown::csv))
        .route("/robots.txt", get(shown::robots))
        .with_state(room)
}
