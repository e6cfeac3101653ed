//! DSP campaigns: always-on orders by half-year, tent-poles by season, a pilot too small to report.

use chrono::{Datelike, NaiveDate};

use super::super::calendar::{DayNumber, HISTORY_DAYS, date, day_number};
use super::super::chance::{code_text, hash_text};
use super::{AdProduct, Campaign, Channel, Creative, Deal, Line, Plan, SEGMENTS, Targeting, number};

/// An order without dates.
struct Order {
    title: &'static str,
    goal: &'static str,
    channel: Channel,
    targeting: Targeting,
    link_in: bool,
    weight: f32,
    lines: &'static [Item],
}

/// A line item of an order.
struct Item {
    title: &'static str,
    kind: &'static str,
    cpm_cents: f32,
    share: f32,
    deal: Option<&'static str>,
    targeted: bool,
}

const fn item(title: &'static str, kind: &'static str, cpm_cents: f32, share: f32) -> Item {
    Item { title, kind, cpm_cents, share, deal: None, targeted: true }
}

const TELEVISION: [Item; 3] = [
    Item { deal: Some("Prime Video Reach"), targeted: false, ..item("STV Prime Video", "AAP_VIDEO_CPM", 3100.0, 0.5) },
    item("STV Lifestyle audiences", "AAP_VIDEO_CPM", 2700.0, 0.35),
    Item { deal: Some("Openreel Live Sports"), ..item("STV Live events", "AAP_VIDEO_CPM", 3400.0, 0.15) },
];
const VIDEO: [Item; 2] =
    [item("OLV In-market", "AAP_VIDEO_CPM", 1350.0, 0.6), item("OLV Lifestyle", "AAP_VIDEO_CPM", 1150.0, 0.4)];
const PROSPECTING: [Item; 4] = [
    item("In-market Desktop", "CLASS_I_WEB", 420.0, 0.35),
    item("In-market Mobile", "AAP_MOBILE", 380.0, 0.35),
    item("Lifestyle", "AAP_DISPLAY", 450.0, 0.2),
    Item { targeted: false, ..item("Contextual", "AAP_DISPLAY", 330.0, 0.1) },
];
const RETARGETING: [Item; 2] = [
    item("Viewed not purchased", "AAP_DISPLAY", 610.0, 0.7),
    item("Similar products viewed", "AAP_MOBILE", 540.0, 0.3),
];
const LOYALTY: [Item; 1] = [item("Past buyers", "AAP_DISPLAY", 560.0, 1.0)];
const AUDIO: [Item; 1] = [Item { targeted: false, ..item("Audio Morning and evening", "AAP", 1450.0, 1.0) }];
const OWN_SITE: [Item; 1] = [item("Own shop Mobile", "CLASS_I_MOBILE_WEB", 400.0, 1.0)];
const PILOT: [Item; 1] = [Item { targeted: false, ..item("Pilot Retail media", "AAP", 700.0, 1.0) }];
const EVENT: [Item; 2] =
    [item("Event In-market", "AAP_DISPLAY", 480.0, 0.6), item("Event Lifestyle Mobile", "AAP_MOBILE", 440.0, 0.4)];

const fn order(
    title: &'static str,
    goal: &'static str,
    channel: Channel,
    targeting: Targeting,
    weight: f32,
    lines: &'static [Item],
) -> Order {
    Order { title, goal, channel, targeting, link_in: true, weight, lines }
}

const ALWAYS_ON: [Order; 8] = [
    order("Streaming TV | Awareness", "REACH", Channel::Television, Targeting::Prospects, 30.0, &TELEVISION),
    order("Online Video | Consideration", "CPVC", Channel::Video, Targeting::Prospects, 13.0, &VIDEO),
    order("Display | Consideration", "DPVR", Channel::Display, Targeting::Prospects, 62.0, &PROSPECTING),
    order("Display | Conversion", "ROAS", Channel::Display, Targeting::Visitors, 1.0, &RETARGETING),
    order("Display | Loyalty", "TOTAL_ROAS", Channel::Display, Targeting::Buyers, 1.0, &LOYALTY),
    order("Audio | Awareness", "REACH", Channel::Audio, Targeting::Prospects, 6.0, &AUDIO),
    Order {
        link_in: false,
        ..order("Display | Own shop", "PAGE_VISIT", Channel::Display, Targeting::Prospects, 5.0, &OWN_SITE)
    },
    order("Pilot | New placements", "OTHER", Channel::Display, Targeting::Prospects, 0.08, &PILOT),
];

/// A month and a day of it.
type MonthDay = (u32, u32);

/// Tent-poles: title, first and last day, weight.
const TENT_POLES: [(&str, MonthDay, MonthDay, f32); 3] = [
    ("Spring Refresh", (3, 9), (4, 5), 12.0),
    ("Deal Days", (7, 4), (7, 20), 38.0),
    ("Black Week", (11, 12), (12, 2), 42.0),
];

