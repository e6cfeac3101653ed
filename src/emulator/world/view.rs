//! What an instance sees of the synthetic data: whose rows, and its marketplace.
//!
//! There is one data set, whose advertiser group has three brands, each with a DSP advertiser and a sponsored-ads
//! account. An instance contains all of it. An execution may name advertisers: those of the instance select all ads
//! of their kind, one from the data (`advertiser_id`, `entity_id`) its brand's, any other none.

use super::plan::Plan;
use super::tables::Row;

/// The view of an instance.
#[derive(Clone, Debug)]
pub struct View {
    /// The advertisers whose rows are read; `None` for all.
    pub advertisers: Option<Vec<Named>>,
    /// The country of the instance's marketplace, two letters as Amazon writes them (`US`, `UK`, `JP`); others count as `US`.
    pub country: String,
}

impl Default for View {
    fn default() -> Self {
        Self { advertisers: None, country: "US".to_owned() }
    }
}

/// An advertiser named by an execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub id: String,
    /// `DISPLAY`, `SAS` or `SPONSORED_ADS`.
    pub kind: String,
    /// Whether the instance lists it.
    pub listed: bool,
}

/// The values of a marketplace in columns.
#[derive(Debug)]
pub(super) struct Market {
    country: &'static str,
    pub(super) currency: &'static str,
    pub(super) currency_name: &'static str,
    pub(super) name: &'static str,
    pub(super) id: i64,
}

/// The marketplaces of the sample accounts; the first is the default.
pub(super) static MARKETS: [Market; 3] = [
    Market { country: "US", currency: "USD", currency_name: "Dollar (USA)", name: "AMAZON.COM", id: 1 },
    Market { country: "UK", currency: "GBP", currency_name: "Pound (UK)", name: "AMAZON.CO.UK", id: 3 },
    Market { country: "JP", currency: "JPY", currency_name: "Yen (Japan)", name: "AMAZON.CO.JP", id: 6 },
];

impl View {
    pub(super) fn market(&self) -> &'static Market {
        MARKETS.iter().find(|market| market.country == self.country).unwrap_or(&MARKETS[0])
    }

    /// Which brands' ads are shown; `None` for all.
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
    /// Whether a row is shown. A row about a purchase or a store without an ad belongs to the brand if any of its ads
    /// are shown; one about a person alone is always shown.
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
