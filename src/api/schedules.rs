//! Schedules and their slots.

mod shape;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::ETAG;
use axum::response::{IntoResponse, Response};

use super::Api;
use super::endpoint::{Endpoint, Endpoints};
use super::idempotency::IdempotencyKey;
use super::input::{Body, invalid};
use super::paging::{Page, Paging};
use super::reply::{Conditions, Result, created, found, json, stale, tag};
use crate::db::Tx;
use crate::ids::ScheduleId;
use crate::instances::Role;
use crate::schedules::{Changed, ScheduleFilter, Schedules};
use crate::tokens::{Area, Level};
use crate::web::components::Errors;
use crate::web::list::ListParams;
use crate::web::{Error, Person};
use shape::{PauseInput, ResumeInput, Schedule, ScheduleInput, ScheduleSummary, Slot, pointer};

pub(super) fn add(routes: Endpoints) -> Endpoints {
    let list = Endpoint::get("/api/schedules", "listSchedules", "List schedules")
        .scope(Area::Schedules, Level::Read)
        .query("q", "Text in the name of the schedule, its query or its owner.")
        .query("instance", "On this instance.")
        .query("workflow", "Of this query.")
        .query("state", "`active`, `paused` or `finished`.")
        .pages()
        .returns::<Page<ScheduleSummary>>(200, "Schedules, the next due first.");
    let create = Endpoint::post("/api/schedules", "createSchedule", "Create a schedule")
        .about("It runs with your access, from its next slot on.")
        .scope(Area::Schedules, Level::Write)
        .takes::<ScheduleInput>()
        .returns::<Schedule>(201, "The new schedule.");
    let get = Endpoint::get("/api/schedules/{id}", "getSchedule", "Get a schedule")
        .scope(Area::Schedules, Level::Read)
        .role(Role::Viewer)
        .returns::<Schedule>(200, "The schedule.");
    let update = Endpoint::put("/api/schedules/{id}", "updateSchedule", "Change a schedule")
        .about("What is left out stays as it is, except that a timing is replaced as a whole. From then on it runs with your access.")
        .scope(Area::Schedules, Level::Write)
        .role(Role::Analyst)
        .takes::<ScheduleInput>()
        .returns::<Schedule>(200, "The changed schedule.");
    let delete = Endpoint::delete("/api/schedules/{id}", "deleteSchedule", "Delete a schedule")
        .scope(Area::Schedules, Level::Write)
        .role(Role::Analyst)
        .returns_nothing("It is deleted, and can be restored on its page.");
    let pause = Endpoint::post("/api/schedules/{id}/pause", "pauseSchedule", "Pause a schedule")
        .scope(Area::Schedules, Level::Write)
        .role(Role::Analyst)
        .takes::<PauseInput>()
        .returns::<Schedule>(200, "The paused schedule.");
    let resume = Endpoint::post("/api/schedules/{id}/resume", "resumeSchedule", "Resume a schedule")
        .scope(Area::Schedules, Level::Write)
        .role(Role::Analyst)
        .takes::<ResumeInput>()
        .returns::<Schedule>(200, "The active schedule.");
    let slots = Endpoint::get("/api/schedules/{id}/slots", "listScheduleSlots", "List the slots of a schedule")
        .scope(Area::Schedules, Level::Read)
        .role(Role::Viewer)
        .query("state", "With this outcome.")
        .pages()
        .returns::<Page<Slot>>(200, "Decided slots, the newest first.");
    let routes = routes.add(list, show_list).add(create, add_one).add(get, show).add(update, change);
    routes.add(delete, remove).add(pause, stop).add(resume, go_on).add(slots, show_slots)
}

fn own(id: &str) -> Result<ScheduleId> {
    Ok(id.parse().map_err(|_| Error::Missing)?)
}

async fn shown(api: &Api, person: &Person, id: &ScheduleId) -> Result<Schedule> {
    let mut tx = api.site.db.read(&person.scope()).await?;
    shown_in(&mut tx, api, person, id).await
}

async fn shown_in(tx: &mut Tx, api: &Api, person: &Person, id: &ScheduleId) -> Result<Schedule> {
    Ok(Schedule::from(api.schedules.find(tx, person, id).await?))
}

async fn show_list(
    State(api): State<Api>,
    person: Person,
    conditions: Conditions,
    mut params: ListParams,
) -> Result<Response> {
    let vault = &api.site.vault;
    let known = |text: &str| Schedules::states().into_iter().find(|state| *state == text);
    let filter = ScheduleFilter {
        text: params.text("q"),
        instance: params.id("instance", "instance"),
        query: params.id("workflow", "query"),
        state: params.value("state", "state", known).unwrap_or_default().to_owned(),
    };
    let paging = Paging::read(vault, &person.id, &params)?;
    let mut tx = api.site.db.read(&person.scope()).await?;
    let lines = api.schedules.list(&mut tx, &person, &filter, paging.range()).await?;
    drop(tx);
    paging.answer(vault, &conditions, lines.into_iter().map(ScheduleSummary::from).collect())
}

