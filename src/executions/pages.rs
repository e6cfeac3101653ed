//! The list of executions, one execution as it goes, and what people do with it.

mod detail;
mod list;
mod result;

pub(super) use detail::source_map;
pub(super) use list::{Lists, lists};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use super::store;
use super::submit::{Executions, NewRun};
use crate::db::{self, Tx};
use crate::ids::{ExecutionId, QueryId};
use crate::instances::{self, Action};
use crate::queries;
use crate::web::shell::Tone;
use crate::web::{self, Fields, Person, Visit};

pub(super) fn routes(room: Executions) -> Router {
    Router::new()
        .route("/executions", get(list::show).post(run))
        .route("/executions.csv", get(list::export))
        .route("/executions.json", get(list::export))
        .route("/executions/{id}", get(detail::show))
        .route("/executions/{id}/live", get(detail::live))
        .route("/executions/{id}/cancel", post(detail::cancel))
        .route("/executions/{id}/fetch", post(detail::fetch_again))
        .route("/executions/{id}/rerun", post(detail::rerun))
        .route("/executions/{id}/problem.json", get(detail::problem))
        .route("/executions/{id}/result.csv", get(result::csv))
        .route("/executions/{id}/result.json", get(result::json))
        .route("/executions/{id}/result.tsv", get(result::tsv))
        .route("/executions/{id}/result.xlsx", get(result::xlsx))
        .route("/executions/{id}/result.parquet", get(result::parquet))
        .with_state(room)
}

/// The id in an address; one that is none names nothing.
fn own(id: &str) -> web::Result<ExecutionId> {
    id.parse().map_err(|_| web::Error::Missing)
}

/// Runs a saved query: stores the intent and leads to its page. A form that does not fit comes back.
async fn run(State(room): State<Executions>, person: Person, visit: Visit, fields: Fields) -> web::Result<Response> {
    let site = &room.site;
    let id: QueryId = fields.trimmed("query").parse().map_err(|_| web::Error::Missing)?;
    let mut tx = site.db.read(&person.scope()).await?;
    let query = queries::find(&mut tx, &person.id, &id).await?;
    if query.deleted_at.is_some() {
        return Err(web::Error::Conflict(
            "This query was deleted, so it is not run. Restore it on its page first.".to_owned(),
        ));
    }
    let instance = instances::require(&mut tx, &person.id, &query.instance, Action::Run).await?;
    let catalogue = instances::catalogue(&mut tx, &instance.id).await?;
    drop(tx);
    let prepared = queries::prepare(&query.script(), &fields, &catalogue, site.clock.now(), instance.is_sandbox);
    if !prepared.is_ready() {
        return queries::run_page(site, &person, &visit, &query, &fields, Some(prepared)).await;
    }
    let run = NewRun {
        instance: &instance,
        query: Some(&query.id),
        query_name: &query.name,
        rerun_of: None,
        author_sql: &query.sql,
        sent: detail::sent(&prepared, queries::filled(&fields)),
        source_map: serde_json::json!({ "pieces": prepared.source_map }),
        field_values: prepared.values.clone(),
        once: fields.once("run"),
    };
    let tx = site.db.write(&person.scope()).await?;
    Ok(submitted(&room, &person, &visit, tx, run).await?.into_response())
}

/// Stores the intent and leads to its page; a form that was sent before leads to the run that it started then.
async fn submitted(
    room: &Executions,
    person: &Person,
    visit: &Visit,
    mut tx: Tx,
    run: NewRun<'_>,
) -> web::Result<Redirect> {
    let once = run.once.clone();
    let id = match (room.submit(&mut tx, person, run).await, once) {
        (Ok(id), _) => {
            tx.commit().await?;
            room.wake();
            id
        }
        (Err(error @ db::Error::Duplicate(_)), Some(once)) => {
            drop(tx);
            let mut tx = room.site.db.read(&person.scope()).await?;
            let before = store::started_by(&mut tx, &person.id, &once).await?;
            let words = "This form was sent twice, so this is the run that it started. Run again starts another.";
            visit.flash(Tone::Info, words).await;
            before.ok_or(error)?
        }
        (Err(error), _) => return Err(error.into()),
    };
    Ok(Redirect::to(&format!("/executions/{id}")))
}
