//! Simulates journeys: week by week, what each person sees, searches, views, and buys.
//!
//! A person's week only depends on a hash of seed, person and week, so people can be simulated in any order, in
//! parallel and in batches of limited size. Ads make visits likelier; visits lead to carts and orders after hours or
//! days; consumables are bought again. A journey ends up to two days before today, different for each person, since
//! AMC's data arrives within 48 hours.

mod record;

use super::calendar::{DAY, Habit, Moment};
use super::chance::{Dice, mix, unit};
use super::events::{Contact, ConversionType, Ledger, traffic_moment};
use super::people::{self, BRANDS, Device, Identity, Person};
use super::plan::{AdProduct, Channel, Targeting};
use super::stage::{Stage, WEEK, Week};

/// DSP contacts of an average person in an average week; each produces about two impressions.
const DSP_CONTACTS: f32 = 0.172;
/// Searches in the brands' categories by an average person in an average week.
const SEARCHES: f32 = 0.062;
/// Visits to the brands' products, without an ad, by an average person in an average week.
const UNPROMPTED: f32 = 0.0025;

/// Adds all events of the given people to a ledger, unsorted.
///
/// Memory only depends on the people of one call, so a large data set can be generated in ranges.
pub(super) fn play(stage: &Stage<'_>, people: std::ops::Range<u32>, ledger: &mut Ledger) {
    let mut journey = Journey::new(stage);
    for index in people {
        journey.live(Person::new(stage.plan.seed, index), ledger);
    }
}

/// A planned future action.
#[derive(Debug, Clone, Copy)]
struct Intent {
    at: Moment,
    action: ConversionType,
    product: u16,
    units: u8,
}

/// The simulation of one person; its buffers are reused for the next person.
struct Journey<'stage> {
    stage: &'stage Stage<'stage>,
    contacts: Vec<Contact>,
    intents: Vec<Intent>,
    /// This week's contacts that may still lead to something.
    fresh: usize,
    visited: [Moment; BRANDS],
    bought: [Moment; BRANDS],
    owner: [bool; BRANDS],
    until: Moment,
}

impl<'stage> Journey<'stage> {
    fn new(stage: &'stage Stage<'stage>) -> Self {
        Self {
            stage,
            contacts: Vec::new(),
            intents: Vec::new(),
            fresh: 0,
            visited: [0; BRANDS],
            bought: [0; BRANDS],
            owner: [false; BRANDS],
            until: 0,
        }
    }

    fn live(&mut self, person: Person, ledger: &mut Ledger) {
        self.contacts.clear();
        self.intents.clear();
        self.fresh = 0;
        self.visited = [0; BRANDS];
        self.bought = [0; BRANDS];
        self.owner = person.owner;
        // Most people's data is a few hours old at midnight, at most two days.
        let lag = unit(person.hash, 50).powi(3) * 2.0 * DAY as f32;
        self.until = self.stage.plan.today * DAY - lag as u32;
        let rate = person.weight * (DSP_CONTACTS + SEARCHES) + UNPROMPTED * 2.0;
        let stage = self.stage;
        for week in &stage.weeks {
            let mut dice = Dice::new(mix(person.hash, u64::from(week.first)));
            let busy =
                self.visited.iter().any(|at| at + 35 * DAY > week.first * DAY && *at > 0) || !self.intents.is_empty();
            let idle = (-rate * week.season).exp();
            let point = dice.unit();
            if !busy && point < idle {
                continue;
            }
            self.live_week(&person, week, &mut dice, if busy { 1.0 } else { 1.0 / (1.0 - idle) });
        }
        self.record(&person, ledger);
    }

    /// `boost` compensates for skipped idle weeks.
    fn live_week(&mut self, person: &Person, week: &Week, dice: &mut Dice, boost: f32) {
        self.fresh = self.contacts.len();
        let pace = person.weight * week.season * boost;
        for _ in 0..dice.count(pace * DSP_CONTACTS) {
            if let Some(line) = week.prospecting.at(dice.unit()) {
                self.see(person, week, line, dice);
            }
        }
        for brand in 0..BRANDS {
            self.see_again(person, week, brand, dice);
        }
        for _ in 0..dice.count(pace * SEARCHES) {
            self.search(person, week, dice);
        }
        self.contacts[self.fresh..].sort_by_key(|contact| contact.at);
        self.follow_ads(person, dice);
        for brand in 0..BRANDS {
            let liking = person.affinity[brand] * if self.owner[brand] { 2.0 } else { 1.0 };
            if dice.chance(UNPROMPTED * liking * week.season * boost.min(3.0)) {
                let at = self.moment(week, Habit::Shopping, dice);
                self.visit(person, brand, at, dice);
            }
        }
    }

