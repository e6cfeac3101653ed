//! Records a journey as rows of the ledger, with credit and exposure.

use super::super::attribution;
use super::super::calendar::Moment;
use super::super::chance::{mix, unit};
use super::super::events::{Conversion, ConversionType, Ledger, StoreView};
use super::super::people::{self, Device, Identity, Person};
use super::super::plan::AdProduct;
use super::{Intent, Journey};

impl Journey<'_> {
    /// Records the person's events in the ledger.
    pub(super) fn record(&mut self, person: &Person, ledger: &mut Ledger) {
        let (since, until) = (self.stage.plan.since(), self.until);
        self.contacts.sort_by_key(|contact| contact.at);
        self.intents.sort_by_key(|intent| intent.at);
        let mut owned = person.owner;
        for place in 0..self.intents.len() {
            let intent = self.intents[place];
            let brand = usize::from(self.stage.plan.products[usize::from(intent.product)].brand);
            if intent.at < until && intent.at >= since {
                self.convert(person, intent, !owned[brand], ledger);
            }
            owned[brand] |= intent.action == ConversionType::Order;
        }
        for contact in self.contacts.iter().filter(|contact| contact.at >= since && contact.at < until) {
            let dsp = self.stage.plan.campaign_of(contact.ad).product == AdProduct::Dsp;
            if dsp { ledger.impressions.push(*contact) } else { ledger.traffic.push(*contact) }
        }
    }

    fn convert(&self, person: &Person, intent: Intent, new: bool, ledger: &mut Ledger) {
        let plan = self.stage.plan;
        let hash = mix(person.hash, u64::from(intent.at));
        let product = &plan.products[usize::from(intent.product)];
        let off_amazon = matches!(intent.action, ConversionType::OwnShopPage | ConversionType::OwnShopOrder);
        let device = if unit(hash, 1) < 0.36 { Device::Computer } else { Device::Phone };
        let identity = match people::identity(person.hash, device, !off_amazon, unit(hash, 2)) {
            // OK because buying requires an account.
            Identity::Browser | Identity::Device if !off_amazon => Identity::Account,
            identity => identity,
        };
        let mut conversion = Conversion {
            at: intent.at,
            person: person.index,
            action: intent.action,
            brand: product.brand,
            product: intent.product,
            units: intent.units,
            identity: identity as u8,
            new_to_brand: new && intent.action == ConversionType::Order,
            exposed: false,
            unit_cents: product.cents,
            credit: None,
            relevant: (ledger.relevant.len() as u32, 0),
        };
        conversion.exposed = attribution::exposed(&self.contacts, &conversion);
        conversion.credit = attribution::credit(plan, &self.contacts, &conversion);
        let relevant = attribution::relevant(plan, &self.contacts, &conversion);
        conversion.relevant.1 = relevant.len() as u8;
        ledger.relevant.extend(relevant);
        if intent.action == ConversionType::StoreView {
            store_visit(&conversion, hash, self.until, ledger);
        }
        ledger.conversions.push(conversion);
    }
}

/// One to four pages of a brand store.
fn store_visit(conversion: &Conversion, hash: u64, until: Moment, ledger: &mut Ledger) {
    let mut at = conversion.at;
    let ad = conversion
        .credit
        .filter(|credit| credit.click && at - credit.contact.at < 3600)
        .map(|credit| credit.contact.ad);
    for step in 0..=(unit(hash, 3) * 3.6) as u8 {
        if at >= until {
            return;
        }
        let page = if step == 0 { 0 } else { 1 + (unit(hash, 10 + u64::from(step)) * 4.0) as u8 };
        ledger.store_views.push(StoreView {
            at,
            person: conversion.person,
            brand: conversion.brand,
            page,
            step,
            identity: conversion.identity,
            began: conversion.at,
            ad,
        });
        at += 15 + (unit(hash, 20 + u64::from(step)) * 90.0) as u32;
    }
}
