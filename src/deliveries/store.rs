//! The room's statements. People see the rules and deliveries of their instances; the program sees all.

mod destinations;
mod ledger;
mod queue;
mod rules;
mod subjects;

pub(super) use destinations::{
    DestinationFilter, Use, add_destination, bin_destination, change_destination, count_destinations, destination,
    is_name_taken, list_destinations, place, seal_again, sealed_secrets, uses,
};
pub use ledger::unfinished;
pub(super) use ledger::{
    DeliveryFilter, LedgerKey, add_manual, again, attempts, count, deliveries_of, delivery, list, past, retry,
};
pub(super) use queue::{
    Outgoing, Verdict, add, claim, log_attempt, mark_failing, mark_working, next_due, outgoing, renew, served, tried,
    wanted,
};
pub(super) use rules::{Usable, add_rule, bin_rule, cancel, change_rule, retarget, rule, rules, usable};
pub(super) use subjects::subject;

use serde_json::Value;

use super::model::{DestinationKind, Target};
use crate::db::{Result, Row};

fn kind(row: &Row, column: &'static str) -> Result<DestinationKind> {
    row.parsed(column, DestinationKind::parse)
}

fn json_of(value: &impl serde::Serialize) -> Value {
    // OK because JSON can represent all values of these types.
    serde_json::to_value(value).unwrap_or_else(|_| Value::Object(serde_json::Map::new()))
}

fn target(row: &Row) -> Result<Target> {
    row.json("target")
}
