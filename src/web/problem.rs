//! Errors as `application/problem+json` (RFC 9457), for clients that prefer JSON.
//!
//! An error has one source, [`Error`](super::Error), and two forms: a page, made by [`framed`](super::framed), and
//! this. `Accept` decides which one is sent. The layer [`problems`] is around everything that responds, so that
//! errors without a handler (an unknown address, an unsupported method, a panic) have the same form.
//!
//! The emulated services are excluded: they respond as Amazon does. Below `/api/`, every error has this form.
//!
//! The `type` of a problem is the address of its help page; [`PROBLEMS`] has all of them.

mod kinds;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, LAST_MODIFIED, VARY,
};
use axum::http::response::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use url::Url;

use super::components::Errors;
use super::error::{self, Shown};
use super::security::request_id;
use crate::config::Config;

pub use kinds::{PROBLEMS, ProblemKind};

pub const PROBLEM_JSON: &str = "application/problem+json";

/// The field errors of a form, attached to its response.
#[derive(Clone, Debug)]
pub(super) struct FieldErrors(Vec<(String, String)>);

impl From<&Errors> for FieldErrors {
    fn from(errors: &Errors) -> Self {
        Self(errors.iter().map(|(field, sentence)| (field.to_owned(), sentence.to_owned())).collect())
    }
}

/// A problem of a program's request that says more than an [`Error`](super::Error).
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    name: &'static str,
    detail: String,
    errors: Vec<(String, String)>,
    more: Map<String, Value>,
}

impl Problem {
    /// A problem of a kind in [`PROBLEMS`], with what happened and what to do.
    pub fn new(status: StatusCode, name: &'static str, detail: impl Into<String>) -> Self {
        Self { status, name, detail: detail.into(), errors: Vec::new(), more: Map::new() }
    }

    /// Names a part of the request's body by its JSON pointer, `/parameters/days`, with what is wrong with it.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>, sentence: impl Into<String>) -> Self {
        self.errors.push((pointer.into(), sentence.into()));
        self
    }

    /// Adds a member to the document.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.more.insert(name.to_owned(), value);
        self
    }

    fn document(self, types: &Url, request_id: &str) -> Value {
        let title = kinds::find(self.name).map_or("Problem", |kind| kind.title);
        let mut problem = json!({
            "type": address(types, self.name),
            "title": title,
            "status": self.status.as_u16(),
            "detail": self.detail,
            "instance": request_id,
        });
        if !self.errors.is_empty() {
            let error =
                |(pointer, detail): &(String, String)| json!({ "pointer": format!("#{pointer}"), "detail": detail });
            problem["errors"] = self.errors.iter().map(error).collect();
        }
        for (name, value) in self.more {
            problem[name] = value;
        }
        problem
    }
}

impl IntoResponse for Problem {
    /// The bare response; [`problems`] writes the document.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The help page of a kind of problem.
fn address(types: &Url, name: &str) -> String {
    types.join(&format!("help/problems/{name}")).map(String::from).unwrap_or_default()
}

/// Whether an address is for programs: the API, and the one for assistants. The API's own page, `/api`, isn't.
pub fn is_api(path: &str) -> bool {
    path.starts_with("/api/") || path == "/mcp"
}

/// Whether an error is answered as JSON: always in the API, otherwise if the client prefers it.
pub fn wants_json(request: &Request) -> bool {
    let path = request.uri().path();
    is_api(path) || (prefers_json(request.headers()) && !is_amazons(path))
}

/// Whether the client prefers JSON to a page. A client that accepts anything (`*/*`) gets the page.
pub fn prefers_json(headers: &HeaderMap) -> bool {
    let accepted: Vec<(String, f32)> = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(media_range)
        .collect();
    // OK to stop here: without a JSON type, or `application/*`, a page is never less acceptable than JSON.
    if !accepted.iter().any(|(range, _)| range.starts_with("application/")) {
        return false;
    }
    let quality = |ranges: [&str; 3]| {
        let of = |range: &str| accepted.iter().find(|(known, _)| known == range).map(|(_, quality)| *quality);
        ranges.into_iter().find_map(of).unwrap_or(0.0)
    };
    let json =
        quality([PROBLEM_JSON, "application/*", "*/*"]).max(quality(["application/json", "application/*", "*/*"]));
    json > quality(["text/html", "text/*", "*/*"])
}

/// `text/html;level=1;q=0.5` as its range and its quality, which is 1 if it can't be parsed.
fn media_range(text: &str) -> (String, f32) {
    let mut parts = text.split(';').map(str::trim);
    let range = parts.next().unwrap_or_default().to_ascii_lowercase();
    let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q="))?.parse().ok());
    (range, quality.unwrap_or(1.0_f32).clamp(0.0, 1.0))
}

/// Converts errors for clients that prefer JSON.
pub async fn problems(State(config): State<Arc<Config>>, request: Request, next: Next) -> Response {
    let wants_json = wants_json(&request);
    let request_id = if wants_json { request_id(request.headers()) } else { String::new() };
    let is_api = is_api(request.uri().path());
    let mut response = next.run(request).await;
    let status = response.status();
    if !wants_json || !(status.is_client_error() || status.is_server_error()) || is_json(&response) {
        return response;
    }
    if is_api && response.extensions().get::<Shown>().is_none() {
        let mut shown = error::for_program(status);
        shown.title = kinds::find(name(status)).map_or(shown.title, |kind| kind.title);
        response.extensions_mut().insert(shown);
    }
    document(response, &config.public_url, &request_id)
}

/// Whether an address belongs to one of the emulated services.
fn is_amazons(path: &str) -> bool {
    path.starts_with("/emulator/") && !path.starts_with("/emulator/control")
}

fn is_json(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.contains("json"))
}

