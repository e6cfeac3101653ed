//! The emulated Login with Amazon: consent, tokens, profile.
//!
//! Access tokens aren't stored: each contains its grant and its expiry with a signature, so that they survive a
//! restart and a busy client doesn't fill memory. Only grants are stored; when one is deleted, its access tokens and
//! its refresh token become invalid immediately.

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
