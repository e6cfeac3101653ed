//! Who calls, and what they may do.

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};

use super::Api;
use super::endpoint::{Endpoint, Endpoints};
use super::reply::{Conditions, Result, found};
use super::schema::{answer, names};
use crate::ids::{InstanceId, PersonId, TokenId};
use crate::tokens::{Access, Area, Level};
use crate::web::Person;

names! {
    /// How the caller authenticated.
    CallerKind: ["token", "session"];
}

answer! {
    /// The caller.
    Caller {
        /// How the caller authenticated.
        kind: CallerKind,
        person: CallerPerson,
        /// The token; null for a session.
        token: Option<CallerToken>,
        /// What the caller may do, as `area:level`. Roles on instances limit it further.
        scopes: Vec<String>,
    }

    /// The person for whom everything is done.
    CallerPerson {
        id: PersonId,
        name: String,
        email: String,
        /// Whether they administer the installation.
        is_administrator: bool,
    }

    /// A personal API token.
    CallerToken {
        id: TokenId,
        name: String,
        expires_at: DateTime<Utc>,
        /// The instances to which it is limited; null for all that the person has access to.
        instances: Option<Vec<InstanceId>>,
    }
}

pub(super) fn add(routes: Endpoints) -> Endpoints {
    let who = Endpoint::get("/api/auth", "getCaller", "Who am I, and what may I do?")
        .about("For checking a token.")
        .returns::<Caller>(200, "The caller.");
    routes.add(who, who_am_i)
}

/// Every scope, for a caller that isn't limited.
fn all_scopes() -> Vec<String> {
    let scope = |area: Area| {
        let level = if area.changes().is_some() { Level::Write } else { Level::Read };
        format!("{}:{}", area.name(), level.name())
    };
    Area::ALL.map(scope).into()
}

async fn who_am_i(
    State(_): State<Api>,
    person: Person,
    axum::Extension(access): axum::Extension<Access>,
    conditions: Conditions,
) -> Result<Response> {
    let instances = person.token.as_ref().and_then(|token| token.instances.clone());
    let (kind, token, scopes) = match access {
        Access::Session => (CallerKind("session"), None, all_scopes()),
        Access::Token { id, name, scopes, expires_at } => {
            (CallerKind("token"), Some(CallerToken { id, name, expires_at, instances }), scopes.names())
        }
    };
    let Person { id, name, email, is_administrator, .. } = person;
    let person = CallerPerson { id, name, email, is_administrator };
    found(&conditions, &Caller { kind, person, token, scopes })
}
