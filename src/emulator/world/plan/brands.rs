//! Invented brands: what they sell and how shoppers search for it.
//!
//! All names are made up. A data set has three brands of one group; which ones depends on the seed, so that several
//! instances differ.

/// One kind of product a brand sells.
#[derive(Debug)]
pub(in super::super) struct Kind {
    /// As in a title.
    pub(in super::super) noun: &'static str,
    /// As a shopper types it.
    pub(in super::super) term: &'static str,
    /// Price of the first variant in cents.
    pub(in super::super) cents: u32,
    /// Days until it is used up; 0 for durable products.
    pub(in super::super) lasts: u16,
}

/// A brand.
#[derive(Debug)]
pub(in super::super) struct Brand {
    pub(in super::super) name: &'static str,
    pub(in super::super) category: &'static str,
    pub(in super::super) department: &'static str,
    /// A common misspelling, which shoppers search for too.
    pub(in super::super) slip: &'static str,
    pub(in super::super) kinds: [Kind; 5],
    /// The two variants of each kind, the second slightly more expensive.
    pub(in super::super) variants: [&'static str; 2],
}

const fn kind(noun: &'static str, term: &'static str, cents: u32, lasts: u16) -> Kind {
    Kind { noun, term, cents, lasts }
}

/// The groups of brands.
pub(super) const GROUPS: [&str; 3] = ["Larkmoor Goods", "Ashwend Collective", "Northlume House"];

/// All brands; a data set has three consecutive ones, cyclically.
pub(super) const BRANDS: [Brand; 6] = [
    Brand {
        name: "Kestrova",
        category: "Coffee",
        department: "Grocery",
        slip: "kestorva",
        kinds: [
            kind("Whole Bean Coffee", "whole bean coffee", 1699, 35),
            kind("Espresso Pods", "espresso pods", 2499, 40),
            kind("Cold Brew Packs", "cold brew coffee", 1399, 28),
            kind("Burr Grinder", "coffee grinder", 5999, 0),
            kind("Milk Frother", "milk frother", 2799, 0),
        ],
        variants: ["Dark", "Medium"],
    },
    Brand {
        name: "Mirelune",
        category: "Skin Care",
        department: "Beauty",
        slip: "mirelun",
        kinds: [
            kind("Vitamin C Serum", "vitamin c serum", 2199, 55),
            kind("Night Cream", "night cream", 2499, 60),
            kind("Mineral Sunscreen SPF 50", "mineral sunscreen", 1599, 45),
            kind("Cleansing Balm", "cleansing balm", 1399, 50),
            kind("Clay Mask", "clay mask", 1299, 70),
        ],
        variants: ["1 oz", "2 oz"],
    },
    Brand {
        name: "Tundrel",
        category: "Outdoor",
        department: "Sports",
        slip: "tundral",
        kinds: [
            kind("Insulated Bottle", "insulated water bottle", 2699, 0),
            kind("Day Pack 22L", "hiking backpack", 5499, 0),
            kind("Trail Headlamp", "headlamp", 2299, 0),
            kind("Energy Chews", "energy chews", 1899, 30),
            kind("Rain Shell", "rain jacket", 6499, 0),
        ],
        variants: ["Slate", "Moss"],
    },
    Brand {
        name: "Woolpaddle",
        category: "Pet Supplies",
        department: "Pets",
        slip: "woolpadle",
        kinds: [
            kind("Grain Free Dog Food", "grain free dog food", 4299, 35),
            kind("Dental Chews", "dog dental chews", 1899, 30),
            kind("Salmon Cat Treats", "cat treats", 999, 28),
            kind("Orthopedic Dog Bed", "orthopedic dog bed", 5499, 0),
            kind("Clumping Litter", "cat litter", 2099, 30),
        ],
        variants: ["Small", "Large"],
    },
    Brand {
        name: "Brinmosse",
        category: "Household",
        department: "Home Care",
        slip: "brinmoss",
        kinds: [
            kind("Laundry Sheets", "laundry detergent sheets", 1799, 45),
            kind("Dish Tabs", "dishwasher tablets", 1899, 50),
            kind("Surface Spray", "all purpose cleaner", 1199, 40),
            kind("Refill Starter Set", "refillable cleaning set", 3299, 0),
            kind("Scent Boosters", "laundry scent booster", 1399, 45),
        ],
        variants: ["Lavender", "Unscented"],
    },
    Brand {
        name: "Quillaro",
        category: "Stationery",
        department: "Office",
        slip: "quilaro",
        kinds: [
            kind("Dotted Journal", "dotted journal", 1899, 90),
            kind("Gel Pen Set", "gel pens", 1499, 60),
            kind("Fountain Pen", "fountain pen", 3499, 0),
            kind("Desk Planner", "desk planner", 2199, 0),
            kind("Brush Markers", "brush markers", 2399, 80),
        ],
        variants: ["Classic", "Pastel"],
    },
];
