//! The statements of the room. People see their own messages and endpoints; the program sees all of them.

mod backfills;
mod deliveries;
mod delivery_problems;
mod endpoints;
mod incidents;
mod list;
mod mails;
mod outbox;
mod past;
mod preferences;
mod problems;
mod seals;
mod subscriptions;

pub(super) use backfills::{EndedBackfill, WindowCount, ended_backfills, is_backfill_open, windows_of};
pub(super) use deliveries::{
    DeliveryFilter, Outgoing, Tried, attempts, cancel_deliveries, claim_deliveries, count_deliveries, delivery,
    forget_deliveries, list_deliveries, log_attempt, next_delivery, outgoing, replay, tried,
};
pub(super) use delivery_problems::{
    FailingRule, ManualDelivery, arrived, ended_deliveries, ended_rule_failures, failing_rules, given_up, working_rule,
};
pub(super) use endpoints::{
    EndpointFilter, add_endpoint, add_secret, any_endpoint, change_endpoint, count_endpoints, delete_endpoint,
    endpoint, list_endpoints, mark_warned, note_endpoint, owned, remove_secrets, secrets, switch_endpoint,
    to_switch_off, to_warn,
};
pub(super) use incidents::{close, close_older, has_open, open, open_causes, recipients_of, set_message};
pub(super) use list::{Filter, Line, count, find, list, mark_all_read, mark_read, unread};
pub(super) use mails::{OutgoingMail, carried, claim_mails, mailed, next_mail, outgoing_mail};
pub(super) use outbox::{attach_mail, coalesce, deliver, endpoints, forget, put, reader, receive};
pub(super) use past::{past, slot_before};
pub(super) use preferences::{preferences, set_preferences};
pub(super) use problems::{
    Lost, administrators, failing, gone, instance_name, last_backup, late_slots, lost, overdue, paused, schedule,
    subscribers, works,
};
pub(super) use seals::{SealedText, seal_again, sealed_texts};
pub(super) use subscriptions::{Followed, followed, subscribe, subscription};

use crate::db::{FromRow, Result, Row};
use crate::notices::model::{Kind, Message};

fn kind(row: &Row) -> Result<Kind> {
    row.parsed("kind", Kind::parse)
}

impl FromRow for Message {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            at: row.get("at")?,
            kind: kind(row)?,
            times: row.get("times")?,
            title: row.get("title")?,
            detail: row.json("detail")?,
            href: row.get("href")?,
        })
    }
}
