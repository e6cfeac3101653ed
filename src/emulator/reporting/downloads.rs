//! Results: links that are valid for ten minutes, and the files behind them.
//!
//! A link alone suffices to download its file, like a pre-signed URL of S3, and errors are in S3's XML format.

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde_json::json;
use tokio_util::io::ReaderStream;

use crate::emulator::Emulator;
use crate::emulator::caller::ByInstance;
use crate::emulator::errors::{Answer, Refusal, answer, content_type, xml};
use crate::emulator::faults::FaultKind;
use crate::emulator::query::Query;

use super::{EXECUTIONS, executions};

/// How long a link is valid.
const LINK_LIFE: TimeDelta = TimeDelta::minutes(10);

/// The file with the result's metadata, beside its parts.
pub(crate) const METADATA_FILE: &str = "metadata.json";

const PURPOSE: &str = "download link";
const DATE_FORMAT: &str = "%Y%m%dT%H%M%SZ";

/// `GET /workflowExecutions/{id}/downloadUrls`.
pub(super) async fn links(
    State(emulator): State<Emulator>,
    caller: ByInstance,
    Path((_, id)): Path<(String, String)>,
) -> Answer {
    let execution = executions::find(&emulator, &caller.instance.id, &id)?;
    let results = execution.results().filter(|_| !execution.asked.skip_publish);
    let results =
        results.ok_or_else(|| Refusal::bad(format!("Execution with ID {id} is unavailable for download.")))?;
    let now = emulator.now();
    let link = |file: &str| link(&emulator, &id, file, now);
    let files: Vec<_> = results.files.iter().map(|file| link(file)).collect();
    Ok(answer(EXECUTIONS, json!({ "downloadUrls": files, "metadataDownloadUrls": [link(METADATA_FILE)] })))
}

/// `GET /amc-output/{execution}/{file}`: without any of the service's headers.
pub(super) async fn fetch(
    State(emulator): State<Emulator>,
    path: Result<Path<(String, String)>, PathRejection>,
    query: Query,
) -> Response {
    // An invalid path names nothing, and can't have a signature.
    let Ok(Path((execution, file))) = path else { return denied("AccessDenied", "Access Denied") };
    let path = format!("/amc-output/{execution}/{file}");
    if emulator.faults().take(&path, |kind| kind == FaultKind::ExpiredLink).is_some() {
        return denied("AccessDenied", "Request has expired");
    }
    if let Err((code, message)) = check(&emulator, &execution, &file, &query) {
        return denied(code, message);
    }
    let known = emulator.store().read(|state| state.execution(&execution).cloned());
    let belongs = known.is_some_and(|execution| {
        execution.results().is_some_and(|results| file == METADATA_FILE || results.files.contains(&file))
    });
    if !belongs {
        return gone();
    }
    stream(&emulator, &execution, &file).await.unwrap_or_else(gone)
}

fn link(emulator: &Emulator, execution: &str, file: &str, now: DateTime<Utc>) -> String {
    let date = now.format(DATE_FORMAT).to_string();
    let signature = emulator.signer().sign(PURPOSE, &signed_text(execution, file, &date));
    let seconds = LINK_LIFE.num_seconds();
    emulator.address(&format!(
        "/amc-output/{execution}/{file}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date={date}&X-Amz-Expires={seconds}\
         &X-Amz-SignedHeaders=host&X-Amz-Signature={signature}"
    ))
}

/// S3's code and message for an invalid link.
type Denial = (&'static str, &'static str);

fn check(emulator: &Emulator, execution: &str, file: &str, query: &Query) -> Result<(), Denial> {
    let date = query.get("X-Amz-Date").unwrap_or_default();
    let signature = query.get("X-Amz-Signature").unwrap_or_default();
    if date.is_empty() && signature.is_empty() {
        return Err(("AccessDenied", "Access Denied"));
    }
    let holds = emulator.signer().holds(PURPOSE, &signed_text(execution, file, date), signature);
    let written = NaiveDateTime::parse_from_str(date, DATE_FORMAT).ok().filter(|_| holds);
    let Some(written) = written else {
        let text = "The request signature we calculated does not match the signature you provided.";
        return Err(("SignatureDoesNotMatch", text));
    };
    if emulator.now() >= written.and_utc() + LINK_LIFE {
        return Err(("AccessDenied", "Request has expired"));
    }
    Ok(())
}

fn signed_text(execution: &str, file: &str, date: &str) -> String {
    format!("{execution}/{file}\n{date}")
}

async fn stream(emulator: &Emulator, execution: &str, file: &str) -> Option<Response> {
    let path = emulator.result_folder(execution).join(file);
    let opened = tokio::fs::File::open(path).await.ok()?;
    let length = opened.metadata().await.ok()?.len();
    let kind = if file == METADATA_FILE { "application/json" } else { "text/csv" };
    let headers = [(header::CONTENT_LENGTH, length.to_string()), (header::ACCEPT_RANGES, "none".to_owned())];
    Some((content_type(kind), headers, Body::from_stream(ReaderStream::new(opened))).into_response())
}

fn denied(code: &str, message: &str) -> Response {
    xml(StatusCode::FORBIDDEN, code, message)
}

fn gone() -> Response {
    xml(StatusCode::NOT_FOUND, "NoSuchKey", "The specified key does not exist.")
}
