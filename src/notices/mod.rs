//! Notices: what people are told of executions, schedules and connections, and how it reaches them.
//!
//! The [`Notifier`] reads the feed of outcomes and looks for problems, and writes a message for each cause into the
//! outbox: who reads it, which mail carries it, which endpoints get it, all in the transaction that notes the event as
//! told. Whoever has neither mail nor webhooks reads it here, at `/notices`.

mod compose;
mod model;
mod notifier;
mod outbox;
mod pages;
mod preferences;
mod store;
mod unread;
mod usual;

pub use unread::{UnreadCount, count_unread};

use std::sync::Arc;

use crate::executions::Executions;
use crate::ids::ProcessId;
use crate::schedules::Zones;
use crate::web::Site;
use crate::web::room::{PageEntry, Room};
use crate::web::shell::Section;
use notifier::Notifier;
use outbox::Outbox;

/// The name of the worker that sends, for wakes.
const COURIER: &str = "courier";

/// What the room's pages share.
#[derive(Clone, Debug)]
struct Notices {
    site: Site,
    outbox: Outbox,
}

/// The room, a worker that writes messages and one that sends them as `process`.
pub fn room(site: Site, executions: &Executions, _process: &ProcessId) -> Room {
    let outbox = Outbox { site: site.clone(), zones: Zones::newest() };
    Room {
        bell: Some(Section::Notices),
        settings: const { &[Section::new("/settings/notices", "Notifications", "bell")] },
        pages: const {
            &[
                PageEntry::new("/notices", "Notices", "messages alerts failures bell unread"),
                PageEntry::new("/settings/notices", "Notifications", "email digest quiet hours settings"),
            ]
        },
        workers: vec![Arc::new(Notifier::new(outbox.clone(), executions.clone()))],
        ..Room::new(pages::routes(Notices { site, outbox }))
    }
}

#[expect(non_upper_case_globals, reason = "named like the values of an enum, which rooms extend")]
impl Section {
    /// `/notices` and below.
    pub const Notices: Self = Self::new("/notices", "Notices", "bell");
}
