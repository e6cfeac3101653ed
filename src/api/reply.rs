//! Answers: JSON with ETags, conditional requests, and problems.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::executions::Refusal;
use crate::web::{self, Problem};

/// The result of a handler.
pub(super) type Result<T, E = Failure> = std::result::Result<T, E>;

/// Why a request failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// As on a page.
    Error(web::Error),
    /// A problem of the API alone.
    Problem(Box<Problem>),
}

impl<E: Into<web::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Error(error) => error.into_response(),
            Self::Problem(problem) => problem.into_response(),
        }
    }
}

/// The conditions of a request: which representation the client has.
#[derive(Clone, Debug)]
pub(super) struct Conditions {
    none_match: Option<String>,
    matches: Option<String>,
}

impl<S: Sync> FromRequestParts<S> for Conditions {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> std::result::Result<Self, Infallible> {
        Ok(Self { none_match: all(&parts.headers, &IF_NONE_MATCH), matches: all(&parts.headers, &IF_MATCH) })
    }
}

/// All values of a header; an unreadable one matches nothing.
fn all(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let values: Vec<&str> = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default()).collect();
    (!values.is_empty()).then(|| values.join(","))
}

impl Conditions {
    /// Whether the client already has the representation with this tag.
    fn has(&self, tag: &str) -> bool {
        self.none_match.as_deref().is_some_and(|tags| names(tags, tag))
    }

    /// Fails if the client's copy isn't the representation with this tag.
    pub(super) fn require(&self, tag: &str) -> Result<()> {
        if self.matches.as_deref().is_none_or(|tags| names(tags, tag)) { Ok(()) } else { Err(stale()) }
    }
}

/// The problem of a change to something that changed meanwhile.
pub(super) fn stale() -> Failure {
    let detail = "It was changed after you read it, so nothing was done. Get it again, and send your change with its \
                  new ETag.";
    Problem::new(StatusCode::PRECONDITION_FAILED, "precondition-failed", detail).into()
}

/// Whether a list of tags names this one. Weak tags, which compressing proxies make, compare like strong ones.
fn names(tags: &str, tag: &str) -> bool {
    tags.split(',').map(|one| one.trim().trim_start_matches("W/")).any(|one| one == "*" || one == tag)
}

/// The tag of a value.
pub(super) fn tag(value: &impl Serialize) -> Result<String> {
    let text = serde_json::to_vec(value).map_err(|error| web::Error::Internal(error.into()))?;
    let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(text));
    Ok(format!("\"{}\"", &hash[..22]))
}

/// JSON with the tag of `of`, or 304.
pub(super) fn tagged(
    conditions: &Conditions,
    status: StatusCode,
    of: &impl Serialize,
    value: &impl Serialize,
) -> Result<Response> {
    let tag = tag(of)?;
    let mut response = if conditions.has(&tag) && status == StatusCode::OK {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        json(status, value)?
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(ETAG, tag);
    }
    // The client may keep it, and asks each time whether it has changed.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(response)
}

/// JSON with its own tag, or 304.
pub(super) fn found(conditions: &Conditions, value: &impl Serialize) -> Result<Response> {
    tagged(conditions, StatusCode::OK, value, value)
}

pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Result<Response> {
    let text = serde_json::to_vec(value).map_err(|error| web::Error::Internal(error.into()))?;
    Ok((status, [(CONTENT_TYPE, "application/json")], text).into_response())
}

/// JSON of something new at this address.
pub(super) fn created(status: StatusCode, location: &str, value: &impl Serialize) -> Result<Response> {
    let mut response = json(status, value)?;
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

/// The problem of a refused execution, with the errors of its input and its SQL.
pub(super) fn refused(refusal: Refusal) -> Failure {
    let (code, detail) = (refusal.code(), refusal.to_string());
    let conflict = |status, kind| Problem::new(status, kind, detail.clone()).with("code", code.into());
    match &refusal {
        Refusal::Unfit(_) => {
            let findings: Vec<serde_json::Value> =
                refusal.findings().iter().filter_map(|finding| serde_json::to_value(finding).ok()).collect();
            let mut problem = conflict(StatusCode::UNPROCESSABLE_ENTITY, "invalid-query");
            for (field, sentence) in refusal.errors().iter() {
                problem = problem.at(super::input::pointer(field), sentence);
            }
            problem.with("findings", findings.into()).into()
        }
        Refusal::NotReady(_) | Refusal::NoConnection(_) | Refusal::NoSql | Refusal::Deleted | Refusal::Gone => {
            conflict(StatusCode::CONFLICT, "conflict").into()
        }
        Refusal::Changed => stale(),
        Refusal::KeyReused => conflict(StatusCode::UNPROCESSABLE_ENTITY, "key-reused").into(),
        Refusal::BadKey => conflict(StatusCode::BAD_REQUEST, "invalid-request").into(),
        Refusal::Missing | Refusal::Role(_) | Refusal::Db(_) => Failure::Error(refusal.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_in_lists_and_weakly() {
        let conditions = |none: Option<&str>, own: Option<&str>| Conditions {
            none_match: none.map(str::to_owned),
            matches: own.map(str::to_owned),
        };
        assert!(conditions(Some("\"a\", W/\"b\""), None).has("\"b\"") && conditions(Some("*"), None).has("\"b\""));
        assert!(!conditions(Some("\"a\""), None).has("\"b\"") && !conditions(None, None).has("\"b\""));
        assert!(
            conditions(None, None).require("\"b\"").is_ok() && conditions(None, Some("*")).require("\"b\"").is_ok()
        );
        assert!(conditions(None, Some("\"a\"")).require("\"b\"").is_err());
    }
}
