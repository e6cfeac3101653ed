//! Personal tokens: how programs call the API for a person.
//!
//! A token allows some kinds of things, to read or also to change them, on all of its person's instances or on some,
//! for at most a year. It is shown once and stored as a hash. Whatever the person loses, their tokens lose at the same
//! moment: the person is read with each request. Tokens reach the API only: never a page, a session or a token.

mod bearer;
mod model;
mod pages;
mod store;

pub use bearer::{Access, Bearer, CHALLENGE, authenticate, unauthorized};
pub use model::{Area, Level, Scopes, is_token};
pub use store::revoke_all;

use futures::FutureExt as _;

use crate::accounts::audit::Action;
use crate::db::{self, Tx};
use crate::web::room::{PageEntry, Room, Subject};
use crate::web::shell::Section;
use crate::web::{Person, Site};

pub fn room(site: Site) -> Room {
    Room {
        settings: const { &[Section::Tokens] },
        pages: const {
            &[
                PageEntry::new("/settings/tokens", "API tokens", "personal access programs scripts bearer settings"),
                PageEntry::new("/settings/tokens/new", "New API token", "personal access programs create"),
            ]
        },
        actions: &[Action::TokenCreated, Action::TokenRevoked],
        subjects: const { &[Subject::new("tok", "/settings/tokens/", |tx, person, id| opens(tx, person, id).boxed())] },
        ..Room::new(pages::routes(site))
    }
}

#[expect(non_upper_case_globals, reason = "named like the values of an enum, which rooms extend")]
impl Section {
    /// `/settings/tokens` and below.
    pub const Tokens: Self = Self::new("/settings/tokens", "API tokens", "key");
}

#[expect(non_upper_case_globals, reason = "named like the values of an enum, which rooms extend")]
impl Action {
    /// Somebody created a personal token.
    pub const TokenCreated: Self = Self::new("token-created", "API token created");
    /// Somebody revoked a personal token.
    pub const TokenRevoked: Self = Self::new("token-revoked", "API token revoked");
}

/// Whether somebody can open the page of a token, which is their own.
async fn opens(tx: &mut Tx, person: &Person, id: &str) -> db::Result<bool> {
    let Ok(id) = id.parse() else { return Ok(false) };
    Subject::is_found(store::find(tx, &person.id, &id).await)
}
