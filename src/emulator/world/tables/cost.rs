//! Columns about ad costs, in AMC's units: microcents, millicents, and which columns add up.
//!
//! `impression_cost` is media and audience fee; `total_cost` adds platform and third-party fees.

use super::super::cells::Value;
use super::super::chance::unit;
use super::super::plan::{AdProduct, Channel, Targeting};
use super::campaign::dsp;
use super::{Cell, Row, cell};

/// Media cost of a DSP impression in microcents, varying as in an auction.
fn media(row: &Row<'_>) -> i64 {
    let (Some(line), Some(contact)) = (row.line(), row.contact) else { return 0 };
    let spread = 0.75 + 0.5 * unit(row.moment_hash(contact.at), 5);
    (line.price_cents * spread) as i64 * 1000
}

fn audience_fee(row: &Row<'_>) -> i64 {
    let targeted = row.line().is_some_and(|line| !line.segments.is_empty());
    if targeted { media(row) / 8 } else { 0 }
}

fn third_party(row: &Row<'_>) -> i64 {
    let video = row.line().is_some_and(|line| matches!(line.channel, Channel::Television | Channel::Video));
    media(row) / if video { 50 } else { 100 }
}

fn platform_fee(row: &Row<'_>) -> i64 {
    media(row) * 2 / 25
}

/// Cost of a sponsored ads event in microcents: clicks, or views if views are paid.
fn spend(row: &Row<'_>) -> i64 {
    let (Some(line), Some(contact), Some(campaign)) = (row.line(), row.contact, row.campaign()) else { return 0 };
    let spread = f64::from(0.7 + 0.6 * unit(row.moment_hash(contact.at), 6));
    let by_view = campaign.product == AdProduct::Television
        || campaign.product == AdProduct::Display && line.targeting == Targeting::Visitors;
    let paid = if by_view { !contact.clicked() && contact.viewable() } else { contact.clicked() };
    let events = if by_view { 1000.0 } else { 1.0 };
    if paid { (f64::from(line.price_cents) * spread * 1_000_000.0 / events) as i64 } else { 0 }
}

/// The column with that name, if it is about cost.
pub(super) fn column(name: &str) -> Option<Cell> {
    match name {
        "supply_cost" => dsp(|row| Value::Whole(media(row) - audience_fee(row))),
        "audience_fee" => dsp(|row| Value::Whole(audience_fee(row))),
        "platform_fee" => dsp(|row| Value::Whole(platform_fee(row))),
        "third_party_fees" => dsp(|row| Value::Whole(third_party(row))),
        "managed_service_fee" | "ocm_fee" => dsp(|_| Value::Whole(0)),
        // Millicents: a thousand microcents each.
        "impression_cost" => dsp(|row| Value::Whole(media(row) / 1000)),
        "total_cost" => dsp(|row| Value::Real((media(row) + platform_fee(row) + third_party(row)) as f64 / 1000.0)),
        "winning_bid_cost" => dsp(|row| Value::Whole(media(row) / 1000)),
        "bid_price" => dsp(|row| Value::Whole(media(row) * 13 / 10)),
        // OK because DSP lines pay by impression: a click costs nothing more.
        "click_cost" => dsp(|_| Value::Whole(0)),
        "spend" => cell(|row| Value::Whole(spend(row))),
        _ => None,
    }
}
