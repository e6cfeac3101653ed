//! Destinations for administrators; rules of a schedule, delivering a result, and the ledger for the people of an
//! instance.

mod deliver;
mod destination;
mod destinations;
mod detail;
mod list;
mod past;
mod rule;
mod rules;

use super::Deliveries;
use crate::web;
use crate::web::routes::Who::{Administrator, Analyst, SignedIn, Viewer};
use crate::web::routes::{Routes, get, post};

/// Those about destinations, which exist for administrators alone.
fn destination_routes() -> Routes<Deliveries> {
    Routes::new()
        .route(
            "/settings/destinations",
            get(Administrator(None), destinations::show)
                .about("Destinations")
                .post(Administrator(None), destinations::add)
                .about("Add a destination"),
        )
        .route("/settings/destinations.csv", get(Administrator(None), destinations::export))
        .route("/settings/destinations.json", get(Administrator(None), destinations::export))
        .route("/settings/destinations/new", get(Administrator(None), destinations::new).about("Add a destination"))
        .route(
            "/settings/destinations/{id}",
            get(Administrator(None), destination::show)
                .about("A destination")
                .post(Administrator(None), destination::change)
                .about("Change a destination"),
        )
        .route(
            "/settings/destinations/{id}/delete",
            get(Administrator(None), destination::delete_page)
                .post(Administrator(None), destination::delete)
                .about("Delete a destination"),
        )
        .route(
            "/settings/destinations/{id}/restore",
            post(Administrator(None), destination::restore).about("Restore a destination"),
        )
        .route(
            "/settings/destinations/{id}/test",
            post(Administrator(None), destination::test).about("Test a destination"),
        )
}

pub(super) fn routes(room: Deliveries) -> Routes {
    destination_routes()
        .route(
            "/schedules/{id}/deliveries",
            get(Viewer, rules::show)
                .about("Deliveries of a schedule")
                .post(Analyst, rule::add)
                .about("Deliver the results of a schedule"),
        )
        .route("/schedules/{id}/deliveries/new", get(Analyst, rule::new).about("Deliver the results of a schedule"))
        .route(
            "/deliveries/rules/{id}",
            get(Analyst, rule::show).post(Analyst, rule::change).about("Change where a schedule delivers"),
        )
        .route(
            "/deliveries/rules/{id}/delete",
            post(Analyst, rules::delete).about("Stop delivering a schedule's results"),
        )
        .route(
            "/deliveries/rules/{id}/restore",
            post(Analyst, rules::restore).about("Deliver a schedule's results again"),
        )
        .route("/deliveries/rules/{id}/past", post(Analyst, past::deliver).about("Deliver past results of a schedule"))
        .route(
            "/executions/{id}/deliver",
            get(Analyst, deliver::show).post(Analyst, deliver::deliver).about("Deliver a result"),
        )
        .route("/deliveries", get(SignedIn, list::show))
        .route("/deliveries.csv", get(SignedIn, list::export))
        .route("/deliveries.json", get(SignedIn, list::export))
        .route("/deliveries/{id}", get(Viewer, detail::show).about("A delivery"))
        .route("/deliveries/{id}/retry", post(Analyst, detail::retry).about("Retry a delivery"))
        .with_state(room)
}

/// The id in an address; an invalid one is not found.
fn own<I: std::str::FromStr>(id: &str) -> web::Result<I> {
    id.parse().map_err(|_| web::Error::Missing)
}
