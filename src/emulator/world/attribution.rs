//! Attributes a conversion to an ad: the last click within 14 days, otherwise the last paid or viewable impression.
//!
//! Sponsored Products are only credited by clicks; Sponsored Brands and Display and the DSP by clicks and views.
//! Source: AMC documentation, attributed events.

use super::events::{ATTRIBUTION, Contact, Conversion, ConversionType, Credit, EXPOSURE, traffic_moment};
use super::plan::{AdProduct, Plan};

/// The maximum number of campaigns listed for one conversion.
const RELEVANT_AT_MOST: usize = 6;

/// The credit of a conversion among the person's contacts, which are in chronological order.
pub(super) fn credit(plan: &Plan, contacts: &[Contact], conversion: &Conversion) -> Option<Credit> {
    let off_amazon = conversion.off_amazon();
    let mut view = None;
    for contact in contacts.iter().rev() {
        if contact.at + ATTRIBUTION < conversion.at {
            break;
        }
        let campaign = plan.campaign_of(contact.ad);
        if contact.at >= conversion.at || campaign.brand != conversion.brand {
            continue;
        }
        // OK because only ads that link to the advertiser's own shop have its tag.
        if off_amazon == plan.line_of(contact.ad).link_in {
            continue;
        }
        if contact.clicked() && traffic_moment(*contact, true) <= conversion.at {
            return Some(credited(plan, *contact, conversion, true));
        }
        let by_view = !contact.clicked() && contact.viewable() && campaign.product != AdProduct::Products;
        if by_view && view.is_none() {
            view = Some(credited(plan, *contact, conversion, false));
        }
    }
    view
}

fn credited(plan: &Plan, contact: Contact, conversion: &Conversion, click: bool) -> Credit {
    let promoted = conversion.off_amazon()
        || matches!(conversion.action, ConversionType::BrandedSearch | ConversionType::StoreView)
        || plan.line_of(contact.ad).promoted.contains(&conversion.product);
    Credit { contact, click, promoted }
}

/// The campaigns of the converted brand that the person saw in the 28 days before, newest first.
pub(super) fn relevant(plan: &Plan, contacts: &[Contact], conversion: &Conversion) -> Vec<u16> {
    let mut campaigns = Vec::new();
    for contact in contacts.iter().rev() {
        if contact.at + EXPOSURE < conversion.at || campaigns.len() == RELEVANT_AT_MOST {
            break;
        }
        let campaign = plan.line_of(contact.ad).campaign;
        let same_brand = plan.campaigns[usize::from(campaign)].brand == conversion.brand;
        let tagged = conversion.off_amazon() != plan.line_of(contact.ad).link_in;
        if contact.at < conversion.at && same_brand && tagged && !campaigns.contains(&campaign) {
            campaigns.push(campaign);
        }
    }
    campaigns
}

/// Whether the person saw any ad of the group in the 28 days before.
pub(super) fn exposed(contacts: &[Contact], conversion: &Conversion) -> bool {
    let before = contacts.iter().rev().find(|contact| contact.at < conversion.at);
    before.is_some_and(|contact| contact.at + EXPOSURE >= conversion.at)
}
