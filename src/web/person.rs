//! The signed-in person.

use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;

use super::Error;
use crate::db::{Scope, TokenScope};
use crate::ids::{PersonId, SessionId};

/// The person making this request. As an extractor it redirects others to the sign-in page, which returns here
/// afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: PersonId,
    /// The session of this request; `None` for a program with a token.
    pub session: Option<SessionId>,
    /// The personal token of this request, if it isn't a browser's.
    pub token: Option<Arc<TokenScope>>,
    /// Their name at Amazon; may be any text.
    pub name: String,
    /// The address they signed in with.
    pub email: String,
    /// Whether they are an administrator of the installation.
    pub is_administrator: bool,
}

impl Person {
    /// The scope of everything done for this person.
    pub fn scope(&self) -> Scope {
        match &self.token {
            Some(token) => Scope::Token(Arc::clone(token)),
            None => Scope::Person(self.id.clone()),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Person {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Error::sign_in(parts))
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Person {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}
