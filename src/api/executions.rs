//! Executions and their results.

mod events;
mod results;
mod shape;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::Api;
use super::endpoint::{Endpoint, Endpoints};
use super::paging::{Page, Paging, Start};
use super::reply::{Conditions, Result, found, json};
use crate::db::Tx;
use crate::executions::{self, Actor, Filter};
use crate::ids::ExecutionId;
use crate::instances::Role;
use crate::tokens::{Area, Level};
use crate::web::list::ListParams;
use crate::web::run_state::RunState;
use crate::web::{Error, Person};
use shape::{ExecutionStatus, ExecutionSummary};

pub(super) use shape::{Execution, ExecutionWindow};

pub(super) fn add(routes: Endpoints) -> Endpoints {
    let list = Endpoint::get("/api/executions", "listExecutions", "List executions")
        .scope(Area::Executions, Level::Read)
        .query("q", "Text in the name of the query or of who ran it.")
        .query("instance", "On this instance.")
        .query("workflow", "Of this query.")
        .query("state", "In this state; `active` for all in progress, `problem` for all that failed.")
        .query("by", "Started by this person: an ID, or `me`.")
        .query("from", "Started on this day or later, such as 2026-03-18 (UTC).")
        .query("until", "Started on this day or earlier.")
        .pages()
        .returns::<Page<ExecutionSummary>>(200, "Executions, the newest first.");
    let get = Endpoint::get("/api/executions/{id}", "getExecution", "Get an execution")
        .scope(Area::Executions, Level::Read)
        .role(Role::Viewer)
        .returns::<Execution>(200, "The execution.");
    let status = Endpoint::get("/api/executions/{id}/status", "getExecutionStatus", "Get the state of an execution")
        .about("Small and quick, for polling. Send If-None-Match: an unchanged state is answered with 304.")
        .scope(Area::Executions, Level::Read)
        .role(Role::Viewer)
        .returns::<ExecutionStatus>(200, "The state.");
    let cancel = Endpoint::post("/api/executions/{id}/cancel", "cancelExecution", "Cancel an execution")
        .about("Requests cancellation; the execution ends soon after. One that has ended stays as it is.")
        .scope(Area::Executions, Level::Write)
        .role(Role::Analyst)
        .returns::<ExecutionStatus>(202, "Cancellation was requested, or the execution has ended.");
    let routes = routes.add(list, show_list).add(get, show).add(status, show_status).add(cancel, stop);
    events::add(results::add(routes))
}

pub(super) fn own(id: &str) -> Result<ExecutionId> {
    Ok(id.parse().map_err(|_| Error::Missing)?)
}

/// Who starts executions by this request.
pub(super) fn actor(person: &Person) -> Actor {
    match &person.token {
        Some(scope) => Actor::token(person.id.clone(), person.name.clone(), scope.token.as_str()),
        None => Actor::person_by_hand(person),
    }
}

/// An execution as the API shows it.
pub(super) async fn shown(tx: &mut Tx, person: &Person, id: &ExecutionId) -> Result<Execution> {
    let execution = executions::find(tx, &person.id, id).await?;
    let timeline = executions::timeline(tx, id).await?;
    Ok(Execution::new(execution, timeline))
}

async fn show_list(
    State(api): State<Api>,
    person: Person,
    conditions: Conditions,
    mut params: ListParams,
) -> Result<Response> {
    let vault = &api.site.vault;
    let days = params.days();
    let known = |text: &str| {
        let is_state = RunState::parse(text).is_some() || matches!(text, "active" | "problem");
        is_state.then(|| text.to_owned())
    };
    let by = |text: &str| if text == "me" { Some(person.id.clone()) } else { text.parse().ok() };
    let mut filter = Filter {
        text: params.text("q"),
        instance: params.id("instance", "instance"),
        query: params.id("workflow", "query"),
        state: params.value("state", "state", known).unwrap_or_default(),
        by: params.value("by", "person ID", by),
        from: days.start(),
        before: days.end(),
        ..Filter::default()
    };
    let paging = Paging::read(vault, &person.id, &params)?;
    filter.after = paging.after();
    let mut tx = api.site.db.read(&person.scope()).await?;
    let lines = executions::list(&mut tx, &person.id, &filter, paging.range()).await?;
    drop(tx);
    let rows: Vec<ExecutionSummary> = lines.into_iter().map(ExecutionSummary::from).collect();
    paging.answer_from(vault, &conditions, rows, |last| Start::after(last.created_at, &last.id))
}

async fn show(
    State(api): State<Api>,
    person: Person,
    conditions: Conditions,
    Path(id): Path<String>,
) -> Result<Response> {
    let mut tx = api.site.db.read(&person.scope()).await?;
    found(&conditions, &shown(&mut tx, &person, &own(&id)?).await?)
}

async fn show_status(
    State(api): State<Api>,
    person: Person,
    conditions: Conditions,
    Path(id): Path<String>,
) -> Result<Response> {
    let mut tx = api.site.db.read(&person.scope()).await?;
    let execution = executions::find(&mut tx, &person.id, &own(&id)?).await?;
    found(&conditions, &ExecutionStatus::from(&execution))
}

async fn stop(State(api): State<Api>, person: Person, Path(id): Path<String>) -> Result<Response> {
    let id = own(&id)?;
    api.executions.cancel(&person, &id).await?;
    let mut tx = api.site.db.read(&person.scope()).await?;
    let execution = executions::find(&mut tx, &person.id, &id).await?;
    json(StatusCode::ACCEPTED, &ExecutionStatus::from(&execution))
}