async fn show(
    State(api): State<Api>,
    person: Person,
    conditions: Conditions,
    Path(id): Path<String>,
) -> Result<Response> {
    found(&conditions, &shown(&api, &person, &own(&id)?).await?)
}

async fn add_one(
    State(api): State<Api>,
    person: Person,
    Extension(key): Extension<IdempotencyKey>,
    Body(input): Body<ScheduleInput>,
) -> Result<Response> {
    let mut errors = Errors::new();
    if input.workflow.is_none() {
        errors.add("query", "Name the query that runs.");
    }
    let fields = input.fields(&mut errors);
    if !errors.is_empty() {
        return Err(invalid(&errors, pointer));
    }
    let mut tx = api.site.db.write(&person.scope()).await?;
    let id = match api.schedules.add(&mut tx, &person, &fields).await? {
        Ok(id) => id,
        Err(errors) => return Err(invalid(&errors, pointer)),
    };
    let schedule = shown_in(&mut tx, &api, &person, &id).await?;
    let response = created(StatusCode::CREATED, &format!("/api/schedules/{id}"), &schedule)?;
    let response = key.commit(tx, response).await?;
    api.schedules.wake();
    Ok(response)
}

async fn change(
    State(api): State<Api>,
    person: Person,
    conditions: Conditions,
    Path(id): Path<String>,
    Body(input): Body<ScheduleInput>,
) -> Result<Response> {
    let id = own(&id)?;
    let before = shown(&api, &person, &id).await?;
    conditions.require(&tag(&before)?)?;
    let mut errors = Errors::new();
    if input.workflow.is_some() && input.workflow != before.workflow {
        errors.add("query", "A schedule keeps its query. Create another schedule for another query.");
    }
    let fields = input.fields(&mut errors);
    if !errors.is_empty() {
        return Err(invalid(&errors, pointer));
    }
    match api.schedules.change(&person, (&id, before.revision), &fields).await? {
        Changed::Done => {}
        Changed::Stale => return Err(stale()),
        Changed::Invalid(errors) => return Err(invalid(&errors, pointer)),
    }
    let schedule = shown(&api, &person, &id).await?;
    let mut response = json(StatusCode::OK, &schedule)?;
    if let Ok(tag) = tag(&schedule)?.parse() {
        response.headers_mut().insert(ETAG, tag);
    }
    Ok(response)
}

async fn remove(
    State(api): State<Api>,
    person: Person,
    conditions: Conditions,
    Path(id): Path<String>,
) -> Result<Response> {
    let id = own(&id)?;
    let before = shown(&api, &person, &id).await?;
    conditions.require(&tag(&before)?)?;
    api.schedules.delete(&person, &id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn stop(
    State(api): State<Api>,
    person: Person,
    Extension(key): Extension<IdempotencyKey>,
    Path(id): Path<String>,
    Body(input): Body<PauseInput>,
) -> Result<Response> {
    let id = own(&id)?;
    let (until, note) = (input.until.unwrap_or_default(), input.note.unwrap_or_default());
    let mut tx = api.site.db.write(&person.scope()).await?;
    api.schedules.pause(&mut tx, &person, &id, until.trim(), note.trim()).await?;
    let schedule = shown_in(&mut tx, &api, &person, &id).await?;
    key.commit(tx, json(StatusCode::OK, &schedule)?).await
}

async fn go_on(
    State(api): State<Api>,
    person: Person,
    Extension(key): Extension<IdempotencyKey>,
    Path(id): Path<String>,
    Body(input): Body<ResumeInput>,
) -> Result<Response> {
    let id = own(&id)?;
    let mut tx = api.site.db.write(&person.scope()).await?;
    if let Err(errors) = api.schedules.resume(&mut tx, &person, &id, &input.missed).await? {
        return Err(invalid(&errors, |field| format!("/{field}")));
    }
    let schedule = shown_in(&mut tx, &api, &person, &id).await?;
    let response = key.commit(tx, json(StatusCode::OK, &schedule)?).await?;
    api.schedules.wake();
    Ok(response)
}

async fn show_slots(
    State(api): State<Api>,
    person: Person,
    conditions: Conditions,
    Path(id): Path<String>,
    mut params: ListParams,
) -> Result<Response> {
    let (vault, id) = (&api.site.vault, own(&id)?);
    let known = |text: &str| Schedules::slot_states().into_iter().find(|state| *state == text);
    let state = params.value("state", "state", known).unwrap_or_default();
    let paging = Paging::read(vault, &person.id, &params)?;
    let mut tx = api.site.db.read(&person.scope()).await?;
    let rows = api.schedules.slots(&mut tx, &person, &id, state, paging.range()).await?;
    drop(tx);
    paging.answer(vault, &conditions, rows.into_iter().map(Slot::from).collect())
}
