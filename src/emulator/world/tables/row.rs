//! A wide row: the compact event with all derived values.

use std::ops::Range;
use std::sync::Arc;

use super::super::calendar::{DAY, Moment, millis};
use super::super::cells::Value;
use super::super::chance::{mix, unit};
use super::super::events::{Contact, Conversion, Ledger, StoreView, traffic_moment};
use super::super::people::{self, Device, Identity};
use super::super::plan::{Ad, AdProduct, Advertiser, Campaign, Creative, Line, Outlet, Plan, Product, Target, Term};
use super::super::view::{MARKETS, Market};

/// The data of a shard that tables read.
#[derive(Debug)]
pub(in super::super) struct Scene {
    pub(in super::super) plan: Arc<Plan>,
    pub(in super::super) ledger: Ledger,
    pub(in super::super) people: Range<u32>,
}

/// One row of some table.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Row<'w> {
    pub(in super::super) scene: &'w Scene,
    /// When the row's event happened.
    pub(in super::super) at: Moment,
    pub(in super::super) person: u32,
    pub(in super::super) identity: Identity,
    /// Brand of the row.
    pub(in super::super) brand: u8,
    /// The ad contact, if the row has one.
    pub(in super::super) contact: Option<Contact>,
    /// Whether the row is about the click on the ad.
    pub(in super::super) click: bool,
    /// The row's campaign, if there is no ad contact.
    pub(in super::super) campaign: Option<u16>,
    pub(in super::super) conversion: Option<&'w Conversion>,
    pub(in super::super) store: Option<&'w StoreView>,
    /// The segment, event kind or position within the person's rows.
    pub(in super::super) pick: usize,
    /// The hash that identifies the row's event.
    pub(in super::super) key: u64,
    /// The viewer's marketplace.
    pub(in super::super) market: &'static Market,
}

impl<'w> Row<'w> {
    /// A row about a person.
    pub(super) fn of_person(scene: &'w Scene, person: u32, at: Moment, pick: usize) -> Self {
        let hash = people::person_hash(scene.plan.seed, person);
        Self {
            scene,
            at,
            person,
            identity: Identity::Account,
            brand: 0,
            contact: None,
            click: false,
            campaign: None,
            conversion: None,
            store: None,
            pick,
            market: &MARKETS[0],
            key: mix(mix(hash, u64::from(at)), pick as u64),
        }
    }

    /// A row about an ad contact, or the click that followed it.
    pub(super) fn of_contact(scene: &'w Scene, contact: Contact, click: bool) -> Self {
        Self {
            identity: contact.identity(),
            brand: scene.plan.campaign_of(contact.ad).brand,
            contact: Some(contact),
            click,
            key: contact_key(&scene.plan, contact),
            ..Self::of_person(scene, contact.person, contact.at, 0)
        }
    }

    /// A row about a conversion, with its credited ad contact.
    pub(super) fn of_conversion(scene: &'w Scene, conversion: &'w Conversion) -> Self {
        let credit = conversion.credit;
        Self {
            identity: conversion.identity(),
            brand: conversion.brand,
            contact: credit.map(|credit| credit.contact),
            click: credit.is_some_and(|credit| credit.click),
            conversion: Some(conversion),
            ..Self::of_person(scene, conversion.person, conversion.at, conversion.action as usize)
        }
    }

    pub(super) fn plan(&self) -> &'w Plan {
        &self.scene.plan
    }

    pub(super) fn ad(&self) -> Option<&'w Ad> {
        self.contact.map(|contact| &self.plan().ads[usize::from(contact.ad)])
    }

    pub(super) fn line(&self) -> Option<&'w Line> {
        self.contact.map(|contact| self.plan().line_of(contact.ad))
    }

    pub(in super::super) fn campaign(&self) -> Option<&'w Campaign> {
        let index = self.line().map(|line| line.campaign).or(self.campaign)?;
        self.plan().campaigns.get(usize::from(index))
    }

    pub(super) fn advertiser(&self) -> &'w Advertiser {
        &self.plan().advertisers[usize::from(self.brand)]
    }

    pub(in super::super) fn is_dsp(&self) -> bool {
        self.campaign().is_some_and(|campaign| campaign.product == AdProduct::Dsp)
    }

    pub(super) fn creative(&self) -> Option<&'w Creative> {
        self.ad().map(|ad| &self.plan().creatives[usize::from(ad.creative)])
    }

    pub(super) fn target(&self) -> Option<&'w Target> {
        Some(&self.plan().targets[usize::from(self.ad()?.target?)])
    }

    pub(super) fn term(&self) -> Option<&'w Term> {
        let place = usize::from(self.contact?.term).checked_sub(1)?;
        self.plan().terms.get(place)
    }

    /// The converted product.
    pub(super) fn product(&self) -> Option<&'w Product> {
        self.conversion.map(|conversion| &self.plan().products[usize::from(conversion.product)])
    }

    /// The hash of the ad contact; the same in every table that shows it.
    pub(super) fn contact_hash(&self) -> u64 {
        self.contact.map_or(self.key, |contact| contact_key(self.plan(), contact))
    }

    /// The outlet of the DSP ad.
    pub(super) fn outlet(&self) -> Option<&'static Outlet> {
        self.line().map(|line| line.channel.outlet(unit(self.contact_hash(), 1)))
    }

    /// The device of the event.
    pub(super) fn device(&self) -> Device {
        let point = unit(self.contact_hash(), 2);
        match self.line() {
            Some(line) => line.channel.device(point),
            None if point < 0.36 => Device::Computer,
            None => Device::Phone,
        }
    }

    /// A hash of the person and a moment: the same for an impression and the click on it, so that a clicked
    /// impression costs what it would have cost anyway.
    pub(super) fn moment_hash(&self, at: Moment) -> u64 {
        mix(self.person_hash(), u64::from(at))
    }

    pub(super) fn person_hash(&self) -> u64 {
        people::person_hash(self.plan().seed, self.person)
    }

    /// When the ad contact happened, for clicks the click.
    pub(super) fn traffic_at(&self) -> Option<Moment> {
        let contact = self.contact?;
        // OK because a sponsored click is its own row and already has its time.
        Some(traffic_moment(contact, self.click && self.is_dsp()))
    }

    /// A moment as AMC shows it: UTC, or shifted into the advertiser's zone.
    pub(super) fn time(&self, at: Moment, utc: bool) -> Value<'static> {
        let shift = if utc { 0 } else { i64::from(self.plan().zone.offset(at)) * 1000 };
        Value::Time(millis(at) + shift)
    }

    /// The Saturday that ends the week of the row.
    pub(super) fn week_end(&self) -> Moment {
        // 2020-01-04, day 3, was a Saturday.
        let day = self.at / DAY;
        (day + (7 + 3 - day % 7) % 7) * DAY
    }
}

fn contact_key(plan: &Plan, contact: Contact) -> u64 {
    let who = mix(people::person_hash(plan.seed, contact.person), u64::from(contact.at));
    mix(mix(who, plan.ads[usize::from(contact.ad)].hash), u64::from(contact.clicked()))
}
