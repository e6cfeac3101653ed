//! The media plan: brands, products, campaigns, lines, creatives, keywords.
//!
//! Campaigns have absolute dates and ids derived from their names, so that a campaign keeps its id and its events
//! while the thirteen months roll. DSP campaigns are ordered by half-years and by tent-pole; sponsored ads continue
//! indefinitely.

mod brands;
mod dsp;
mod products;
mod segments;
mod sponsored;
mod supply;

use chrono::NaiveDate;

pub(super) use brands::Brand;
pub(super) use products::Product;
pub(super) use segments::{Family, SEGMENTS};
pub(super) use supply::{Channel, Deal, Outlet};

use super::calendar::{DAY, DayNumber, HISTORY_DAYS, LAST_DAY, Moment, Zone, day_number};
use super::chance::{below, code_text, hash_text};
use super::people;

/// The advertising product behind a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AdProduct {
    Dsp,
    Products,
    Brands,
    Display,
    Television,
}

impl AdProduct {
    /// AMC's value in `ad_product_type`; `None` for the DSP.
    pub(super) fn word(self) -> Option<&'static str> {
        match self {
            Self::Dsp => None,
            Self::Products => Some("sponsored_products"),
            Self::Brands => Some("sponsored_brands"),
            Self::Display => Some("sponsored_display"),
            Self::Television => Some("sponsored_television"),
        }
    }
}

/// The audience of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Targeting {
    /// New people, in proportion to their affinity.
    Prospects,
    /// People who viewed the brand in the past month.
    Visitors,
    /// People who bought the brand.
    Buyers,
}

/// One of the group's brands as an advertiser.
#[derive(Debug, Clone)]
pub(super) struct Advertiser {
    pub(super) brand: &'static Brand,
    pub(super) name: String,
    pub(super) id: i64,
    /// The DSP account.
    pub(super) dsp_entity: String,
    /// The sponsored ads account.
    pub(super) ads_entity: String,
    /// The brand's size relative to the largest.
    pub(super) size: f32,
}

/// A campaign (a DSP order or a sponsored ads campaign).
#[derive(Debug, Clone)]
pub(super) struct Campaign {
    pub(super) product: AdProduct,
    pub(super) brand: u8,
    pub(super) name: String,
    pub(super) id: i64,
    pub(super) id_text: String,
    pub(super) start: DayNumber,
    /// Last day, inclusive; `None` for campaigns without an end.
    pub(super) end: Option<DayNumber>,
    pub(super) goal: &'static str,
    /// Per flight for the DSP, per day for sponsored ads.
    pub(super) budget_cents: i64,
}

/// A DSP line item or a sponsored ads ad group.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) campaign: u16,
    pub(super) name: String,
    pub(super) id: i64,
    pub(super) channel: Channel,
    /// AMC's `line_item_type`, or the type of the ad group.
    pub(super) kind: &'static str,
    pub(super) targeting: Targeting,
    pub(super) start: DayNumber,
    pub(super) end: DayNumber,
    pub(super) weight: f32,
    /// Cents for a thousand impressions, or for a click if the line is paid by click.
    pub(super) price_cents: f32,
    pub(super) deal: Option<Deal>,
    /// Indexes into [`SEGMENTS`].
    pub(super) segments: Vec<usize>,
    /// Indexes of the promoted products.
    pub(super) promoted: Vec<u16>,
    /// Whether the creatives link to Amazon.
    pub(super) link_in: bool,
    pub(super) ads: std::ops::Range<u16>,
}

/// What can be shown: a creative in a line, for sponsored ads with the target that triggers it.
#[derive(Debug, Clone)]
pub(super) struct Ad {
    pub(super) line: u16,
    pub(super) creative: u16,
    pub(super) target: Option<u16>,
    /// The product shown in the ad.
    pub(super) product: Option<u16>,
    /// The hash that permanently identifies the ad.
    pub(super) hash: u64,
}

/// A creative.
#[derive(Debug, Clone)]
pub(super) struct Creative {
    pub(super) name: String,
    pub(super) id: i64,
    pub(super) size: &'static str,
    pub(super) kind: &'static str,
    pub(super) seconds: Option<i64>,
}

/// A keyword or targeting expression.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) text: String,
    pub(super) match_type: &'static str,
}

/// A shopper's search.
#[derive(Debug, Clone)]
pub(super) struct Term {
    pub(super) text: String,
    pub(super) brand: u8,
    pub(super) branded: bool,
    pub(super) weight: f32,
    /// Ads that match the search.
    pub(super) ads: Vec<u16>,
}

