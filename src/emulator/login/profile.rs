//! The profile of a token's owner.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::json;

use crate::emulator::Emulator;
use crate::emulator::errors::{Answer, Refusal, answer};
use crate::emulator::people::Person;
use crate::emulator::query::Query;

use super::tokens::{Held, bearer_grant, held};

/// A postal code that doesn't exist.
const POSTAL_CODE: &str = "00000";

/// `GET /user/profile`: token in `Authorization`, in `x-amz-access-token`, or in the query.
pub(super) async fn profile(State(emulator): State<Emulator>, headers: HeaderMap, query: Query) -> Answer {
    let token = headers.get("x-amz-access-token").and_then(|value| value.to_str().ok());
    let token = token.or_else(|| query.get("access_token"));
    let held = match bearer_grant(&emulator, &headers) {
        None => token.and_then(|token| held(&emulator, token)),
        by_header => by_header,
    };
    let held = held.ok_or_else(invalid_token)?;
    let person = Person::by_key(&held.grant.person).ok_or_else(invalid_token)?;
    let scopes: Vec<_> = held.grant.scope.split_whitespace().collect();
    if !scopes.iter().any(|scope| matches!(*scope, "profile" | "profile:user_id" | "postal_code")) {
        let text = "The access token does not have the required scope";
        return Err(Refusal::oauth(StatusCode::UNAUTHORIZED, "insufficient_scope", text));
    }
    let mut body = json!({ "user_id": person.user_id });
    if scopes.contains(&"profile") {
        body["name"] = person.name.into();
        body["email"] = person.email.into();
    }
    if scopes.contains(&"postal_code") {
        body["postal_code"] = POSTAL_CODE.into();
    }
    Ok(answer("application/json", body))
}

/// `GET /auth/o2/tokeninfo?access_token=…`: the client that a token was issued for.
pub(super) async fn token_info(State(emulator): State<Emulator>, query: Query) -> Answer {
    let held = query.get("access_token").and_then(|token| held(&emulator, token));
    let Held { grant, ends } = held.ok_or_else(invalid_token)?;
    let person = Person::by_key(&grant.person).ok_or_else(invalid_token)?;
    let client = grant.client_id.unwrap_or_else(|| emulator.client_id());
    Ok(answer(
        "application/json",
        json!({
            "aud": client,
            "user_id": person.user_id,
            "iss": "https://www.amazon.com",
            "exp": (ends - emulator.now()).num_seconds(),
        }),
    ))
}

fn invalid_token() -> Refusal {
    let text = "The request has an invalid parameter : access_token";
    Refusal::oauth(StatusCode::BAD_REQUEST, "invalid_token", text)
}
