//! The source of a table's rows: compact events or people, each with zero, one or several rows.

use std::ops::Range;

use chrono::{Datelike, Weekday};

use super::super::calendar::{DAY, HISTORY_DAYS, Moment, date};
use super::super::chance::{below, mix, unit};
use super::super::events::{Contact, ConversionType, StoreView};
use super::super::people::{Identity, identity, person_hash};
use super::super::plan::{AdProduct, Channel, Family, SEGMENTS};
use super::delivery::measurable;
use super::row::{Row, Scene};

/// The half-open time range that a query reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Window {
    pub(in super::super) from: Moment,
    pub(in super::super) to: Moment,
}

impl Window {
    /// All of time.
    pub(in super::super) const ALL: Self = Self { from: 0, to: Moment::MAX };

    fn holds(self, at: Moment) -> bool {
        self.from <= at && at < self.to
    }
}

/// The kinds of rows that sources have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Feed {
    /// A source that exists but is empty.
    Empty,
    Impressions,
    Clicks,
    Views,
    /// Impressions repeated for each segment of the person, or only for those that the line targeted.
    BySegment {
        targeted: bool,
    },
    Video,
    Traffic,
    Attributed {
        by_traffic: bool,
    },
    Conversions {
        exposed: bool,
        unexposed: bool,
    },
    Relevance,
    Retail,
    StorePages {
        endemic: bool,
    },
    StoreEvents {
        endemic: bool,
    },
    Live,
    Segments {
        family: Family,
        region: u8,
    },
    Snapshots {
        family: Family,
        region: u8,
    },
    SegmentList,
    Enrollments,
    Streams,
    Garage,
    VehicleSales,
    Groceries,
}

impl Feed {
    /// The feed of a source, by its id without `_for_audiences`.
    pub(in super::super) fn of(source: &str) -> Self {
        let family = if source.contains("inmarket") { Family::InMarket } else { Family::Lifestyle };
        let region = if source.contains("_eu_") { 1 } else { u8::from(source.contains("_apac_")) * 2 };
        match source {
            "dsp_impressions" => Self::Impressions,
            "dsp_clicks" => Self::Clicks,
            "dsp_views" => Self::Views,
            "dsp_impressions_by_matched_segments" => Self::BySegment { targeted: true },
            "dsp_impressions_by_user_segments" => Self::BySegment { targeted: false },
            "dsp_video_events_feed" => Self::Video,
            "sponsored_ads_traffic" => Self::Traffic,
            "amazon_attributed_events_by_traffic_time" => Self::Attributed { by_traffic: true },
            "amazon_attributed_events_by_conversion_time" => Self::Attributed { by_traffic: false },
            "conversions" => Self::Conversions { exposed: true, unexposed: false },
            "conversions_all" => Self::Conversions { exposed: true, unexposed: true },
            "conversions_non_ad_exposed" => Self::Conversions { exposed: false, unexposed: true },
            "conversions_with_relevance" => Self::Relevance,
            "amazon_retail_purchases" => Self::Retail,
            "amazon_brand_store_page_views" => Self::StorePages { endemic: true },
            "amazon_brand_store_engagement_events" => Self::StoreEvents { endemic: true },
            "amazon_brand_store_page_views_non_endemic" => Self::StorePages { endemic: false },
            "amazon_brand_store_engagement_events_non_endemic" => Self::StoreEvents { endemic: false },
            "amazon_live_traffic" => Self::Live,
            "segment_metadata" => Self::SegmentList,
            "amazon_pvc_enrollments" => Self::Enrollments,
            "amazon_pvc_streaming_events_feed" => Self::Streams,
            "amazon_your_garage" => Self::Garage,
            "experian_vehicle_purchases" => Self::VehicleSales,
            "ncs_cpg_insights_stream" => Self::Groceries,
            _ if source.starts_with("audience_segments_") && source.ends_with("_snapshot") => {
                Self::Snapshots { family, region }
            }
            _ if source.starts_with("audience_segments_") => Self::Segments { family, region },
            _ => Self::Empty,
        }
    }

