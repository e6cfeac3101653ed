//! Brands as a result proposes them: its ASINs and campaigns, to be confirmed before they are added.

use std::collections::BTreeMap;

use super::brand_list::{self, ItemKind};

/// What a list would add, by brand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proposal {
    /// Each brand with its numbers of ASINs and campaigns; an empty name for items without a brand.
    pub brands: Vec<(String, usize, usize)>,
    /// How many lines aren't recognized.
    pub rejected: usize,
}

impl Proposal {
    /// Whether every item names its brand.
    pub fn is_named(&self) -> bool {
        self.brands.iter().all(|(name, ..)| !name.is_empty())
    }
}

/// The positions of columns that a list of brands can use; empty if none of them holds ASINs or campaigns.
pub fn brand_columns(names: &[&str]) -> Vec<usize> {
    brand_list::used_columns(names)
}

/// What a list with a header holds.
pub fn brand_proposal(text: &str) -> Proposal {
    let read = brand_list::read(text, None);
    let mut brands: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (brand, item) in &read.items {
        let counts = brands.entry(brand.clone()).or_default();
        match item.kind {
            ItemKind::Asin => counts.0 += 1,
            ItemKind::Campaign => counts.1 += 1,
        }
    }
    let brands = brands.into_iter().map(|(name, (asins, campaigns))| (name, asins, campaigns)).collect();
    Proposal { brands, rejected: read.rejected.len() + read.more_rejected }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_proposes_its_items_by_brand() {
        assert_eq!(brand_columns(&["advertiser", "brand", "campaign_name", "impressions", "asin"]), [1, 2, 4]);
        assert_eq!(brand_columns(&["brand", "impressions"]), Vec::<usize>::new());
        let text = "brand\tcampaign_name\tasin\nAcme\tSummer\t\nAcme\t\tB012345678\nBolt\tWinter\t\nBolt\t\tnone\n";
        let proposal = brand_proposal(text);
        assert_eq!(proposal.brands, [("Acme".to_owned(), 1, 1), ("Bolt".to_owned(), 0, 1)]);
        assert!(proposal.rejected == 1 && proposal.is_named());
        assert!(!brand_proposal("asin\nB012345678\n").is_named());
    }
}
