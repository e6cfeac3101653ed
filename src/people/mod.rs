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
mod permissions;
mod sharing;

use std::future::ready;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use futures::FutureExt as _;

use crate::accounts::audit::Action;
use crate::ids::PersonId;
use crate::instances::Grant;
use crate::web::components::Errors;
use crate::web::room::{PageEntry, Room, Subject};
use crate::web::routes::Who::{Administrator, Owner, SignedIn};
use crate::web::routes::{Routes, get, post};
use crate::web::shell::Section;
use crate::web::{self, Fields, RevokePage, Site};

/// Why others don't see the list of people. A person's page doesn't exist for them, like other people's things.
const ONLY: Option<&str> = Some("Only administrators manage people. Ask an administrator of this installation.");

fn routes(site: Site) -> Routes {
    Routes::new()
        .route("/settings/people", get(Administrator(ONLY), list::show))
        .route("/settings/people.csv", get(Administrator(ONLY), list::export))
        .route("/settings/people.json", get(Administrator(ONLY), list::export))
        .route("/settings/people/{id}", get(Administrator(None), pages::show).about("A person"))
        .route(
            "/settings/people/{id}/role",
            post(Administrator(None), changes::role).about("Change a person's role here"),
        )
        .route(
            "/settings/people/{id}/access",
            post(Administrator(None), changes::give).about("Give a person a role on an instance"),
        )
        .route(
            "/settings/people/{id}/access/revoke",
            get(Administrator(None), changes::ask)
                .post(Administrator(None), changes::revoke)
                .about("Revoke a person's role on an instance"),
        )
        .route(
            "/settings/people/{id}/suspend",
            get(Administrator(None), leaving::suspend_page)
                .post(Administrator(None), leaving::suspend)
                .about("Suspend a person"),
        )
        .route(
            "/settings/people/{id}/remove",
            get(Administrator(None), leaving::remove_page)
                .post(Administrator(None), leaving::remove)
                .about("Remove a person"),
        )
        .route(
            "/settings/people/{id}/resume",
            post(Administrator(None), changes::resume).about("Let a suspended person sign in again"),
        )
        .route(
            "/settings/connections/{id}/disconnect",
            get(Owner, disconnect::page).post(Owner, disconnect::disconnect).about("Disconnect from Amazon"),
        )
        .route("/settings/access", get(SignedIn, own_access::show))
        .route("/settings/access.csv", get(SignedIn, own_access::export))
        .route("/settings/access.json", get(SignedIn, own_access::export))
        .route("/settings/access/routes", get(SignedIn, permissions::show))
        .route("/settings/access/routes.csv", get(SignedIn, permissions::export))
        .route("/settings/access/routes.json", get(SignedIn, permissions::export))
        .with_state(site)
}

pub fn room(site: Site) -> Room {
    let routes = routes(site.clone());
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
                PageEntry::new(
                    "/settings/access/routes",
                    "Who may do what",
                    "roles rights permissions routes pages actions endpoints administrator owner",
                ),
                PageEntry::new("/settings/invitations", "Invitations", "invite people link team settings"),
            ]
        },
        actions: &[Action::Invited, Action::InvitationRevoked, Action::InvitationAccepted],
        // OK without looking: a removed person has a page, too, and only administrators have these pages.
        subjects: const {
            &[Subject::new("per", "/settings/people/", |_, person, _| ready(Ok(person.is_administrator)).boxed())]
        },
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
        errors.add("until", "Choose today or a later day, such as 2027-01-31, or leave it blank.");
    }
    end
}

/// Adds to a question what a role of a person on an instance is, and what happens without it.
fn about_role(page: RevokePage, (name, email, instance): (&str, &str, &str), grant: Grant) -> RevokePage {
    let (role, from) = (grant.role.label(), grant.source.label());
    page.fact("Person", format!("{name} ({email})"))
        .fact("Instance", instance)
        .fact("Role", role)
        .fact("Comes from", grant.given_by.map_or_else(|| from.to_owned(), |by| format!("{from}: {by}")))
        .time("Ends", grant.ends_at)
        .then(format!("{name} loses the role {role} on {instance}. A role there from another source stays."))
        .then("They keep their own queries, but no longer see queries and results of the instance.")
        .then("Their queued executions and schedules on the instance stop, unless another source lets them run there.")
}

/// The person in an address.
fn whose(id: &str) -> web::Result<PersonId> {
    id.parse().map_err(|_| web::Error::Missing)
}

fn address(id: &PersonId) -> String {
    format!("/settings/people/{id}")
}