    /// The places of the feed that may have rows in a window. Event feeds are in chronological order; feeds of people
    /// return every person and check the window later.
    pub(in super::super) fn span(self, scene: &Scene, window: Window) -> Range<usize> {
        let ledger = &scene.ledger;
        // A click, view or page follows its event within a day.
        let early = Window { from: window.from.saturating_sub(DAY), to: window.to };
        match self {
            Self::Empty => 0..0,
            Self::Impressions | Self::BySegment { .. } | Self::Video => {
                range(ledger.impressions.len(), window, |place| ledger.impressions[place].at)
            }
            Self::Views => range(ledger.impressions.len(), early, |place| ledger.impressions[place].at),
            Self::Clicks => {
                range(ledger.clicks.len(), early, |place| ledger.impressions[ledger.clicks[place] as usize].at)
            }
            Self::Traffic => range(ledger.traffic.len(), window, |place| ledger.traffic[place].at),
            Self::Attributed { by_traffic: true } => range(ledger.by_traffic.len(), window, |place| {
                ledger.conversions[ledger.by_traffic[place] as usize].traffic_at().unwrap_or(0)
            }),
            Self::Attributed { by_traffic: false } => range(ledger.by_conversion.len(), window, |place| {
                ledger.conversions[ledger.by_conversion[place] as usize].at
            }),
            Self::Conversions { .. } | Self::Relevance | Self::Retail => {
                range(ledger.conversions.len(), window, |place| ledger.conversions[place].at)
            }
            Self::StorePages { .. } | Self::StoreEvents { .. } => {
                range(ledger.store_views.len(), early, |place| ledger.store_views[place].at)
            }
            // The list is independent of people: it is in the first shard.
            Self::SegmentList if scene.people.start > 0 => 0..0,
            Self::SegmentList => 0..SEGMENTS.len(),
            _ => scene.people.start as usize..scene.people.end as usize,
        }
    }