    /// Retargeting and loyalty: people who viewed or bought see more.
    fn see_again(&mut self, person: &Person, week: &Week, brand: usize, dice: &mut Dice) {
        let start = week.first * DAY;
        let recent = |at: Moment, days: u32| at > 0 && at + days * DAY > start;
        if recent(self.visited[brand], 30) && dice.chance(0.55) {
            if let Some(line) = week.visitors[brand].at(dice.unit()) {
                self.see(person, week, line, dice);
            }
            if dice.chance(0.4)
                && let Some(ad) = self.stage.remarketing[brand].at(dice.unit())
            {
                let at = self.moment(week, Habit::Shopping, dice);
                self.sponsored(person, ad, 0, at, 0.0045, dice);
            }
        }
        if recent(self.bought[brand], 120)
            && dice.chance(0.18)
            && let Some(line) = week.buyers[brand].at(dice.unit())
        {
            self.see(person, week, line, dice);
        }
    }

    /// A contact with a DSP line: one impression or a few over the week.
    fn see(&mut self, person: &Person, week: &Week, line_index: u16, dice: &mut Dice) {
        let plan = self.stage.plan;
        let line = &plan.lines[usize::from(line_index)];
        let liking = person.affinity[usize::from(plan.campaigns[usize::from(line.campaign)].brand)];
        // Audiences find people who like the brand more often than others.
        if line.targeting == Targeting::Prospects && !line.segments.is_empty() && !dice.chance(0.45 + 0.25 * liking) {
            return;
        }
        let device = line.channel.device(dice.unit());
        let (habit, click, viewable) = match line.channel {
            Channel::Television => (Habit::Television, 0.0003, 0.98),
            Channel::Video => (Habit::Browsing, 0.0018, 0.82),
            Channel::Display => (Habit::Browsing, 0.0030, 0.68),
            Channel::Audio => (Habit::Browsing, 0.0004, 0.9),
        };
        let click = if line.targeting == Targeting::Prospects { click } else { click * 1.7 };
        for _ in 0..=dice.count(0.95) {
            let at = self.moment(week, habit, dice);
            if !(line.start..=line.end).contains(&(at / DAY)) {
                continue;
            }
            let ad = line.ads.start + dice.below(line.ads.len()) as u16;
            let viewable = if dice.chance(viewable) { Contact::VIEWABLE } else { 0 };
            let clicked = if viewable != 0 && dice.chance(click * (0.5 + 0.5 * liking)) { Contact::CLICK } else { 0 };
            let identity = people::identity(person.hash, device, false, dice.unit());
            self.contacts.push(contact(at, person, ad, 0, identity, viewable | clicked));
        }
    }

    /// A search: matching sponsored ads, then perhaps ads on a product page.
    fn search(&mut self, person: &Person, week: &Week, dice: &mut Dice) {
        let stage = self.stage;
        let Some(index) = stage.searches.at(dice.unit()) else { return };
        let term = &stage.plan.terms[usize::from(index)];
        let brand = usize::from(term.brand);
        let liking = person.affinity[brand];
        if !dice.chance(if term.branded { 0.25 * liking } else { 0.5 + 0.2 * liking }) {
            return;
        }
        let at = self.moment(week, Habit::Shopping, dice);
        let click = if term.branded { 0.052 } else { 0.019 };
        for place in 0..=dice.count(2.0) {
            if term.ads.is_empty() {
                break;
            }
            let ad = term.ads[dice.below(term.ads.len())];
            self.sponsored(person, ad, index + 1, at + place * 9, click, dice);
        }
        for place in 0..dice.count(1.3) {
            if let Some(ad) = stage.product_pages[brand].at(dice.unit()) {
                self.sponsored(person, ad, 0, at + 200 + place * 40, 0.005, dice);
            }
        }
    }

    fn sponsored(&mut self, person: &Person, ad: u16, term: u16, at: Moment, click: f32, dice: &mut Dice) {
        let computer = dice.chance(0.36);
        let device = if computer { Device::Computer } else { Device::Phone };
        let identity = people::identity(person.hash, device, true, dice.unit());
        let viewable = if dice.chance(0.74) { Contact::VIEWABLE } else { 0 };
        self.contacts.push(contact(at, person, ad, term, identity, viewable));
        if viewable != 0 && dice.chance(click) {
            let at = at + 4 + dice.below(40) as u32;
            self.contacts.push(contact(at, person, ad, term, identity, Contact::CLICK | viewable));
        }
    }

    /// The effects of this week's ads: clicks usually lead to a visit, views rarely and later.
    fn follow_ads(&mut self, person: &Person, dice: &mut Dice) {
        for place in self.fresh..self.contacts.len() {
            let contact = self.contacts[place];
            let plan = self.stage.plan;
            let campaign = plan.campaign_of(contact.ad);
            let brand = usize::from(campaign.brand);
            let line = plan.line_of(contact.ad);
            let liking = person.affinity[brand].max(0.4);
            if contact.clicked() {
                let at = traffic_moment(contact, campaign.product == AdProduct::Dsp) + 5;
                if !line.link_in {
                    self.own_shop(brand, at, dice);
                } else if dice.chance(0.85) {
                    self.visit(person, brand, at, dice);
                }
                continue;
            }
            let pull = match (line.targeting, line.channel) {
                _ if !line.link_in => 0.015,
                (Targeting::Prospects, Channel::Television | Channel::Audio) => 0.0022,
                (Targeting::Prospects, _) => 0.0032,
                _ => 0.006,
            };
            if contact.viewable() && dice.chance(pull * liking) {
                let at = contact.at + (dice.wait(2.2) * DAY as f32) as u32;
                if line.link_in { self.visit(person, brand, at, dice) } else { self.own_shop(brand, at, dice) }
            }
        }
    }

