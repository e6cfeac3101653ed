//! Columns about delivery: identity, device, place, supply, cost, viewability, video.

use super::super::cells::Value;
use super::super::chance::{below, key_text, mix, unit};
use super::super::events::{Contact, Conversion};
use super::super::people::{self, Device};
use super::super::places::postal_code;
use super::super::plan::{Channel, SEGMENTS};
use super::campaign::dsp;
use super::{Cell, Row, cell};

/// The column with that name, if it is about delivery.
pub(super) fn column(name: &str) -> Option<Cell> {
    identity(name)
        .or_else(|| device(name))
        .or_else(|| place(name))
        .or_else(|| supply(name))
        .or_else(|| count(name))
        .or_else(|| segment(name))
}

fn identity(name: &str) -> Option<Cell> {
    match name {
        "user_id" => cell(|row| people::user_id(row.plan().seed, row.person, row.identity).into()),
        "user_id_type" | "user_type" => cell(|row| row.identity.word().into()),
        "request_tag" | "impression_id" => dsp(|row| key_text(request(row), 22).into()),
        "event_id" => cell(|row| key_text(row.key, 24).into()),
        "traffic_event_id" => cell(|row| {
            let sponsored = row.contact.filter(|_| !row.is_dsp());
            sponsored.map(|_| key_text(row.contact_hash(), 24)).into()
        }),
        "device_id" => cell(|row| key_text(mix(row.person_hash(), 60 + row.device() as u64), 20).into()),
        "ip_address" => cell(|row| {
            let hash = mix(row.person_hash(), 70);
            format!("10.{}.{}.{}", hash & 255, (hash >> 8) & 255, (hash >> 16) & 255).into()
        }),
        _ => None,
    }
}

/// The key that links an impression to its views, clicks and conversions.
fn request(row: &Row<'_>) -> u64 {
    mix(row.contact_hash(), 0x7a6)
}

fn device(name: &str) -> Option<Cell> {
    match name {
        "device_type" => cell(|row| match row.device() {
            Device::Phone => "Phone".into(),
            Device::Computer => "PC".into(),
            Device::Television => if unit(row.person_hash(), 80) < 0.7 { "TV" } else { "ConnectedDevice" }.into(),
            Device::Tablet => "Tablet".into(),
        }),
        "device_make" => cell(|row| make(row).into()),
        "device_model" => cell(|row| model(row).into()),
        "operating_system" => cell(|row| system(row).into()),
        "os_version" => cell(|row| version(row).into()),
        "browser_family" => cell(|row| browser(row).into()),
        "environment_type" => dsp(|row| row.outlet().map(|it| if it.bundle.is_some() { "App" } else { "Web" }).into()),
        _ => None,
    }
}

/// Whether the person's phone, tablet or computer is from Apple; for a television, whether it is a Roku.
fn first_make(row: &Row<'_>) -> bool {
    unit(row.person_hash(), 81 + row.device() as u64) < 0.52
}

