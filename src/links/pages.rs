//! Public links: the lists, creating and revoking one, and the page that it shows.

mod list;
mod make;
mod revoke;
mod shown;

use crate::executions::Executions;
use crate::web::Site;
use crate::web::routes::Who::{Analyst, Anyone, Link, Owner, SignedIn, Viewer};
use crate::web::routes::{Routes, get};

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
        .route(
            "/settings/links/{id}/revoke",
            get(Owner, revoke::ask).post(Owner, revoke::revoke).about("Revoke a public link"),
        )
        .route(
            "/executions/{id}/links",
            get(Viewer, make::of_execution)
                .about("Public links to a result")
                .post(Analyst, make::for_execution)
                .about("Create a public link to a result"),
        )
        .route(
            "/guides/reports/{id}/links",
            get(Owner, make::of_report)
                .about("Public links to a report")
                .post(Owner, make::for_report)
                .about("Create a public link to a report"),
        )
        .route("/shared/{token}", get(Link, shown::show).about("What a public link shows"))
        .route("/shared/{token}/result.csv", get(Link, shown::csv).about("The result of a public link as CSV"))
        .route("/robots.txt", get(Anyone, shown::robots).about("Rules for search engines"))
        .with_state(room)
}