    /// A visit to the brand's products, and its consequences.
    fn visit(&mut self, person: &Person, brand: usize, at: Moment, dice: &mut Dice) {
        let range = self.stage.plan.products_of(brand as u8);
        let product = |dice: &mut Dice| range.start + (dice.unit().powf(1.5) * range.len() as f32) as u16;
        let chosen = product(dice);
        self.visited[brand] = self.visited[brand].max(at);
        let mut intend = |at: Moment, action: ConversionType, product: u16, units: u8| {
            self.intents.push(Intent { at, action, product, units });
        };
        intend(at, ConversionType::PageView, chosen, 0);
        for step in 0..dice.count(0.8) {
            intend(at + 60 * (step + 1), ConversionType::PageView, product(dice), 0);
        }
        if dice.chance(0.09) {
            intend(at.saturating_sub(40), ConversionType::BrandedSearch, chosen, 0);
        }
        if dice.chance(0.11) {
            intend(at + 30, ConversionType::StoreView, chosen, 0);
        }
        if dice.chance(0.025) {
            intend(at + 150, ConversionType::WishList, chosen, 0);
        }
        let keen = if self.owner[brand] { 1.5 } else { 1.0 } * person.affinity[brand].clamp(0.5, 1.8);
        let cart = dice.chance(0.15 * keen);
        if cart {
            intend(at + 120 + dice.below(400) as u32, ConversionType::Cart, chosen, 0);
        }
        if dice.chance(if cart { 0.5 } else { 0.035 * keen }) {
            let at = at + 700 + (dice.wait(1.6) * DAY as f32 * if dice.chance(0.5) { 0.02 } else { 1.0 }) as u32;
            self.order(brand, chosen, at, dice);
        }
    }

    /// An order, a review, and for consumables the next order.
    fn order(&mut self, brand: usize, product: u16, at: Moment, dice: &mut Dice) {
        let units = 1 + u8::from(dice.chance(0.2)) + u8::from(dice.chance(0.05));
        let lasts = self.stage.plan.products[usize::from(product)].lasts;
        self.bought[brand] = self.bought[brand].max(at);
        self.owner[brand] = true;
        self.intents.push(Intent { at, action: ConversionType::Order, product, units });
        if dice.chance(0.03) {
            let at = at + (4.0 + dice.wait(6.0)) as u32 * DAY;
            self.intents.push(Intent { at, action: ConversionType::Review, product, units: 0 });
        }
        if lasts == 0 {
            return;
        }
        let subscribed = dice.chance(0.05);
        if subscribed {
            self.intents.push(Intent { at: at + 5, action: ConversionType::Subscription, product, units: 0 });
        }
        let (mut at, again) = (at, if subscribed { 0.82 } else { 0.2 });
        // OK because a separate stream keeps the rest of the week the same however far the orders targeting.
        let mut dice = Dice::new(dice.next());
        while at < self.until && dice.chance(again) {
            let days = f32::from(lasts) * if subscribed { 1.0 } else { 0.7 + 0.6 * dice.unit() };
            at += (days * DAY as f32) as u32;
            if !subscribed {
                self.intents.push(Intent { at: at - 300, action: ConversionType::PageView, product, units: 0 });
            }
            self.bought[brand] = self.bought[brand].max(at);
            self.intents.push(Intent { at, action: ConversionType::Order, product, units });
        }
    }

    /// A visit to the advertiser's own shop.
    fn own_shop(&mut self, brand: usize, at: Moment, dice: &mut Dice) {
        let range = self.stage.plan.products_of(brand as u8);
        let product = range.start + dice.below(range.len()) as u16;
        self.intents.push(Intent { at, action: ConversionType::OwnShopPage, product, units: 0 });
        if dice.chance(0.16) {
            self.intents.push(Intent { at: at + 500, action: ConversionType::OwnShopOrder, product, units: 1 });
        }
    }

    /// A moment of the week: days by season, hours by habit.
    fn moment(&self, week: &Week, habit: Habit, dice: &mut Dice) -> Moment {
        let mut day = week.first + dice.below(WEEK as usize) as u32;
        // A slow day is sometimes drawn again, so that busy days stand out.
        if dice.unit() * week.season * 1.6 > self.stage.rhythm.season(day) {
            day = week.first + dice.below(WEEK as usize) as u32;
        }
        self.stage.plan.zone.utc(day, self.stage.rhythm.second_of_day(habit, dice.next()))
    }
}

fn contact(at: Moment, person: &Person, ad: u16, term: u16, identity: Identity, marks: u8) -> Contact {
    Contact { at, person: person.index, ad, term, identity: identity as u8, marks }
}