    /// Adds the rows at a place of the feed.
    pub(in super::super) fn rows<'w>(self, scene: &'w Scene, place: usize, window: Window, out: &mut Vec<Row<'w>>) {
        let ledger = &scene.ledger;
        match self {
            Self::Empty => {}
            Self::Impressions => out.push(Row::of_contact(scene, ledger.impressions[place], false)),
            Self::Clicks => {
                let contact = ledger.impressions[ledger.clicks[place] as usize];
                let row = Row::of_contact(scene, contact, true);
                out.push(Row { at: row.traffic_at().unwrap_or(row.at), ..row });
            }
            Self::Views => views(Row::of_contact(scene, ledger.impressions[place], false), out),
            Self::BySegment { targeted } => {
                by_segment(Row::of_contact(scene, ledger.impressions[place], false), targeted, out);
            }
            Self::Video => {
                let row = Row::of_contact(scene, ledger.impressions[place], false);
                let video = row.line().is_some_and(|line| matches!(line.channel, Channel::Television | Channel::Video));
                out.extend(video.then_some(row));
            }
            Self::Traffic => {
                let contact = ledger.traffic[place];
                out.push(Row::of_contact(scene, contact, contact.clicked()));
            }
            Self::Attributed { by_traffic } => {
                let index = if by_traffic { &ledger.by_traffic } else { &ledger.by_conversion };
                out.push(Row::of_conversion(scene, &ledger.conversions[index[place] as usize]));
            }
            Self::Conversions { exposed, unexposed } => {
                let conversion = &ledger.conversions[place];
                // OK because events of the advertiser's own shop are included without an ad contact.
                let near = conversion.exposed || conversion.off_amazon();
                if near && exposed || !near && unexposed {
                    out.push(Row::of_conversion(scene, conversion));
                }
            }
            Self::Relevance => relevance(scene, place, out),
            Self::Retail => {
                let conversion = &ledger.conversions[place];
                if conversion.action == ConversionType::Order {
                    out.push(Row { identity: Identity::Account, ..Row::of_conversion(scene, conversion) });
                }
            }
            Self::StorePages { endemic } => {
                let row = store_row(scene, &ledger.store_views[place], endemic);
                out.extend(row.filter(|row| window.holds(row.at)));
            }
            Self::StoreEvents { endemic } => store_events(scene, &ledger.store_views[place], endemic, out),
            Self::SegmentList => out.push(Row::of_person(scene, 0, 0, place)),
            _ => self.rows_of_person(scene, place as u32, window, out),
        }
    }

    fn rows_of_person<'w>(self, scene: &'w Scene, person: u32, window: Window, out: &mut Vec<Row<'w>>) {
        let hash = person_hash(scene.plan.seed, person);
        // A week of groceries is dated by the Saturday that ends it, up to six days later.
        let reach = if self == Self::Groceries { 7 * DAY } else { 0 };
        let window = Window { from: window.from.saturating_sub(reach), ..window };
        let mut add = |salt: u64, pick: usize| {
            let at = moment_of(scene, mix(hash, salt));
            let brand = below(hash, salt, 3) as u8;
            out.extend(window.holds(at).then(|| Row { brand, ..Row::of_person(scene, person, at, pick) }));
        };
        match self {
            Self::Segments { family, region } => segments(scene, person, family, region, scene.plan.today * DAY, out),
            Self::Snapshots { family, region } => {
                for day in first_thursdays(scene).filter(|day| window.holds(day * DAY)) {
                    segments(scene, person, family, region, day * DAY, out);
                }
            }
            Self::Live if unit(hash, 0x11) < 0.05 => {
                for salt in 0..=below(hash, 0x12, 3) as u64 {
                    add(0x1100 + salt, usize::from(unit(hash, 0x13 + salt) < 0.06));
                }
            }
            Self::Enrollments if subscribed(hash) => {
                let at = moment_of(scene, mix(hash, 0x22));
                let stays = unit(hash, 0x23) < 0.6 && at + 7 * DAY < scene.plan.today * DAY;
                for pick in 0..=usize::from(stays) {
                    out.push(Row::of_person(scene, person, at + pick as u32 * 7 * DAY, pick));
                }
            }
            Self::Streams if subscribed(hash) => {
                (0..3 + below(hash, 0x24, 9) as u64).for_each(|salt| add(0x2400 + salt, 0));
            }
            Self::Garage if unit(hash, 0x31) < 0.06 => add(0x32, 0),
            Self::VehicleSales if unit(hash, 0x33) < 0.02 => add(0x34, 0),
            Self::Groceries if unit(hash, 0x35) < 0.2 => {
                (0..=below(hash, 0x36, 5) as u64).for_each(|salt| add(0x3600 + salt, 0));
            }
            _ => {}
        }
    }
}

/// Whether a person takes the Prime Video channel.
fn subscribed(hash: u64) -> bool {
    unit(hash, 0x21) < 0.04
}

/// The places whose moments are in a window, if places are in chronological order.
fn range(len: usize, window: Window, at: impl Fn(usize) -> Moment) -> Range<usize> {
    let first_from = |bound: Moment| {
        let (mut low, mut high) = (0, len);
        while low < high {
            let middle = usize::midpoint(low, high);
            if at(middle) < bound { low = middle + 1 } else { high = middle }
        }
        low
    };
    let start = first_from(window.from);
    start..first_from(window.to).max(start)
}

/// A moment of the history with a fixed date while the history rolls.
fn moment_of(scene: &Scene, hash: u64) -> Moment {
    let first = scene.plan.first;
    let day =
        first + (below(hash, 1, HISTORY_DAYS as usize) as u32 + HISTORY_DAYS - first % HISTORY_DAYS) % HISTORY_DAYS;
    day * DAY + below(hash, 2, DAY as usize) as u32
}

