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

use axum::Router;
use axum::routing::{get, post};

use super::Deliveries;
use crate::web;

pub(super) fn routes(room: Deliveries) -> Router {
    Router::new()
        .route("/settings/destinations", get(destinations::show).post(destinations::add))
        .route("/settings/destinations.csv", get(destinations::export))
        .route("/settings/destinations.json", get(destinations::export))
        .route("/settings/destinations/new", get(destinations::new))
        .route("/settings/destinations/{id}", get(destination::show).post(destination::change))
        .route("/settings/destinations/{id}/delete", get(destination::delete_page).post(destination::delete))
        .route("/settings/destinations/{id}/restore", post(destination::restore))
        .route("/settings/destinations/{id}/test", post(destination::test))
        .route("/schedules/{id}/deliveries", get(rules::show).post(rule::add))
        .route("/schedules/{id}/deliveries/new", get(rule::new))
        .route("/deliveries/rules/{id}", get(rule::show).post(rule::change))
        .route("/deliveries/rules/{id}/delete", post(rules::delete))
        .route("/deliveries/rules/{id}/restore", post(rules::restore))
        .route("/deliveries/rules/{id}/past", post(past::deliver))
        .route("/executions/{id}/deliver", get(deliver::show).post(deliver::deliver))
        .route("/deliveries", get(list::show))
        .route("/deliveries.csv", get(list::export))
        .route("/deliveries.json", get(list::export))
        .route("/deliveries/{id}", get(detail::show))
        .route("/deliveries/{id}/retry", post(detail::retry))
        .with_state(room)
}

/// The id in an address; an invalid one is not found.
fn own<I: std::str::FromStr>(id: &str) -> web::Result<I> {
    id.parse().map_err(|_| web::Error::Missing)
}
