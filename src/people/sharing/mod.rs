//! Sharing an instance: who has access and why, and giving, changing and revoking shared roles. For its managers, and for
//! administrators.

mod changes;
mod form;
mod list;

use chrono::{DateTime, Utc};

use super::invitations::Inviting;
use crate::db::{Scope, Tx};
use crate::ids::InstanceId;
use crate::instances::{self, Action, Denied, Role, Source};
use crate::web::routes::Who::Manager;
use crate::web::routes::{Routes, get, post};
use crate::web::{self, Person, Site};

pub(super) fn routes(site: Site) -> Routes {
    Routes::new()
        .route(
            "/instances/{id}/people",
            get(Manager, list::show).about("People of an instance").post(Manager, form::add).about("Share an instance"),
        )
        .route("/instances/{id}/people.csv", get(Manager, list::export))
        .route("/instances/{id}/people.json", get(Manager, list::export))
        .route(
            "/instances/{id}/people/change",
            post(Manager, changes::change).about("Change somebody's role on an instance"),
        )
        .route(
            "/instances/{id}/people/revoke",
            get(Manager, changes::ask).post(Manager, changes::revoke).about("Revoke somebody's role on an instance"),
        )
        .with_state(Inviting::new(site))
}

/// An instance, and what somebody may give others there.
#[derive(Clone, Debug)]
struct Managed {
    id: InstanceId,
    name: String,
    /// Their role; `None` for an administrator who isn't a manager of it.
    role: Option<Role>,
    /// When their own access ends, if it does.
    ends_at: Option<DateTime<Utc>>,
    /// Whether they reach it through a connection of their own, which they can lend.
    has_connection: bool,
}

impl Managed {
    /// What roles that they give come from.
    const fn source(&self) -> Source {
        if self.role.is_some() { Source::Shared } else { Source::Administrator }
    }

    fn path(&self) -> String {
        format!("/instances/{}/people", self.id)
    }
}

/// The instance in an address, for its managers and for administrators.
async fn managed(tx: &mut Tx, person: &Person, id: &str) -> web::Result<Managed> {
    let id: InstanceId = id.parse().map_err(|_| web::Error::Missing)?;
    match instances::require(tx, &person.id, &id, Action::Manage).await {
        Ok(instance) => {
            let own = instances::grants_of(tx, &person.id).await?;
            let has_connection = own.iter().any(|one| one.instance == id && one.grant.connection.is_some());
            let (name, role) = (instance.name().to_owned(), Some(instance.role));
            Ok(Managed { id, name, role, ends_at: instance.ends_at, has_connection })
        }
        Err(Denied::Missing | Denied::Role(_)) if person.is_administrator => {
            let named = instances::named(tx).await?.into_iter().find(|one| one.id == id);
            let name = named.ok_or(web::Error::Missing)?.name;
            Ok(Managed { id, name, role: None, ends_at: None, has_connection: false })
        }
        Err(denied) => Err(denied.into()),
    }
}

/// OK to use the system's scope: [`managed`] checks who asks, and a person's own scope can't see all people of an
/// instance that an administrator looks at.
const SCOPE: Scope = Scope::System;
