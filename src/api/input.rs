//! Bodies: JSON of a known shape, with a problem that names what doesn't fit.

use std::error::Error as _;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::reply::Failure;
use crate::web::components::Errors;
use crate::web::{Error, Problem, is_compressed};

/// A JSON body.
#[derive(Clone, Debug)]
pub(super) struct Body<T>(pub(super) T);

/// Whether a content type is JSON.
fn is_json(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !is_json(kind) {
            let detail = "Send the body as JSON, with Content-Type: application/json.";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail).into());
        }
        if is_compressed(request.headers()) {
            let detail = "Compressed bodies aren't accepted. Send it without Content-Encoding.";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail).into());
        }
        let body = Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Error::TooLarge,
            _ => Error::Invalid("The body didn't arrive completely. Send it again.".to_owned()),
        })?;
        // Some shells put a byte order mark before a text from a file.
        let text = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&body);
        let Json(value) = Json::<T>::from_bytes(text).map_err(|rejection| unread(&rejection))?;
        if text.trim_ascii_start().first() == Some(&b'[') {
            // A list of the right length would be read as the fields in their order, which no document promises.
            return Err(misfit("", "invalid type: sequence, expected struct").into());
        }
        if has_nul(text) {
            let detail = "The body contains a NUL character, which can't be stored. Remove it.";
            return Err(Error::Invalid(detail.to_owned()).into());
        }
        Ok(Self(value))
    }
}

/// Whether a text in the body has a NUL character, which PostgreSQL doesn't store.
fn has_nul(body: &[u8]) -> bool {
    fn within(value: &Value) -> bool {
        match value {
            Value::String(text) => text.contains('\0'),
            Value::Array(items) => items.iter().any(within),
            Value::Object(members) => members.iter().any(|(name, value)| name.contains('\0') || within(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
    let is_possible = body.windows(6).any(|part| part == b"\\u0000");
    is_possible && serde_json::from_slice::<Value>(body).is_ok_and(|value| within(&value))
}

/// The problem of a body that isn't of the expected shape. The rejection's source reads `fields[0].kind: invalid …`.
fn unread(rejection: &JsonRejection) -> Failure {
    let source = rejection.source().map(ToString::to_string).unwrap_or_default();
    if !matches!(rejection, JsonRejection::JsonDataError(_)) {
        return Error::Invalid(format!("The body isn't valid JSON: {}.", source.trim_end_matches('.'))).into();
    }
    let (path, fault) = match source.split_once(": ") {
        Some((path, fault)) if is_path(path) => (path, fault),
        _ => ("", source.as_str()),
    };
    misfit(path, fault).into()
}

/// The problem of a field that doesn't fit.
fn misfit(path: &str, fault: &str) -> Problem {
    let detail = "Some fields don't fit. Correct them and send the request again.";
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-fields", detail);
    problem.at(pointer_to(path, fault), format!("{}.", sentence(fault)))
}

/// Whether a text is a path of fields and positions.
fn is_path(text: &str) -> bool {
    !text.contains(' ') && !text.is_empty()
}

/// `fields[0].kind` as `/fields/0/kind`, with the field that a message about it names.
fn pointer_to(path: &str, fault: &str) -> String {
    let mut pointer = String::new();
    for part in path.split(['.', '[']).map(|part| part.trim_end_matches(']')).filter(|part| !matches!(*part, "" | "?"))
    {
        pointer.push('/');
        pointer.push_str(&escaped(part));
    }
    let named = ["unknown field `", "missing field `", "duplicate field `"]
        .iter()
        .find_map(|begin| fault.strip_prefix(begin)?.split('`').next());
    if let Some(name) = named.map(escaped).filter(|name| !pointer.ends_with(&format!("/{name}"))) {
        pointer.push('/');
        pointer.push_str(&name);
    }
    pointer
}

/// The fault without its position in the text, which the pointer replaces, and in JSON's words.
fn sentence(fault: &str) -> String {
    let fault = fault.rfind(" at line ").map_or(fault, |at| &fault[..at]);
    let fault = match fault.split_once("expected struct") {
        Some((found, _)) => format!("{found}expected an object"),
        None => fault.to_owned(),
    };
    let mut letters = fault.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn escaped(part: &str) -> String {
    part.replace('~', "~0").replace('/', "~1")
}

/// The JSON pointer for a field of a run's form.
pub(super) fn pointer(field: &str) -> String {
    if let Some(name) = field.strip_prefix("param.") {
        return format!("/parameters/{}", escaped(name));
    }
    match field {
        "" => String::new(),
        "window" | "window_days" | "window_before" => "/window/kind".to_owned(),
        "start" | "end" | "zone" => format!("/window/{field}"),
        "privacy" => "/privacy/mode".to_owned(),
        "privacy.column" => "/privacy/column".to_owned(),
        "options.user_count" => "/options/user_count_column".to_owned(),
        "options.reason" => "/options/reason_column".to_owned(),
        "options.timeout" => "/options/timeout_seconds".to_owned(),
        "options.ignore_gaps" => "/options/ignore_data_gaps".to_owned(),
        other => format!("/{}", escaped(other)),
    }
}

/// The problem of invalid fields, whose names `pointer` translates.
pub(super) fn invalid(errors: &Errors, pointer: impl Fn(&str) -> String) -> Failure {
    let detail = "Some fields don't fit. Correct them and send the request again.";
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-fields", detail);
    errors.iter().fold(problem, |problem, (field, sentence)| problem.at(pointer(field), sentence)).into()
}

/// The problem of a body that names an instance which the caller doesn't reach, at `pointer`.
pub(super) fn no_instance(pointer: &str) -> Failure {
    let detail = "The body names an instance that wasn't found. GET /api/instances lists yours.";
    let problem = Problem::new(StatusCode::NOT_FOUND, "not-found", detail);
    problem.at(pointer, "No instance has this ID, or you don't have access to it.").into()
}

/// Says of a body's `instance` that it is what wasn't found, if something wasn't.
pub(super) fn with_instance<T>(found: Result<T, Error>) -> Result<T, Failure> {
    found.map_err(|error| match error {
        Error::Missing => no_instance("/instance"),
        error => error.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_named_by_its_pointer() {
        assert_eq!(pointer_to("fields[0].kind", "invalid type: integer `1`, expected a string"), "/fields/0/kind");
        assert_eq!(pointer_to("", "missing field `sql` at line 1 column 2"), "/sql");
        assert_eq!(pointer_to("window", "unknown field `from`, expected one of `kind`"), "/window/from");
        assert_eq!(pointer_to("window.from", "unknown field `from`"), "/window/from");
        assert_eq!(sentence("missing field `sql` at line 1 column 2"), "Missing field `sql`");
        assert_eq!(
            sentence("invalid length 0, expected struct RunInput with 9 elements at line 1 column 2"),
            "Invalid length 0, expected an object"
        );
        assert_eq!(pointer("param.a/b"), "/parameters/a~1b");
        assert_eq!(pointer("options.timeout"), "/options/timeout_seconds");
    }

    #[test]
    fn json_is_known_by_its_content_type_and_nul_by_its_escape() {
        for (kind, fits) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/merge-patch+json", true),
            ("text/json", false),
            ("application/x-www-form-urlencoded", false),
            ("", false),
        ] {
            assert_eq!(is_json(kind), fits, "{kind}");
        }
        assert!(has_nul(br#"{"a":["x\u0000"]}"#) && !has_nul(br#"{"a":"x\\u0000"}"#) && !has_nul(b"{}"));
    }
}