/// Schedules a brand's DSP campaigns in every year of the history.
pub(super) fn lay_out(plan: &mut Plan, brand: u8) {
    let from = date(plan.first.saturating_sub(HISTORY_DAYS / 6)).year();
    for year in from..=date(plan.today).year() {
        for (half, start, end) in [("H1", (1, 1), (6, 30)), ("H2", (7, 1), (12, 31))] {
            for order in &ALWAYS_ON {
                place(plan, brand, order, &format!("{year} {half}"), span(year, start, end));
            }
        }
        for (title, start, end, weight) in TENT_POLES {
            let pole = order(title, "TOTAL_ROAS", Channel::Display, Targeting::Prospects, weight, &EVENT);
            place(plan, brand, &pole, &year.to_string(), span(year, start, end));
        }
    }
}

fn span(year: i32, start: MonthDay, end: MonthDay) -> (DayNumber, DayNumber) {
    let day = |(month, day)| NaiveDate::from_ymd_opt(year, month, day).map_or(0, day_number);
    (day(start), day(end))
}

fn place(plan: &mut Plan, brand: u8, order: &Order, period: &str, (start, end): (DayNumber, DayNumber)) {
    if start >= plan.today || end + 60 < plan.first {
        return;
    }
    let advertiser = plan.advertisers[usize::from(brand)].clone();
    let name = format!("{} | {} | {period}", advertiser.brand.name, order.title);
    let hash = hash_text(plan.seed, &name);
    let id = number(hash, 2, 570_000_000_000_000_000);
    let campaign = plan.add_campaign(Campaign {
        product: AdProduct::Dsp,
        brand,
        name,
        id,
        id_text: id.to_string(),
        start,
        end: Some(end),
        goal: order.goal,
        budget_cents: (order.weight.max(2.0) * advertiser.size * 100.0).round() as i64 * 1000,
    });
    for item in order.lines {
        let weight = order.weight * advertiser.size * item.share;
        let deal = item
            .deal
            .map(|name| Deal { id: format!("AZ-{}", code_text(hash_text(plan.seed, name), 7)), name: name.to_owned() });
        let line = Line {
            campaign,
            name: format!("{} | {}", advertiser.brand.name, item.title),
            id: number(hash_text(hash, item.title), 3, 580_000_000_000_000_000),
            channel: order.channel,
            kind: item.kind,
            targeting: order.targeting,
            start,
            end,
            weight,
            price_cents: item.cpm_cents,
            deal,
            segments: targeted(item, advertiser.brand.category),
            promoted: promoted(plan, brand, order.targeting),
            link_in: order.link_in,
            ads: plan.ads.len() as u16..plan.ads.len() as u16,
        };
        plan.lines.push(line);
        creatives(plan, advertiser.brand.name, order.channel, order.link_in);
    }
}

fn targeted(item: &Item, category: &str) -> Vec<usize> {
    let lifestyle = item.title.contains("Lifestyle") || item.title.contains("STV");
    let prefix = if lifestyle { "LS" } else { "IM" };
    (0..SEGMENTS.len())
        .filter(|index| {
            item.targeted && SEGMENTS[*index].category == category && SEGMENTS[*index].name.starts_with(prefix)
        })
        .collect()
}

/// Prospecting promotes the first three kinds of product, the rest of the brand is halo.
fn promoted(plan: &Plan, brand: u8, targeting: Targeting) -> Vec<u16> {
    let range = plan.products_of(brand);
    let count = if targeting == Targeting::Prospects { 6 } else { range.len() };
    range.take(count).collect()
}

fn creatives(plan: &mut Plan, brand: &str, channel: Channel, link_in: bool) {
    let forms: &[(&str, &str, Option<i64>)] = match channel {
        Channel::Television => {
            &[("1920x1080", "Streaming TV Video", Some(30)), ("1920x1080", "Streaming TV Video", Some(15))]
        }
        Channel::Video => &[("640x360", "Video", Some(15)), ("640x360", "Video", Some(6))],
        Channel::Audio => &[("1x1", "Audio", Some(30))],
        Channel::Display if link_in => &[
            ("Responsive", "Responsive eCommerce", None),
            ("300x250", "Standard Display", None),
            ("728x90", "Standard Display", None),
        ],
        Channel::Display => &[("300x250", "Standard Display", None), ("320x50", "Standard Display", None)],
    };
    for (size, kind, seconds) in forms {
        let length = seconds.map(|seconds| format!(" {seconds}s")).unwrap_or_default();
        let name = format!("{brand} {kind} {size}{length}{}", if link_in { "" } else { " own shop" });
        let known = plan.creatives.iter().position(|creative| creative.name == name);
        let creative = if let Some(index) = known {
            index as u16
        } else {
            let id = number(hash_text(plan.seed, &name), 4, 590_000_000_000_000);
            plan.add_creative(Creative { name, id, size, kind, seconds: *seconds })
        };
        plan.add_ad(creative, None, None);
    }
}
