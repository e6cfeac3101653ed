//! Instances of AMC: found through the API, named side by side as account, customer and instance.
//!
//! An instance is one row however many people reach it; what each may do, and by which connection, is
//! their row in `instance_access`. RecomAMP's id of an instance and AMC's are different types.

mod access;
mod catalogue;
mod model;
mod pages;
mod search;
mod store;
mod discovery;

pub use access::{Action, Denied, Expiry, end_due, end_expired, end_of_grace, refusal, require};
pub use model::{Grant, Instance, Role, Source};
pub use store::{
    Address, Filter, NamedInstance, Pair, PersonGrant, catalogue, disconnect, find, forget_survey, give, grants_of,
    is_looking, list, named, page, reached_by, revoke, revoke_all,
};

use std::sync::Arc;

use crate::accounts::audit::Action;
use crate::connections::Grants;
use crate::ids::ProcessId;
use crate::web::room::{PageEntry, Room};
use crate::web::shell::Section;
use crate::web::Site;
use discovery::InstanceDiscovery;

/// The room, and a worker that finds instances as `process`.
pub fn room(site: Site, grants: Grants, process: ProcessId) -> Room {
    Room {
        section: Some(Section::Instances),
        pages: &[
            PageEntry::new("/instances", "Instances", "amc accounts slots"),
            PageEntry::new("/instances/new", "Add an instance", "instances new"),
        ],
        searches: search::SEARCHES,
        actions: &[Action::InstanceChanged],
        workers: vec![Arc::new(InstanceDiscovery::new(site.clone(), grants.clone(), process))],
        ..Room::new(pages::routes(site, grants))
    }
}

#[expect(non_upper_case_globals, reason = "named like the values of an enum, which rooms extend")]
impl Section {
    /// `/instances` and below.
    pub const Instances: Self = Self::new("/instances", "Instances", "server");
}

#[expect(non_upper_case_globals, reason = "named like the values of an enum, which rooms extend")]
impl Action {
    /// An instance was removed from somebody's list or came back.
    pub const InstanceChanged: Self = Self::new("instance-changed", "Instance removed or brought back");
}
