//! The token endpoint: exchanges codes and refresh tokens for access tokens.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::emulator::Emulator;
use crate::emulator::errors::{Answer, Refusal, answer};
use crate::emulator::json::read_body;
use crate::emulator::query::Query;
use crate::emulator::room;
use crate::emulator::state::{Challenge, Change, Code, Grant};

use super::client;

/// The lifetime of an access token.
const ACCESS_TOKEN_LIFE: TimeDelta = TimeDelta::minutes(60);

const PURPOSE: &str = "access token";

/// The fields of a token request.
const FIELDS: [&str; 7] =
    ["grant_type", "code", "redirect_uri", "client_id", "client_secret", "code_verifier", "refresh_token"];

/// The signed content of an access token.
#[derive(Serialize, Deserialize)]
struct Claims {
    grant: String,
    ends: DateTime<Utc>,
    /// Random padding, to the length of real tokens (350 characters and more).
    filling: String,
}

/// A valid access token: its grant and its expiry.
pub(crate) struct Held {
    pub(crate) grant: Grant,
    pub(crate) ends: DateTime<Utc>,
}

/// `POST /auth/o2/token`, with a form or a JSON body, regardless of the content type.
pub(super) async fn exchange(State(emulator): State<Emulator>, request: Request) -> Answer {
    let headers = request.headers().clone();
    let form = Query::parse_any(&read_body(request).await?, &FIELDS)?;
    let client_id = client::authenticate(&emulator, &headers, &form)?;
    let grant = match form.get("grant_type") {
        Some("authorization_code") => grant_for_code(&emulator, &form, &client_id)?,
        Some("refresh_token") => grant_for_refresh(&emulator, &form, &client_id)?,
        Some(_) => {
            let text = "The authorization grant type is not supported by the authorization server";
            return Err(Refusal::oauth(StatusCode::BAD_REQUEST, "unsupported_grant_type", text));
        }
        None => return Err(missing("grant_type")),
    };
    let mut response = answer("application/json;charset=UTF-8", token_answer(&emulator, &grant));
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store, must-revalidate"));
    Ok(response)
}

/// `invalid_grant` with the message for a revoked consent.
pub(crate) fn revoked(parameter: &str) -> Refusal {
    let text = format!(
        "The request has an invalid grant parameter : {parameter}. User may have revoked or didn't grant the permission."
    );
    Refusal::oauth(StatusCode::BAD_REQUEST, "invalid_grant", text)
}

/// A refresh token for the grant with that id.
pub(super) fn new_refresh_token(emulator: &Emulator, grant: &str) -> String {
    let random = emulator.random();
    format!("Atzr|{grant}.{}{}{}{}", random.token(), random.token(), random.token(), random.token())
}

/// The access token in the headers; `None` if there is no valid one.
pub(crate) fn bearer_grant(emulator: &Emulator, headers: &HeaderMap) -> Option<Held> {
    let sent = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = sent.trim().split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") { held(emulator, token.trim()) } else { None }
}

/// Verifies an access token; `None` if it is forged, expired, or its grant is gone.
pub(super) fn held(emulator: &Emulator, token: &str) -> Option<Held> {
    let (claims, signature) = token.strip_prefix("Atza|")?.rsplit_once('.')?;
    if !emulator.signer().holds(PURPOSE, claims, signature) {
        return None;
    }
    let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    let grant = emulator.store().read(|state| state.grants.get(&claims.grant).cloned())?;
    (emulator.now() < claims.ends).then_some(Held { grant, ends: claims.ends })
}

fn token_answer(emulator: &Emulator, grant: &Grant) -> Value {
    json!({
        "access_token": new_access_token(emulator, &grant.id),
        "refresh_token": grant.refresh_token,
        "token_type": "bearer",
        "expires_in": ACCESS_TOKEN_LIFE.num_seconds(),
    })
}

fn new_access_token(emulator: &Emulator, grant: &str) -> String {
    let random = emulator.random();
    let filling = (0..5).map(|_| random.token()).collect();
    let claims = Claims { grant: grant.to_owned(), ends: emulator.now() + ACCESS_TOKEN_LIFE, filling };
    let claims = URL_SAFE_NO_PAD.encode(json!(claims).to_string());
    let signature = emulator.signer().sign(PURPOSE, &claims);
    format!("Atza|{claims}.{signature}")
}

fn grant_for_code(emulator: &Emulator, form: &Query, client_id: &str) -> Result<Grant, Refusal> {
    let sent = form.get("code").ok_or_else(|| missing("code"))?;
    let now = emulator.now();
    // OK to consume the code before everything is checked: a code that somebody else tries becomes invalid.
    let code = emulator.store().write(|edit| {
        let code = edit.state().codes.get(sent).cloned();
        if code.is_some() {
            edit.put(Change::CodeGone(sent.to_owned()));
        }
        code
    });
    let code = code.filter(|code| now < code.expires).ok_or_else(|| invalid("code"))?;
    if code.client_id != client_id {
        return Err(revoked("code"));
    }
    if form.get("redirect_uri").ok_or_else(|| missing("redirect_uri"))? != code.redirect_uri {
        return Err(invalid("redirect_uri"));
    }
    if !verifier_fits(code.challenge.as_ref(), form.get("code_verifier")) {
        return Err(invalid("code_verifier"));
    }
    Ok(new_grant(emulator, code))
}

fn new_grant(emulator: &Emulator, code: Code) -> Grant {
    let id = emulator.random().token();
    let grant = Grant {
        refresh_token: new_refresh_token(emulator, &id),
        id,
        client_id: Some(code.client_id),
        person: code.person,
        scope: code.scope,
        granted: emulator.now(),
    };
    emulator.store().write(|edit| {
        for id in room::grants_that_give_way(edit.state()) {
            edit.put(Change::GrantGone(id));
        }
        edit.put(Change::Grant(grant.clone()));
    });
    grant
}

fn grant_for_refresh(emulator: &Emulator, form: &Query, client_id: &str) -> Result<Grant, Refusal> {
    let sent = form.get("refresh_token").ok_or_else(|| missing("refresh_token"))?;
    let id = sent.strip_prefix("Atzr|").and_then(|rest| rest.split_once('.')).map(|(id, _)| id);
    let grant = id.and_then(|id| emulator.store().read(|state| state.grants.get(id).cloned()));
    let fits = |grant: &Grant| {
        let same: bool = grant.refresh_token.as_bytes().ct_eq(sent.as_bytes()).into();
        same && grant.client_id.as_ref().is_none_or(|only| only == client_id)
    };
    grant.filter(fits).ok_or_else(|| revoked("refresh_token"))
}

fn verifier_fits(challenge: Option<&Challenge>, verifier: Option<&str>) -> bool {
    match (challenge, verifier) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(Challenge::Plain(expected)), Some(verifier)) => expected == verifier,
        (Some(Challenge::S256(expected)), Some(verifier)) => {
            *expected == URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
        }
    }
}

fn missing(parameter: &str) -> Refusal {
    let text = format!("The request is missing a required parameter : {parameter}");
    Refusal::oauth(StatusCode::BAD_REQUEST, "invalid_request", text)
}

fn invalid(parameter: &str) -> Refusal {
    let text = format!("The request has an invalid parameter : {parameter}");
    Refusal::oauth(StatusCode::BAD_REQUEST, "invalid_grant", text)
}
