//! The outermost layer: request ids, error formats, and a log of recent requests.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use chrono::{DateTime, Utc};

use super::Emulator;
use super::errors::Refusal;
use super::faults::Struck;

/// The number of requests in the log; the oldest are dropped.
const LOG_LENGTH: usize = 200;

/// The maximum length of a logged target, in characters; longer ones are truncated.
const TARGET_LENGTH: usize = 300;

/// Query parameters whose values are secrets.
const SECRET: [&str; 8] = [
    "access_token",
    "refresh_token",
    "code",
    "code_verifier",
    "state",
    "client_secret",
    "code_challenge",
    "X-Amz-Signature",
];

/// The log of recent requests.
#[derive(Default)]
pub(crate) struct RequestLog(Mutex<VecDeque<Logged>>);

/// One request in the log.
#[derive(Clone)]
pub(crate) struct Logged {
    pub(crate) at: DateTime<Utc>,
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) status: StatusCode,
    pub(crate) fault: Option<&'static str>,
    pub(crate) id: String,
}

impl RequestLog {
    /// The requests in the log, newest first.
    pub(crate) fn newest_first(&self) -> Vec<Logged> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().cloned().collect()
    }

    fn add(&self, logged: Logged) {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if log.len() == LOG_LENGTH {
            log.pop_front();
        }
        log.push_back(logged);
    }
}

/// Runs a tick, handles the request, adds headers to the response, and logs it.
pub(crate) async fn watch(State(emulator): State<Emulator>, request: Request, next: Next) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    emulator.tick();
    let id = emulator.uuid();
    let mut response = next.run(request).await;
    if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
        let struck = response.extensions_mut().remove::<Struck>();
        response = refusal.render(uri.path(), &id);
        struck.map(|struck| response.extensions_mut().insert(struck));
    }
    dress(response.headers_mut(), &id);
    if !uri.path().starts_with("/control") {
        emulator.log().add(Logged {
            at: emulator.now(),
            method: method.to_string(),
            target: target(&uri),
            status: response.status(),
            fault: response.extensions().get::<Struck>().map(|struck| struck.0.name()),
            id,
        });
    }
    response
}

/// The headers of all the service's responses. `Strict-Transport-Security`, which captured responses also have, is
/// left to the program that mounts the emulator: it would affect a host that isn't Amazon's.
fn dress(headers: &mut HeaderMap, id: &str) {
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(HeaderName::from_static("x-amz-rid"), id.clone());
        headers.insert(HeaderName::from_static("x-amz-request-id"), id);
    }
    headers.insert(header::SERVER, HeaderValue::from_static("Server"));
    headers.entry(header::VARY).or_insert(HeaderValue::from_static("Content-Type,Accept-Encoding,User-Agent"));
}

/// Path and query, with secrets redacted.
fn target(uri: &Uri) -> String {
    let mut target = uri.path().to_owned();
    for (at, pair) in uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).enumerate() {
        target.push(if at == 0 { '?' } else { '&' });
        let name = pair.split('=').next().unwrap_or_default();
        if SECRET.contains(&name) {
            target.push_str(name);
            target.push_str("=…");
        } else {
            target.push_str(pair);
        }
    }
    target.chars().take(TARGET_LENGTH).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_keeps_no_secrets() {
        let uri: Uri = "/user/profile?access_token=Atza%7Cx&limit=2".parse().unwrap();
        assert_eq!(target(&uri), "/user/profile?access_token=…&limit=2");
    }
}
