//! Public links: one result or one report, shown to anyone who has the link, until it expires or is revoked.
//!
//! A link contains a random token, of which only the hash is stored. Its page reads in a scope of its own
//! ([`crate::db::Scope::Link`]), which sees that one thing, and it has no way into the program. It shows nothing once its author
//! may no longer run queries on the instance: a link is worth what its author may see.

mod model;
mod pages;
mod store;

use crate::accounts::audit::Action;
use crate::executions::Executions;
use crate::web::Site;
use crate::web::room::{PageEntry, Room};
use crate::web::shell::Section;

pub fn room(site: Site, executions: &Executions) -> Room {
    Room {
        settings: const { &[Section::new("/settings/links", "Public links", "link")] },
        pages: const { &[PageEntry::new("/settings/links", "Public links", "share anyone external settings")] },
        actions: &[Action::LinkCreated, Action::LinkRevoked],
        ..Room::new(pages::routes(pages::Links { site, executions: executions.clone() }))
    }
}

#[expect(non_upper_case_globals, reason = "named like the values of an enum, which rooms extend")]
impl Action {
    pub const LinkCreated: Self = Self::new("link-created", "Public link created");
    pub const LinkRevoked: Self = Self::new("link-revoked", "Public link revoked");
}
