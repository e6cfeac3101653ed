//! The statements of the room. People see their own messages and endpoints; the program sees all.

mod incidents;
mod list;
mod outbox;
mod past;
mod preferences;
mod problems;

pub(super) use incidents::{close, has_open, open, open_causes, recipients_of, set_message};
pub(super) use list::{Filter, Line, count, find, list, mark_all_read, mark_read, unread};
pub(super) use outbox::{
    advance_cursor, attach_mail, coalesce, cursor, deliver, endpoints, forget, put, reader, receive,
};
pub(super) use past::{past, slot_before};
pub(super) use preferences::{preferences, set_preferences};
pub(super) use problems::{
    Lost, administrators, failing, gone, instance_name, late_slots, lost, overdue, paused, schedule, subscribers, works,
};

use serde_json::Value;

use crate::db::{Error, FromRow, Result, Row, WrongValue};
use crate::notices::model::{Kind, Message};

fn stored<T: serde::de::DeserializeOwned>(column: &'static str, value: Value) -> Result<T> {
    serde_json::from_value(value).map_err(|_| Error::Inconsistent { column, source: WrongValue::new("known shape") })
}

fn kind(row: &Row) -> Result<Kind> {
    let wrong = Error::Inconsistent { column: "kind", source: WrongValue::new("known kind") };
    Kind::parse(&row.get::<String>("kind")?).ok_or(wrong)
}

impl FromRow for Message {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            at: row.get("at")?,
            kind: kind(row)?,
            times: row.get("times")?,
            title: row.get("title")?,
            detail: stored("detail", row.get("detail")?)?,
            href: row.get("href")?,
        })
    }
}
