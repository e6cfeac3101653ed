//! Administrators' pages about people: who is here, what each may do, and what happens when somebody leaves.
//!
//! This room is above those that own a leaving person's rows: sessions, connections, access, queries. Each room
//! changes its own tables; this one decides the order, in one transaction, with an audit log entry for each change.

mod changes;
mod disconnect;
mod invitations;
mod leaving;
mod list;
mod own_access;
mod pages;
mod sharing;

use axum::Router;
use axum::routing::{get, post};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use crate::accounts::audit::Action;
use crate::ids::PersonId;
use crate::web::components::Errors;
use crate::web::room::{PageEntry, Room};
use crate::web::shell::Section;
use crate::web::{self, Fields, Person, Site};

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
        .route("/settings/access", get(own_access::show))
        .route("/settings/access.csv", get(own_access::export))
        .route("/settings/access.json", get(own_access::export))
        .with_state(site.clone());
    Room {
        settings: const {
            &[
                Section::new("/settings/access", "Your access", "shield"),
                Section::new("/settings/invitations", "Invitations", "mail"),
            ]
        },
        administration: const { &[Section::new("/settings/people", "People", "users")] },
        pages: const {
            &[
                PageEntry::new("/settings/access", "Your access", "roles instances permissions viewer analyst manager"),
                PageEntry::new("/settings/invitations", "Invitations", "invite people link team settings"),
            ]
        },
        actions: &[Action::Invited, Action::InvitationRevoked, Action::InvitationAccepted],
        ..Room::new(routes.merge(invitations::routes(site.clone())).merge(sharing::routes(site)))
    }
}

#[expect(non_upper_case_globals, reason = "named like the values of an enum, which rooms extend")]
impl Action {
    /// Somebody was invited, or an invitation got a new link.
    pub const Invited: Self = Self::new("invited", "Invited");
    pub const InvitationRevoked: Self = Self::new("invitation-revoked", "Invitation revoked");
    pub const InvitationAccepted: Self = Self::new("invitation-accepted", "Invitation accepted");
}

/// The end of the day in the field `until`, in UTC; `None` for no end. A day that is over is an error.
fn end_of_day(fields: &Fields, now: DateTime<Utc>, errors: &mut Errors) -> Option<DateTime<Utc>> {
    let text = fields.trimmed("until");
    if text.is_empty() {
        return None;
    }
    let day = text.parse::<NaiveDate>().ok().and_then(|day| day.succ_opt());
    let end = day.map(|day| day.and_time(NaiveTime::MIN).and_utc()).filter(|end| *end > now);
    if end.is_none() {
        errors.add("until", "Choose a day that is not over, such as 2027-01-31, or leave it blank.");
    }
    end
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
