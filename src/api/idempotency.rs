//! Requests that may be repeated: `Idempotency-Key`.
//!
//! The first request with a key is done, and its answer is stored if something was done. A repeated one gets the same
//! answer; 409 while the first is in progress; 422 if it is another request. A request that failed did nothing and
//! gives its key back. A claim ends by itself some time after the longest request, so a key isn't lost when a process
//! ends in between.
//!
//! Invariant: what is done in the database and its answer are committed together ([`IdempotencyKey::commit`]), so that
//! whoever repeats the request finds both or neither, whenever a process ended. What is done elsewhere or changes
//! nothing when it is repeated (canceling, storing a workflow on AMC, checks) has its answer stored afterwards.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest as _, Request, State};
use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::reply::{Failure, Result};
use super::{Api, store};
use crate::db::Tx;
use crate::ids::PersonId;
use crate::web::{Error, Person, Problem};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Marks an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// Maximum length of a key, in characters.
const LONGEST: usize = 200;
/// A claim lasts longer than any request.
const CLAIM: TimeDelta = TimeDelta::seconds(60);
/// How long answers are kept.
const KEPT: TimeDelta = TimeDelta::days(1);
/// Headers of an answer that are kept with it.
const HEADERS: [HeaderName; 3] = [CONTENT_TYPE, LOCATION, ETAG];
/// A larger answer isn't kept: creations answer with less.
const MOST: usize = 4 << 20;

/// The key of this request, for what it does.
#[derive(Clone, Debug)]
pub(super) struct IdempotencyKey(Option<Claim>);

/// A key that this request has claimed.
#[derive(Clone, Debug)]
struct Claim {
    person: PersonId,
    key: String,
    /// Tells this claim from others of the same key.
    id: String,
}

impl Claim {
    fn at(&self) -> (&PersonId, &str) {
        (&self.person, &self.key)
    }
}

impl IdempotencyKey {
    /// The key itself, for what has such a key of its own.
    pub(super) fn text(&self) -> Option<&str> {
        self.0.as_ref().map(|claim| claim.key.as_str())
    }

    /// Commits what was done together with its answer. If the claim has ended and another request has taken the key
    /// over, nothing is committed, and the answer is that this one is in progress.
    pub(super) async fn commit(&self, mut tx: Tx, response: Response) -> Result<Response> {
        let Some(claim) = &self.0 else {
            tx.commit().await?;
            return Ok(response);
        };
        let (mut response, answer) = read(response).await?;
        if !store::answered(&mut tx, claim.at(), &claim.id, &answer).await? {
            return Ok(in_progress(1));
        }
        tx.commit().await?;
        response.extensions_mut().insert(Stored);
        Ok(response)
    }
}

/// Marks a response whose answer is stored.
#[derive(Clone, Copy, Debug)]
struct Stored;

/// The key in the headers, if there is one.
fn key(headers: &HeaderMap) -> Result<Option<String>> {
    let Some(value) = headers.get(KEY) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    let fits = !text.trim().is_empty() && text.len() <= LONGEST && !text.chars().any(char::is_control);
    let detail = "An Idempotency-Key has 1 to 200 ASCII characters, such as a UUID.";
    if fits { Ok(Some(text.to_owned())) } else { Err(Error::Invalid(detail.to_owned()).into()) }
}

/// Answers a repeated request like the first one.
pub(super) async fn once(
    State(api): State<Api>,
    person: Person,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let key = key(request.headers())?;
    let (mut parts, body) = request.into_parts();
    let Some(key) = key else {
        parts.extensions.insert(IdempotencyKey(None));
        return Ok(next.run(Request::from_parts(parts, body)).await);
    };
    let about = format!("{} {}", parts.method, parts.uri);
    let body = Bytes::from_request(Request::from_parts(parts.clone(), body), &()).await;
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Error::TooLarge,
        _ => Error::Invalid("The body didn't arrive completely. Send it again.".to_owned()),
    })?;
    let digest = digest(&about, &body);
    let claim = Claim { person: person.id.clone(), key, id: api.site.random.token() };
    let known = claimed(&api, &person, &claim, &digest).await?;
    if known.digest != digest {
        return Err(reused());
    }
    if let Some(status) = known.status {
        return Ok(replayed(status, known.headers.as_ref(), known.body));
    }
    if known.claim != claim.id {
        let wait = (known.claimed_until - api.site.clock.now()).num_seconds().clamp(1, CLAIM.num_seconds());
        return Ok(in_progress(wait));
    }
    parts.extensions.insert(IdempotencyKey(Some(claim.clone())));
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    keep(&api, &person, &claim, response).await
}

