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

pub(super) fn routes(room: Deliveries) -> Routes {
    Routes::new()
        .route(
            "/settings/destinations",
            get(Administrator(None), destinations::show).post(Administrator(None), destinations::add),
        )
        .route("/settings/destinations.csv", get(Administrator(None), destinations::export))
        .route("/settings/destinations.json", get(Administrator(None), destinations::export))
        .route("/settings/destinations/new", get(Administrator(None), destinations::new))
        .route(
            "/settings/destinations/{id}",
            get(Administrator(None), destination::show).post(Administrator(None), destination::change),
        )
        .route(
            "/settings/destinations/{id}/delete",
            get(Administrator(None), destination::delete_page).post(Administrator(None), destination::delete),
        )
        .route("/settings/destinations/{id}/restore", post(Administrator(None), destination::restore))
        .route("/settings/destinations/{id}/test", post(Administrator(None), destination::test))
        .route("/schedules/{id}/deliveries", get(Viewer, rules::show).post(Analyst, rule::add))
        .route("/schedules/{id}/deliveries/new", get(Analyst, rule::new))
        .route("/deliveries/rules/{id}", get(Analyst, rule::show).post(Analyst, rule::change))
        .route("/deliveries/rules/{id}/delete", post(Analyst, rules::delete))
        .route("/deliveries/rules/{id}/restore", post(Analyst, rules::restore))
        .route("/deliveries/rules/{id}/past", post(Analyst, past::deliver))
        .route("/executions/{id}/deliver", get(Analyst, deliver::show).post(Analyst, deliver::deliver))
        .route("/deliveries", get(SignedIn, list::show))
        .route("/deliveries.csv", get(SignedIn, list::export))
        .route("/deliveries.json", get(SignedIn, list::export))
        .route("/deliveries/{id}", get(Viewer, detail::show))
        .route("/deliveries/{id}/retry", post(Analyst, detail::retry))
        .with_state(room)
}

/// The id in an address; an invalid one is not found.
fn own<I: std::str::FromStr>(id: &str) -> web::Result<I> {
    id.parse().map_err(|_| web::Error::Missing)
}
