//! What can be shown and searched in each week of the simulation.

use super::calendar::{DayNumber, Rhythm};
use super::chance::Wheel;
use super::people::BRANDS;
use super::plan::{AdProduct, Plan, Targeting};

/// Weeks simulated before the history, so that its first days have previous contacts.
const RUN_UP_WEEKS: u32 = 5;
/// Days in a week.
pub(super) const WEEK: u32 = 7;

/// What can be shown in a week.
pub(super) struct Week {
    pub(super) first: DayNumber,
    pub(super) season: f32,
    pub(super) prospecting: Wheel<u16>,
    pub(super) visitors: [Wheel<u16>; BRANDS],
    pub(super) buyers: [Wheel<u16>; BRANDS],
}

/// The context of all journeys.
pub(super) struct Stage<'plan> {
    pub(super) plan: &'plan Plan,
    pub(super) rhythm: Rhythm,
    pub(super) weeks: Vec<Week>,
    pub(super) searches: Wheel<u16>,
    /// Sponsored ads on product pages, per brand.
    pub(super) product_pages: [Wheel<u16>; BRANDS],
    pub(super) remarketing: [Wheel<u16>; BRANDS],
}

impl<'plan> Stage<'plan> {
    pub(super) fn new(plan: &'plan Plan) -> Self {
        let first = plan.first / WEEK - RUN_UP_WEEKS;
        let rhythm = Rhythm::new(first * WEEK, plan.today + WEEK);
        let weeks = (first..=plan.today / WEEK).map(|week| week_of(plan, &rhythm, week * WEEK)).collect();
        let mut searches = Wheel::default();
        for (index, term) in plan.terms.iter().enumerate() {
            searches.push(index as u16, term.weight);
        }
        let mut stage = Self {
            plan,
            rhythm,
            weeks,
            searches,
            product_pages: std::array::from_fn(|_| Wheel::default()),
            remarketing: std::array::from_fn(|_| Wheel::default()),
        };
        for ad in 0..plan.ads.len() as u16 {
            stage.place_sponsored(ad);
        }
        stage
    }

    fn place_sponsored(&mut self, ad: u16) {
        let campaign = self.plan.campaign_of(ad);
        let line = self.plan.line_of(ad);
        let brand = usize::from(campaign.brand);
        let target = self.plan.ads[usize::from(ad)].target.map(|target| &self.plan.targets[usize::from(target)]);
        let by_product = target.is_some_and(|target| {
            target.match_type == "TARGETING_EXPRESSION" || matches!(target.text.as_str(), "substitutes" | "close-match")
        });
        match (campaign.product, line.targeting) {
            (AdProduct::Display, Targeting::Visitors) => self.remarketing[brand].push(ad, line.weight),
            (AdProduct::Products | AdProduct::Display, _) if by_product => {
                self.product_pages[brand].push(ad, line.weight);
            }
            (AdProduct::Television, _) => self.product_pages[brand].push(ad, line.weight * 0.6),
            _ => {}
        }
    }
}

fn week_of(plan: &Plan, rhythm: &Rhythm, first: DayNumber) -> Week {
    let mut week = Week {
        first,
        season: (0..WEEK).map(|day| rhythm.season(first + day)).sum::<f32>() / 7.0,
        prospecting: Wheel::default(),
        visitors: std::array::from_fn(|_| Wheel::default()),
        buyers: std::array::from_fn(|_| Wheel::default()),
    };
    for (index, line) in plan.lines.iter().enumerate() {
        let campaign = &plan.campaigns[usize::from(line.campaign)];
        let days = (line.end + 1).min(first + WEEK).saturating_sub(line.start.max(first));
        if campaign.product != AdProduct::Dsp || days == 0 {
            continue;
        }
        let brand = usize::from(campaign.brand);
        let weight = line.weight * days as f32 / WEEK as f32;
        match line.targeting {
            Targeting::Prospects => week.prospecting.push(index as u16, weight),
            Targeting::Visitors => week.visitors[brand].push(index as u16, weight),
            Targeting::Buyers => week.buyers[brand].push(index as u16, weight),
        }
    }
    week
}
