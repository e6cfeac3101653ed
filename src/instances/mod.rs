//! Instances of AMC: found through the API, named side by side as account, customer and instance.
//!
//! An instance is one row however many people reach it; what each may do, and by which connection, is
//! their row in `instance_access`. RecomAMP's id of an instance and AMC's are different types.

mod access;
mod catalogue;
mod model;
mod pages;
mod store;
mod discovery;

pub use access::{Action, Denied, Expiry, end_due, end_expired, end_of_grace, refusal, require};
pub use discovery::InstanceDiscovery;
pub use model::{Grant, Instance, Role, Source};
pub use store::{
    Address, Filter, NamedInstance, Pair, PersonGrant, catalogue, disconnect, find, forget_survey, give, grants_of,
    is_looking, list, named, page, reached_by, revoke, revoke_all,
};

use crate::web::Site;

/// The room's routes.
pub fn routes(site: Site, grants: crate::connections::Grants) -> axum::Router {
    pages::routes(site, grants)
}
