//! What an instance shows of the world: whose rows, and the marketplace that its columns name.
//!
//! There is one world, whose advertiser group has three brands, each with a DSP advertiser and a sponsored-ads account. An
//! instance holds all of it. An execution may name advertisers: those of the instance stand for all ads of their kind, one
//! that the data names (`advertiser_id`, `entity_id`) for its brand, any other for nothing.

use super::plan::Plan;
use super::tables::Row;

/// What an instance shows.
#[derive(Clone, Debug)]
pub struct View {
    /// The advertisers whose rows are read; `None`: all.
    pub advertisers: Option<Vec<Named>>,
    /// The country of the instance's marketplace, two letters as Amazon writes them (`US`, `UK`, `JP`); others count as `US`.
    pub country: String,
}

impl Default for View {
    fn default() -> Self {
        Self { advertisers: None, country: "US".to_owned() }
    }
}

/// An advertiser that an execution names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub id: String,
    /// `DISPLAY`, `SAS` or `SPONSORED_ADS`.
    pub kind: String,
    /// Whether the instance lists it.
    pub listed: bool,
}

/// What columns say about a marketplace.
#[derive(Debug)]
pub(super) struct Market {
    country: &'static str,
    pub(super) currency: &'static str,
    pub(super) currency_name: &'static str,
    pub(super) name: &'static str,
    pub(super) id: i64,
}

/// The marketplaces of the sample accounts; the first is the one of everything else.
pub(super) static MARKETS: [Market; 3] = [
    Market { country: "US", currency: "USD", currency_name: "Dollar (USA)", name: "AMAZON.COM", id: 1 },
    Market { country: "UK", currency: "GBP", currency_name: "Pound (UK)", name: "AMAZON.CO.UK", id: 3 },
    Market { country: "JP", currency: "JPY", currency_name: "Yen (Japan)", name: "AMAZON.CO.JP", id: 6 },
];

impl View {
    pub(super) fn market(&self) -> &'static Market {
        MARKETS.iter().find(|market| market.country == self.country).unwrap_or(&MARKETS[0])
    }

    /// Which brands' ads are shown; `None`: all.
    pub(super) fn shown(&self, plan: &Plan) -> Option<Shown> {
        let named = self.advertisers.as_ref()?;
        let any = |kind: &str, ids: &dyn Fn(&str) -> bool| {
            named.iter().any(|one| one.kind == kind && (one.listed || ids(&one.id)))
        };
        let brands = plan.advertisers.iter();
        let shown = brands.map(|brand| {
            let number = brand.id.to_string();
            let dsp = any("DISPLAY", &|id| id == number || id == brand.dsp_entity);
            (dsp, any("SPONSORED_ADS", &|id| id == number || id == brand.ads_entity))
        });
        Some(Shown(shown.collect()))
    }
}

/// By brand, whether its DSP ads and its sponsored ads are shown.
pub(super) struct Shown(Vec<(bool, bool)>);

impl Shown {
    /// Whether a row is. One about a purchase or a store without an ad belongs to the brand whichever way it advertises; one
    /// about a person alone belongs to nobody and always is.
    pub(super) fn has(&self, row: &Row<'_>) -> bool {
        let (dsp, sponsored) = self.0.get(usize::from(row.brand)).copied().unwrap_or_default();
        match row.campaign() {
            Some(_) if row.is_dsp() => dsp,
            Some(_) => sponsored,
            None if row.conversion.is_some() || row.store.is_some() => dsp || sponsored,
            None => true,
        }
    }
}
