//! Products: ASINs with parents, titles and prices.

use super::super::chance::{code_text, hash_text};
use super::brands::Brand;

/// A product for sale.
#[derive(Debug, Clone)]
pub(in super::super) struct Product {
    pub(in super::super) asin: String,
    pub(in super::super) parent: String,
    pub(in super::super) title: String,
    /// The index of the brand in the data set.
    pub(in super::super) brand: u8,
    /// Index of the kind in the brand; variants of a kind share the parent ASIN.
    pub(in super::super) kind: u8,
    pub(in super::super) cents: u32,
    /// Days until it is used up; 0 for durable products.
    pub(in super::super) lasts: u16,
}

/// Products of a brand, variant after variant, kind after kind.
pub(super) fn of_brand(seed: u64, index: u8, brand: &Brand) -> Vec<Product> {
    let mut products = Vec::new();
    for (kind_index, kind) in brand.kinds.iter().enumerate() {
        let parent = hash_text(seed, &format!("{} {}", brand.name, kind.noun));
        for (variant_index, variant) in brand.variants.iter().enumerate() {
            let title = format!("{} {}, {variant}", brand.name, kind.noun);
            products.push(Product {
                asin: format!("B0{}", code_text(hash_text(seed, &title), 8)),
                parent: format!("B0{}", code_text(parent, 8)),
                brand: index,
                kind: kind_index as u8,
                cents: kind.cents + variant_index as u32 * kind.cents / 1000 * 200,
                lasts: kind.lasts,
                title,
            });
        }
    }
    products
}
