//! Grants to call Amazon in a person's name: given at sign-in, sealed, refreshed, revoked.
//!
//! [`Grants`] is how every other room calls Amazon: it opens the token, calls, and on a 401 refreshes
//! once and calls once more. All who need the same refresh share it. A grant that its owner has
//! withdrawn ends in one state, "reconnect", and one line of the audit log, not in a string of errors.

mod asked;
mod grants;
mod health;
mod model;
mod pages;
mod proof;
mod refresher;
mod seals;
mod status;
mod store;

pub use grants::{CallError, Grants, Token};
pub use model::State;
pub use pages::redirect_address;
pub use proof::{ClosedGrant, Proof, in_use, prove, settle};
pub use refresher::Refresher;
pub use seals::{SealedTokens, reseal, seals};
pub use status::{ConnectionStatus, standing};
pub use store::{Reach, connected, disconnect, regions};

/// The room's routes: signing in, and the health of grants.
pub fn routes(grants: Grants) -> axum::Router {
    pages::routes(grants)
}
