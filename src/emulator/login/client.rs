//! Which clients are accepted, and the credentials that work from the start.

use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;

use crate::emulator::Emulator;
use crate::emulator::errors::Refusal;
use crate::emulator::people::{PEOPLE, Person};
use crate::emulator::query::Query;
use crate::emulator::state::{Change, Grant};
use crate::emulator::store::Edit;

use super::tokens;

/// The scope of the initial grants.
const STANDING_SCOPE: &str = "advertising::campaign_management profile";

/// The client of a token request, from body fields or HTTP Basic.
///
/// Any id and secret are accepted, unless the emulator was opened for one client or one program.
pub(super) fn authenticate(emulator: &Emulator, headers: &HeaderMap, form: &Query) -> Result<String, Refusal> {
    let in_body = form.get("client_id").zip(form.get("client_secret"));
    let sent = in_body.map(|(id, secret)| (id.to_owned(), secret.to_owned())).or_else(|| basic(headers));
    let (id, secret) = sent.ok_or_else(invalid_client)?;
    match emulator.only_client() {
        Some((known_id, known_secret)) if !(same(&id, &known_id) && same(&secret, &known_secret)) => {
            Err(invalid_client())
        }
        _ => Ok(id),
    }
}

/// Whether that client may request consent.
pub(super) fn may_ask(emulator: &Emulator, client_id: &str) -> bool {
    emulator.only_client().is_none_or(|(known, _)| known == client_id)
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let sent = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = sent.split_once(' ')?;
    let decoded = STANDARD.decode(encoded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let text = String::from_utf8(decoded).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((form_decoded(id), form_decoded(secret))).filter(|(id, secret)| !id.is_empty() && !secret.is_empty())
}

/// RFC 6749 requires id and secret to be form-encoded in HTTP Basic.
fn form_decoded(text: &str) -> String {
    let pair = format!("v={text}");
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

fn invalid_client() -> Refusal {
    Refusal::oauth(StatusCode::UNAUTHORIZED, "invalid_client", "Client authentication failed")
}

/// Creates the grants that exist without consent, one for each person, and returns their refresh tokens; the same
/// ones at each start.
pub(crate) fn standing_grants(emulator: &Emulator, edit: &mut Edit<'_>) -> Vec<(&'static Person, String)> {
    let mut tokens = Vec::new();
    for person in &PEOPLE {
        let id = format!("standing-{}", person.key);
        let known = edit.state().grants.get(&id).map(|grant| grant.refresh_token.clone());
        let token = known.unwrap_or_else(|| {
            let refresh_token = tokens::new_refresh_token(emulator, &id);
            edit.put(Change::Grant(Grant {
                refresh_token: refresh_token.clone(),
                id,
                client_id: None,
                person: person.key.to_owned(),
                scope: STANDING_SCOPE.to_owned(),
                granted: emulator.now(),
            }));
            refresh_token
        });
        tokens.push((person, token));
    }
    tokens
}
