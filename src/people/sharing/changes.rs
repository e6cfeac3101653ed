//! Changing and revoking a shared role.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

use super::form::{Form, detail, given};
use super::list::page;
use super::{Inviting, Managed, SCOPE, managed};
use crate::accounts::audit::{self, Action};
use crate::db::{PageRange, Tx};
use crate::ids::PersonId;
use crate::instances::{self, Colleague, ColleagueFilter, Given, Source};
use crate::people::about_role;
use crate::web::components::Errors;
use crate::web::list::ListParams;
use crate::web::shell::{Section, Tone};
use crate::web::{self, Fields, Html, Person, QueryString, RevokePage, Visit};

/// The shared role of the person in a form or an address. Nobody changes their own.
async fn shared(tx: &mut Tx, person: &Person, managed: &Managed, fields: &Fields) -> web::Result<Colleague> {
    let id: PersonId = fields.trimmed("person").parse().map_err(|_| web::Error::Missing)?;
    if id == person.id {
        let why = "You can't change your own access. Ask another manager or an administrator.";
        return Err(web::Error::Forbidden(why.to_owned()));
    }
    let filter = ColleagueFilter {
        instance: managed.id.clone(),
        text: String::new(),
        role: "",
        source: Source::Shared.name(),
        person: Some(id),
    };
    let found = instances::people_of(tx, &filter, PageRange::first(1)).await?;
    found.into_iter().next().ok_or(web::Error::Missing)
}

pub(super) async fn change(
    State(room): State<Inviting>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Response> {
    let (site, now) = (&room.site, room.site.clock.now());
    let mut tx = site.db.write(&SCOPE).await?;
    let managed = managed(&mut tx, &person, &id).await?;
    let was = shared(&mut tx, &person, &managed, &fields).await?;
    let mut errors = Errors::new();
    let new = given(&fields, &managed, now, &mut errors);
    let (Some(new), true) = (new, errors.is_empty()) else {
        drop(tx);
        // OK without fields: those of the form below the list have the same names.
        let mut told = Errors::new();
        errors.iter().for_each(|(_, sentence)| told.add("", format!("{}: {sentence}", was.name)));
        let params = ListParams::read(&managed.path(), "");
        return Ok(Html(page(&room, &person, &visit, &id, params, (Form::default(), told)).await?).unprocessable());
    };
    // Somebody else's connection stays theirs to lend.
    let giver = was.grant.giver.clone().filter(|giver| *giver != person.id);
    let new = match &giver {
        Some(_) => Given { lends: was.grant.lends && new.role.allows(instances::Action::Run), ..new },
        None => new,
    };
    let by = giver.unwrap_or_else(|| person.id.clone());
    instances::give(&mut tx, now, &by, (&was.person, &managed.id), Source::Shared, new).await?;
    let mut detail = detail(&managed, new);
    detail["source"] = json!(Source::Shared.name());
    let subject = was.person.as_str();
    audit::write(&mut tx, &site.random, now, Some(&person.id), Action::AccessGranted, subject, detail).await?;
    tx.commit().await?;
    visit.flash(Tone::Success, format!("{} is now {} on {}.", was.name, new.role.name(), managed.name)).await;
    Ok(Redirect::to(&managed.path()).into_response())
}

pub(super) async fn ask(
    State(room): State<Inviting>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    QueryString(fields): QueryString,
) -> web::Result<Html<RevokePage>> {
    let mut tx = room.site.db.read(&SCOPE).await?;
    let managed = managed(&mut tx, &person, &id).await?;
    let line = shared(&mut tx, &person, &managed, &fields).await?;
    drop(tx);
    let shell = visit.shell(format!("Revoke access to {}", managed.name), Section::Instances).await;
    let path = managed.path();
    let page = RevokePage::new(shell, format!("{path}/revoke"), path, format!("People of {}", managed.name));
    let page = about_role(page, (&line.name, &line.email, &managed.name), line.grant);
    Ok(Html(page.field("person", line.person.as_str())))
}

pub(super) async fn revoke(
    State(room): State<Inviting>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Redirect> {
    let (site, now) = (&room.site, room.site.clock.now());
    let mut tx = site.db.write(&SCOPE).await?;
    let managed = managed(&mut tx, &person, &id).await?;
    let was = shared(&mut tx, &person, &managed, &fields).await?;
    instances::revoke(&mut tx, now, (&was.person, &managed.id), Source::Shared).await?;
    let detail = json!({ "instance": managed.name, "source": Source::Shared.name() });
    let subject = was.person.as_str();
    audit::write(&mut tx, &site.random, now, Some(&person.id), Action::AccessRevoked, subject, detail).await?;
    tx.commit().await?;
    visit.flash(Tone::Success, format!("The role of {} on {} is revoked.", was.name, managed.name)).await;
    Ok(Redirect::to(&managed.path()))
}
