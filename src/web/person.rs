//! The signed-in person.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;

use super::Error;
use crate::db::Scope;
use crate::ids::{PersonId, SessionId};

/// The person making this request. As an extractor it redirects others to the sign-in page, which returns here
/// afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: PersonId,
    /// The session of this request.
    pub session: SessionId,
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
        Scope::Person(self.id.clone())
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
