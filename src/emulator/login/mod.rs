//! The emulated Login with Amazon: consent, tokens, profile.
//!
//! Access tokens are not kept: each carries its grant and its end under a signature, so that a
//! restart forgets none and a busy client fills no memory. A grant is what is kept; when it is gone,
//! its access tokens and its refresh token are dead at once.

mod client;
mod consent;
mod profile;
mod signature;
mod tokens;

use axum::Router;
use axum::routing::{get, post};

use super::Emulator;

pub(crate) use client::standing_grants;
pub(crate) use signature::Signer;
pub(crate) use tokens::{bearer_grant, revoked};

/// The routes of Login with Amazon.
pub(crate) fn routes() -> Router<Emulator> {
    Router::new()
        .route("/ap/oa", get(consent::ask).post(consent::answer))
        .route("/auth/o2/token", post(tokens::exchange))
        .route("/auth/o2/tokeninfo", get(profile::token_info))
        .route("/user/profile", get(profile::profile))
}
