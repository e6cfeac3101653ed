//! Who calls the API: a program with a token, or a browser with a session.
//!
//! A token counts alone: cookies sent with it are ignored, and a token that isn't valid isn't replaced by a session.
//! It needs no check of where the request comes from, since no other site's page can add it to a request. A session's
//! cookie is added by the browser itself, so a change by session must prove that it comes from one of our own pages.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};

use super::model::{self, Area, Level, Scopes, Standing, Token};
use super::store::{self, Presented};
use crate::accounts;
use crate::db::{self, Memo, Scope, Stamp, TokenScope};
use crate::ids::TokenId;
use crate::web::rate_limits::ClientAddress;
use crate::web::{self, Person, Problem, Site, security};

/// The last use of a token is written at most this often.
const USED_EVERY: TimeDelta = TimeDelta::minutes(1);
/// Maximum number of cached tokens; beyond it, the cache is cleared.
const MOST_KNOWN: usize = 20_000;

/// Recognizes tokens; cheap to clone.
#[derive(Clone, Debug)]
pub struct Bearer(Arc<(Site, Memo<String, Known>)>);

/// A token with its person, if they may use the installation now.
#[derive(Clone, Debug)]
struct Known {
    token: Token,
    person: Option<Person>,
}

/// What the caller of the API may do, besides their person's roles.
#[derive(Clone, Debug)]
pub enum Access {
    /// A browser with a session: everything that the person may do.
    Session,
    Token {
        id: TokenId,
        name: String,
        scopes: Scopes,
        expires_at: DateTime<Utc>,
    },
}

impl Access {
    pub fn allows(&self, area: Area, level: Level) -> bool {
        match self {
            Self::Session => true,
            Self::Token { scopes, .. } => scopes.allow(area, level),
        }
    }
}

impl Bearer {
    pub fn new(site: Site) -> Self {
        let known = Memo::new(site.db.clone(), MOST_KNOWN);
        Self(Arc::new((site, known)))
    }

    /// Whether a token that was recognized before still works: for answers that take long.
    pub async fn still_works(&self, scope: &TokenScope) -> db::Result<bool> {
        let (site, _) = &*self.0;
        let mut tx = site.db.read(&Scope::System).await?;
        let Some(token) = db::found(store::find(&mut tx, &scope.person, &scope.token).await)? else {
            return Ok(false);
        };
        let is_active = token.standing(site.clock.now()) == Standing::Active;
        Ok(is_active && accounts::active(site, &mut tx, scope.person.clone()).await?.is_some())
    }

    async fn known(&self, hash: String) -> db::Result<Option<Known>> {
        let (site, memo) = &*self.0;
        if let Some(known) = memo.get(&hash) {
            return Ok(Some(known));
        }
        let mut tx = site.db.read(&Scope::System).await?;
        let Some(Presented { person, token }) = store::presented(&mut tx, &hash).await? else { return Ok(None) };
        let scope = TokenScope { token: token.id.clone(), person: person.clone(), instances: token.instances.clone() };
        let person = accounts::active(site, &mut tx, person).await?;
        let person = person.map(|person| Person { token: Some(Arc::new(scope)), ..person });
        let known = Known { token, person };
        memo.insert(hash, Stamp::of(&tx), known.clone());
        Ok(Some(known))
    }

    async fn admit(&self, token: &str, from: Option<IpAddr>) -> web::Result<Result<(Person, Access), &'static str>> {
        let (site, _) = &*self.0;
        if !model::is_token(token) {
            return Ok(Err(
                "This isn't an API token of RecomAMP, or it is mistyped. Copy it again, or create one under \
                           API tokens.",
            ));
        }
        let Some(Known { token, person }) = self.known(model::hash(token)).await? else {
            return Ok(Err("This API token doesn't exist. Create one under API tokens."));
        };
        let now = site.clock.now();
        match token.standing(now) {
            Standing::Revoked => return Ok(Err("This API token was revoked. Create another one under API tokens.")),
            Standing::Expired => return Ok(Err("This API token has expired. Create another one under API tokens.")),
            Standing::Active => {}
        }
        let Some(person) = person else {
            return Ok(Err("The person of this API token may not use RecomAMP now. Ask an administrator."));
        };
        if token.used_at.is_none_or(|used| now - used >= USED_EVERY) {
            let from = from.map(|address| address.to_string());
            let noted = async {
                let mut tx = site.db.write(&Scope::System).await?;
                store::used(&mut tx, now, &token.id, from.as_deref()).await?;
                tx.commit().await
            };
            match noted.await {
                // OK because a reader can continue; the next request tries again.
                Err(error @ db::Error::Unavailable(_)) => {
                    tracing::debug!(%error, "when a token was last used is not noted");
                }
                noted => noted?,
            }
        }
        let Token { id, name, scopes, expires_at, .. } = token;
        Ok(Ok((person, Access::Token { id, name, scopes, expires_at })))
    }
}

/// The token in `Authorization`; `None` without that header, an empty text if it has another form.
fn presented(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(AUTHORIZATION)?.to_str().unwrap_or_default();
    let token = text.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    Some(token.map_or("", |(_, token)| token.trim()))
}

/// What a request without a token is asked for.
pub const CHALLENGE: &str = "Bearer realm=\"RecomAMP\"";

/// The refusal of a request, with what the caller should send.
pub fn unauthorized(detail: &str, challenge: &'static str) -> Response {
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "invalid-token", detail);
    let mut response = problem.into_response();
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    response
}

/// Adds the [`Person`] and their [`Access`] to the request, or refuses it.
pub async fn authenticate(State(bearer): State<Bearer>, mut request: Request, next: Next) -> web::Result<Response> {
    let (site, _) = &*bearer.0;
    if let Some(token) = presented(request.headers()) {
        let from = request.extensions().get::<ClientAddress>().map(|address| address.0);
        let token = token.to_owned();
        return match bearer.admit(&token, from).await? {
            Ok((person, access)) => {
                request.extensions_mut().insert(person);
                request.extensions_mut().insert(access);
                Ok(next.run(request).await)
            }
            Err(why) => Ok(unauthorized(why, "Bearer realm=\"RecomAMP\", error=\"invalid_token\"")),
        };
    }
    if request.extensions().get::<Person>().is_none() {
        let detail = "Send a personal API token in the header Authorization: Bearer. You create one in RecomAMP under \
                      API tokens.";
        return Ok(unauthorized(detail, CHALLENGE));
    }
    if !request.method().is_safe() && !security::is_from_own_page(request.headers(), &site.config) {
        let detail = "A change with the cookie of a session must come from a page of RecomAMP. Programs send a personal \
                      API token instead.";
        return Err(web::Error::Forbidden(detail.to_owned()));
    }
    request.extensions_mut().insert(Access::Session);
    Ok(next.run(request).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_from_the_header_and_any_other_scheme_is_none() {
        let read = |value: &'static str| {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static(value))]);
            presented(&headers).map(str::to_owned)
        };
        for (value, token) in [("Bearer x", "x"), ("bearer  x ", "x"), ("Basic x", ""), ("x", ""), ("", "")] {
            assert_eq!(read(value).as_deref(), Some(token), "{value}");
        }
        assert_eq!(presented(&HeaderMap::new()), None);
    }
}
