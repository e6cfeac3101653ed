//! Grants to call Amazon on a person's behalf: given at sign-in, encrypted, refreshed, revoked.
//!
//! Every other room calls Amazon through [`Grants`]: it decrypts the token, calls, and on a 401 refreshes once and
//! calls once more. Concurrent callers share a refresh. A grant that its owner has revoked ends in one state,
//! "reconnect", with one audit log entry, not in a series of errors.

mod asked;
mod given;
mod grants;
mod health;
mod model;
mod pages;
mod proof;
mod refresher;
mod seals;
mod status;
mod store;

pub use given::give;
pub use grants::{CallError, Grants, Token};
pub use model::State;
pub use pages::redirect_address;
pub use proof::{ClosedGrant, Proof, in_use, prove, settle};
pub use seals::{SealedTokens, reseal, seals};
pub use status::{ConnectionStatus, statuses};
pub use store::{ConnectedRegion, connected, disconnect, region, regions, working};

use std::sync::Arc;

use crate::accounts::audit::Action;
use crate::ids::ProcessId;
use crate::web::room::{PageEntry, Room};
use crate::web::shell::Section;
use refresher::Refresher;

/// The room: sign-in, the status of grants, and a worker that refreshes them as `process`.
pub fn room(grants: Grants, process: ProcessId) -> Room {
    Room {
        settings: const { &[Section::new("/settings/connections", "Connections", "plug")] },
        pages: const {
            &[PageEntry::new(
                "/settings/connections",
                "Connections",
                "amazon permission grant token reconnect settings",
            )]
        },
        actions: &[Action::Granted, Action::Refreshed, Action::Revoked, Action::Disconnected],
        workers: vec![Arc::new(Refresher::new(grants.clone(), process))],
        ..Room::new(pages::routes(grants))
    }
}

#[expect(non_upper_case_globals, reason = "named like the values of an enum, which rooms extend")]
impl Action {
    /// A grant was given or renewed by its owner.
    pub const Granted: Self = Self::new("granted", "Amazon access granted or renewed");
    /// A grant was used to get a new token, or the attempt failed.
    pub const Refreshed: Self = Self::new("refreshed", "Token refreshed");
    pub const Revoked: Self = Self::new("revoked", "Amazon access revoked at Amazon");
    /// A connection was ended here, and its tokens deleted.
    pub const Disconnected: Self = Self::new("disconnected", "Connection disconnected");
}
