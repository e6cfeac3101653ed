//! The result of an execution as a file, in the format that the client accepts.

use axum::extract::{Path, RawQuery, State};
use axum::http::header::{ACCEPT, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::own;
use crate::api::Api;
use crate::api::endpoint::{Endpoint, Endpoints, Reply};
use crate::api::reply::Result;
use crate::api::schema::Components;
use crate::executions::{self, Format};
use crate::instances::Role;
use crate::tokens::{Area, Level};
use crate::web::{Error, Person, Problem};

/// The media types, each with its format; the first is sent if the client accepts anything.
const TYPES: [(&str, Format); 3] = [
    ("application/json", Format::Json),
    ("text/csv", Format::Csv),
    ("application/vnd.apache.parquet", Format::Parquet),
];

fn rows(_: &mut Components) -> Value {
    json!({ "type": "array", "items": { "type": "object" }, "description": "One object for each row." })
}

pub(super) fn add(routes: Endpoints) -> Endpoints {
    let contents = TYPES
        .map(|(kind, format)| (kind, (format == Format::Json).then_some(rows as fn(&mut Components) -> Value)))
        .to_vec();
    let results = Endpoint::get("/api/executions/{id}/results", "getExecutionResults", "Get the rows of a result")
        .about(
            "All rows, streamed, in the format of the Accept header: JSON, CSV or Parquet. In JSON, a column with \
             numbers that a double can't hold is written as texts. While the execution is in progress, the answer is \
             409.",
        )
        .scope(Area::Executions, Level::Read)
        .role(Role::Viewer)
        .param(
            "query",
            "form",
            "The form of CSV: `spreadsheet` for Excel, `amc` as AMC writes it, by default RFC 4180.",
            json!({ "type": "string" }),
        )
        .reply(Reply { status: 200, about: "The rows.", contents, headers: Vec::new() });
    routes.add(results, send)
}

/// The format with the highest quality; of equal ones, the first in [`TYPES`]. `None` if none is acceptable.
fn format(headers: &HeaderMap) -> Option<Format> {
    let accepted: Vec<&str> = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|range| !range.is_empty())
        .collect();
    if accepted.is_empty() {
        return Some(Format::Json);
    }
    let quality = |kind: &str| {
        let group = kind.split('/').next().unwrap_or_default();
        let ranges = [kind.to_owned(), format!("{group}/*"), "*/*".to_owned()];
        let of = |wanted: &String| {
            accepted.iter().find_map(|range| {
                let mut parts = range.split(';').map(str::trim);
                let is_it = parts.next().is_some_and(|range| range.eq_ignore_ascii_case(wanted));
                let mut quality = || parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok());
                is_it.then(|| quality().unwrap_or(1.0))
            })
        };
        ranges.iter().find_map(of).unwrap_or(0.0)
    };
    let best = TYPES.iter().map(|(kind, format)| (quality(kind), *format)).filter(|(quality, _)| *quality > 0.0);
    best.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, format)| format)
}

async fn send(
    State(api): State<Api>,
    person: Person,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response> {
    let id = own(&id)?;
    let mut tx = api.site.db.read(&person.scope()).await?;
    let execution = executions::find(&mut tx, &person.id, &id).await?;
    drop(tx);
    let Some(format) = format(&headers) else {
        let kinds = TYPES.map(|(kind, _)| kind).join(", ");
        let detail = format!("The result is available as {kinds}. Name one of them in the Accept header.");
        return Err(Problem::new(StatusCode::NOT_ACCEPTABLE, "not-acceptable", detail).into());
    };
    if !execution.state.is_final() {
        let detail = "The execution is in progress, so it has no result yet. Follow its state, then get the result.";
        return Err(Problem::new(StatusCode::CONFLICT, "conflict", detail).with("code", "in-progress".into()).into());
    }
    if execution.result.is_none() {
        let what = execution.problem.map(|problem| problem.what).unwrap_or_default();
        return Err(Error::Gone(format!("The execution ended without a result. {what}")).into());
    }
    let mut response = api.executions.download(&person, &id, format, query).await?;
    response.headers_mut().append(VARY, HeaderValue::from_static("accept"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_the_one_that_the_client_prefers() {
        let of = |accept: &'static str| format(&HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]));
        assert_eq!((of("*/*"), format(&HeaderMap::new())), (Some(Format::Json), Some(Format::Json)));
        assert_eq!(of("text/csv"), Some(Format::Csv));
        assert_eq!(of("application/json;q=0.2, application/vnd.apache.parquet"), Some(Format::Parquet));
        assert_eq!(of("text/*, */*;q=0.1"), Some(Format::Csv));
        assert_eq!(of("image/png, text/csv;q=0"), None);
    }
}
