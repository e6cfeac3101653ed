//! Saved queries. AMC's word for a stored query is workflow, and so is the address.

mod run;
mod shape;
mod text;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::Api;
use super::endpoint::{Endpoint, Endpoints, Reply};
use super::idempotency::IdempotencyKey;
use super::input::{Body, invalid, no_instance, with_instance};
use super::paging::{Page, Paging, Start};
use super::reply::{Conditions, Failure, Result, created, found, json, stale, tag};
use crate::connections::CallError;
use crate::db::Tx;
use crate::ids::QueryId;
use crate::instances::Role;
use crate::queries::{self, Filter, Query, Saved, Synced};
use crate::tokens::{Area, Level};
use crate::web::list::ListParams;
use crate::web::{Error, Person, Problem};
use shape::{SyncInput, WorkflowInput, WorkflowSummary, WorkflowSync};

pub(super) use run::given;
pub(super) use shape::{Parameter, WindowInput, Workflow};

/// The address of a query.
pub(super) fn address(id: &QueryId) -> String {
    format!("/api/workflows/{id}")
}

pub(super) fn add(routes: Endpoints) -> Endpoints {
    let list = Endpoint::get("/api/workflows", "listWorkflows", "List queries")
        .scope(Area::Queries, Level::Read)
        .query("q", "Text in the name, description, tags, SQL or instance.")
        .query("instance", "Those with this home or default instance.")
        .query("tag", "Those with this tag.")
        .pages()
        .returns::<Page<WorkflowSummary>>(200, "Queries, the most recently changed first.");
    let create = Endpoint::post("/api/workflows", "createWorkflow", "Create a query")
        .about("SQL that AMC would reject can be saved; it can't be run.")
        .scope(Area::Queries, Level::Write)
        .takes::<WorkflowInput>()
        .returns::<Workflow>(201, "The new query.");
    let get = Endpoint::get("/api/workflows/{id}", "getWorkflow", "Get a query")
        .scope(Area::Queries, Level::Read)
        .role(Role::Viewer)
        .returns::<Workflow>(200, "The query.");
    let update = Endpoint::put("/api/workflows/{id}", "updateWorkflow", "Change a query")
        .about("Replaces everything but home and default_instance, which stay if they are left out. The previous state is kept as a version.")
        .scope(Area::Queries, Level::Write)
        .role(Role::Analyst)
        .takes::<WorkflowInput>()
        .returns::<Workflow>(200, "The changed query.");
    let delete = Endpoint::delete("/api/workflows/{id}", "deleteWorkflow", "Delete a query")
        .about("Moves it to the bin, where it can be restored for thirty days.")
        .scope(Area::Queries, Level::Write)
        .role(Role::Analyst)
        .returns_nothing("It is in the bin.");
    let sync = Endpoint::post("/api/workflows/{id}/sync", "syncWorkflow", "Store a query on AMC as a workflow")
        .scope(Area::Queries, Level::Write)
        .role(Role::Analyst)
        .takes::<SyncInput>()
        .returns::<WorkflowSync>(200, "The workflow was updated.")
        .reply(Reply {
            status: 201,
            about: "The workflow was created.",
            contents: vec![("application/json", Some(<WorkflowSync as super::schema::Described>::schema))],
            headers: Vec::new(),
        });
    let routes = routes.add(list, show_list).add(create, add_one).add(get, show).add(update, change);
    run::add(text::add(routes.add(delete, remove).add(sync, send)))
}

fn own(id: &str) -> Result<QueryId> {
    Ok(id.parse().map_err(|_| Error::Missing)?)
}

/// A query that isn't in the bin, as the API shows it.
pub(super) async fn shown(tx: &mut Tx, person: &Person, id: &QueryId) -> Result<Workflow> {
    let query = queries::find(tx, &person.id, id).await?;
    if query.deleted_at.is_some() {
        let detail = "This query is deleted. It can be restored in the bin until it is removed permanently.";
        return Err(Error::Gone(detail.to_owned()).into());
    }
    Ok(Workflow::new(query, tx))
}

