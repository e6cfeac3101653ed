//! Notices: messages to people about executions, schedules and connections.
//!
//! The [`Notifier`] reads the outcome feed and detects problems. For each cause it writes a message to the outbox with
//! its readers, mails and webhook endpoints, in the transaction that marks the event as handled. The [`Courier`] sends
//! them. All messages are also shown at `/notices`, for people without mail and webhooks.

mod compose;
mod mail;
mod model;
mod notifier;
mod outbox;
mod pages;
mod preferences;
mod seals;
mod store;
mod subscription;
mod told;
mod unread;
mod usual;
mod webhooks;

pub use mail::Mailer;
pub use model::Message;
pub use seals::{reseal, seals};
pub use told::told;
pub use unread::{UnreadCount, count_unread};

use std::sync::Arc;

use crate::accounts::audit::Action;
use crate::executions::Executions;
use crate::ids::ProcessId;
use crate::outbound::{Networks, Outbound};
use crate::schedules::Zones;
use crate::web::Site;
use crate::web::room::{PageEntry, Room};
use crate::web::shell::Section;
use notifier::Notifier;
use outbox::Outbox;
use webhooks::Courier;

/// The name of the worker that sends messages, used to wake it.
const COURIER: &str = "courier";

/// State shared by the room's pages.
#[derive(Clone, Debug)]
struct Notices {
    site: Site,
    outbox: Outbox,
    /// The networks that webhooks may reach.
    networks: Networks,
}

/// The room, with a worker that writes messages and one that sends them as `process`.
pub fn room(site: Site, executions: &Executions, process: &ProcessId) -> Room {
    let outbox = Outbox { site: site.clone(), zones: Zones::newest() };
    let allowed = &site.config.webhook_allow;
    let mailer = site.config.mail.as_ref().and_then(Mailer::new);
    let courier = Courier::new(outbox.clone(), Outbound::new(allowed), mailer, process.clone());
    let notifier = Notifier::new(outbox.clone(), executions.clone());
    let networks = Networks::new(allowed);
    Room {
        bell: Some(Section::Notices),
        settings: const {
            &[
                Section::new("/settings/notices", "Notice settings", "bell"),
                Section::new("/settings/webhooks", "Webhooks", "share-2"),
            ]
        },
        pages: const {
            &[
                PageEntry::new("/notices", "Notices", "messages alerts failures bell unread"),
                PageEntry::new("/settings/notices", "Notice settings", "email digest quiet hours settings"),
                PageEntry::new("/settings/webhooks", "Webhooks", "slack teams chat hook endpoint settings"),
            ]
        },
        actions: &[Action::WebhookChanged],
        workers: vec![Arc::new(notifier), Arc::new(courier)],
        ..Room::new(pages::routes(Notices { site, outbox, networks }))
    }
}

#[expect(non_upper_case_globals, reason = "named like the values of an enum, which rooms extend")]
impl Action {
    /// A webhook was added, changed, switched on or off, or deleted, or its deliveries were replayed.
    pub const WebhookChanged: Self = Self::new("webhook-changed", "Webhook added, changed or deleted");
}

#[expect(non_upper_case_globals, reason = "named like the values of an enum, which rooms extend")]
impl Section {
    /// `/notices` and its subpages.
    pub const Notices: Self = Self::new("/notices", "Notices", "bell");
}
