//! The signed-in person, as every handler meets them.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;

use super::Error;
use crate::db::Scope;
use crate::ids::{PersonId, SessionId};

/// Who makes this request. As an extractor it sends everybody else to the sign-in page, which brings
/// them back here afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: PersonId,
    /// The session that this request belongs to.
    pub session: SessionId,
    /// The name that Amazon gave; may be any text.
    pub name: String,
    /// The address that they signed in with.
    pub email: String,
    /// Whether they look after the whole installation.
    pub is_administrator: bool,
}

impl Person {
    /// The scope of everything that is done for this person.
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
