//! Administrators' changes to a person who stays.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

use super::pages::page;
use super::{about_role, address, end_of_day, whose};
use crate::accounts::audit::{self, Action};
use crate::accounts::{self, Member, MemberChange, PersonStatus, Role as SiteRole, Unchanged};
use crate::db::{Scope, Tx};
use crate::ids::{InstanceId, PersonId};
use crate::instances::{self, Given, Role, Source};
use crate::web::components::Errors;
use crate::web::shell::{Section, Tone};
use crate::web::{self, Fields, Html, Person, QueryString, RevokePage, Site, Visit};

/// A refusal as a response.
pub(super) fn refused(unchanged: Unchanged) -> web::Error {
    match unchanged {
        Unchanged::Db(error) => error.into(),
        Unchanged::NotAdministrator | Unchanged::Oneself => web::Error::Forbidden(unchanged.to_string()),
        Unchanged::LastAdministrator => web::Error::conflict("The last administrator stays", unchanged.to_string()),
    }
}

/// Changes the person in an address, in a transaction that the caller commits; returns their previous state. Nobody
/// can change themselves, and one administrator always remains.
pub(super) async fn changed(
    site: &Site,
    person: &Person,
    id: &str,
    change: MemberChange,
) -> web::Result<(Tx, PersonId, Member)> {
    let id = whose(id)?;
    let mut tx = site.db.write(&Scope::System).await?;
    let was = accounts::change_member(&mut tx, site.clock.now(), &person.id, &id, change).await.map_err(refused)?;
    Ok((tx, id, was))
}

pub(super) async fn role(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Redirect> {
    // OK to check the caller first: form errors are none of other people's business.
    whose(&id)?;
    let now = site.clock.now();
    let role = SiteRole::parse(fields.get("role"))
        .ok_or_else(|| web::Error::Invalid("Choose administrator or member.".to_owned()))?;
    let (mut tx, id, was) = changed(&site, &person, &id, MemberChange::Role(role)).await?;
    let detail = json!({ "from": was.role.name(), "to": role.name() });
    audit::write(&mut tx, &site.random, now, Some(&person.id), Action::RoleChanged, id.as_str(), detail).await?;
    tx.commit().await?;
    visit.flash(Tone::Success, format!("{} is now {}.", was.name, article(role))).await;
    Ok(Redirect::to(&address(&id)))
}

const fn article(role: SiteRole) -> &'static str {
    match role {
        SiteRole::Administrator => "an administrator",
        SiteRole::Member => "a member",
    }
}

/// Lets somebody who was suspended or removed sign in again.
pub(super) async fn resume(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    let now = site.clock.now();
    let (mut tx, id, was) = changed(&site, &person, &id, MemberChange::Status(PersonStatus::Active)).await?;
    if was.status != PersonStatus::Active {
        let detail = json!({ "from": was.status.name() });
        audit::write(&mut tx, &site.random, now, Some(&person.id), Action::Resumed, id.as_str(), detail).await?;
    }
    tx.commit().await?;
    visit
        .flash(Tone::Success, format!("{} can sign in again. Signing in also connects them to Amazon.", was.name))
        .await;
    Ok(Redirect::to(&address(&id)))
}

/// Grants a role on an instance, until the end of a day if one is given.
pub(super) async fn give(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Response> {
    let (id, now) = (whose(&id)?, site.clock.now());
    let mut errors = Errors::new();
    let instance = fields.get("instance").parse::<InstanceId>().ok();
    if instance.is_none() {
        errors.add("instance", "Choose an instance.");
    }
    let role = Role::known(fields.get("role"));
    if role.is_none() {
        errors.add("role", "Choose a role.");
    }
    let until = end_of_day(&fields, now, &mut errors);
    let source = if fields.get("source") == "amazon" { Source::Amazon } else { Source::Administrator };
    let (Some(instance), Some(role), true) = (instance, role, errors.is_empty()) else {
        return Ok(Html(page(&site, &person, &visit, &id, (&fields, errors)).await?).unprocessable());
    };
    let mut tx = site.db.write(&Scope::System).await?;
    let member = accounts::may_change(&mut tx, &person.id, &id).await.map_err(refused)?;
    let named = instances::named(&mut tx).await?;
    let name = named.into_iter().find(|one| one.id == instance).ok_or(web::Error::Missing)?.name;
    let given = Given { role, ends_at: until, lends: false };
    let result = instances::give(&mut tx, now, &person.id, (&id, &instance), source, given).await?;
    let detail = json!({ "instance": name, "role": role.name(), "source": source.name(),
        "ends_at": until.map(|end| end.to_rfc3339()) });
    audit::write(&mut tx, &site.random, now, Some(&person.id), Action::AccessGranted, id.as_str(), detail).await?;
    tx.commit().await?;
    let text = match result {
        Some(now_is) if now_is > role => format!(
            "{} has {} on {name}, and stays {} there as long as another source gives that.",
            member.name,
            role.name(),
            now_is.name()
        ),
        _ => format!("{} is now {} on {name}.", member.name, role.name()),
    };
    visit.flash(Tone::Success, text).await;
    Ok(Redirect::to(&address(&id)).into_response())
}

/// The instance and the source of the role that is revoked.
fn revocable(fields: &Fields) -> web::Result<(InstanceId, Source)> {
    let instance: InstanceId = fields.get("instance").parse().map_err(|_| web::Error::Missing)?;
    match Source::parse(fields.get("source")) {
        Source::Amazon => {
            let why = "Amazon gives this access, so it ends when Amazon no longer lists the instance. Change its role \
                       instead.";
            Err(web::Error::conflict("This access comes from Amazon", why))
        }
        source => Ok((instance, source)),
    }
}

/// Asks before access is revoked.
pub(super) async fn ask(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    QueryString(fields): QueryString,
) -> web::Result<Html<RevokePage>> {
    let (id, (instance, source)) = (whose(&id)?, revocable(&fields)?);
    let mut tx = site.db.read(&Scope::System).await?;
    let member = accounts::may_change(&mut tx, &person.id, &id).await.map_err(refused)?;
    let grants = instances::grants_of(&mut tx, &id).await?;
    drop(tx);
    let found = grants.into_iter().find(|line| line.instance == instance && line.grant.source == source);
    let line = found.ok_or(web::Error::Missing)?;
    let (shell, back) = (visit.shell(format!("Revoke access to {}", line.name), Section::None).await, address(&id));
    let page = RevokePage::new(shell, format!("{back}/access/revoke"), back, member.name.clone());
    let page = about_role(page, (&member.name, &member.email, &line.name), line.grant);
    Ok(Html(page.field("instance", instance.as_str()).field("source", source.name())))
}

/// Revokes the access of a source on an instance.
pub(super) async fn revoke(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Redirect> {
    let (id, now, (instance, source)) = (whose(&id)?, site.clock.now(), revocable(&fields)?);
    let mut tx = site.db.write(&Scope::System).await?;
    accounts::may_change(&mut tx, &person.id, &id).await.map_err(refused)?;
    if instances::revoke(&mut tx, now, (&id, &instance), source).await? {
        let detail = json!({ "instance": instance.as_str(), "source": source.name() });
        audit::write(&mut tx, &site.random, now, Some(&person.id), Action::AccessRevoked, id.as_str(), detail).await?;
    }
    tx.commit().await?;
    visit.flash(Tone::Success, "The role is revoked.").await;
    Ok(Redirect::to(&address(&id)))
}
