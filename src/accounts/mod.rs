//! People: who may sign in, their sessions, and the audit log.
//!
//! Signing in needs a grant from Amazon and so is in the room above, `connections`, which calls this room to admit a
//! person. The first person becomes the administrator; others must be on the list of allowed addresses, or invited.

pub mod audit;
pub mod invitations;
mod log;
mod model;
mod pages;
mod store;
mod session_cleaner;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tower_sessions::Session;

pub use model::{Admission, Entry, NewPerson, PersonStatus, Role};
pub use store::{
    Member, MemberChange, MemberFilter, Unchanged, admit, by_email, change_member, count_members, may_change, member,
    members, successors,
};

use crate::config::Config;
use crate::db::{self, Scope, Stamp, Tx};
use crate::ids::PersonId;
use crate::web::room::{PageEntry, Room};
use crate::web::session::{self, Sessions};
use crate::web::shell::Section;
use crate::web::{self, Person, Site};
use session_cleaner::SessionCleaner;
use store::PersonRow;

/// The room. Expired sessions are removed from `sessions`.
pub fn room(site: Site, sessions: Sessions) -> Room {
    Room {
        settings: const {
            &[
                Section::new("/settings/sessions", "Sessions", "key"),
                Section::new("/settings/audit", "Audit log", "history"),
            ]
        },
        pages: const {
            &[
                PageEntry::new("/settings/sessions", "Sessions", "browsers sign out settings"),
                PageEntry::new("/settings/audit", "Audit log", "actions history who did what security settings"),
            ]
        },
        actions: audit::Action::OF_ACCOUNTS,
        workers: vec![Arc::new(SessionCleaner::new(site.clone(), sessions))],
        ..Room::new(pages::routes(site.clone()).merge(log::routes(site)))
    }
}

/// Whether the list of allowed addresses lets this address in.
pub fn is_listed(config: &Config, email: &str) -> bool {
    model::admission(false, config.is_demo(), &config.allowed_emails, email) != Admission::Refused
}

/// A person who may use the installation now, without a session; `None` if they are suspended or removed, or are no
/// longer on the list of allowed addresses.
pub async fn active(site: &Site, tx: &mut Tx, id: PersonId) -> db::Result<Option<Person>> {
    let config = &site.config;
    let found = store::find(tx, &id).await?.filter(|person| person.status == PersonStatus::Active);
    let stays = found.filter(|person| {
        let PersonRow { role, is_invited, email, .. } = person;
        model::stays(*role, *is_invited, config.is_demo(), &config.allowed_emails, email)
    });
    Ok(stays.map(|person| Person {
        id,
        session: None,
        token: None,
        name: person.name,
        email: person.email,
        is_administrator: person.role == Role::Administrator,
    }))
}

/// Adds the signed-in [`Person`] to the request, for handlers.
pub async fn recognize(
    State(site): State<Site>,
    session: Session,
    mut request: Request,
    next: Next,
) -> web::Result<Response> {
    let id: Option<PersonId> = session.get(session::PERSON).await.map_err(anyhow::Error::from)?;
    if let (Some(_), Some(cookie)) = (&id, session.id())
        && let Some(person) = site.persons.get(&cookie)
    {
        request.extensions_mut().insert(person);
    } else if let (Some(id), Some(cookie)) = (id, session.id()) {
        let mut tx = site.db.read(&Scope::Person(id.clone())).await?;
        let person = active(&site, &mut tx, id).await?;
        let public = session::public_id(&mut tx, cookie).await?;
        if let (Some(person), Some(public)) = (person, public) {
            let person = Person { session: Some(public), ..person };
            site.persons.insert(cookie, Stamp::of(&tx), person.clone());
            request.extensions_mut().insert(person);
        }
    }
    Ok(next.run(request).await)
}
