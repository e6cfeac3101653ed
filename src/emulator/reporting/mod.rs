//! The reporting API: data sources, workflows, executions, schedules, results.
//!
//! Single reads and the response to a new execution are flat objects, lists omit `nextToken` at their end, and every
//! change returns 200 with JSON: published clients rely on each of these (captured responses take precedence over the
//! published schema, which wraps single reads).

mod compiling;
mod data_sources;
mod definition;
mod downloads;
mod executions;
mod firing;
mod parameters;
mod request;
mod schedules;
mod shown;
mod window;
mod workflows;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use super::Emulator;
use super::errors::answer;

pub(crate) use compiling::{statement, view};
pub(crate) use definition::{format, privacy};
pub(crate) use downloads::METADATA_FILE;
pub(crate) use firing::fire;
pub(crate) use schedules::next_slot;
pub(crate) use shown::metadata;

const WORKFLOWS: &str = "application/vnd.amcworkflows.v1+json";
const EXECUTIONS: &str = "application/vnd.amcworkflowexecutions.v1+json";
const SCHEDULES: &str = "application/vnd.amcschedules.v1+json";
const DATA_SOURCES: &str = "application/vnd.amcdatasources.v1+json";
const BYTES: &str = "application/octet-stream";

/// The routes of the reporting API, and of result files.
pub(crate) fn routes() -> Router<Emulator> {
    let reporting = Router::new()
        .route("/dataSources", get(data_sources::list))
        .route("/dataSources/{id}", get(data_sources::read))
        .route("/workflows", get(workflows::list).post(workflows::create))
        .route("/workflows/{id}", get(workflows::read).put(workflows::update).delete(workflows::delete))
        .route("/schedules", get(schedules::list).post(schedules::create))
        .route("/schedules/{id}", get(schedules::read).put(schedules::update).delete(schedules::delete))
        .route("/workflowExecutions", get(executions::list).post(executions::create))
        .route("/workflowExecutions/{id}", get(executions::read).put(executions::update).delete(executions::cancel))
        .route("/workflowExecutions/{id}/downloadUrls", get(downloads::links));
    Router::new()
        .nest("/amc/reporting/{instance}", reporting)
        .route("/amc-output/{execution}/{file}", get(downloads::fetch))
}

/// A page of a list under `name`; the last page has no `nextToken`.
fn listed(kind: &'static str, name: &str, page: Vec<Value>, next: Option<String>) -> Response {
    let mut body = json!({ name: page });
    if let Some(next) = next {
        body["nextToken"] = next.into();
    }
    answer(kind, body)
}

/// The response to all changes: an empty object.
fn done(kind: &'static str) -> Response {
    answer(kind, json!({}))
}

/// Whether `id` is a valid name of a workflow or schedule.
fn may_name(id: &str) -> bool {
    let known = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
    !id.is_empty() && id.len() <= NAME_LIMIT && id.chars().all(known)
}

/// The maximum length of a workflow's or schedule's name; AMC's limit isn't published.
const NAME_LIMIT: usize = 255;
