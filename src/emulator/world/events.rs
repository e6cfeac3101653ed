//! Events in compact rows: ad contacts, conversions, visits to the brand stores.
//!
//! A row stores who, when and what; all other columns are derived from a hash of these (see [`super::chance`]). Rows
//! are in chronological order, so that a window is a range.

use super::calendar::{DAY, Moment};
use super::people::Identity;

/// A person's contact with an ad: 16 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Contact {
    pub(super) at: Moment,
    pub(super) person: u32,
    pub(super) ad: u16,
    /// Search term plus one; 0 without a search.
    pub(super) term: u16,
    /// [`Identity`].
    pub(super) identity: u8,
    pub(super) marks: u8,
}

impl Contact {
    /// A separate click (sponsored ads), or an impression that was clicked (DSP).
    pub(super) const CLICK: u8 = 1;
    /// The ad was viewable.
    pub(super) const VIEWABLE: u8 = 2;
    /// A placeholder for no contact, for columns that need one.
    pub(super) const NONE: Self = Self { at: 0, person: 0, ad: 0, term: 0, identity: 0, marks: 0 };

    pub(super) fn clicked(self) -> bool {
        self.marks & Self::CLICK != 0
    }

    pub(super) fn viewable(self) -> bool {
        self.marks & Self::VIEWABLE != 0
    }

    pub(super) fn identity(self) -> Identity {
        Identity::from_bits(self.identity)
    }
}

/// The kind of a conversion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConversionType {
    Order,
    PageView,
    Cart,
    BrandedSearch,
    StoreView,
    WishList,
    Subscription,
    Review,
    /// A page of the advertiser's own shop.
    OwnShopPage,
    /// An order in the advertiser's own shop.
    OwnShopOrder,
}

/// The ad contact credited with a conversion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Credit {
    pub(super) contact: Contact,
    /// Credited by a click, otherwise by a view.
    pub(super) click: bool,
    /// Whether the campaign promoted the converted product; otherwise brand halo.
    pub(super) promoted: bool,
}

/// A conversion.
#[derive(Debug, Clone, Copy)]
pub(super) struct Conversion {
    pub(super) at: Moment,
    pub(super) person: u32,
    pub(super) action: ConversionType,
    pub(super) brand: u8,
    pub(super) product: u16,
    /// Units of an order, otherwise 0.
    pub(super) units: u8,
    /// [`Identity`].
    pub(super) identity: u8,
    pub(super) new_to_brand: bool,
    /// The person saw an ad of the group in the 28 days before.
    pub(super) exposed: bool,
    /// Price of a unit in cents.
    pub(super) unit_cents: u32,
    pub(super) credit: Option<Credit>,
    /// The range of its campaigns in [`Ledger::relevant`]: start and length.
    pub(super) relevant: (u32, u8),
}

impl Conversion {
    pub(super) fn identity(&self) -> Identity {
        Identity::from_bits(self.identity)
    }

    /// Sales in ten-thousandths of the currency, on or off Amazon; 0 for anything but orders.
    pub(super) fn sales(&self) -> i64 {
        i64::from(self.units) * i64::from(self.unit_cents) * 100
    }

    pub(super) fn off_amazon(&self) -> bool {
        matches!(self.action, ConversionType::OwnShopPage | ConversionType::OwnShopOrder)
    }

    /// When the credited ad contact happened; for clicks the time of the click.
    pub(super) fn traffic_at(&self) -> Option<Moment> {
        self.credit.map(|credit| traffic_moment(credit.contact, credit.click))
    }
}

/// A click on a DSP ad follows its impression after a delay derived from the impression.
pub(super) fn traffic_moment(contact: Contact, click: bool) -> Moment {
    if click { contact.at + 3 + (contact.at ^ contact.person) % 50 } else { contact.at }
}

/// A page view in a brand store.
#[derive(Debug, Clone, Copy)]
pub(super) struct StoreView {
    pub(super) at: Moment,
    pub(super) person: u32,
    pub(super) brand: u8,
    pub(super) page: u8,
    /// Position in the visit, from 0.
    pub(super) step: u8,
    pub(super) identity: u8,
    /// When the visit began.
    pub(super) began: Moment,
    /// The ad that led here.
    pub(super) ad: Option<u16>,
}

