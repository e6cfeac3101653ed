//! Notices: messages to people about executions, schedules and connections.
//!
//! The [`Notifier`] reads the outcome feed and detects problems. For each cause it writes a message to the outbox
//! with its readers, mails and webhook endpoints, in the transaction that marks the event as handled. All messages
//! are also shown at `/notices`, for people without mail and webhooks.

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

/// The name of the worker that sends, used to wake it.
const COURIER: &str = "courier";

/// What the room's pages share.
#[derive(Clone, Debug)]
struct Notices {
    site: Site,
    outbox: Outbox,
}

/// The room, with a worker that writes messages and one that sends them as `process`.
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
    /// `/notices` and its subpages.
    pub const Notices: Self = Self::new("/notices", "Notices", "bell");
}