/// Everything set up by the advertisers.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) seed: u64,
    pub(super) group: &'static str,
    pub(super) zone: Zone,
    /// First day of the history and the day after the last.
    pub(super) first: DayNumber,
    pub(super) today: DayNumber,
    pub(super) advertisers: Vec<Advertiser>,
    pub(super) products: Vec<Product>,
    pub(super) campaigns: Vec<Campaign>,
    pub(super) lines: Vec<Line>,
    pub(super) ads: Vec<Ad>,
    pub(super) creatives: Vec<Creative>,
    pub(super) targets: Vec<Target>,
    pub(super) terms: Vec<Term>,
}

impl Plan {
    /// The plan of a seed on a given day.
    pub(super) fn new(seed: u64, today: NaiveDate) -> Self {
        let today = day_number(today).clamp(HISTORY_DAYS + 60, LAST_DAY);
        let first = today - HISTORY_DAYS;
        let zone = [chrono_tz::America::New_York, chrono_tz::America::Los_Angeles, chrono_tz::America::Chicago];
        let zone = Zone::new(zone[below(seed, 0x20e, 3)], first - 60, today + 1);
        let offset = below(seed, 0xb2a, brands::BRANDS.len());
        let pick = |index| &brands::BRANDS[(offset + index) % brands::BRANDS.len()];
        let advertisers: Vec<Advertiser> =
            (0..people::BRANDS).map(|index| advertiser(seed, index, pick(index))).collect();
        let products =
            (0..people::BRANDS).flat_map(|index| products::of_brand(seed, index as u8, pick(index))).collect();
        let mut plan = Self {
            seed,
            group: brands::GROUPS[below(seed, 0x620, brands::GROUPS.len())],
            zone,
            first,
            today,
            advertisers,
            products,
            campaigns: Vec::new(),
            lines: Vec::new(),
            ads: Vec::new(),
            creatives: Vec::new(),
            targets: Vec::new(),
            terms: Vec::new(),
        };
        for brand in 0..people::BRANDS as u8 {
            dsp::lay_out(&mut plan, brand);
            sponsored::lay_out(&mut plan, brand);
        }
        plan
    }

    pub(super) fn campaign_of(&self, ad: u16) -> &Campaign {
        &self.campaigns[usize::from(self.lines[usize::from(self.ads[usize::from(ad)].line)].campaign)]
    }

    pub(super) fn line_of(&self, ad: u16) -> &Line {
        &self.lines[usize::from(self.ads[usize::from(ad)].line)]
    }

    /// Indexes of a brand's products.
    pub(super) fn products_of(&self, brand: u8) -> std::ops::Range<u16> {
        let each = self.products.len() / people::BRANDS;
        let start = usize::from(brand) * each;
        start as u16..(start + each) as u16
    }

    /// The first moment of the history.
    pub(super) fn since(&self) -> Moment {
        self.first * DAY
    }

    fn add_campaign(&mut self, campaign: Campaign) -> u16 {
        self.campaigns.push(campaign);
        (self.campaigns.len() - 1) as u16
    }

    fn add_creative(&mut self, creative: Creative) -> u16 {
        self.creatives.push(creative);
        (self.creatives.len() - 1) as u16
    }

    /// Adds an ad to the newest line, extending its range of ads.
    fn add_ad(&mut self, creative: u16, target: Option<u16>, product: Option<u16>) -> u16 {
        let line = (self.lines.len() - 1) as u16;
        let place = self.ads.len() as u16;
        let hash = hash_text(self.lines[usize::from(line)].id as u64, &format!("{creative} {target:?}"));
        self.ads.push(Ad { line, creative, target, product, hash });
        self.lines[usize::from(line)].ads.end = place + 1;
        place
    }
}

fn advertiser(seed: u64, index: usize, brand: &'static Brand) -> Advertiser {
    let hash = hash_text(seed, brand.name);
    Advertiser {
        brand,
        name: format!("{} US", brand.name),
        id: number(hash, 1, 4_000_000_000_000_000),
        dsp_entity: format!("ENTITY{}", code_text(hash ^ 1, 12)),
        ads_entity: format!("ENTITY{}", code_text(hash ^ 2, 12)),
        size: [1.0, 0.72, 0.5][index % 3],
    }
}

/// A numeric id between `base` and `base` + 10¹².
fn number(hash: u64, salt: u64, base: i64) -> i64 {
    base + below(hash, salt, 1_000_000_000_000) as i64
}
