//! Suspending and removing people: what ends immediately, and who takes over what they own.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

use super::changes::{changed, refused};
use super::{address, whose};
use crate::accounts::audit::{self, Action};
use crate::accounts::{self, Member, MemberChange, PersonStatus};
use crate::connections;
use crate::db::{self, Scope, Tx};
use crate::ids::PersonId;
use crate::instances;
use crate::library;
use crate::queries;
use crate::schedules;
use crate::tokens;
use crate::web::components::{Choice, Errors};
use crate::web::shell::{Section, Shell, Tone};
use crate::web::words::counted;
use crate::web::{self, Fields, Html, Person, Site, Visit, session};

#[derive(Template)]
#[template(path = "people/leave.html")]
pub(super) struct LeavePage {
    shell: Shell,
    member: Member,
    /// Whether the person is removed permanently.
    removes: bool,
    connections: usize,
    owned: i64,
    schedules: i64,
    templates: i64,
    successors: Vec<Choice>,
    successor: String,
    errors: Errors,
}

impl LeavePage {
    fn unfinished(&self) -> String {
        counted(self.member.unfinished, "unfinished execution", "unfinished executions")
    }

    fn connected(&self) -> String {
        counted(i64::try_from(self.connections).unwrap_or(i64::MAX), "connection", "connections")
    }

    fn scheduled(&self) -> String {
        counted(self.schedules, "schedule", "schedules")
    }

    fn templated(&self) -> String {
        counted(self.templates, "template", "templates")
    }

    fn owns(&self) -> String {
        counted(self.owned, "query or draft", "queries and drafts")
    }
}

async fn page(
    site: &Site,
    person: &Person,
    visit: &Visit,
    id: &PersonId,
    removes: bool,
    errors: Errors,
) -> web::Result<LeavePage> {
    let mut tx = site.db.read(&Scope::System).await?;
    let member = accounts::may_change(&mut tx, &person.id, id).await.map_err(refused)?;
    let connections = connections::connected(&mut tx, id).await?.len();
    let owned = queries::owned(&mut tx, id).await?;
    let schedules = schedules::owned(&mut tx, id).await?;
    let templates = library::owned(&mut tx, id).await?;
    let successors = accounts::successors(&mut tx, id).await?;
    drop(tx);
    let title = if removes { format!("Remove {}", member.name) } else { format!("Suspend {}", member.name) };
    Ok(LeavePage {
        shell: visit.shell(title, Section::None).await,
        member,
        removes,
        connections,
        owned,
        schedules,
        templates,
        successors: successors.into_iter().map(|(id, name)| Choice::new(id.as_str(), name)).collect(),
        successor: person.id.to_string(),
        errors,
    })
}

pub(super) async fn suspend_page(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Html<LeavePage>> {
    let id = whose(&id)?;
    Ok(Html(page(&site, &person, &visit, &id, false, Errors::new()).await?))
}

pub(super) async fn remove_page(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Html<LeavePage>> {
    let id = whose(&id)?;
    Ok(Html(page(&site, &person, &visit, &id, true, Errors::new()).await?))
}

/// Ends a person's sessions and connections; returns how many of each.
async fn shut_out(site: &Site, tx: &mut Tx, by: &PersonId, id: &PersonId) -> db::Result<(u64, usize)> {
    let now = site.clock.now();
    let sessions = session::end_all(tx, id).await?;
    let reaches = connections::connected(tx, id).await?;
    for reach in &reaches {
        super::disconnect::end(site, tx, by, &reach.id).await?;
    }
    tracing::info!(person.id = %id, sessions, connections = reaches.len(), at = %now, "a person was shut out");
    Ok((sessions, reaches.len()))
}

/// The note on what somebody now owns.
fn taken_over(name: &str, owned: u64, schedules: u64, templates: u64) -> String {
    let kinds = [
        (owned, "query or draft", "queries and drafts"),
        (schedules, "schedule", "schedules"),
        (templates, "template", "templates"),
    ];
    let some = kinds.into_iter().filter(|(number, ..)| *number > 0);
    let some: Vec<String> =
        some.map(|(number, one, many)| counted(i64::try_from(number).unwrap_or(i64::MAX), one, many)).collect();
    match some.as_slice() {
        [] => "They owned nothing that stays.".to_owned(),
        some => format!("{name} now owns {} of theirs.", some.join(", ")),
    }
}

/// The note on executions in progress.
fn left_over(unfinished: i64) -> String {
    match unfinished {
        0 => String::new(),
        some => format!(
            " {} of theirs: those that AMC has go on if another connection reaches the instance, and wait otherwise.",
            counted(some, "unfinished execution", "unfinished executions")
        ),
    }
}

pub(super) async fn suspend(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
) -> web::Result<Redirect> {
    let now = site.clock.now();
    let (mut tx, id, was) = changed(&site, &person, &id, MemberChange::Status(PersonStatus::Suspended)).await?;
    let (sessions, connections) = shut_out(&site, &mut tx, &person.id, &id).await?;
    let detail = json!({ "sessions": sessions, "connections": connections, "unfinished_executions": was.unfinished });
    audit::write(&mut tx, &site.random, now, Some(&person.id), Action::Suspended, id.as_str(), detail).await?;
    tx.commit().await?;
    let text = format!("{} is suspended: signed out everywhere, and disconnected from Amazon.", was.name);
    visit.flash(Tone::Success, text + &left_over(was.unfinished)).await;
    Ok(Redirect::to(&address(&id)))
}

pub(super) async fn remove(
    State(site): State<Site>,
    person: Person,
    visit: Visit,
    Path(id): Path<String>,
    fields: Fields,
) -> web::Result<Response> {
    let (id, now) = (whose(&id)?, site.clock.now());
    let mut tx = site.db.write(&Scope::System).await?;
    let successors = accounts::successors(&mut tx, &id).await?;
    let successor = successors.into_iter().find(|(successor, _)| successor.as_str() == fields.get("successor"));
    let Some((successor, name)) = successor else {
        drop(tx);
        let mut errors = Errors::new();
        errors.add("successor", "Choose who takes over their queries, drafts, schedules and templates.");
        return Ok(Html(page(&site, &person, &visit, &id, true, errors).await?).unprocessable());
    };
    let change = MemberChange::Status(PersonStatus::Removed);
    let was = accounts::change_member(&mut tx, now, &person.id, &id, change).await.map_err(refused)?;
    let (sessions, connections) = shut_out(&site, &mut tx, &person.id, &id).await?;
    let tokens = tokens::revoke_all(&mut tx, now, &id).await?;
    let instances = instances::revoke_all(&mut tx, &id).await?;
    let owned = queries::transfer(&mut tx, &id, &successor).await?;
    let schedules = schedules::transfer(&mut tx, &id, &successor).await?;
    let templates = library::transfer(&mut tx, &id, &successor).await?;
    let by = Some(&person.id);
    let detail = json!({ "to": name, "queries_and_drafts": owned, "schedules": schedules, "templates": templates });
    audit::write(&mut tx, &site.random, now, by, Action::Transferred, id.as_str(), detail).await?;
    let detail = json!({ "name": was.name, "sessions": sessions, "connections": connections, "tokens": tokens, "instances": instances,
        "unfinished_executions": was.unfinished });
    audit::write(&mut tx, &site.random, now, by, Action::Removed, id.as_str(), detail).await?;
    tx.commit().await?;
    let text = format!("{} is removed. {}", was.name, taken_over(&name, owned, schedules, templates));
    visit.flash(Tone::Success, text + &left_over(was.unfinished)).await;
    Ok(Redirect::to("/settings/people").into_response())
}