/// All events, each kind in chronological order.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// DSP impressions.
    pub(super) impressions: Vec<Contact>,
    /// Sponsored ads impressions and clicks.
    pub(super) traffic: Vec<Contact>,
    pub(super) conversions: Vec<Conversion>,
    /// Campaigns that reached the person in the 28 days before a conversion.
    pub(super) relevant: Vec<u16>,
    pub(super) store_views: Vec<StoreView>,
    pub(super) clicks: Vec<u32>,
    /// Credited conversions by conversion time.
    pub(super) by_conversion: Vec<u32>,
    /// Credited conversions by the time of the credited ad contact.
    pub(super) by_traffic: Vec<u32>,
}

impl Ledger {
    /// Adds other people's events.
    pub(super) fn append(&mut self, mut other: Self) {
        let shift = self.relevant.len() as u32;
        for conversion in &mut other.conversions {
            conversion.relevant.0 += shift;
        }
        self.impressions.append(&mut other.impressions);
        self.traffic.append(&mut other.traffic);
        self.conversions.append(&mut other.conversions);
        self.relevant.append(&mut other.relevant);
        self.store_views.append(&mut other.store_views);
    }

    /// Sorts everything chronologically and builds the indexes.
    pub(super) fn settle(&mut self) {
        self.impressions = by_minute(&self.impressions, |contact| contact.at);
        self.traffic = by_minute(&self.traffic, |contact| contact.at);
        self.conversions.sort_by_key(|conversion| conversion.at);
        self.store_views.sort_by_key(|view| view.at);
        self.relevant.shrink_to_fit();
        self.index();
    }

    /// Builds the indexes of sorted events.
    pub(super) fn index(&mut self) {
        let clicked = self.impressions.iter().enumerate().filter(|(_, contact)| contact.clicked());
        self.clicks = clicked.map(|(index, _)| index as u32).collect();
        let credited = self.conversions.iter().enumerate().filter(|(_, conversion)| conversion.credit.is_some());
        self.by_conversion = credited.map(|(index, _)| index as u32).collect();
        self.by_traffic.clone_from(&self.by_conversion);
        let conversions = &self.conversions;
        self.by_traffic.sort_by_key(|index| conversions[*index as usize].traffic_at());
    }
}

/// Sorts rows chronologically: a counting sort by minute, then by second within each minute.
///
/// Faster than comparing if there are many rows and few minutes, especially in a development build.
fn by_minute<T: Copy>(rows: &[T], at: impl Fn(&T) -> Moment) -> Vec<T> {
    let Some(first) = rows.iter().map(&at).min() else { return Vec::new() };
    let Some(last) = rows.iter().map(&at).max() else { return Vec::new() };
    let minute = |row: &T| ((at(row) - first) / 60) as usize;
    let mut starts = vec![0_u32; ((last - first) / 60) as usize + 2];
    for row in rows {
        starts[minute(row) + 1] += 1;
    }
    for index in 1..starts.len() {
        starts[index] += starts[index - 1];
    }
    let mut sorted = vec![rows[0]; rows.len()];
    let mut next = starts.clone();
    for row in rows {
        let place = &mut next[minute(row)];
        sorted[*place as usize] = *row;
        *place += 1;
    }
    for bounds in starts.windows(2) {
        if bounds[1] - bounds[0] > 1 {
            sorted[bounds[0] as usize..bounds[1] as usize].sort_by_key(&at);
        }
    }
    sorted
}

/// The maximum time from a credited contact to its conversion.
pub(super) const ATTRIBUTION: Moment = 14 * DAY;
/// How long an ad contact counts as exposure.
pub(super) const EXPOSURE: Moment = 28 * DAY;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_put_in_the_order_of_time() {
        let rows: Vec<u32> = vec![500, 3, 61, 60, 59, 1_000_000, 3];
        assert_eq!(by_minute(&rows, |row| *row), vec![3, 3, 59, 60, 61, 500, 1_000_000]);
        assert!(by_minute(&Vec::<u32>::new(), |row| *row).is_empty());
    }

    #[test]
    fn a_contact_is_small() {
        assert!(size_of::<Contact>() <= 16);
    }
}