fn digest(about: &str, body: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(about.len().to_le_bytes());
    hash.update(about.as_bytes());
    hash.update(body);
    URL_SAFE_NO_PAD.encode(hash.finalize())
}

async fn claimed(api: &Api, person: &Person, claim: &Claim, digest: &str) -> Result<store::Known> {
    let now = api.site.clock.now();
    let mut tx = api.site.db.write(&person.scope()).await?;
    store::forget(&mut tx, &person.id, now - KEPT).await?;
    let known = store::claim(&mut tx, claim.at(), (digest, &claim.id), (now, now + CLAIM)).await?;
    tx.commit().await?;
    Ok(known)
}

/// Stores the answer if something was done and it isn't stored yet; gives the key back if nothing was done.
async fn keep(api: &Api, person: &Person, claim: &Claim, response: Response) -> Result<Response> {
    if response.extensions().get::<Stored>().is_some() {
        return Ok(response);
    }
    if !response.status().is_success() {
        let mut tx = api.site.db.write(&person.scope()).await?;
        store::released(&mut tx, claim.at(), &claim.id).await?;
        tx.commit().await?;
        return Ok(response);
    }
    let (response, answer) = read(response).await?;
    let mut tx = api.site.db.write(&person.scope()).await?;
    store::answered(&mut tx, claim.at(), &claim.id, &answer).await?;
    tx.commit().await?;
    Ok(response)
}

/// A response, and what is stored of it.
async fn read(response: Response) -> Result<(Response, store::Answer)> {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, MOST).await.map_err(|error| Error::Internal(error.into()))?;
    let header = |name: &HeaderName| {
        let value = parts.headers.get(name)?.to_str().ok()?;
        Some((name.as_str().to_owned(), Value::from(value)))
    };
    let headers: Map<String, Value> = HEADERS.iter().filter_map(header).collect();
    let text = String::from_utf8_lossy(&body).into_owned();
    let answer = store::Answer { status: parts.status.as_u16(), headers: headers.into(), body: text };
    Ok((Response::from_parts(parts, Body::from(body)), answer))
}

/// An answer that was given before.
fn replayed(status: i64, headers: Option<&Value>, body: Option<String>) -> Response {
    let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let mut response = (status.unwrap_or(StatusCode::OK), body.unwrap_or_default()).into_response();
    response.headers_mut().remove(CONTENT_TYPE);
    for (name, value) in headers.and_then(Value::as_object).into_iter().flatten() {
        let value = value.as_str().and_then(|value| HeaderValue::from_str(value).ok());
        if let (Ok(name), Some(value)) = (HeaderName::try_from(name.as_str()), value) {
            response.headers_mut().insert(name, value);
        }
    }
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

fn in_progress(seconds: i64) -> Response {
    let detail = format!("The first request with this Idempotency-Key is in progress. Send it again in {seconds}s.");
    let mut response = Problem::new(StatusCode::CONFLICT, "request-in-progress", detail).into_response();
    response.headers_mut().insert(RETRY_AFTER, seconds.into());
    response
}

fn reused() -> Failure {
    let detail = "This Idempotency-Key was used for another request. Use a new key for a new request.";
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "key-reused", detail).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_short_printable_text() {
        let read = |value: &str| {
            let headers = HeaderMap::from_iter([(KEY, HeaderValue::from_bytes(value.as_bytes()).unwrap())]);
            key(&headers).map(Option::unwrap_or_default).ok()
        };
        assert_eq!(read("report-7").as_deref(), Some("report-7"));
        for odd in ["", " ", "ü", &"x".repeat(LONGEST + 1)] {
            assert_eq!(read(odd), None, "{odd}");
        }
        assert!(key(&HeaderMap::new()).unwrap().is_none());
    }

    #[test]
    fn another_address_or_body_is_another_request() {
        let one = digest("POST /a", b"{}");
        assert_eq!(one, digest("POST /a", b"{}"));
        assert!(
            one != digest("POST /b", b"{}")
                && one != digest("POST /a", b"{ }")
                && digest("ab", b"c") != digest("a", b"bc")
        );
    }
}
