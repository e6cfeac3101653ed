//! Requests of the JSON API, made for an assistant.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{ACCEPT, CONTENT_TYPE, ETAG, HeaderName, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use futures::StreamExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::ids::PersonId;
use crate::tokens::{Access, Area, Level};
use crate::web::rate_limits::ClientAddress;
use crate::web::security::REQUEST_ID;
use crate::web::{PROBLEM_JSON, Person};

/// Maximum size of a JSON answer that is read, in bytes; the API's lists are paged.
const MOST: usize = 8 << 20;

/// What a tool gives: JSON, or a text that says what is wrong and what to do.
pub(super) type Outcome<T = Value> = Result<T, String>;

/// The assistant's person and token, and the API that they call.
#[derive(Clone)]
pub(super) struct Caller {
    api: Router,
    person: Person,
    access: Access,
    address: Option<ClientAddress>,
    request_id: Option<HeaderValue>,
}

impl Caller {
    /// The caller of an authenticated request.
    pub(super) fn new(api: Router, parts: &Parts) -> Option<Self> {
        Some(Self {
            api,
            person: parts.extensions.get::<Person>()?.clone(),
            access: parts.extensions.get::<Access>()?.clone(),
            address: parts.extensions.get::<ClientAddress>().copied(),
            request_id: parts.headers.get(REQUEST_ID).cloned(),
        })
    }

    pub(super) fn allows(&self, area: Area, level: Level) -> bool {
        self.access.allows(area, level)
    }

    pub(super) fn person(&self) -> &PersonId {
        &self.person.id
    }

    /// Sends a request; an answer with a problem becomes its text.
    async fn send(
        &self,
        method: Method,
        address: &str,
        headers: &[(HeaderName, &str)],
        body: Option<&Value>,
    ) -> Outcome<Response<Body>> {
        let mut extensions = Extensions::new();
        extensions.insert(self.person.clone());
        extensions.insert(self.access.clone());
        if let Some(address) = self.address {
            extensions.insert(address);
        }
        let mut sent = HeaderMap::new();
        if let Some(id) = &self.request_id {
            sent.insert(REQUEST_ID, id.clone());
        }
        if body.is_some() {
            sent.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).map_err(|_| "A value has characters that can't be sent.")?;
            sent.insert(name.clone(), value);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let mut request = Request::builder().method(method).uri(address).body(body).map_err(|_| no_such(address))?;
        *request.headers_mut() = sent;
        *request.extensions_mut() = extensions;
        let response = match self.api.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        if response.status().is_success() { Ok(response) } else { Err(problem(response).await) }
    }

    pub(super) async fn get(&self, address: &str) -> Outcome {
        json(self.send(Method::GET, address, &[], None).await?).await
    }

    /// What is at an address, with its tag.
    pub(super) async fn get_tagged(&self, address: &str) -> Outcome<(Value, String)> {
        let response = self.send(Method::GET, address, &[], None).await?;
        let tag = response.headers().get(ETAG).and_then(|tag| tag.to_str().ok()).unwrap_or_default().to_owned();
        Ok((json(response).await?, tag))
    }

    pub(super) async fn post(&self, address: &str, body: &Value) -> Outcome {
        json(self.send(Method::POST, address, &[], Some(body)).await?).await
    }

    /// The same, at most once for each key.
    pub(super) async fn post_once(&self, address: &str, body: &Value, key: &str) -> Outcome {
        let key = [(HeaderName::from_static("idempotency-key"), key)];
        json(self.send(Method::POST, address, &key, Some(body)).await?).await
    }

    /// Replaces what has this tag.
    pub(super) async fn put(&self, address: &str, body: &Value, tag: &str) -> Outcome {
        json(self.send(Method::PUT, address, &[(IF_MATCH, tag)], Some(body)).await?).await
    }

    /// The beginning of an answer as CSV: complete records, at most this many and at most this many bytes, with the
    /// header first.
    pub(super) async fn csv(&self, address: &str, records: usize, bytes: usize) -> Outcome<Vec<Vec<String>>> {
        let response = self.send(Method::GET, address, &[(ACCEPT, "text/csv")], None).await?;
        let mut stream = response.into_body().into_data_stream();
        let mut text = Vec::new();
        let mut is_complete = true;
        while let Some(chunk) = stream.next().await {
            text.extend_from_slice(&chunk.map_err(|_| "The result could not be read. Try again.")?);
            if text.len() > bytes {
                is_complete = false;
                break;
            }
        }
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_slice());
        let read = reader.records().map_while(Result::ok).take(records + 2);
        let mut rows: Vec<Vec<String>> = read.map(|record| record.iter().map(str::to_owned).collect()).collect();
        if !is_complete && rows.len() < records + 2 {
            // The last one was cut off.
            rows.pop();
        }
        rows.truncate(records + 1);
        Ok(rows)
    }
}

fn no_such(address: &str) -> String {
    format!("{address} isn't an address of the API. Use an ID from a list.")
}

async fn json(response: Response<Body>) -> Outcome {
    let bytes = to_bytes(response.into_body(), MOST).await.map_err(|_| "The answer is too long. Ask for less.")?;
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(&bytes).map_err(|_| "The answer could not be read.".to_owned())
}

/// A problem as text, with its fields and its findings.
async fn problem(response: Response<Body>) -> String {
    let status = response.status();
    let is_problem = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == PROBLEM_JSON);
    let body = if is_problem { json(response).await.unwrap_or_default() } else { Value::Null };
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let said = match text(&body, "detail") {
        // An assistant gave a name or an ID, and knows no address.
        _ if status == StatusCode::NOT_FOUND => {
            "Nothing has this name or ID, or the token can't see it. Use one from a list.".to_owned()
        }
        detail if detail.is_empty() => format!("The request failed ({status})."),
        detail => detail,
    };
    let mut lines = vec![said];
    let errors = body["errors"].as_array().into_iter().flatten();
    for (name, sentence) in errors.map(|error| (text(error, "pointer"), text(error, "detail"))) {
        // `#` is the whole body.
        let name = name.trim_start_matches('#').trim_start_matches('/');
        lines.push(if name.is_empty() { sentence } else { format!("{name}: {sentence}") });
    }
    for finding in body["findings"].as_array().into_iter().flatten() {
        let line = finding["place"]["line"].as_u64().map(|line| format!("line {line}: ")).unwrap_or_default();
        lines.push(format!("{line}{} ({})", text(finding, "message"), text(finding, "code")));
    }
    lines.join("\n")
}