/// The same response with the document as its body.
fn document(response: Response, types: &Url, request_id: &str) -> Response {
    let (mut parts, _) = response.into_parts();
    if let Some(problem) = parts.extensions.remove::<Problem>() {
        return sent(parts, &problem.document(types, request_id));
    }
    let fields = parts.extensions.remove::<FieldErrors>();
    let shown = parts.extensions.remove::<Shown>().unwrap_or_else(|| error::by_status(parts.status));
    let mut problem = json!({
        "type": address(types, name(parts.status)),
        "title": if parts.status == StatusCode::NOT_FOUND { "Not found" } else { shown.title },
        "status": parts.status.as_u16(),
        "detail": shown.sentence,
        "instance": request_id,
    });
    if let Some(FieldErrors(fields)) = fields {
        problem["detail"] = "Some fields don't fit. Correct them and send the request again.".into();
        problem["errors"] = fields.iter().map(|(field, sentence)| field_error(field, sentence)).collect();
    }
    sent(parts, &problem)
}

fn sent(mut parts: Parts, problem: &Value) -> Response {
    for header in [CONTENT_LENGTH, CONTENT_ENCODING, ETAG, LAST_MODIFIED] {
        parts.headers.remove(header);
    }
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    parts.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    parts.headers.append(VARY, HeaderValue::from_static("accept"));
    Response::from_parts(parts, Body::from(problem.to_string()))
}

/// One field, named by a JSON pointer (RFC 6901) as a fragment; `#` is the whole form.
fn field_error(field: &str, sentence: &str) -> Value {
    let pointer = match field {
        "" => "#".to_owned(),
        field => format!("#/{}", field.replace('~', "~0").replace('/', "~1")),
    };
    json!({ "pointer": pointer, "detail": sentence })
}

/// The last part of a problem's type.
fn name(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "invalid-request",
        StatusCode::UNAUTHORIZED => "not-signed-in",
        StatusCode::FORBIDDEN => "not-allowed",
        StatusCode::NOT_FOUND => "not-found",
        StatusCode::METHOD_NOT_ALLOWED => "method-not-allowed",
        StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => "timeout",
        StatusCode::CONFLICT => "conflict",
        StatusCode::GONE => "gone",
        StatusCode::PAYLOAD_TOO_LARGE => "too-large",
        StatusCode::MISDIRECTED_REQUEST => "wrong-host",
        StatusCode::NOT_ACCEPTABLE => "not-acceptable",
        StatusCode::PRECONDITION_FAILED => "precondition-failed",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported-media-type",
        StatusCode::UNPROCESSABLE_ENTITY => "invalid-fields",
        StatusCode::TOO_MANY_REQUESTS => "too-many-requests",
        StatusCode::SERVICE_UNAVAILABLE => "unavailable",
        status if status.is_client_error() => "invalid-request",
        _ => "internal",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_sent_to_those_who_prefer_it() {
        let prefers =
            |accept: &'static str| prefers_json(&HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]));
        for accept in [
            "application/json",
            "application/problem+json, text/html;q=0.9",
            "text/html;q=0.5, application/json;q=0.9",
            "application/json, */*;q=0.1",
            "APPLICATION/JSON",
            "application/*",
        ] {
            assert!(prefers(accept), "{accept}");
        }
        for accept in [
            "",
            "*/*",
            "text/html",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "text/html, application/json",
            "application/json;q=0",
            "application/json;q=0.4, text/*;q=0.5",
            "application/xml",
        ] {
            assert!(!prefers(accept), "{accept}");
        }
        assert!(!prefers_json(&HeaderMap::new()));
    }

    #[test]
    fn every_status_has_a_kind_with_a_help_page() {
        for code in 400..600 {
            let name = name(StatusCode::from_u16(code).unwrap());
            assert!(kinds::find(name).is_some(), "{code}: {name}");
        }
    }

    #[test]
    fn fields_are_named_by_pointers() {
        assert_eq!(field_error("a/b~c", "x")["pointer"], "#/a~1b~0c");
        assert_eq!(field_error("", "x")["pointer"], "#");
    }
}