async fn show_list(
    State(api): State<Api>,
    person: Person,
    conditions: Conditions,
    mut params: ListParams,
) -> Result<Response> {
    let vault = &api.site.vault;
    let mut filter = Filter {
        text: params.text("q"),
        instance: params.id("instance", "instance"),
        tag: params.text("tag"),
        ..Filter::default()
    };
    let paging = Paging::read(vault, &person.id, &params)?;
    filter.after = paging.after();
    let mut tx = api.site.db.read(&person.scope()).await?;
    let lines = queries::list(&mut tx, &person.id, &filter, paging.range()).await?;
    let rows: Vec<WorkflowSummary> = lines.into_iter().map(|line| WorkflowSummary::new(line, &tx)).collect();
    drop(tx);
    paging.answer_from(vault, &conditions, rows, |last| Start::after(last.updated_at, &last.id))
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

async fn add_one(
    State(api): State<Api>,
    person: Person,
    Extension(key): Extension<IdempotencyKey>,
    Body(input): Body<WorkflowInput>,
) -> Result<Response> {
    let site = &api.site;
    let (written, errors) = input.written();
    if !errors.is_empty() {
        return Err(invalid(&errors, |field| input.pointer(field)));
    }
    let mut tx = site.db.write(&person.scope()).await?;
    reachable(&tx, &input)?;
    let id = match queries::add(&mut tx, site, &person, &written, input.place()).await? {
        Ok(id) => id,
        Err(errors) => return Err(invalid(&errors, |field| input.pointer(field))),
    };
    let workflow = shown(&mut tx, &person, &id).await?;
    key.commit(tx, created(StatusCode::CREATED, &address(&id), &workflow)?).await
}

/// A token that is limited to some instances changes nothing for the people of others.
fn reachable(tx: &Tx, input: &WorkflowInput) -> Result<()> {
    for (pointer, sent) in [("/home", &input.home), ("/default_instance", &input.default_instance)] {
        let id = sent.as_ref().and_then(|text| text.parse().ok());
        if id.is_some_and(|id| !tx.reaches(&id)) {
            return Err(no_instance(pointer));
        }
    }
    Ok(())
}

async fn change(
    State(api): State<Api>,
    person: Person,
    conditions: Conditions,
    Path(id): Path<String>,
    Body(input): Body<WorkflowInput>,
) -> Result<Response> {
    let (site, id) = (&api.site, own(&id)?);
    let mut tx = site.db.write(&person.scope()).await?;
    let before = shown(&mut tx, &person, &id).await?;
    conditions.require(&tag(&before)?)?;
    reachable(&tx, &input)?;
    let (written, errors) = input.written();
    if !errors.is_empty() {
        return Err(invalid(&errors, |field| input.pointer(field)));
    }
    match queries::change(&mut tx, site, &person, (&id, Some(before.revision)), &written, input.place()).await? {
        Saved::Done | Saved::Same => {}
        Saved::Stale => return Err(stale()),
        Saved::Invalid(errors) => return Err(invalid(&errors, |field| input.pointer(field))),
    }
    let workflow = shown(&mut tx, &person, &id).await?;
    tx.commit().await?;
    // OK without the request's conditions: they were about the previous state.
    let mut response = json(StatusCode::OK, &workflow)?;
    if let Ok(tag) = tag(&workflow)?.parse() {
        response.headers_mut().insert(axum::http::header::ETAG, tag);
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
    let mut tx = api.site.db.write(&person.scope()).await?;
    let before = shown(&mut tx, &person, &id).await?;
    conditions.require(&tag(&before)?)?;
    queries::set_deleted(&mut tx, &api.site, &person, &id, true).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn send(
    State(api): State<Api>,
    person: Person,
    Path(id): Path<String>,
    Body(input): Body<SyncInput>,
) -> Result<Response> {
    let id = own(&id)?;
    let mut tx = api.site.db.read(&person.scope()).await?;
    shown(&mut tx, &person, &id).await?;
    drop(tx);
    let named = input.workflow_id.as_deref();
    let over = input.replace.unwrap_or_default();
    let synced =
        with_instance(queries::sync(&api.site, &api.grants, &person, (&id, &input.instance), named, over).await)?;
    match synced {
        Synced::Done { workflow_id, is_new } => {
            let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
            json(status, &WorkflowSync { instance: input.instance, workflow_id, is_new })
        }
        Synced::Invalid(field, sentence) => {
            let pointer = if field == "workflow" { "/workflow_id" } else { "" };
            let detail = "The query can't be stored on AMC like this.";
            let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-fields", detail);
            Err(problem.at(pointer, sentence).into())
        }
        Synced::Failed(error) => Err(not_sent(error)),
    }
}

/// The problem of a failed call to AMC.
fn not_sent(error: CallError) -> Failure {
    match error {
        CallError::Db(error) => error.into(),
        CallError::Reconnect => {
            let todo = "The connection to Amazon needs reconnecting by its owner, under Connections.";
            Error::conflict("No connection to Amazon", todo).into()
        }
        error => {
            let words = match &error {
                CallError::Amazon(error) => error.amazons_words().map(|words| format!("AMC refused: {words}")),
                _ => None,
            };
            let detail = words.unwrap_or_else(|| error.happened());
            Problem::new(StatusCode::BAD_GATEWAY, "amazon", detail).into()
        }
    }
}

/// The default instance of a query, if the caller reaches it.
fn default_instance(query: &Query, tx: &Tx) -> Option<crate::ids::InstanceId> {
    query.placement.default_instance.clone().filter(|id| tx.reaches(id))
}
