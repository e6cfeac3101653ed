//! The list of executions, the page of one execution, and its actions.

mod brands;
pub(super) mod changes;
mod detail;
mod list;
pub(super) mod result;

pub(super) use detail::source_map;
pub(super) use list::{Lists, lists};

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use super::start::{Actor, Refusal, Request, What};
use super::submit::Executions;
use crate::db::Tx;
use crate::ids::{ExecutionId, QueryId};
use crate::queries::{self, RunInput};
use crate::web::routes::Who::{Analyst, SignedIn, Viewer};
use crate::web::routes::{Routes, get, post};
use crate::web::shell::Tone;
use crate::web::{self, Fields, Person, Visit};

pub(super) fn routes(room: Executions) -> Routes {
    Routes::new()
        .route("/executions", get(SignedIn, list::show).about("Executions").post(Analyst, run).about("Run a query"))
        .route("/executions.csv", get(SignedIn, list::export))
        .route("/executions.json", get(SignedIn, list::export))
        .route("/executions/{id}", get(Viewer, detail::show).about("An execution and its result"))
        .route("/executions/{id}/live", get(Viewer, detail::live).about("The progress of an execution"))
        .route("/executions/{id}/cancel", post(Analyst, changes::cancel).about("Cancel an execution"))
        .route(
            "/executions/{id}/stop-waiting",
            post(Analyst, changes::stop_waiting).about("Stop waiting for an execution"),
        )
        .route("/executions/{id}/fetch", post(Analyst, changes::fetch_again).about("Fetch a result again"))
        .route("/executions/{id}/rerun", post(Analyst, changes::rerun).about("Run an execution again"))
        .route("/executions/{id}/problem.json", get(Viewer, detail::problem).about("Why an execution failed, as JSON"))
        .route("/executions/{id}/brands", get(Viewer, brands::show).about("Propose brands from a result"))
        .route("/executions/{id}/result.csv", get(Viewer, result::csv).about("A result as CSV"))
        .route("/executions/{id}/result.json", get(Viewer, result::json).about("A result as JSON"))
        .route("/executions/{id}/result.tsv", get(Viewer, result::tsv).about("A result as TSV"))
        .route("/executions/{id}/result.xlsx", get(Viewer, result::xlsx).about("A result as Excel workbook"))
        .route("/executions/{id}/result.parquet", get(Viewer, result::parquet).about("A result as Parquet"))
        .with_state(room)
}

/// The id in an address; an invalid one is not found.
fn own(id: &str) -> web::Result<ExecutionId> {
    id.parse().map_err(|_| web::Error::Missing)
}

/// Runs a saved query: starts an execution and redirects to its page. An invalid form is shown again.
async fn run(State(room): State<Executions>, person: Person, visit: Visit, fields: Fields) -> web::Result<Response> {
    if fields.has("sql") {
        return save_and_run(&room, &person, &visit, &fields).await;
    }
    let site = &room.site;
    let id: QueryId = fields.trimmed("query").parse().map_err(|_| web::Error::Missing)?;
    let mut tx = site.db.write(&person.scope()).await?;
    let query = queries::find(&mut tx, &person.id, &id).await?;
    let (input, errors) = RunInput::of_form(&query.script(), &fields);
    if !errors.is_empty() {
        drop(tx);
        return queries::run_page(site, &person, &visit, &query, &fields, None).await;
    }
    let Some(instance) = queries::runs_on(&mut tx, &person.id, &query, fields.trimmed("instance")).await? else {
        drop(tx);
        return queries::run_page(site, &person, &visit, &query, &fields, None).await;
    };
    let what = What::Query { id: id.clone(), revision: None, instance: instance.id, input };
    match start(&room, &person, &visit, tx, Request { what, key: fields.once("run") }).await {
        Ok(led) => Ok(led.into_response()),
        Err(Refusal::Unfit(prepared)) => {
            queries::run_page(site, &person, &visit, &query, &fields, Some(*prepared)).await
        }
        // The query's own page restores it, or shows what changed.
        Err(refusal @ (Refusal::Deleted | Refusal::Changed)) => {
            Err(web::Error::from(refusal).with_way("Open the query", format!("/queries/{id}")))
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// Saves the editor's form and runs it. Errors are shown in the editor.
async fn save_and_run(room: &Executions, person: &Person, visit: &Visit, fields: &Fields) -> web::Result<Response> {
    let site = &room.site;
    let query = match queries::save_to_run(site, person, visit, fields).await? {
        Ok(query) => query,
        Err(page) => return Ok(page),
    };
    let (input, mut errors) = RunInput::of_editor(&query.script(), fields);
    let mut tx = site.db.write(&person.scope()).await?;
    let instance = queries::runs_on(&mut tx, &person.id, &query, fields.trimmed("instance")).await?;
    let Some(instance) = instance.filter(|_| errors.is_empty()) else {
        if errors.is_empty() {
            errors.add("instance", "Choose an instance on which you can run queries.");
        }
        drop(tx);
        return queries::editor_page(site, person, visit, &query, fields, errors).await;
    };
    let what = What::Query { id: query.id.clone(), revision: Some(query.revision), instance: instance.id, input };
    match start(room, person, visit, tx, Request { what, key: fields.once("run") }).await {
        Ok(led) => Ok(led.into_response()),
        Err(refusal @ Refusal::Unfit(_)) => {
            queries::editor_page(site, person, visit, &query, fields, refusal.errors()).await
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// Starts an execution from a form and redirects to its page; a form that was submitted before redirects to the
/// execution it started.
async fn start(
    room: &Executions,
    person: &Person,
    visit: &Visit,
    mut tx: Tx,
    request: Request,
) -> Result<Redirect, Refusal> {
    let started = room.start(&mut tx, &Actor::person_by_hand(person), &request).await?;
    tx.commit().await?;
    if started.is_new {
        room.wake();
    } else {
        let words = "You submitted the form twice. It started this one execution. To start another, select Run again.";
        visit.flash(Tone::Info, words).await;
    }
    Ok(Redirect::to(&format!("/executions/{}", started.id)))
}
