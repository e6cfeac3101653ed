//! AMC instances: found through the API, identified by account, customer and name.
//!
//! An instance is one row however many people reach it; what each may do, and through which connection, is their row
//! in `instance_access`. RecomAMP's id of an instance and AMC's are different types.

mod access;
mod brand_list;
mod catalogue;
mod changes;
mod model;
mod pages;
mod proposal;
mod search;
mod slots;
mod store;
mod discovery;
mod labels;

pub use access::{Action, Denied, Expiry, end_due, end_expired, end_of_grace, refusal, require, runnable};
pub use brand_list::{Item, ItemKind, fitting};
pub use changes::{ChangeKind, SourceChange};
pub use model::{Grant, Instance, Role, Source};
pub use proposal::{Proposal, brand_columns, brand_proposal};
pub(crate) use slots::takes_slot;
pub use slots::{SlotsInUse, slots_in_use};
pub use store::brands::{Brand, brand, brands, items as brand_items};
pub use store::{
    Address, Colleague, ColleagueFilter, Filter, Given, InstanceChange, Listing, NamedInstance, Pair, PersonGrant,
    catalogue, colleagues, count_people_of, disconnect, find, forget_survey, give, grants_of, is_looking, list,
    listings, named, page, people_of, reached_by, revoke, revoke_all, source_changes,
};

use std::sync::Arc;

use futures::FutureExt as _;

use crate::accounts::audit;
use crate::connections::Grants;
use crate::db::{self, Tx};
use crate::ids::ProcessId;
use crate::web::room::{PageEntry, Room, Subject};
use crate::web::shell::Section;
use crate::web::{Person, Site};
use discovery::InstanceDiscovery;

/// The room, with instance discovery running as `process`.
pub fn room(site: Site, grants: Grants, process: ProcessId) -> Room {
    Room {
        section: Some(Section::Instances),
        pages: const {
            &[
                PageEntry::new("/instances", "Instances", "amc accounts slots"),
                PageEntry::new("/instances/new", "Add an instance", "instances new"),
            ]
        },
        searches: search::SEARCHES,
        actions: &[
            audit::Action::InstanceChanged,
            audit::Action::BrandsChanged,
            audit::Action::AccessGranted,
            audit::Action::AccessRevoked,
            audit::Action::AccessEnding,
            audit::Action::AccessEnded,
        ],
        subjects: const { &[Subject::new("ins", "/instances/", |tx, person, id| opens(tx, person, id).boxed())] },
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
impl audit::Action {
    /// An instance was renamed, hidden or shown again.
    pub const InstanceChanged: Self = Self::new("instance-changed", "Instance renamed, hidden or shown");
    /// A brand of an instance, or its items, changed.
    pub const BrandsChanged: Self = Self::new("brands-changed", "Brands changed");
    /// Somebody was granted a role on an instance.
    pub const AccessGranted: Self = Self::new("access-granted", "Access granted");
    /// A role on an instance was revoked.
    pub const AccessRevoked: Self = Self::new("access-revoked", "Access revoked");
    /// Amazon no longer lists an instance for somebody, whose access ends after the grace period.
    pub const AccessEnding: Self = Self::new("access-ending", "Access ends soon");
    pub const AccessEnded: Self = Self::new("access-ended", "Access ended");
}

/// Whether somebody can open the page of an instance.
async fn opens(tx: &mut Tx, person: &Person, id: &str) -> db::Result<bool> {
    let Ok(id) = id.parse() else { return Ok(false) };
    Subject::is_found(find(tx, &person.id, &id).await)
}