fn make(row: &Row<'_>) -> &'static str {
    let shouting = unit(row.person_hash(), 90) < 0.2;
    match (row.device(), first_make(row), shouting) {
        (Device::Television, true, _) => "ROKU",
        (Device::Computer, false, _) => "Generic",
        (Device::Television, false, _) => "Amazon",
        (_, true, true) => "APPLE",
        (_, true, false) => "Apple",
        (_, false, true) => "SAMSUNG",
        (_, false, false) => "Samsung",
    }
}

fn model(row: &Row<'_>) -> &'static str {
    match (row.device(), first_make(row)) {
        (Device::Phone, true) => "iPhone",
        (Device::Phone, false) => "Galaxy S",
        (Device::Tablet, true) => "iPad",
        (Device::Tablet, false) => "Galaxy Tab",
        (Device::Computer, true) => "Mac",
        (Device::Computer, false) => "PC",
        (Device::Television, true) => "Roku TV",
        (Device::Television, false) => "Fire TV",
    }
}

fn system(row: &Row<'_>) -> &'static str {
    match (row.device(), first_make(row)) {
        (Device::Phone | Device::Tablet, true) => "iOS",
        (Device::Phone | Device::Tablet, false) => "Android",
        (Device::Computer, true) => "macOS",
        (Device::Computer, false) => "Windows",
        (Device::Television, true) => "Roku OS",
        (Device::Television, false) => "Fire OS",
    }
}

fn version(row: &Row<'_>) -> String {
    let (base, steps) = match system(row) {
        "iOS" => (16, 3),
        "Android" | "macOS" => (13, 3),
        "Windows" => (10, 2),
        _ => (7, 5),
    };
    (base + below(row.person_hash(), 91, steps)).to_string()
}

fn browser(row: &Row<'_>) -> &'static str {
    let app = row.outlet().is_some_and(|outlet| outlet.bundle.is_some());
    match (row.device(), first_make(row)) {
        (Device::Phone | Device::Tablet, true) if app => "iOS WebView",
        (Device::Phone | Device::Tablet, false) if app => "Android App",
        (Device::Phone | Device::Tablet, true) => "Mobile Safari",
        (Device::Computer, true) if unit(row.person_hash(), 92) < 0.5 => "Safari",
        (Device::Television, true) => "Roku App",
        (Device::Television, false) => "Android App",
        _ => "Chrome",
    }
}

fn place(name: &str) -> Option<Cell> {
    match name {
        "iso_state_province_code" => dsp(|row| people::home(row.person_hash()).state.into()),
        "dma_code" => dsp(|row| people::home(row.person_hash()).dma.into()),
        "city_name" => dsp(|row| people::home(row.person_hash()).name.into()),
        "postal_code" => dsp(|row| postal_code(people::home(row.person_hash()), row.person_hash()).into()),
        "marketplace_name" | "traffic_event_marketplace_name" | "conversion_event_marketplace_name" => {
            cell(
                |row| {
                    if row.conversion.is_some_and(Conversion::off_amazon) {
                        Value::Null
                    } else {
                        row.market.name.into()
                    }
                },
            )
        }
        "marketplace_id" | "segment_marketplace_id" => cell(|row| Value::Whole(row.market.id)),
        _ => None,
    }
}

fn supply(name: &str) -> Option<Cell> {
    match name {
        "site" => dsp(|row| row.outlet().map(|outlet| outlet.site).into()),
        "supply_source" => dsp(|row| row.outlet().map(|outlet| outlet.supply).into()),
        "supply_source_id" => dsp(|row| row.outlet().map(|outlet| hash_id(outlet.supply)).into()),
        "publisher_name" => dsp(|row| row.outlet().map(|outlet| outlet.publisher).into()),
        "seller_name" => dsp(|row| row.outlet().map(|outlet| outlet.publisher).into()),
        "seller_id" => dsp(|row| row.outlet().map(|outlet| hash_id(outlet.publisher).to_string()).into()),
        "app_bundle" => dsp(|row| row.outlet().and_then(|outlet| outlet.bundle).into()),
        "is_amazon_owned" => dsp(|row| row.outlet().map(|outlet| outlet.amazon).into()),
        "page_type" => dsp(|row| {
            let shop = row.outlet().is_some_and(|outlet| outlet.supply == "AMAZON.COM");
            shop.then(|| ["Detail", "Search", "Detail", "CustomerReviews"][below(row.contact_hash(), 3, 4)]).into()
        }),
        "slot_position" => dsp(|row| ["ATF", "ATF", "BTF", "UNKNOWN"][below(row.contact_hash(), 4, 4)].into()),
        "placement_is_view_aware" | "supply_source_is_view_aware" => dsp(|row| Value::Flag(measurable(row))),
        "placement_view_rate" | "supply_source_view_rate" => dsp(|row| {
            let rate = row.line().map_or(0.0, |line| view_rate(line.channel));
            Value::Real(f64::from((rate * 1000.0).round()) / 1000.0)
        }),
        _ => None,
    }
}

fn hash_id(text: &str) -> i64 {
    (super::super::chance::hash_text(0, text) % 900_000) as i64 + 100_000
}

fn view_rate(channel: Channel) -> f32 {
    match channel {
        Channel::Television => 0.98,
        Channel::Video => 0.82,
        Channel::Display => 0.68,
        Channel::Audio => 0.9,
    }
}

/// Whether the viewability of a DSP impression was measurable.
pub(super) fn measurable(row: &Row<'_>) -> bool {
    unit(row.moment_hash(row.at), 8) < 0.95
}

fn count(name: &str) -> Option<Cell> {
    let view = |row: &Row<'_>| row.contact.is_some_and(|contact| !contact.clicked() && contact.viewable());
    match name {
        "impressions" => cell(|row| match row.conversion {
            Some(_) => Value::Whole(i64::from(!row.click)),
            None => Value::Whole(i64::from(row.is_dsp() || row.contact.is_some_and(|contact| !contact.clicked()))),
        }),
        "clicks" => cell(|row| match row.conversion {
            Some(_) => Value::Whole(i64::from(row.click)),
            None => Value::Whole(i64::from(row.contact.is_some_and(Contact::clicked))),
        }),
        "viewable_impressions" => {
            cell(
                move |row| {
                    if row.is_dsp() {
                        Value::Whole(i64::from(row.pick == 1))
                    } else {
                        Value::Whole(i64::from(view(row)))
                    }
                },
            )
        }
        "view_definition" => cell(move |row| {
            let viewed = if row.is_dsp() { row.pick == 1 } else { view(row) };
            viewed.then_some("MRC").into()
        }),
        "unmeasurable_viewable_impressions" => cell(|row| Value::Whole(i64::from(row.is_dsp() && row.pick == 3))),
        "measurable_impressions" => dsp(|row| Value::Whole(i64::from(row.pick == 0))),
        "events" => dsp(|_| Value::Whole(1)),
        "traffic_event_subtype" => {
            cell(|row| row.contact.map(|_| if row.click { "AD_CLICK" } else { "AD_IMP" }).into())
        }
        "traffic_event_type" => cell(|row| row.contact.map(|_| "TRAFFIC").into()),
        _ => None,
    }
}

/// Segments of the person, or only those targeted by the line.
fn segments(row: &Row<'_>, targeted: bool) -> Vec<i64> {
    let person = row.person_hash();
    let among = |index: usize| !targeted || row.line().is_some_and(|line| line.segments.contains(&index));
    let held = SEGMENTS.iter().enumerate().filter(|(index, segment)| among(*index) && segment.holds(person));
    held.map(|(_, segment)| i64::from(segment.id)).collect()
}

fn segment(name: &str) -> Option<Cell> {
    match name {
        "user_behavior_segment_ids" => dsp(|row| Value::Wholes(segments(row, false))),
        "matched_behavior_segment_ids" => dsp(|row| Value::Wholes(segments(row, true))),
        "behavior_segment_id" => cell(|row| Value::Whole(i64::from(SEGMENTS[row.pick].id))),
        "behavior_segment_name" => cell(|row| SEGMENTS[row.pick].name.into()),
        "behavior_segment_description" => cell(|row| SEGMENTS[row.pick].description().into()),
        "behavior_segment_matched" => {
            cell(|row| Value::Whole(i64::from(row.line().is_some_and(|line| line.segments.contains(&row.pick)))))
        }
        _ => None,
    }
}
