//! The page to which the link of an invitation leads: what it gives, signing in, accepting.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::Inviting;
use crate::accounts::audit::{self, Action};
use crate::accounts::invitations::{self, Invitation, NotAccepted, PATH, State as InvitationState};
use crate::db::{self, Scope, Tx};
use crate::ids::{InstanceId, PersonId};
use crate::instances::{self, Given, Role, Source};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::{self, Html, Person, Visit};

#[derive(Template)]
#[template(path = "people/invitations/guest.html")]
struct GuestPage {
    shell: Shell,
    invitation: Invitation,
    /// The instances that it opens, with the role on each and when that ends.
    gives: Vec<(String, &'static str, Option<DateTime<Utc>>)>,
    /// Where signing in leads back.
    here: String,
    /// The address that is signed in, if it isn't the invited one.
    wrong: Option<String>,
}

/// The page for a link that can't be used: the same for any reason, so that nothing can be learned by trying.
#[derive(Template)]
#[template(path = "people/invitations/unusable.html")]
struct UnusablePage {
    shell: Shell,
}

async fn unusable(visit: &Visit) -> Response {
    let page = UnusablePage { shell: visit.shell("Invitation", Section::None).await };
    (StatusCode::NOT_FOUND, Html(page)).into_response()
}

/// The first letter of an address, and its domain.
fn masked(email: &str) -> String {
    match email.split_once('@') {
        Some((name, domain)) => format!("{}…@{domain}", name.chars().next().unwrap_or_default()),
        None => String::new(),
    }
}

/// The names of the instances of an invitation, without those that are gone.
async fn gives(tx: &mut Tx, invitation: &Invitation) -> db::Result<Vec<(String, &'static str, Option<DateTime<Utc>>)>> {
    if invitation.access.is_empty() {
        return Ok(Vec::new());
    }
    let named = instances::named(tx).await?;
    let name = |one: &invitations::InvitedAccess| {
        let instance = named.iter().find(|known| known.id == one.instance)?;
        Some((instance.name.clone(), Role::parse(&one.role).label(), one.ends_at))
    };
    Ok(invitation.access.iter().filter_map(name).collect())
}

pub(super) async fn show(
    State(room): State<Inviting>,
    person: Option<Person>,
    visit: Visit,
    Path(token): Path<String>,
) -> web::Result<Response> {
    let now = room.site.clock.now();
    let mut tx = room.site.db.read(&Scope::System).await?;
    let Some(invitation) = invitations::by_token(&mut tx, &token).await? else { return Ok(unusable(&visit).await) };
    let is_own = person.as_ref().is_some_and(|person| invitation.claimed_by.as_ref() == Some(&person.id));
    let usable = match invitation.state(now) {
        InvitationState::Accepted if is_own => return Ok(Redirect::to("/").into_response()),
        InvitationState::Open => invitation.is_backed(),
        // OK to lead a visitor who isn't signed in to signing in: whose it is shows afterwards.
        InvitationState::Claimed => is_own || person.is_none(),
        InvitationState::Accepted | InvitationState::Expired | InvitationState::Revoked => false,
    };
    if !usable {
        return Ok(unusable(&visit).await);
    }
    let gives = gives(&mut tx, &invitation).await?;
    drop(tx);
    let wrong = person.filter(|person| !invitation.is_for(&person.email)).map(|person| person.email);
    let shell = visit.shell("Invitation", Section::None).await;
    Ok(Html(GuestPage { shell, invitation, gives, here: format!("{PATH}{token}"), wrong }).into_response())
}

pub(super) async fn accept(
    State(room): State<Inviting>,
    person: Person,
    visit: Visit,
    Path(token): Path<String>,
) -> web::Result<Response> {
    let (site, now) = (&room.site, room.site.clock.now());
    let mut tx = site.db.write(&Scope::System).await?;
    let accepted = match invitations::accept(&mut tx, now, &token, (&person.id, &person.email)).await {
        Ok(accepted) => accepted,
        Err(NotAccepted::Unknown) => return Ok(unusable(&visit).await),
        Err(NotAccepted::Db(error)) => return Err(error.into()),
        Err(why @ NotAccepted::Address) => {
            let sentence =
                format!("You're signed in as {}, and {why}. Sign in with the invited address.", person.email);
            return Err(web::Error::Forbidden(sentence));
        }
        Err(NotAccepted::Void) => {
            let why = "Whoever invited you may no longer give what the invitation contains. Ask an administrator for a \
                       new invitation.";
            return Err(web::Error::Forbidden(why.to_owned()));
        }
    };
    let given = give(&room, &mut tx, &person.id, &accepted).await?;
    let detail = json!({ "invited_by": accepted.author, "role": accepted.role.name(), "instances": given });
    let subject = accepted.id.as_str();
    audit::write(&mut tx, &site.random, now, Some(&person.id), Action::InvitationAccepted, subject, detail).await?;
    tx.commit().await?;
    let text = match (given, accepted.access.len()) {
        (0, 0) => "Welcome. You accepted the invitation.".to_owned(),
        (given, all) if given == all => "Welcome. You have access to the instance that you were invited to.".to_owned(),
        _ => "Welcome. The instance of the invitation couldn't be opened for you: it is gone, or whoever invited you \
              may no longer share it. Ask them."
            .to_owned(),
    };
    visit.flash(Tone::Success, text).await;
    Ok(Redirect::to("/").into_response())
}

/// Whether the author of an invitation may still share this role on an instance.
async fn may_share(tx: &mut Tx, accepted: &Invitation, instance: &InstanceId, role: Role) -> db::Result<bool> {
    let own = db::found(instances::find(tx, &accepted.created_by, instance).await)?;
    let may = own.is_some_and(|own| own.role.allows(instances::Action::Manage) && own.role >= role);
    Ok(accepted.admits() || may)
}

/// Gives the roles on instances, as far as they exist, haven't ended and the author may give them; returns how many.
async fn give(room: &Inviting, tx: &mut Tx, person: &PersonId, accepted: &Invitation) -> db::Result<usize> {
    let (site, now) = (&room.site, room.site.clock.now());
    let named = instances::named(tx).await?;
    let mut given = 0;
    for one in &accepted.access {
        let Some(instance) = named.iter().find(|known| known.id == one.instance) else { continue };
        if one.ends_at.is_some_and(|end| end <= now) {
            continue;
        }
        let source = if one.is_shared { Source::Shared } else { Source::Administrator };
        let role = Role::parse(&one.role);
        if one.is_shared && !may_share(tx, accepted, &one.instance, role).await? {
            continue;
        }
        let pair = (person, &one.instance);
        let share = Given { role, ends_at: one.ends_at, lends: one.lends };
        instances::give(tx, now, &accepted.created_by, pair, source, share).await?;
        let detail = json!({ "instance": instance.name, "role": role.name(), "source": source.name(),
            "ends_at": one.ends_at.map(|end| end.to_rfc3339()) });
        let by = Some(&accepted.created_by);
        audit::write(tx, &site.random, now, by, Action::AccessGranted, person.as_str(), detail).await?;
        given += 1;
    }
    Ok(given)
}