/// A measurable impression, and its view if it was viewable; otherwise an unmeasurable one, perhaps assumed viewable.
fn views<'w>(row: Row<'w>, out: &mut Vec<Row<'w>>) {
    let viewable = row.contact.is_some_and(Contact::viewable);
    if measurable(&row) {
        out.push(Row { pick: 0, ..row });
        out.extend(viewable.then_some(Row { pick: 1, at: row.at + 1, ..row }));
    } else {
        out.push(Row { pick: 2, ..row });
        out.extend(viewable.then_some(Row { pick: 3, at: row.at + 1, ..row }));
    }
}

fn by_segment<'w>(row: Row<'w>, targeted: bool, out: &mut Vec<Row<'w>>) {
    let person = row.person_hash();
    let Some(line) = row.line() else { return };
    let held = (0..SEGMENTS.len()).filter(|index| SEGMENTS[*index].holds(person));
    out.extend(held.filter(|index| !targeted || line.segments.contains(index)).map(|pick| Row { pick, ..row }));
}

fn relevance<'w>(scene: &'w Scene, place: usize, out: &mut Vec<Row<'w>>) {
    let conversion = &scene.ledger.conversions[place];
    let start = conversion.relevant.0 as usize;
    for campaign in &scene.ledger.relevant[start..start + usize::from(conversion.relevant.1)] {
        let row = Row::of_conversion(scene, conversion);
        out.push(Row { campaign: Some(*campaign), contact: None, ..row });
    }
}

/// A page of a brand store. One visit in eight is to the store of a line that isn't sold on Amazon.
fn store_row<'w>(scene: &'w Scene, view: &'w StoreView, endemic: bool) -> Option<Row<'w>> {
    let hash = person_hash(scene.plan.seed, view.person);
    let sold = unit(mix(hash, u64::from(view.began)), 0x41) > 0.125;
    (sold == endemic).then(|| Row {
        store: Some(view),
        brand: view.brand,
        identity: Identity::from_bits(view.identity),
        ..Row::of_person(scene, view.person, view.at, 0)
    })
}

/// Events on a page: something is shown, and often a product is clicked.
fn store_events<'w>(scene: &'w Scene, view: &'w StoreView, endemic: bool, out: &mut Vec<Row<'w>>) {
    let Some(row) = store_row(scene, view, endemic) else { return };
    out.push(row);
    if unit(row.key, 0x42) < 0.35 {
        out.push(Row { pick: 1, at: row.at + 6, key: mix(row.key, 1), ..row });
    }
}

fn segments<'w>(scene: &'w Scene, person: u32, family: Family, region: u8, at: Moment, out: &mut Vec<Row<'w>>) {
    let hash = person_hash(scene.plan.seed, person);
    // Few people shop in other regions too.
    if region > 0 && unit(hash, 0x50 + u64::from(region)) > 0.04 {
        return;
    }
    let identity = identity(hash, super::super::people::Device::Phone, true, 0.5);
    for (pick, segment) in SEGMENTS.iter().enumerate() {
        if segment.family == family && segment.holds(hash) {
            out.push(Row { brand: region, identity, ..Row::of_person(scene, person, at, pick) });
        }
    }
}

/// The days of segment snapshots: the first Thursday of each month.
fn first_thursdays(scene: &Scene) -> impl Iterator<Item = u32> {
    (scene.plan.first..scene.plan.today).filter(|day| {
        let date = date(*day);
        date.weekday() == Weekday::Thu && date.day() <= 7
    })
}

/// Whether the row's ad was bought through a private deal, which excludes it from audience twins.
pub(in super::super) fn bought_privately(row: &Row<'_>) -> bool {
    row.campaign().is_some_and(|campaign| campaign.product == AdProduct::Dsp)
        && row.line().is_some_and(|line| line.deal.is_some())
}
