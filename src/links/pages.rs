//! Public links: the lists, creating and revoking one, and the page that it shows.

mod list;
mod make;
mod shown;

use crate::executions::Executions;
use crate::web::Site;
use crate::web::routes::Who::{Analyst, Anyone, Link, Owner, SignedIn, Viewer};
use crate::web::routes::{Routes, get, post};

/// What the pages share.
#[derive(Clone, Debug)]
pub(super) struct Links {
    pub(super) site: Site,
    pub(super) executions: Executions,
}

pub(super) fn routes(room: Links) -> Routes {
    Routes::new()
        .route("/settings/links", get(SignedIn, list::show))
        .route("/settings/links.csv", get(SignedIn, list::export))
        .route("/settings/links.json", get(SignedIn, list::export))
        .route("/settings/links/{id}/revoke", post(Owner, list::revoke))
        .route("/executions/{id}/links", get(Viewer, make::of_execution).post(Analyst, make::for_execution))
        .route("/guides/reports/{id}/links", get(Owner, make::of_report).post(Owner, make::for_report))
        .route("/shared/{token}", get(Link, shown::show))
        .route("/shared/{token}/result.csv", get(Link, shown::csv))
        .route("/robots.txt", get(Anyone, shown::robots))
        .with_state(room)
}
