//! Administrators' pages about people: who is here, what each may do, and what happens when somebody leaves.
//!
//! This room is above those that own a leaving person's rows: sessions, connections, access, queries. Each room
//! changes its own tables; this one decides the order, in one transaction, with an audit log entry for each change.

mod changes;
mod disconnect;
mod leaving;
mod list;
mod pages;

use axum::Router;
use axum::routing::{get, post};

use crate::ids::PersonId;
use crate::web::room::Room;
use crate::web::shell::Section;
use crate::web::{self, Person, Site};

pub fn room(site: Site) -> Room {
    let routes = Router::new()
        .route("/settings/people", get(list::show))
        .route("/settings/people.csv", get(list::export))
        .route("/settings/people.json", get(list::export))
        .route("/settings/people/{id}", get(pages::show))
        .route("/settings/people/{id}/role", post(changes::role))
        .route("/settings/people/{id}/access", post(changes::give))
        .route("/settings/people/{id}/access/revoke", post(changes::revoke))
        .route("/settings/people/{id}/suspend", get(leaving::suspend_page).post(leaving::suspend))
        .route("/settings/people/{id}/remove", get(leaving::remove_page).post(leaving::remove))
        .route("/settings/people/{id}/resume", post(changes::resume))
        .route("/settings/connections/{id}/disconnect", get(disconnect::page).post(disconnect::disconnect))
        .with_state(site);
    Room { administration: const { &[Section::new("/settings/people", "People", "users")] }, ..Room::new(routes) }
}

/// The person in an address, for administrators; for others the page doesn't exist, like other people's things.
fn whose(person: &Person, id: &str) -> web::Result<PersonId> {
    if !person.is_administrator {
        return Err(web::Error::Missing);
    }
    id.parse().map_err(|_| web::Error::Missing)
}

fn address(id: &PersonId) -> String {
    format!("/settings/people/{id}")
}
