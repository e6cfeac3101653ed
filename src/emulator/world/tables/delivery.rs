//! Columns about delivery: identity, device, place, supply, cost, viewability, video.

use super::super::cells::Value;
use super::super::chance::{below, key_text, mix, unit};
use super::super::people::{self, Device};
use super::super::places::postal_code;
use super::super::plan::{AdProduct, Channel, Reach, SEGMENTS};
use super::campaign::dsp;
use super::{Cell, Row, cell};

/// The column of that name, where it is about delivery.
pub(super) fn column(name: &str) -> Option<Cell> {
    identity(name)
        .or_else(|| device(name))
        .or_else(|| place(name))
        .or_else(|| supply(name))
        .or_else(|| cost(name))
        .or_else(|| count(name))
        .or_else(|| video(name))
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

/// The key that ties an impression to its views, clicks and conversions.
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

/// Whether the person's phone, tablet or computer comes from Apple; for a television, whether it is a Roku.
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
        "marketplace_name" | "traffic_event_marketplace_name" | "conversion_event_marketplace_name" => cell(|row| {
            if row.conversion.is_some_and(super::super::events::Conversion::off_amazon) {
                Value::Null
            } else {
                "AMAZON.COM".into()
            }
        }),
        "marketplace_id" | "segment_marketplace_id" => cell(|_| Value::Whole(1)),
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

/// Media cost of a DSP impression in microcents, with the spread of an auction.
fn media(row: &Row<'_>) -> i64 {
    let (Some(line), Some(contact)) = (row.line(), row.contact) else { return 0 };
    let spread = 0.75 + 0.5 * unit(contact_root(row, contact.at), 5);
    (line.price_cents * spread) as i64 * 1000
}

/// Of the impression itself, so that a clicked one costs what it would have cost anyway.
fn contact_root(row: &Row<'_>, at: u32) -> u64 {
    mix(row.person_hash(), u64::from(at))
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

/// Cost of a sponsored ads event in microcents: clicks, or views where views are paid.
fn spend(row: &Row<'_>) -> i64 {
    let (Some(line), Some(contact), Some(campaign)) = (row.line(), row.contact, row.campaign()) else { return 0 };
    let spread = f64::from(0.7 + 0.6 * unit(contact_root(row, contact.at), 6));
    let by_view = campaign.product == AdProduct::Television
        || campaign.product == AdProduct::Display && line.reach == Reach::Visitors;
    let paid = if by_view { !contact.clicked() && contact.viewable() } else { contact.clicked() };
    let events = if by_view { 1000.0 } else { 1.0 };
    if paid { (f64::from(line.price_cents) * spread * 1_000_000.0 / events) as i64 } else { 0 }
}

fn cost(name: &str) -> Option<Cell> {
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

/// Whether the viewability of a DSP impression could be measured.
pub(super) fn measurable(row: &Row<'_>) -> bool {
    unit(contact_root(row, row.at), 8) < 0.95
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
            None => Value::Whole(i64::from(row.contact.is_some_and(|contact| contact.clicked()))),
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

/// How far a video was watched, 0 to 1; nothing for what is no video.
fn watched(row: &Row<'_>) -> Option<f32> {
    row.creative().and_then(|creative| creative.seconds)?;
    let contact = row.contact?;
    let point = unit(contact_root(row, contact.at), 9);
    let patient = match row.line()?.channel {
        Channel::Television => 0.94,
        Channel::Audio => 0.9,
        _ => 0.42,
    };
    Some(if point < patient { 1.0 } else { (1.0 - point) / (1.0 - patient) })
}

fn video(name: &str) -> Option<Cell> {
    let reached = |share: f32| {
        cell(move |row| Value::Whole(i64::from(!clicked_ad(row) && watched(row).is_some_and(|it| it >= share))))
    };
    let rare = |salt: u64, share: f32| {
        cell(move |row| Value::Whole(i64::from(watched(row).is_some() && unit(row.contact_hash(), salt) < share)))
    };
    match name {
        "video_impression" | "video_start" => reached(0.0),
        "video_first_quartile" | "video_first_quartile_views" => reached(0.25),
        "video_midpoint" | "video_midpoint_views" => reached(0.5),
        "video_third_quartile" | "video_third_quartile_views" => reached(0.75),
        "video_complete" | "video_complete_views" => reached(1.0),
        "five_sec_views" => reached(0.25),
        "video_click" => cell(|row| Value::Whole(i64::from(row.contact.is_some_and(|contact| contact.clicked())))),
        "video_mute" => rare(20, 0.02),
        "video_unmute" | "video_unmutes" => rare(21, 0.015),
        "video_pause" => rare(22, 0.02),
        "video_resume" => rare(22, 0.015),
        "video_replay" => rare(23, 0.004),
        "video_skip_forward" => rare(24, 0.003),
        "video_skip_backward" => rare(25, 0.003),
        "video_creative_view" => rare(26, 0.05),
        _ => None,
    }
}

/// A sponsored click is a row of its own and shows no view.
fn clicked_ad(row: &Row<'_>) -> bool {
    !row.is_dsp() && row.contact.is_some_and(|contact| contact.clicked())
}

/// Segments of the person, only those targeted by the line when asked so.
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
