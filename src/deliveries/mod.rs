//! Deliveries: results written to where they are used: folders, buckets and tables of a PostgreSQL database.
//!
//! Administrators create destinations. Rules of a schedule say where each of its results goes and in which form; a
//! result can also be delivered by a person, from its page. Each delivery is a row of the ledger, written from the feed
//! of outcomes in the transaction that moves the position on. The [`Deliverer`] sends what is due, once, and retries over
//! three days.
//!
//! Delivering is idempotent: the same object is overwritten, and rows of the same execution are replaced. So a crash
//! between the write and its entry in the ledger only repeats the same write.

mod deliverer;
mod destination_form;
mod folder;
mod model;
mod pages;
mod pattern;
mod place;
mod seals;
mod send;
mod store;
mod target_form;

pub use seals::{reseal, seals};
pub use store::unfinished;

use std::sync::Arc;

use crate::accounts::audit::Action;
use crate::executions::Executions;
use crate::ids::ProcessId;
use crate::web::Site;
use crate::web::room::{PageEntry, Room};
use crate::web::shell::Section;
use deliverer::Deliverer;

/// The name of the worker that sends, used to wake it.
const DELIVERER: &str = "deliverer";

/// What the room's pages and its worker share.
#[derive(Clone, Debug)]
struct Deliveries {
    site: Site,
    executions: Executions,
}

/// The room, with a worker that sends as `process`.
pub fn room(site: Site, executions: &Executions, process: &ProcessId) -> Room {
    let room = Deliveries { site, executions: executions.clone() };
    let worker = Deliverer::new(room.clone(), process.clone());
    Room {
        administration: const { &[Section::new("/settings/destinations", "Destinations", "database")] },
        pages: const {
            &[PageEntry::new(
                "/deliveries",
                "Deliveries",
                "export bucket s3 postgresql table folder warehouse csv parquet",
            )]
        },
        actions: &[Action::DestinationChanged, Action::DeliveryRuleChanged, Action::ResultDelivered],
        workers: vec![Arc::new(worker)],
        ..Room::new(pages::routes(room))
    }
}

#[expect(non_upper_case_globals, reason = "named like the values of an enum, which rooms extend")]
impl Action {
    /// A destination was added, changed, deleted or restored.
    pub const DestinationChanged: Self = Self::new("destination-changed", "Destination added, changed or deleted");
    /// A rule that delivers the results of a schedule was added, changed, deleted or restored.
    pub const DeliveryRuleChanged: Self = Self::new("delivery-rule-changed", "Delivery rule added, changed or deleted");
    /// Results were delivered because somebody asked for it.
    pub const ResultDelivered: Self = Self::new("result-delivered", "Results delivered manually");
}
